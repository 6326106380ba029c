"""A small made-up practice, on each database, with a day that can be played."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from apiflask import APIFlask
from sqlalchemy.orm import Session

from serve import create_app
from serve.booking.holding import book
from serve.booking.who import THE_SERVICE
from serve.database import db, reading, transaction
from serve.demo.clock import DemoClock
from serve.migrations import migrate
from serve.models import Appointment, Patient
from serve.settings import Settings
from tests.serve.booking.conftest import add_day
from tests.serve.conftest import KEY, NOW, Clinic, HandClock, make_clinic

#: In Amsterdam nine o'clock: a quarter of an hour before the clock's moment.
STARTS = NOW - timedelta(minutes=15)
SEATS = 12


@dataclass
class MadeUp:
    """A practice whose session of two hours has just begun, every seat of which is booked."""

    app: APIFlask
    clinic: Clinic
    clock: DemoClock
    machine: HandClock
    day: UUID
    booked: list[UUID]

    def statuses(self) -> list[str]:
        """Return what became of those who were booked, in the order of their times."""
        with reading() as session:
            return [session.get_one(Appointment, one).status for one in self.booked]

    def appointments(self) -> list[Appointment]:
        """Return all appointments, walk-ins too."""
        with reading() as session:
            return session.query(Appointment).order_by(Appointment.starts_at).all()


@pytest.fixture
def made_up(database_url: str, tmp_path: Path) -> Iterator[MadeUp]:
    """The practice, with an application context."""
    machine = HandClock()
    clock = DemoClock(tmp_path, machine)
    settings = Settings(
        home=str(tmp_path), database_url=database_url, secret_key=KEY, rate_limit="", demo="true"
    )
    app = create_app(settings, clock)
    with app.app_context():
        migrate(db.engine)
        clinic = make_clinic()

        def work(session: Session) -> tuple[UUID, list[UUID]]:
            day, seats = add_day(session, clinic, STARTS, [1] * SEATS)
            people = [
                Patient(practice_id=clinic.practice, name="Cy", email=f"{number:02}@p.example")
                for number in range(3 * SEATS)
            ]
            session.add_all(people)
            session.flush()
            before = STARTS - timedelta(days=2)
            made = [
                book(session, seat.id, patient.id, before, THE_SERVICE)
                for seat, patient in zip(seats, people, strict=False)
            ]
            return day.id, [one.id for one in made]

        day_id, booked = transaction(work)
        clock.begin(clinic.practice, 3, NOW, STARTS.date())
        yield MadeUp(app, clinic, clock, machine, day_id, booked)
        db.engine.dispose()
