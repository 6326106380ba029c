"""Reading tables from a database, without changing it and without telling its password."""

import hashlib
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import create_engine, text

from forecast.data.database import _engine, database
from forecast.data.history import History
from forecast.data.synthetic.clinic import SyntheticClinic
from forecast.data.synthetic.generate import generate
from forecast.data.tables import TABLES
from objective import InvalidInput
from tests.forecast.data.clinics import visits


def read(directory: Path, **options: Any) -> History:
    """Return the history of a database."""
    return database(options, "stop", directory)


@pytest.fixture
def clinic(tmp_path: Path) -> str:
    """A database of a clinic whose visits are a view."""
    url = f"sqlite:///{tmp_path / 'clinic.db'}"
    engine = create_engine(url)
    visits().rename(columns={"scheduled_at": "day"}).to_sql("appointment", engine, index=False)
    with engine.begin() as connection:
        connection.execute(
            text("create view visits as select *, day as scheduled_at from appointment")
        )
    engine.dispose()
    return url


def test_a_history_in_a_database_is_read_as_it_is(tmp_path):
    """Every value of every table."""
    history = generate(SyntheticClinic(weeks=3, providers=1)).history
    url = f"sqlite:///{tmp_path / 'clinic.db'}"
    engine = create_engine(url)
    for name in TABLES:
        getattr(history, name).to_sql(name, engine, index=False)
    engine.dispose()
    again = read(tmp_path, url=url, country="GB-ENG")
    for name in TABLES:
        one, other = getattr(again, name), getattr(history, name)
        # SQLite has no flags: a further column of them is one of 0 and 1.
        further = [column for column in ("reminder", "own_provider") if column in other]
        pd.testing.assert_frame_equal(one, other.astype(dict.fromkeys(further, "int64")))


def test_views_are_read_and_what_follows_from_them(clinic: str, tmp_path):
    """With a column beside those of visits."""
    history = read(tmp_path, url=clinic)
    assert len(history.visits) == 5
    assert "day" in history.visits
    assert len(history.consultations) == 2
    assert not history.arrivals.empty


def test_tables_and_columns_may_have_other_names(clinic: str, tmp_path):
    """And a table may be left out."""
    history = read(
        tmp_path,
        url=clinic,
        tables={"visits": "appointment", "offers": None},
        columns={"scheduled_at": "day"},
    )
    assert len(history.visits) == 5


def test_nothing_is_written_into_the_database(clinic: str, tmp_path):
    """Its file stays the same; a connection refuses to write; a missing file is not made."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import OperationalError

    path = tmp_path / "clinic.db"
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    read(tmp_path, url=clinic)
    engine = _engine(make_url(clinic))
    with pytest.raises(OperationalError, match="readonly"), engine.begin() as connection:
        connection.execute(text("delete from appointment"))
    engine.dispose()
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before
    with pytest.raises(InvalidInput, match="a database that can be read"):
        read(tmp_path, url=f"sqlite:///{tmp_path / 'nowhere.db'}")
    assert not (tmp_path / "nowhere.db").exists()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("no address, but secret", "no address"),
        ("oracle+nothing://user:secret@localhost/clinic", r"data\.url"),
        ("", "no address"),
        (None, "no address"),
    ],
)
def test_an_address_that_is_none_is_refused_without_telling_it(url: Any, message: str, tmp_path):
    """It may hold a password."""
    with pytest.raises(InvalidInput, match=message) as caught:
        read(tmp_path, url=url)
    assert "secret" not in str(caught.value)


def test_a_server_that_cannot_be_reached_is_told_without_the_password(tmp_path):
    """Or that its driver is not installed."""
    with pytest.raises(InvalidInput, match=r"data\.url") as caught:
        read(tmp_path, url="postgresql+psycopg://user:hushhush@127.0.0.1:1/clinic")
    assert "hushhush" not in str(caught.value)
    assert "user:***@127.0.0.1" in str(caught.value)


def test_a_file_that_is_no_database_is_refused(tmp_path):
    """In a sentence."""
    (tmp_path / "clinic.db").write_text("visit_id,status\n" * 100)
    with pytest.raises(InvalidInput, match="not a database"):
        read(tmp_path, url=f"sqlite:///{tmp_path / 'clinic.db'}")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tables": {"visits": "visit"}}, "one of appointment, visits"),
        ({"tables": {"visits": None}}, "one or more of visits, arrivals"),
        ({"tables": {"bookings": "appointment"}}, r"data\.tables\.bookings"),
        ({"columns": {"status": "outcome"}}, r"data\.columns\.status"),
        ({"tables": {"visits": "appointment"}}, r"visits\.scheduled_at is missing"),
        ({"shema": "x"}, r"data\.shema"),
    ],
)
def test_what_is_not_there_is_told(options: dict[str, Any], message: str, clinic: str, tmp_path):
    """With what is."""
    with pytest.raises(InvalidInput, match=message):
        read(tmp_path, url=clinic, **options)


def test_bad_rows_of_a_database_are_told_as_those_of_files(clinic: str, tmp_path):
    """Rows are counted as they are read."""
    engine = create_engine(clinic)
    with engine.begin() as connection:
        connection.execute(text("update appointment set status = 'x' where visit_id = 'v3'"))
    engine.dispose()
    with pytest.raises(InvalidInput, match=r"visits\.status, row 3 is 'x'"):
        read(tmp_path, url=clinic)


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[tuple[str, str]]:
    """The address of a PostgreSQL server, and a schema of its own on it."""
    url = postgres_url
    engine, schema = create_engine(url), f"forecast_{uuid.uuid4().hex[:12]}"
    with engine.begin() as connection:
        connection.execute(text(f"create schema {schema}"))
    yield url, schema
    with engine.begin() as connection:
        connection.execute(text(f"drop schema {schema} cascade"))
    engine.dispose()


def test_a_history_on_a_postgresql_server_is_read_as_it_is(postgres: tuple[str, str], tmp_path):
    """With flags and times with a zone as the server has them; writing is refused."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import DBAPIError

    url, schema = postgres
    history = generate(SyntheticClinic(weeks=3, providers=1)).history
    engine = create_engine(url)
    for name in TABLES:
        getattr(history, name).to_sql(name, engine, schema=schema, index=False)
    again = read(tmp_path, url=url, schema=schema, country="GB-ENG")
    assert again.fingerprint() == history.fingerprint()
    with engine.begin() as connection:
        connection.execute(
            text(
                f"alter table {schema}.visits alter column booked_at type timestamptz "
                "using booked_at at time zone 'Europe/London'"
            )
        )
    engine.dispose()
    zoned = read(tmp_path, url=url, schema=schema, country="GB-ENG", zone="Europe/London")
    assert zoned.fingerprint() == history.fingerprint()
    reading = _engine(make_url(url))
    with pytest.raises(DBAPIError, match="read-only"), reading.begin() as connection:
        connection.execute(text(f"delete from {schema}.visits"))
    reading.dispose()
