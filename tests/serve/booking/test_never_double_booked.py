"""Nothing is ever double-booked or lost, whoever is killed and whatever is restarted."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from serve import create_app
from serve.database import db
from serve.migrations import migrate
from serve.settings import Settings
from tests.postgres import Server, private_server
from tests.serve.booking.conftest import Books
from tests.serve.booking.crowd import Crowd, check, check_free_seats_can_be_booked, journals
from tests.serve.conftest import KEY, make_clinic

PATIENTS = 40
#: How many bookings each of eight processes tries: some in every run, many at night.
BOOKINGS = [60, pytest.param(500, marks=[pytest.mark.nightly, pytest.mark.timeout(900)])]


def crowd_of(books: Books, url: str, folder: Path, bookings: int) -> Crowd:
    """Return eight processes that book so many times each on 60 seats of two providers."""
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
    _, seats = books.add_day(starts_at=start, schedule=[3] * 10)
    provider = books.add_provider("Dr Koole")
    # Half an interval later, so that each seat overlaps two of the other provider.
    later = start + timedelta(minutes=5)
    _, others = books.add_day(starts_at=later, schedule=[3] * 10, provider=provider)
    patients = [books.add_patient() for _ in range(PATIENTS)]
    return Crowd(url, [*seats, *others], patients, folder, bookings=bookings)


def hold_together(crowd: Crowd, books: Books, folder: Path) -> None:
    """Check everything that a crowd left."""
    notes = journals(folder)
    told = check(notes)
    assert sum(crowd.tried) >= crowd.processes * crowd.bookings
    # Of each kind at least something, or nothing would have been tried.
    tenth = crowd.bookings * crowd.processes // 10
    assert told["done"] > tenth, told
    assert told["seat_taken"] > tenth, told
    assert told["patient_busy"] > tenth // 10, told
    check_free_seats_can_be_booked(
        crowd.seats, books.add_patient, datetime.now(UTC) + timedelta(hours=1)
    )


@pytest.mark.parametrize(
    "database_url", [pytest.param("sqlite", marks=pytest.mark.slow), "postgresql"], indirect=True
)
@pytest.mark.parametrize("bookings", BOOKINGS)
def test_eight_processes_book_sixty_seats_while_some_are_killed(
    books: Books, database_url: str, tmp_path: Path, bookings: int
):
    """Every acknowledged booking is there, every seat has one holder, and every free one gets one.

    Each process tries some or 500 bookings, with holds, moves and cancellations; every second one
    is killed in the middle of what it does.
    """
    folder = tmp_path / "journals"
    folder.mkdir()
    crowd = crowd_of(books, database_url, folder, bookings)
    chance = random.Random(1)
    # Whoever is started anew has to find its feet, so that not all time goes into that.
    every = 1.0 if bookings < 500 else 4.0
    started = crowd.run(lambda processes: chance.choice(processes).kill(), every)
    assert started > crowd.processes, "nobody was killed"
    hold_together(crowd, books, folder)


@pytest.fixture
def own_server(postgres_programs: Path) -> Iterator[Server]:
    """A PostgreSQL server that nobody else uses."""
    with private_server(postgres_programs) as server:
        yield server


@pytest.mark.slow
@pytest.mark.parametrize("bookings", BOOKINGS)
def test_a_server_restarts_while_eight_processes_book(
    own_server: Server, tmp_path: Path, bookings: int
):
    """Once in order and once like a crash: all is tried again, and nothing is lost."""
    folder = tmp_path / "journals"
    folder.mkdir()
    settings = Settings(
        home=str(tmp_path), database_url=own_server.url, secret_key=KEY, rate_limit=""
    )
    modes = ["immediate", "fast"]

    def restart(_: list[Any]) -> None:
        if modes:
            own_server.restart(modes.pop())

    with create_app(settings).app_context():
        migrate(db.engine)
        books = Books(make_clinic())
        crowd = crowd_of(books, own_server.url, folder, bookings)
        started = crowd.run(restart, every=1.5)
        assert started == crowd.processes, "a process gave up"
        assert not modes, "the server was not restarted"
        hold_together(crowd, books, folder)
        db.engine.dispose()
