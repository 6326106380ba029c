"""Rules, templates and appointments put into the database directly."""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.booking.publishing import Outcome, Publication, publish
from serve.database import transaction
from serve.models import (
    Appointment,
    AvailabilityRule,
    ClinicDay,
    Location,
    Practice,
    Provider,
    Resource,
    Seat,
    Template,
    VisitType,
)
from tests.serve.conftest import NOW, Clinic

#: A Tuesday, the day after the tests' now.
TUESDAY = date(2026, 3, 3)


def add(row: Any) -> UUID:
    """Add a row, and return its identifier."""

    def work(session: Session) -> UUID:
        session.add(row)
        session.flush()
        return row.id

    return transaction(work)


def add_rule(clinic: Clinic, **changes: Any) -> UUID:
    """Add a rule: Tuesdays at nine for an hour, in Amsterdam at eight o'clock UTC."""
    given: dict[str, Any] = {
        "provider_id": clinic.provider,
        "visit_type_id": clinic.visit_type,
        "location_id": clinic.location,
        "first_date": date(2026, 1, 1),
        "starts": time(9),
        "minutes": 60,
        "recurrence": "FREQ=WEEKLY;BYDAY=TU",
    }
    return add(AvailabilityRule(**given | changes))


def add_template(clinic: Clinic, name: str, schedule: list[int], interval: float = 10.0) -> UUID:
    """Add a template with a schedule."""
    session = {
        "patients": sum(schedule),
        "intervals": len(schedule),
        "interval_length": interval,
        "service_time": {"law": "exponential", "mean": 9.0},
        "no_show": 0.1,
    }
    return add(
        Template(
            practice_id=clinic.practice, visit_type_id=clinic.visit_type, name=name,
            objective={"session": session, "weights": {"waiting": 1, "idle": 1, "tardiness": 1}},
            schedule=schedule, performance={}, known="priced",
        )
    )  # fmt: skip


def add_room(clinic: Clinic) -> UUID:
    """Add a room."""
    return add(
        Resource(
            practice_id=clinic.practice, location_id=clinic.location, kind="room", name="Room 1"
        )
    )


def add_location(clinic: Clinic) -> UUID:
    """Add another location."""
    return add(Location(practice_id=clinic.practice, name="Side street"))


def add_provider(clinic: Clinic, name: str = "Dr Bailey") -> UUID:
    """Add another provider."""
    return add(Provider(practice_id=clinic.practice, name=name))


def publish_dates(
    clinic: Clinic,
    template: UUID | None = None,
    first: date = TUESDAY,
    last: date | None = None,
    provider: UUID | None = None,
    everybody: bool = False,
    now: datetime = NOW,
) -> list[Outcome]:
    """Publish, in a transaction of its own."""

    def work(session: Session) -> list[Outcome]:
        asked = Publication(
            session.get_one(Practice, clinic.practice),
            session.get_one(VisitType, clinic.visit_type),
            None if template is None else session.get_one(Template, template),
            None if everybody else provider or clinic.provider,
            first,
            last or first,
        )
        return publish(session, asked, now)

    return transaction(work)


def seats_of(day: UUID | None) -> list[Seat]:
    """Return the seats of a session that can be booked or are taken, in order."""

    def work(session: Session) -> list[Seat]:
        return list(
            session.scalars(
                select(Seat).where(Seat.clinic_day_id == day).order_by(Seat.interval, Seat.number)
            )
        )

    return transaction(work)


def clinic_days(clinic: Clinic) -> list[ClinicDay]:
    """Return all sessions, in order."""
    return transaction(
        lambda session: list(session.scalars(select(ClinicDay).order_by(ClinicDay.starts_at)))
    )


def book(clinic: Clinic, seat: Seat, status: str = "booked", patient: UUID | None = None) -> UUID:
    """Add an appointment that has a seat."""
    return add(
        Appointment(
            practice_id=clinic.practice, patient_id=patient or clinic.patient,
            visit_type_id=clinic.visit_type, seat_id=seat.id, status=status,
            starts_at=seat.starts_at, ends_at=seat.ends_at,
        )
    )  # fmt: skip


def counts(seats: list[Seat], intervals: int) -> list[int]:
    """Return the seats per interval that are not withdrawn."""
    found = [0] * intervals
    for seat in seats:
        if not seat.withdrawn:
            found[seat.interval] += 1
    return found
