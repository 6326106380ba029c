"""A connection to MLflow, which does not keep anybody waiting when there is no answer."""

import logging
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from filelock import FileLock
from mlflow import MlflowClient
from mlflow.entities import Experiment, LifecycleStage
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_ALREADY_EXISTS, ErrorCode
from requests import RequestException
from sqlalchemy.exc import SQLAlchemyError

from forecast.tracking.settings import SQLITE, Tracking
from objective import InvalidInput

# They tell of each attempt and each step of a migration.
for _name in ("alembic", "mlflow", "urllib3"):
    logging.getLogger(_name).setLevel(logging.ERROR)

#: Seconds for which others may make a database.
LOCKED = 120


class UnreachableError(OSError):
    """The tracking database or server cannot be used; the message says which, and why."""


class Connection:
    """A client of MLflow, and the experiment in which runs stand.

    Parameters
    ----------
    tracking
        Where; its address is not None.

    Raises
    ------
    UnreachableError
        If it does not answer in time or cannot be used.
    """

    def __init__(self, tracking: Tracking) -> None:
        if tracking.uri is None:
            raise InvalidInput("tracking.uri", None, "where models are registered")
        self.tracking = tracking
        self.uri, artifacts = _absolute(tracking.uri)
        # MLflow waits two minutes for an answer, eight times, unless told otherwise.
        os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] = str(tracking.timeout)
        os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "1"
        os.environ["MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR"] = "0"
        with self.told(), _one_at_a_time(self.uri):
            self.client = MlflowClient(self.uri, registry_uri=self.uri)
            self.client.search_registered_models(max_results=1)
            self.experiment = self._experiment(artifacts)

    @contextmanager
    def told(self) -> Iterator[None]:
        """Tell in one line what goes wrong in talking to MLflow."""
        try:
            yield
        except (MlflowException, RequestException, SQLAlchemyError, OSError) as error:
            if isinstance(error, UnreachableError):
                raise
            reason = str(error).strip().splitlines()[0]
            raise UnreachableError(f"{self.tracking.uri} cannot be used: {reason}") from error

    def _experiment(self, artifacts: str | None) -> Experiment:
        name = self.tracking.experiment
        found = self.client.get_experiment_by_name(name)
        if found is None:
            try:
                self.client.create_experiment(name, artifacts)
            except MlflowException as error:
                # Another run may have made it just now.
                if error.error_code != ErrorCode.Name(RESOURCE_ALREADY_EXISTS):
                    raise
            found = self.client.get_experiment_by_name(name)
        if found is None or found.lifecycle_stage != LifecycleStage.ACTIVE:
            raise InvalidInput("tracking.experiment", name, "one that was not deleted")
        return found


def _one_at_a_time(uri: str) -> AbstractContextManager[object]:
    """Let nobody else make the tables of the database meanwhile, or the experiment.

    MLflow has no lock of its own that holds for both its tables of runs and those of models.
    """
    if not uri.startswith(SQLITE):
        return nullcontext()
    return FileLock(f"{uri.removeprefix(SQLITE)}.lock", timeout=LOCKED)


def _absolute(uri: str) -> tuple[str, str | None]:
    """Return an address that holds in any folder, and where files go; None where a server says."""
    if not uri.startswith(SQLITE):
        return uri, None
    path = Path(uri.removeprefix(SQLITE)).absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    return SQLITE + str(path), (path.parent / "artifacts").as_uri()
