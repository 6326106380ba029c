"""Web and worker killed at random moments: what was acknowledged is there, and ends once."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests
from apiflask import APIFlask
from sqlalchemy import select

from serve import create_app
from serve.consistency import what_is_wrong
from serve.database import db, reading, transaction
from serve.migrations import migrate
from serve.models import Appointment, Patient, Run
from serve.settings import Settings
from tests.serve.conftest import KEY, SQLITE_AT_NIGHT, make_clinic, token_for

#: Seconds that the service is used while it is killed: three minutes in all.
SECONDS = {"sqlite": 60, "postgresql": 120}
PATIENTS, CALLERS = 40, 3
#: Searches that each of them submits at most.
MOST_RUNS = 8
#: Seconds between two kills.
CALM = (4.0, 10.0)
SEARCH: dict[str, Any] = {
    "session": {
        "patients": 8,
        "intervals": 16,
        "interval_length": 5,
        "service_time": {"law": "exponential", "mean": 9},
        "no_show": 0.1,
    },
    "weights": {"waiting": 0.4, "idle": 0.2, "tardiness": 0.4},
    "strategy": {"name": "genetic", "parameters": {"population": 100, "generations": 60}},
}


class Killed:
    """A program that is killed and started again; every process of it is in one group."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        self.command, self.environment, self.log = command, environment, log
        self.process = self._started()
        self.kills = 0

    def _started(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                self.command, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        """Kill all its processes, and start it again."""
        self.end()
        self.kills += 1
        self.process = self._started()

    def end(self) -> None:
        """Kill all its processes."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=30)


@dataclass
class Acknowledged:
    """What the service said that it had done."""

    booked: dict[str, str] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    runs: dict[str, int] = field(default_factory=dict)
    statuses: dict[int, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Patiently:
    """A caller who sends a request again, with its key, until it is answered."""

    def __init__(self, address: str, token: str, said: Acknowledged) -> None:
        self.address, self.said = address, said
        self.http = requests.Session()
        self.http.headers["Authorization"] = f"Bearer {token}"

    def __call__(self, method: str, path: str, version: int | None = None, **more: Any) -> Any:
        """Return the answer, however long the service is away."""
        headers = {"Idempotency-Key": uuid4().hex}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        until = time.monotonic() + 120
        while True:
            try:
                answer = self.http.request(
                    method, f"{self.address}/api/v1{path}", headers=headers, timeout=30, **more
                )
            except requests.RequestException:
                assert time.monotonic() < until, "the service did not come back"
                time.sleep(0.2)
                continue
            with self.said.lock:
                seen = self.said.statuses
                seen[answer.status_code] = seen.get(answer.status_code, 0) + 1
            return answer


def use(caller: Patiently, until: float, place: dict[str, str], patients: list[str], seed: int):
    """Search, book, cancel and submit searches until it is enough."""
    generator = random.Random(seed)
    said = caller.said
    own: list[str] = []
    runs = 0
    while time.monotonic() < until:
        what = generator.random()
        if what < 0.06 and runs < MOST_RUNS:
            runs += 1
            seed_of_run = generator.randrange(3)
            answer = caller("POST", "/runs/optimisation", json=SEARCH | {"seed": seed_of_run})
            assert answer.status_code == 202, answer.text
            with said.lock:
                said.runs[answer.json()["id"]] = seed_of_run
        elif what < 0.3 and own:
            identifier = own.pop(generator.randrange(len(own)))
            version = caller("GET", f"/appointments/{identifier}").json()["version"]
            answer = caller("POST", f"/appointments/{identifier}/cancel", version, json={})
            # A cancellation whose answer was lost is sent again, and finds itself done.
            assert answer.status_code in (200, 409, 412), answer.text
            with said.lock:
                said.cancelled.add(identifier)
        else:
            query = {**place, "limit": 5, "order": "earliest"}
            seats = caller("GET", "/seats", params=query).json()["items"]
            if not seats:
                continue
            body = {
                "seat_id": generator.choice(seats)["id"],
                "patient_id": generator.choice(patients),
            }
            answer = caller("POST", "/appointments", json=body)
            assert answer.status_code in (201, 409), answer.text
            if answer.status_code == 201:
                with said.lock:
                    said.booked[answer.json()["id"]] = body["seat_id"]
                own.append(answer.json()["id"])


@contextmanager
def service(
    settings: Settings,
    home: Path,
    more: Mapping[str, str] | None = None,
    options: Sequence[str] = (),
) -> Iterator[tuple[str, Killed, Killed]]:
    """Run a web server and a worker; return the address and both.

    Parameters
    ----------
    more, options
        Of the environment, and of the worker.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "BAILEY_HOME": settings.home,
        "BAILEY_DATABASE_URL": settings.database_url,
        "BAILEY_SECRET_KEY": KEY,
        "BAILEY_RATE_LIMIT": "1000000 per minute",
        "BAILEY_BIND": f"127.0.0.1:{port}",
        **(more or {}),
    }
    web = Killed(
        [sys.executable, "-m", "gunicorn", "--config", "python:serve.gunicorn"],
        environment,
        home / "web.log",
    )
    worker = Killed(
        [sys.executable, "-m", "flask", "--app", "serve", "worker", "--lease", "3", *options],
        environment,
        home / "worker.log",
    )
    try:
        yield f"http://127.0.0.1:{port}", web, worker
    finally:
        web.end()
        worker.end()


