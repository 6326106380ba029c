"""The registry of the models of a quantity: versions, the one in use, and those that were.

The version in use has the alias `CHAMPION`. A tag of the registered model, `IN_USE`, has the
numbers of all that were, in order, so that one can go back step by step; every change leaves a tag
of its own, `EVENT` with its time, that says who did what, and on what grounds.
"""

import getpass
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import mlflow.artifacts
from mlflow.entities.model_registry import ModelVersion, RegisteredModel
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import (
    INVALID_PARAMETER_VALUE,
    RESOURCE_ALREADY_EXISTS,
    RESOURCE_DOES_NOT_EXIST,
    ErrorCode,
)

from forecast.model_files import SavedModel, load_model
from forecast.tracking.connection import Connection
from forecast.tracking.run import Run
from forecast.tracking.settings import CHAMPION
from objective import InvalidInput

IN_USE, EVENT = "in_use", "event"
#: Tags of a version: the hash of its model.json, and which model of the quantity it is.
DIGEST, MODEL = "model_sha256", "model"
#: Where a run has the files of its model.
FOLDER = "model"


@dataclass(frozen=True)
class Event:
    """A change of the model in use.

    Attributes
    ----------
    at, by
        When, in UTC, and by whom.
    what
        promoted or rolled_back.
    version, before
        The version that is in use since, and the one that was; None for none.
    grounds
        The numbers behind it.
    """

    at: str
    by: str
    what: str
    version: int
    before: int | None
    grounds: Mapping[str, Any]


class Registry:
    """The registered models of a quantity.

    Every method raises `UnreachableError` if the registry does not answer.
    """

    def __init__(self, connection: Connection, quantity: str) -> None:
        self.connection = connection
        self.client = connection.client
        self.name = connection.tracking.registered_name(quantity)

    def add(self, run: Run, saved: SavedModel, about: Mapping[str, str]) -> int:
        """Register the model whose files a run keeps; return the number of its version."""
        tags = {**about, DIGEST: saved.digest, MODEL: saved.fitted.name}
        with self.connection.told():
            try:
                self.client.create_registered_model(self.name)
            except MlflowException as error:
                if not _is(error, RESOURCE_ALREADY_EXISTS):
                    raise
            source = f"{run.files_at}/{FOLDER}"
            made = self.client.create_model_version(self.name, source, run.id, tags=tags)
        return int(made.version)

    def newest(self) -> int | None:
        """Return the version that was registered last, None if there is none."""
        with self.connection.told():
            found = self.client.search_model_versions(f"name = '{self.name}'", max_results=1)
        return int(found[0].version) if found else None

    def find(self, digest: str) -> int | None:
        """Return the version of a model that is registered already, None if it is not."""
        with self.connection.told():
            found = self.client.search_model_versions(
                f"name = '{self.name}' and tags.{DIGEST} = '{digest}'", max_results=1
            )
        return int(found[0].version) if found else None

    def champion(self) -> int | None:
        """Return the version that is in use, None if there is none."""
        with self.connection.told():
            try:
                return int(self.client.get_model_version_by_alias(self.name, CHAMPION).version)
            except MlflowException as error:
                if _is(error, RESOURCE_DOES_NOT_EXIST, INVALID_PARAMETER_VALUE):
                    return None
                raise

    def version(self, number: int) -> ModelVersion:
        """Return what is known of a version.

        Raises
        ------
        InvalidInput
            If there is none of this number.
        """
        with self.connection.told():
            try:
                return self.client.get_model_version(self.name, str(number))
            except MlflowException as error:
                if not _is(error, RESOURCE_DOES_NOT_EXIST):
                    raise
        raise InvalidInput("version", number, f"a version of {self.name} in the registry")

    def load(self, number: int) -> SavedModel:
        """Return a version's model.

        Raises
        ------
        InvalidInput
            If its files are not those that were registered.
        """
        version = self.version(number)
        digest = version.tags.get(DIGEST)
        if digest is None:
            raise InvalidInput(f"{self.name} version {number}", "without a hash", "with its hash")
        with self.connection.told():
            uri = self.client.get_model_version_download_uri(self.name, str(number))
        return load_from(self.connection, uri, digest)

    def promote(self, number: int, grounds: Mapping[str, Any]) -> Event:
        """Put a version to use."""
        stack = self.in_use()
        return self._change("promoted", [*stack, number], stack, grounds)

    def roll_back(self, grounds: Mapping[str, Any]) -> Event:
        """Put the version to use that was in use before.

        Raises
        ------
        InvalidInput
            If there was none.
        """
        stack = self.in_use()
        if len(stack) < 2:
            there = f"version {stack[0]}, the first in use" if stack else "no model in use"
            raise InvalidInput(self.name, there, "preceded by another version to go back to")
        return self._change("rolled_back", stack[:-1], stack, grounds)

    def in_use(self) -> list[int]:
        """Return the versions that were put to use and not taken back, the one in use last."""
        model = self._model()
        champion = self.champion()
        stack = [int(one) for one in json.loads(model.tags.get(IN_USE, "[]"))] if model else []
        # Somebody may have moved the alias on MLflow's pages.
        if champion is not None and (not stack or stack[-1] != champion):
            stack.append(champion)
        return stack

    def events(self) -> list[Event]:
        """Return all changes of the model in use, the first one first."""
        model = self._model()
        tags = sorted(model.tags.items()) if model else []
        return [Event(**json.loads(text)) for key, text in tags if key.startswith(f"{EVENT}.")]

    def _model(self) -> RegisteredModel | None:
        with self.connection.told():
            try:
                return self.client.get_registered_model(self.name)
            except MlflowException as error:
                if _is(error, RESOURCE_DOES_NOT_EXIST):
                    return None
                raise

    def _change(
        self, what: str, stack: list[int], before: list[int], grounds: Mapping[str, Any]
    ) -> Event:
        now = f"{datetime.now(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
        was = before[-1] if before else None
        event = Event(now, _who(), what, stack[-1], was, dict(grounds))
        text = json.dumps(vars(event), allow_nan=False)
        with self.connection.told():
            # The trail first: a change that nobody can explain must not be.
            self.client.set_registered_model_tag(self.name, f"{EVENT}.{now}", text)
            self.client.set_registered_model_tag(self.name, IN_USE, json.dumps(stack))
            self.client.set_registered_model_alias(self.name, CHAMPION, str(stack[-1]))
            changed = stack[-1] if what == "promoted" else before[-1]
            self.client.set_model_version_tag(self.name, str(changed), what, text)
        return event


def load_from(connection: Connection, uri: str, digest: str | None) -> SavedModel:
    """Return the model whose files are at an address, after a check of their hashes.

    Raises
    ------
    InvalidInput
        If they are not those with the hash.
    UnreachableError
        If they cannot be read.
    """
    if urlparse(uri).scheme in ("", "file"):
        return load_model(Path(unquote(urlparse(uri).path)), digest)
    with tempfile.TemporaryDirectory() as folder:
        with connection.told():
            found = mlflow.artifacts.download_artifacts(
                artifact_uri=uri, dst_path=folder, tracking_uri=connection.uri
            )
        return load_model(Path(found), digest)


def _is(error: MlflowException, *codes: int) -> bool:
    return error.error_code in {ErrorCode.Name(code) for code in codes}


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container's user need not have a name.
        return f"user {os.getuid()}"
