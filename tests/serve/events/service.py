"""The web server and the server of events as processes of their own, and people who book."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import requests
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from serve import create_app
from serve.auth.tokens import issue
from serve.database import db, reading, transaction
from serve.migrations import migrate
from serve.models import Event, Patient, User, UserRole
from serve.settings import Settings
from tests.serve.booking.conftest import add_day
from tests.serve.conftest import KEY, Clinic, make_clinic
from tests.serve.events.conftest import free_port, wait_until

ROOT = Path(__file__).parents[3]
#: Seconds until a process must be there: it imports torch.
PATIENCE = 120
#: Streams of one user, the most that there may be.
STREAMS_OF_USER = 10
#: People who book, the seats and patients that each has to itself, and the seconds between two
#: steps of one of them.
BOOKERS, SEATS, PAUSE = 4, 6, 0.25


class Events:
    """A server of events that can be killed and started again."""

    def __init__(self, settings: Settings) -> None:
        self.port = free_port()
        self.log = Path(settings.home) / "events.log"
        self.environment = environment_of(settings) | {
            "BAILEY_EVENTS_BIND": f"127.0.0.1:{self.port}"
        }
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [sys.executable, "-m", "flask", "--app", "serve", "events"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)
        wait_until(lambda: answers(f"http://127.0.0.1:{self.port}/healthz"), PATIENCE)

    def stop(self, how: int = signal.SIGTERM) -> int:
        """End it; return the exit status."""
        self.process.send_signal(how)
        return self.process.wait(timeout=60)

    def numbers(self) -> str:
        """Return what it counts of itself."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics") as answer:
            text: str = answer.read().decode()
            return text


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the environment of a process of a service."""
    return {
        **os.environ,
        "FLASK_DEBUG": "0",
        "BAILEY_HOME": settings.home,
        "BAILEY_DATABASE_URL": settings.database_url,
        "BAILEY_SECRET_KEY": KEY,
        "BAILEY_RATE_LIMIT": "100000 per second",
    }


def answers(address: str) -> bool:
    """Return whether somebody answers there."""
    try:
        urllib.request.urlopen(address, timeout=5).close()
    except OSError:
        return False
    return True


@contextmanager
def worker(settings: Settings) -> Iterator[None]:
    """Run a worker."""
    command = [sys.executable, "-m", "flask", "--app", "serve", "worker"]
    with (Path(settings.home) / "worker.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment_of(settings), stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=100)


@contextmanager
def web_server(settings: Settings, code: Path = ROOT) -> Iterator[str]:
    """Run gunicorn with the service as it is in a folder; give its address."""
    port = free_port()
    environment = environment_of(settings) | {
        "BAILEY_BIND": f"127.0.0.1:{port}", "PYTHONPATH": str(code)
    }  # fmt: skip
    command = [sys.executable, "-m", "gunicorn", "--config", "python:serve.gunicorn"]
    with (Path(settings.home) / "web.log").open("ab") as log:
        server = subprocess.Popen(command, env=environment, cwd=code, stdout=log, stderr=log)
    try:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/readyz"), PATIENCE)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=100)


@dataclass(frozen=True)
class Somebody:
    """A user and a token."""

    id: UUID
    token: str


def add_user(session: Session, clinic: Clinic, role: str, **more: Any) -> Somebody:
    """Add a user who may listen, book and note."""
    user = User(
        practice_id=clinic.practice, email=f"{uuid4().hex}@people.example", name=role, **more
    )
    user.roles = [UserRole(role=role)]
    session.add(user)
    session.flush()
    scopes = [
        "event.read", "appointment.book", "appointment.change", "appointment.read",
        "appointment.attend",
    ]  # fmt: skip
    token = issue(session, user, "test", scopes, 9, KEY, datetime.now(UTC))[1]
    return Somebody(user.id, token)


@dataclass
class Place:
    """A practice with seats for people who book."""

    clinic: Clinic
    booker: str
    seats: list[str] = field(default_factory=list)
    patients: list[str] = field(default_factory=list)

    def last(self) -> int:
        """Return the last event."""
        with reading() as session:
            return session.scalar(select(func.max(Event.id))) or 0

    def events(self) -> list[Event]:
        """Return all events."""
        with reading() as session:
            query = select(Event).where(Event.practice_id == self.clinic.practice)
            return list(session.scalars(query.order_by(Event.id)))


@contextmanager
def place(settings: Settings) -> Iterator[Place]:
    """Give a practice; with an application context."""
    app = create_app(settings)

    def people(session: Session, clinic: Clinic) -> Place:
        made = Place(clinic, add_user(session, clinic, "front_desk").token)
        today = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        _, seats = add_day(session, clinic, today + timedelta(days=2), [BOOKERS] * SEATS)
        made.seats = [str(one.id) for one in sorted(seats, key=lambda one: one.number)]
        patients = [Patient(practice_id=clinic.practice, name="Cy Patient") for _ in made.seats]
        session.add_all(patients)
        session.flush()
        made.patients = [str(one.id) for one in patients]
        return made

    with app.app_context():
        migrate(db.engine)
        clinic = make_clinic()
        yield transaction(lambda session: people(session, clinic))
        db.engine.dispose()


class Sender:
    """Sends requests about appointments, and knows when each was answered."""

    def __init__(self, address: str, token: str) -> None:
        self.address = address
        self.done: list[float] = []
        #: When somebody had the answer that an appointment was changed.
        self.answered: dict[tuple[str, str], float] = {}
        self.failed: list[str] = []
        self._headers = {"Authorization": f"Bearer {token}"}
        self._here = threading.local()

    def send(self, path: str, body: Any, version: int | None = None) -> Any:
        """Return the answer; None if it was none, or a refusal."""
        if not hasattr(self._here, "http"):
            self._here.http = requests.Session()
        headers = {**self._headers, "Idempotency-Key": uuid4().hex}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        began = time.monotonic()
        try:
            answer = self._here.http.post(
                f"{self.address}/api/v1/appointments{path}", json=body, headers=headers, timeout=30
            )
        except requests.RequestException as error:
            self.failed.append(type(error).__name__)
            return None
        self.done.append(time.monotonic() - began)
        if answer.status_code >= 300:
            self.failed.append(f"{answer.status_code} {answer.text[:200]}")
            return None
        told = answer.json()
        self.answered[told["id"], f"appointment.{told['status']}"] = time.time()
        return told


class Bookers:
    """People who book seats and cancel them, without ever wanting the same."""

    def __init__(self, address: str, at: Place) -> None:
        self.at, self.sender = at, Sender(address, at.booker)
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._book, args=(number,)) for number in range(BOOKERS)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let all end what they do."""
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _book(self, number: int) -> None:
        mine = slice(number * SEATS, (number + 1) * SEATS)
        pairs = list(zip(self.at.seats[mine], self.at.patients[mine], strict=True))
        while not self._stop.is_set():
            seat, patient = random.choice(pairs)
            made = self.sender.send("", {"seat_id": seat, "patient_id": patient})
            self._stop.wait(random.uniform(0, 2 * PAUSE))
            if made is not None:
                self.sender.send(f"/{made['id']}/cancel", {}, made["version"])
            self._stop.wait(random.uniform(0, 2 * PAUSE))
