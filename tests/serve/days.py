"""Clinic days that took place: seats, appointments and what became of them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from serve.models import Appointment, ClinicDay, Patient, Provider, Seat
from tests.serve.conftest import Clinic

#: Nine o'clock in Amsterdam, on the Monday before the tests' today.
NINE = datetime(2026, 2, 23, 8, tzinfo=UTC)
#: Six intervals of ten minutes, consultations of nine minutes and one patient in ten missing.
OBJECTIVE: dict[str, Any] = {
    "session": {
        "patients": 4,
        "intervals": 6,
        "interval_length": 10.0,
        "service_time": {"law": "exponential", "mean": 9.0},
        "no_show": 0.1,
    },
    "weights": {"waiting": 0.4, "idle": 0.2, "tardiness": 0.4},
}


@dataclass(frozen=True)
class Visit:
    """A visit: its interval, what became of it, and when, in minutes from the session's start."""

    interval: int
    status: str = "completed"
    arrived: float | None = None
    started: float | None = None
    ended: float | None = None
    walk_in: bool = False
    booked_days: float = 7.0
    more: dict[str, Any] = field(default_factory=dict)


def add_day(
    session: Session,
    clinic: Clinic,
    visits: list[Visit],
    starts: datetime = NINE,
    provider: UUID | None = None,
    free: int = 0,
    objective: dict[str, Any] | None = None,
) -> ClinicDay:
    """Add a session of an hour with a seat and an appointment for each visit, and free seats."""
    day = ClinicDay(
        practice_id=clinic.practice, provider_id=provider or clinic.provider,
        visit_type_id=clinic.visit_type, location_id=clinic.location, rule="individual",
        day=starts.date(), starts_at=starts, ends_at=starts + timedelta(hours=1),
        interval_minutes=10.0, objective=OBJECTIVE if objective is None else objective,
    )  # fmt: skip
    session.add(day)
    session.flush()
    numbers: dict[int, int] = {}

    def seat_at(interval: int) -> Seat:
        number = numbers[interval] = numbers.get(interval, -1) + 1
        begins = starts + timedelta(minutes=10 * interval)
        seat = Seat(
            clinic_day_id=day.id, interval=interval, number=number,
            starts_at=begins, ends_at=begins + timedelta(minutes=10),
        )  # fmt: skip
        session.add(seat)
        session.flush()
        return seat

    for visit in visits:
        seat = seat_at(visit.interval)
        patient = Patient(
            practice_id=clinic.practice, name="Secret Name", email="secret@example.org",
            born_on=datetime(1990, 2, 24).date(), area="NL-1011", attributes={"smoker": "no", "E-mail": "secret@example.org"},
        )  # fmt: skip
        session.add(patient)
        session.flush()
        times = {
            f"{name}_at": None if minutes is None else starts + timedelta(minutes=minutes)
            for name, minutes in (
                ("arrived", visit.arrived),
                ("started", visit.started),
                ("ended", visit.ended),
            )
        }
        values = {
            "patient_id": patient.id,
            "status": visit.status,
            "booked_at": seat.starts_at - timedelta(days=visit.booked_days),
            "walk_in": visit.walk_in,
            **times,
            **visit.more,
        }
        session.add(
            Appointment(
                practice_id=clinic.practice, visit_type_id=clinic.visit_type, seat_id=seat.id,
                starts_at=seat.starts_at, ends_at=seat.ends_at, **values,
            )
        )  # fmt: skip
    for interval in range(free):
        seat_at(interval)
    session.flush()
    return day


def add_provider(session: Session, clinic: Clinic, name: str) -> UUID:
    """Add a provider."""
    made = Provider(practice_id=clinic.practice, name=name)
    session.add(made)
    session.flush()
    return UUID(str(made.id))
