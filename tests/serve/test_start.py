"""The whole service in processes of its own, and how it ends."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from serve import create_app
from serve.settings import Settings
from tests.serve.conftest import KEY, make_clinic, token_for
from tests.serve.test_schedules import REQUEST

#: Seconds until a service must be there: it imports torch.
PATIENCE = 120


@contextmanager
def started(home: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run ``flask --app serve start`` on an empty folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "BAILEY_HOME": str(home), "BAILEY_SECRET_KEY": KEY}
    command = [sys.executable, "-m", "flask", "--app", "serve", "start", "--port", str(port)]
    with (home / "log").open("wb") as log:
        service = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        address = f"http://127.0.0.1:{port}"
        until = time.monotonic() + PATIENCE
        while True:
            try:
                urllib.request.urlopen(f"{address}/readyz", timeout=5).close()
                break
            except OSError:
                assert time.monotonic() < until, (home / "log").read_text()
                time.sleep(0.2)
        yield service, address
    finally:
        service.terminate()
        service.wait(timeout=100)


@pytest.mark.slow
def test_requests_in_flight_are_answered_when_the_service_is_told_to_stop(tmp_path: Path):
    """It makes its tables, answers, and ends with status 0 after the last answer."""
    with started(tmp_path) as (service, address):
        app = create_app(Settings(home=str(tmp_path), secret_key=KEY))
        with app.app_context():
            token = token_for(make_clinic().users["analyst"], now=datetime.now(UTC))
        # A search that would go on until its time is over.
        body = REQUEST | {
            "strategy": {
                "name": "genetic",
                "parameters": {"population": 1000, "generations": 1000},
            },
            "stopping": {"seconds": 4.0},
        }
        request = urllib.request.Request(
            f"{address}/api/v1/schedules",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
        )
        answers: list[Any] = []

        def ask() -> None:
            with urllib.request.urlopen(request, timeout=90) as answer:
                answers.append((answer.status, json.load(answer)))

        asking = threading.Thread(target=ask)
        asking.start()
        time.sleep(1.5)
        assert not answers
        service.send_signal(signal.SIGTERM)
        asking.join(timeout=90)
        assert service.wait(timeout=90) == 0
    ((status, told),) = answers
    assert status == 200
    assert len(told["schedules"]) == 1
    log = (tmp_path / "log").read_text()
    assert "create-admin" in log
    assert "Traceback" not in log
