"""A run of MLflow: what went in, what came out, and the files."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from mlflow.entities import Dataset, DatasetInput, Metric, Param, RunTag
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID, MLFLOW_RUN_NAME, MLFLOW_RUN_NOTE

from forecast.tracking.connection import Connection

#: As many of each as MLflow takes at once.
PARAMETERS, METRICS = 100, 1_000
#: Longest hash of data that it takes.
DIGITS = 36


class Run:
    """A run that is under way.

    Parameters
    ----------
    connection
        Where.
    name
        What the pages call it.
    parent
        The run that it is a part of, if it is.
    """

    def __init__(self, connection: Connection, name: str, parent: Self | None = None) -> None:
        self.connection = connection
        tags = {MLFLOW_RUN_NAME: name}
        if parent is not None:
            tags[MLFLOW_PARENT_RUN_ID] = parent.id
        with connection.told():
            made = connection.client.create_run(connection.experiment.experiment_id, tags=tags)
        self.id: str = made.info.run_id
        self.files_at: str = made.info.artifact_uri

    def tell(self, parameters: Mapping[str, Any], tags: Mapping[str, str] | None = None) -> None:
        """Log parameters, nested ones with dotted names, and tags."""
        flat = [Param(name, str(value)) for name, value in flattened(parameters)]
        with self.connection.told():
            for first in range(0, len(flat), PARAMETERS):
                self.connection.client.log_batch(self.id, params=flat[first : first + PARAMETERS])
            given = [RunTag(name, value) for name, value in (tags or {}).items()]
            self.connection.client.log_batch(self.id, tags=given)

    def note(self, text: str) -> None:
        """Set the description that the pages show of the run, as Markdown."""
        self.tell({}, {MLFLOW_RUN_NOTE: text})

    def measure(self, metrics: Mapping[str, float], epoch: int = 0) -> None:
        """Log metrics; those that are not finite numbers are left out."""
        self._measure([(name, value, epoch) for name, value in metrics.items()])

    def follow(self, course: pd.DataFrame, prefix: str) -> None:
        """Log what was logged in each epoch of a network: columns with a column ``epoch``."""
        self._measure(
            [
                (f"{prefix}/{name}", value, int(row["epoch"]))
                for _, row in course.iterrows()
                for name, value in row.drop("epoch").items()
            ]
        )

    def _measure(self, measured: list[tuple[str, float, int]]) -> None:
        now = int(time.time() * 1000)
        metrics = [
            Metric(_plain(name), float(value), now, step)
            for name, value, step in measured
            if np.isfinite(value)
        ]
        with self.connection.told():
            for first in range(0, len(metrics), METRICS):
                self.connection.client.log_batch(self.id, metrics=metrics[first : first + METRICS])

    def keep(self, path: Path, folder: str | None = None) -> None:
        """Upload a file, or what is in a folder."""
        with self.connection.told():
            if path.is_dir():
                self.connection.client.log_artifacts(self.id, str(path), folder)
            else:
                self.connection.client.log_artifact(self.id, str(path), folder)

    def keep_text(self, text: str, path: str) -> None:
        """Upload a text as a file."""
        with self.connection.told():
            self.connection.client.log_text(self.id, text, path)

    def data(self, digest: str, source: str) -> None:
        """Tell what data it used, as the pages show it: the hash, shortened as MLflow has it."""
        used = Dataset(source, digest[:DIGITS], "history", source)
        with self.connection.told():
            self.connection.client.log_inputs(self.id, [DatasetInput(used)])

    def end(self, status: str = "FINISHED") -> None:
        """End it: FINISHED, FAILED or KILLED."""
        with self.connection.told():
            self.connection.client.set_terminated(self.id, status)

    @contextmanager
    def part(self, name: str) -> Iterator["Run"]:
        """Give a run that is a part of this one."""
        run = Run(self.connection, name, self)
        yield run
        run.end()


def flattened(nested: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Give the values of nested mappings by dotted names."""
    for name, value in nested.items():
        if isinstance(value, Mapping) and value:
            yield from flattened(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _plain(name: str) -> str:
    """Return the name of a metric with the letters that MLflow allows."""
    return "".join(one if one.isalnum() or one in "_-. /" else "_" for one in name)
