"""An application on each database, and one user of each role."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text
from werkzeug.test import TestResponse

from serve import create_app
from serve.auth.policy import POLICY
from serve.auth.tokens import issue
from serve.database import db, transaction
from serve.migrations import migrate
from serve.models import Location, Patient, Practice, Provider, User, UserRole, VisitType
from serve.settings import Settings

KEY = "a key for tests that is long enough to be one"
#: For tests that take minutes: in every run on PostgreSQL, at night on SQLite too.
SQLITE_AT_NIGHT = pytest.mark.parametrize(
    "database_url", [pytest.param("sqlite", marks=pytest.mark.nightly), "postgresql"], indirect=True
)
#: A Monday morning, in Amsterdam a quarter past nine.
NOW = datetime(2026, 3, 2, 8, 15, tzinfo=UTC)


class HandClock:
    """A clock that stands still until it is put forward."""

    def __init__(self) -> None:
        self.moment = NOW

    def __call__(self) -> datetime:
        """Return its moment."""
        return self.moment

    def forward(self, **how_long: float) -> None:
        """Put the clock forward, by the arguments of a timedelta."""
        self.moment += timedelta(**how_long)


@pytest.fixture
def clock() -> HandClock:
    """The application's clock."""
    return HandClock()


@pytest.fixture(scope="session")
def postgres_tables(postgres_url: str) -> str:
    """Name of a database with the tables, of which copies are made: that is quicker."""
    server = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    name = f"bailey_{uuid4().hex}"
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    made = create_engine(server.url.set(database=name))
    migrate(made)
    made.dispose()
    server.dispose()
    return name


@pytest.fixture(scope="session")
def sqlite_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the tables, of which copies are made."""
    path = tmp_path_factory.mktemp("tables") / "bailey.db"
    made = create_engine(f"sqlite:///{path}")
    migrate(made)
    made.dispose()
    return path


@contextmanager
def database(request: pytest.FixtureRequest, kind: str, folder: Path) -> Iterator[str]:
    """Give the address of a database of a kind, without rows."""
    if kind == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_tables"), folder / "bailey.db")
        yield f"sqlite:///{folder / 'bailey.db'}"
        return
    server = create_engine(request.getfixturevalue("postgres_url"), isolation_level="AUTOCOMMIT")
    name, tables = f"bailey_{uuid4().hex}", request.getfixturevalue("postgres_tables")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {tables}"))
    yield server.url.set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of an empty database of each kind."""
    with database(request, request.param, tmp_path) as url:
        yield url


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings of a service of its own."""
    return Settings(home=str(tmp_path), database_url=database_url, secret_key=KEY, rate_limit="")


@pytest.fixture
def app(settings: Settings, clock: HandClock) -> Iterator[APIFlask]:
    """An application whose database has its tables and no rows."""
    made = create_app(settings, clock)
    yield made
    with made.app_context():
        db.engine.dispose()


@dataclass
class Clinic:
    """A practice with one provider and one user of each role; identifiers only."""

    practice: UUID
    location: UUID
    provider: UUID
    visit_type: UUID
    #: The patient that the user with that role is, and one of nobody.
    patient: UUID
    stranger: UUID
    users: dict[str, UUID]


def make_clinic(name: str = "Bailey", zone: str = "Europe/Amsterdam") -> Clinic:
    """Add a practice and its people; needs an application context."""

    def work(session: Any) -> Clinic:
        practice = Practice(name=name, zone=zone)
        session.add(practice)
        session.flush()
        location = Location(practice_id=practice.id, name="Main street")
        provider = Provider(practice_id=practice.id, name="Dr Welch")
        visit_type = VisitType(
            practice_id=practice.id,
            name="return",
            minutes=10,
            interval_minutes=10,
            service_time={"law": "exponential", "mean": 9.0},
            no_show=0.1,
        )
        session.add_all([location, provider, visit_type])
        session.flush()
        users = {}
        for role in ("patient", "provider", "front_desk", "administrator", "analyst"):
            user = User(
                practice_id=practice.id,
                email=f"{role}@{name.lower()}.example",
                name=role,
                provider_id=provider.id if role == "provider" else None,
            )
            user.roles = [UserRole(role=role)]
            session.add(user)
            session.flush()
            users[role] = user.id
        patient = Patient(practice_id=practice.id, user_id=users["patient"], name="Ada Patient")
        stranger = Patient(practice_id=practice.id, name="Bo Stranger")
        session.add_all([patient, stranger])
        session.flush()
        return Clinic(
            practice.id, location.id, provider.id, visit_type.id, patient.id, stranger.id, users
        )

    return transaction(work)


@pytest.fixture
def clinic(app: APIFlask) -> Clinic:
    """A practice in Amsterdam."""
    with app.app_context():
        return make_clinic()


class Client:
    """Somebody who calls the API with a token, with a new Idempotency-Key for each request."""

    def __init__(self, app: APIFlask, token: str | None) -> None:
        self.client: FlaskClient = app.test_client()
        self.token = token

    def __call__(
        self,
        method: str,
        path: str,
        json: Any = None,
        version: int | None = None,
        key: str | None = None,
        **more: Any,
    ) -> TestResponse:
        """Send a request to a path beneath /api/v1."""
        headers = {"Idempotency-Key": key or uuid4().hex} | more.pop("headers", {})
        if self.token is not None:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        if json is not None:
            more["json"] = json
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **more)

    def get(self, path: str, **query: Any) -> Any:
        """Return what is there, which must be."""
        answer = self("GET", path, query_string=query)
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def post(self, path: str, json: Any = None, **more: Any) -> Any:
        """Return the answer to a request that must be taken."""
        answer = self("POST", path, {} if json is None else json, **more)
        assert answer.status_code < 300, answer.text
        return answer.get_json() if answer.data else None


def token_for(user_id: UUID, scopes: list[str] | None = None, now: datetime = NOW) -> str:
    """Return a new token of a user; needs an application context."""

    def work(session: Any) -> str:
        user = session.get(User, user_id)
        wanted = list(POLICY) if scopes is None else scopes
        return issue(session, user, "test", wanted, 365, KEY, now)[1]

    return transaction(work)


@pytest.fixture
def as_role(app: APIFlask, clinic: Clinic) -> Any:
    """Return a client for a role; ``nobody`` has no token."""

    def make(role: str) -> Client:
        if role == "nobody":
            return Client(app, None)
        with app.app_context():
            return Client(app, token_for(clinic.users[role]))

    return make
