"""A clinic with days and seats to book."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from apiflask import APIFlask
from sqlalchemy.orm import Session

from serve.booking.who import Who
from serve.database import reading, transaction
from serve.models import Appointment, Base, ClinicDay, Patient, Provider, Seat
from tests.serve.conftest import NOW, Clinic

STAFF, PATIENT = Who(), Who(staff=False)
OBJECTIVE: dict[str, Any] = {
    "session": {
        "patients": 6,
        "intervals": 6,
        "interval_length": 10,
        "service_time": {"law": "exponential", "mean": 9},
        "no_show": 0.1,
    },
    "weights": {"waiting": 0.4, "idle": 0.2, "tardiness": 0.4},
}
#: Three days after the clock's moment, in Amsterdam at 9.
START = NOW + timedelta(days=3, minutes=-15)


def add_day(
    session: Session,
    clinic: Clinic,
    starts_at: datetime = START,
    schedule: Sequence[int] = (1, 1, 1, 1, 1, 1),
    provider: UUID | None = None,
    zone: str = "Europe/Amsterdam",
) -> tuple[ClinicDay, list[Seat]]:
    """Add a session of intervals of ten minutes, and its seats."""
    intervals = len(schedule)
    description = OBJECTIVE | {
        "session": OBJECTIVE["session"] | {"patients": sum(schedule), "intervals": intervals}
    }
    day = ClinicDay(
        practice_id=clinic.practice,
        provider_id=provider or clinic.provider,
        visit_type_id=clinic.visit_type,
        location_id=clinic.location,
        rule="individual",
        day=starts_at.astimezone(ZoneInfo(zone)).date(),
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=10 * intervals),
        interval_minutes=10,
        objective=description,
    )
    session.add(day)
    session.flush()
    seats = [
        Seat(
            clinic_day_id=day.id,
            interval=interval,
            number=number,
            starts_at=starts_at + timedelta(minutes=10 * interval),
            ends_at=starts_at + timedelta(minutes=10 * interval + 10),
        )
        for interval, count in enumerate(schedule)
        for number in range(count)
    ]
    session.add_all(seats)
    session.flush()
    return day, seats


@dataclass
class Books:
    """The clinic, one day of it, and shorthand for rules in transactions of their own."""

    clinic: Clinic
    day: UUID = field(default_factory=lambda: UUID(int=0))
    seats: list[UUID] = field(default_factory=list)

    def add_day(self, **more: Any) -> tuple[UUID, list[UUID]]:
        """Add a session; return identifiers of it and of its seats."""

        def work(session: Session) -> tuple[UUID, list[UUID]]:
            day, seats = add_day(session, self.clinic, **more)
            return day.id, [seat.id for seat in seats]

        return transaction(work)

    def add_patient(self, name: str = "Cy Patient") -> UUID:
        """Add a patient."""

        def work(session: Session) -> UUID:
            patient = Patient(practice_id=self.clinic.practice, name=name)
            session.add(patient)
            session.flush()
            return patient.id

        return transaction(work)

    def add_provider(self, name: str) -> UUID:
        """Add a provider."""

        def work(session: Session) -> UUID:
            provider = Provider(practice_id=self.clinic.practice, name=name)
            session.add(provider)
            session.flush()
            return provider.id

        return transaction(work)

    def do(self, rule: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
        """Follow a rule in a transaction; an appointment or offer is given by its row, locked."""

        def work(session: Session) -> Any:
            given = [
                session.get_one(type(one), one.id, with_for_update=True)
                if isinstance(one, Base)
                else one
                for one in arguments
            ]
            return rule(session, *given, **more)

        return transaction(work)

    def set(self, model: type, identifier: UUID, **values: Any) -> None:
        """Change a row."""

        def work(session: Session) -> None:
            row = session.get_one(model, identifier)
            for name, value in values.items():
                setattr(row, name, value)

        transaction(work)

    def get(self, model: type, identifier: UUID) -> Any:
        """Return a row as it is now."""
        with reading() as session:
            return session.get_one(model, identifier)

    def appointment(self, made: Appointment) -> Appointment:
        """Return an appointment as it is now."""
        found: Appointment = self.get(Appointment, made.id)
        return found


@pytest.fixture
def books(app: APIFlask, clinic: Clinic) -> Iterator[Books]:
    """A clinic with one day of six seats, three days ahead."""
    with app.app_context():
        made = Books(clinic)
        made.day, made.seats = made.add_day()
        yield made
