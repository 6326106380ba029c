"""Workers as processes of their own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask

from serve.settings import Settings
from tests.serve.conftest import KEY

#: A search of some seconds whose end is the same however often it is interrupted.
SESSION: dict[str, Any] = {
    "session": {
        "patients": 10,
        "intervals": 20,
        "interval_length": 5,
        "service_time": {"law": "exponential", "mean": 9},
        "no_show": 0.1,
    },
    "weights": {"waiting": 0.4, "idle": 0.2, "tardiness": 0.4},
}


class Processes:
    """Worker processes of a service."""

    def __init__(self, settings: Settings) -> None:
        self.environment = {
            **os.environ,
            "FLASK_DEBUG": "0",
            "BAILEY_HOME": settings.home,
            "BAILEY_DATABASE_URL": settings.database_url,
            "BAILEY_SECRET_KEY": KEY,
        }
        self.log = Path(settings.home) / "worker.log"
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        """Start a worker with a short lease and many checkpoints, also on a fast machine."""
        command = [sys.executable, "-m", "flask", "--app", "serve", "worker"]
        command += ["--lease", "2", "--checkpoint-every", "0.2"]
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [*command, *options], env=self.environment, stdout=log, stderr=log
            )
        self.started.append(process)
        return process

    def are_ready(self) -> None:
        """Wait until every one that was started is: before, it cannot be told to stop."""
        wait_until(lambda: self.log.read_text().count("the worker is ready") >= len(self.started))

    def stop(self, process: subprocess.Popen[bytes], how: int = signal.SIGTERM) -> int:
        """End a worker and return its exit status."""
        process.send_signal(how)
        return process.wait(timeout=60)


@pytest.fixture
def workers(app: APIFlask, settings: Settings) -> Iterator[Processes]:
    """What starts workers; all are ended."""
    processes = Processes(settings)
    yield processes
    for process in processes.started:
        if process.poll() is None:
            process.kill()
            process.wait(timeout=30)


def wait_until(happened: Callable[[], Any], seconds: float = 240.0) -> Any:
    """Return what is true at last."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = happened()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")
