"""Databases of MLflow for tests: made once, because that takes seconds, and copied."""

import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from forecast.tracking.connection import Connection
from forecast.tracking.registry import Registry
from forecast.tracking.settings import Tracking

_FOLDER = TemporaryDirectory()


@cache
def _empty() -> Path:
    from mlflow import MlflowClient

    path = Path(_FOLDER.name) / "mlflow.db"
    MlflowClient(f"sqlite:///{path}", registry_uri=f"sqlite:///{path}").search_experiments()
    return path


def empty_database(folder: Path) -> Tracking:
    """Put an empty database where the command looks for it in a folder; return where that is."""
    outputs = folder / "outputs"
    outputs.mkdir(exist_ok=True)
    shutil.copy(_empty(), outputs / "mlflow.db")
    return Tracking(f"sqlite:///{outputs / 'mlflow.db'}")


def registry_of(tracking: Tracking) -> Registry:
    """Return the registry of the coin."""
    return Registry(Connection(tracking), "coin")
