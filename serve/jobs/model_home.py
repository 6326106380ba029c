"""Where a practice's models are and what they learn from: a folder that workers alone use.

It is beneath the service's home; with several machines that is a shared one.
"""

import io
import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pandas as pd
from filelock import FileLock

from objective import InvalidInput
from serve.database import reading
from serve.history.practice_history import history_of_practice
from serve.jobs.control import Control
from serve.jobs.forecast_models import model_group
from serve.jobs.job import Job
from serve.models import Practice
from serve.settings import MODELS, Settings

if TYPE_CHECKING:
    from forecast.tracking.registry import Registry


def run_folder(settings: Settings, practice_id: UUID, run_id: UUID) -> Path:
    """Return where a training keeps what it learned from, its models and its report."""
    return _home(settings, practice_id) / "runs" / str(run_id)


def model_settings(job: Job, quantity: str, folder: Path) -> dict[str, Any]:
    """Return the settings by which `forecast` is told what and where."""
    with reading() as session:
        country = session.get_one(Practice, job.practice_id).country or None
    group = model_group(quantity)
    return {
        "data": {"source": "files", "folder": str(folder / "history"), "country": country,
                 "split": None},
        "model": {**group, "candidates": dict(group["candidates"])},
        "trainer": {"accelerator": "cpu", "devices": 1, "strategy": "auto", "progress": False},
        "tracking": _tracking(job),
        "on_error": "stop",
        "resume": None,
    }  # fmt: skip


def registry_settings(job: Job) -> dict[str, Any]:
    """Return the settings by which `forecast` finds the practice's models in use."""
    return {"tracking": _tracking(job)}


def _tracking(job: Job) -> dict[str, Any]:
    path = _home(job.settings, job.practice_id).absolute() / "mlflow.db"
    return {"uri": f"sqlite:///{path}", "register": "champion"}


def registry_of(job: Job, quantity: str) -> "Registry":
    """Return the registry of the practice's models of a quantity."""
    from forecast.tracking.connection import Connection
    from forecast.tracking.registry import Registry
    from forecast.tracking.settings import tracking_from

    return Registry(Connection(tracking_from({"tracking": _tracking(job)})), quantity)


def _home(settings: Settings, practice_id: UUID) -> Path:
    return Path(settings.home) / MODELS / str(practice_id)


def alone(job: Job) -> FileLock:
    """Return a lock by which the models in use are changed one after another."""
    home = _home(job.settings, job.practice_id)
    home.mkdir(parents=True, exist_ok=True)
    return FileLock(home / "in_use.lock")


def folder_with_history(job: Job, control: Control) -> Path:
    """Return the run's folder with nothing in it but the history that models learn from."""
    folder = run_folder(job.settings, job.practice_id, job.run_id)
    shutil.rmtree(folder, ignore_errors=True)
    with zipfile.ZipFile(io.BytesIO(_kept_history(job, control))) as archive:
        archive.extractall(folder / "history")
    return folder


def _kept_history(job: Job, control: Control) -> bytes:
    """Return the practice's history as a ZIP file of its tables, the same for every attempt."""
    from forecast.data.writing import write_history

    kept = control.load()
    if kept is not None:
        return kept
    with reading() as session:
        history = history_of_practice(session, job.practice_id, key=job.settings.key())
    if job.request.get("since") is not None:
        history = history.since(pd.Timestamp(job.request["since"]))
    folder = run_folder(job.settings, job.practice_id, job.run_id) / "history"
    paths = write_history(history, folder, "parquet")
    if not paths:
        raise InvalidInput("history", "no rows", "recorded first: the practice has no visits yet")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in paths.values():
            archive.write(path, path.name)
    shutil.rmtree(folder)
    control.save(packed.getvalue())
    return packed.getvalue()