def prepared(app: APIFlask) -> tuple[str, dict[str, str], list[str]]:
    """Make a practice with patients and a week of seats; return a token, the place and them."""
    with app.app_context():
        migrate(db.engine)
        clinic = make_clinic()
        token = token_for(clinic.users["administrator"], now=datetime.now(UTC))

        def add(session: Any) -> list[str]:
            made = [
                Patient(practice_id=clinic.practice, name=f"Patient {number}")
                for number in range(PATIENTS)
            ]
            session.add_all(made)
            session.flush()
            return [str(patient.id) for patient in made]

        patients = transaction(add)
    first, last = date.today() + timedelta(days=2), date.today() + timedelta(days=8)
    client = app.test_client()
    headers = {"Authorization": f"Bearer {token}"}
    for path, body in (
        (
            "/availability-rules",
            {
                "provider_id": str(clinic.provider), "visit_type_id": str(clinic.visit_type),
                "location_id": str(clinic.location), "first_date": first.isoformat(),
                "starts": "09:00", "minutes": 120, "recurrence": "FREQ=DAILY",
            },
        ),
        (
            "/publications",
            {
                "visit_type_id": str(clinic.visit_type), "first": first.isoformat(),
                "last": last.isoformat(),
            },
        ),
    ):  # fmt: skip
        answer = client.post(
            f"/api/v1{path}", json=body, headers=headers | {"Idempotency-Key": uuid4().hex}
        )
        assert answer.status_code < 300, answer.text
    place = {
        "visit_type_id": str(clinic.visit_type),
        "first": first.isoformat(),
        "last": last.isoformat(),
    }
    return token, place, patients


@SQLITE_AT_NIGHT
@pytest.mark.slow
def test_nothing_acknowledged_is_lost_while_web_and_worker_are_killed(
    settings: Settings, tmp_path: Path, request: pytest.FixtureRequest
):
    """Every booking and every run that was acknowledged is there; each run ended, and once."""
    kind = "sqlite" if settings.embedded else "postgresql"
    app = create_app(settings)
    token, place, patients = prepared(app)
    said = Acknowledged()
    generator = random.Random(5)
    with service(settings, tmp_path) as (address, web, worker):
        watcher = Patiently(address, token, Acknowledged())
        assert watcher("GET", "/practice").status_code == 200
        until = time.monotonic() + SECONDS[kind]
        with ThreadPoolExecutor(CALLERS) as pool:
            used = [
                pool.submit(
                    use, Patiently(address, token, said), until, place,
                    patients[number::CALLERS], number,
                )
                for number in range(CALLERS)
            ]  # fmt: skip
            while time.monotonic() < until:
                time.sleep(generator.uniform(*CALM))
                generator.choice([web, worker]).kill()
            for one in used:
                one.result(timeout=200)
        assert web.kills > 1
        assert worker.kills > 1
        ends = time.monotonic() + 240
        while time.monotonic() < ends:
            with app.app_context(), reading() as session:
                open_runs = session.scalars(
                    select(Run.id).where(Run.state.in_(("queued", "running")))
                ).all()
            if not open_runs:
                break
            time.sleep(0.5)
    assert said.booked
    assert said.runs
    assert not [status for status in said.statuses if status >= 500], said.statuses
    with app.app_context(), reading() as session:
        assert what_is_wrong(session) == []
        there = {str(one.id): one for one in session.scalars(select(Appointment))}
        for identifier, seat in said.booked.items():
            kept = there[identifier]
            if identifier in said.cancelled:
                assert kept.status == "cancelled_by_practice"
            else:
                assert (kept.status, str(kept.seat_id)) == ("booked", seat)
        # Nobody else booked: what is there and was not acknowledged is no more than an answer lost.
        booked = [one for one in there.values() if one.status == "booked"]
        assert len(booked) <= len(said.booked) - len(said.cancelled & set(said.booked)) + CALLERS
        schedules: dict[int, set[str]] = {}
        for identifier, seed in said.runs.items():
            run = next(one for one in session.scalars(select(Run)) if str(one.id) == identifier)
            assert run.state == "done", (run.state, run.problem)
            assert run.result is not None
            schedules.setdefault(seed, set()).add(str(run.result["schedules"]))
        assert all(len(found) == 1 for found in schedules.values())
