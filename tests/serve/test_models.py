"""What the database itself keeps from happening, whatever the code does."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from apiflask import APIFlask
from sqlalchemy import delete, inspect, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from serve import migrations
from serve.database import db, transaction
from serve.errors import Conflict
from serve.migrations import migrate, newest, revision
from serve.models import (
    Appointment,
    AuditEntry,
    Base,
    ClinicDay,
    Location,
    Provider,
    Resource,
    Seat,
)
from tests.serve.conftest import NOW, Clinic


def add_day(clinic: Clinic, hour: int = 1, **more: Any) -> None:
    """Add a session of two hours with two seats at its start and one later."""

    def work(session: Session) -> None:
        starts = NOW + timedelta(hours=hour)
        day = ClinicDay(
            practice_id=clinic.practice,
            provider_id=clinic.provider,
            visit_type_id=clinic.visit_type,
            location_id=clinic.location,
            rule="individual",
            day=date(2026, 3, 2),
            starts_at=starts,
            ends_at=starts + timedelta(hours=2),
            interval_minutes=10,
            objective={},
            **more,
        )
        session.add(day)
        session.flush()
        for interval, number in ((0, 0), (0, 1), (3, 0)):
            begins = starts + timedelta(minutes=10 * interval)
            ends = begins + timedelta(minutes=10)
            seat = Seat(
                clinic_day_id=day.id,
                interval=interval,
                number=number,
                starts_at=begins,
                ends_at=ends,
            )
            session.add(seat)

    transaction(work)


def book(clinic: Clinic, seat_id: UUID, patient: UUID, status: str = "booked") -> UUID:
    """Put a patient on a seat, without any rule."""

    def work(session: Session) -> UUID:
        seat = session.get_one(Seat, seat_id)
        made = Appointment(
            practice_id=clinic.practice,
            patient_id=patient,
            visit_type_id=clinic.visit_type,
            seat_id=seat.id,
            starts_at=seat.starts_at,
            ends_at=seat.ends_at,
            status=status,
        )
        session.add(made)
        session.flush()
        return made.id

    return transaction(work)


def seats() -> list[UUID]:
    """Return all seats in order."""
    with Session(db.engine) as session:
        found = session.query(Seat).order_by(Seat.starts_at, Seat.number)
        return [seat.id for seat in found]


@pytest.fixture
def context(app: APIFlask) -> Any:
    """An application's context."""
    with app.app_context():
        yield


def test_the_migrations_make_the_tables_of_the_models(context: None):
    """Nothing is left to migrate; and they can be taken back and made again."""
    assert revision(db.engine) == newest()
    with db.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    configuration = migrations._configuration()
    with db.engine.execution_options(writing=True).begin() as connection:
        configuration.attributes["connection"] = connection
        command.downgrade(configuration, "base")
    assert inspect(db.engine).get_table_names() == ["alembic_version"]
    migrate(db.engine)
    assert revision(db.engine) == newest()


def test_a_seat_has_one_holder(context: None, clinic: Clinic):
    """And another one only after the first has gone."""
    add_day(clinic)
    first, *_ = seats()
    kept = book(clinic, first, clinic.patient)
    with pytest.raises(Conflict, match="seat") as refused:
        book(clinic, first, clinic.stranger)
    assert refused.value.reason == "seat_taken"
    transaction(
        lambda session: session.execute(
            update(Appointment)
            .where(Appointment.id == kept)
            .values(status="cancelled_by_patient", cancelled_at=NOW)
        )
    )
    book(clinic, first, clinic.stranger)


def test_a_patient_is_in_one_place_at_a_time(context: None, clinic: Clinic):
    """Two seats of an interval overlap; one that follows does not."""
    add_day(clinic)
    first, second, later = seats()
    book(clinic, first, clinic.patient)
    with pytest.raises(Conflict) as refused:
        book(clinic, second, clinic.patient)
    assert refused.value.reason == "patient_busy"
    moved = book(clinic, later, clinic.patient)

    def move(session: Session) -> None:
        appointment, seat = session.get_one(Appointment, moved), session.get_one(Seat, second)
        appointment.seat_id = seat.id
        appointment.starts_at, appointment.ends_at = seat.starts_at, seat.ends_at

    with pytest.raises(Conflict, match="another appointment"):
        transaction(move)


def test_a_provider_holds_one_session_at_a_time(context: None, clinic: Clinic):
    """One that begins when another ends is none too many."""
    add_day(clinic, hour=1)
    with pytest.raises(Conflict) as refused:
        add_day(clinic, hour=2)
    assert refused.value.reason == "provider_busy"
    add_day(clinic, hour=3)


def test_a_room_has_one_session_at_a_time(context: None, clinic: Clinic):
    """Whoever holds it."""

    def add(session: Session) -> tuple[UUID, UUID]:
        location = session.query(Location).one()
        room = Resource(
            practice_id=clinic.practice, location_id=location.id, kind="room", name="Room 1"
        )
        session.add(room)
        session.flush()
        other = Provider(practice_id=clinic.practice, name="Dr Bailey")
        session.add(other)
        session.flush()
        return room.id, other.id

    room, other = transaction(add)
    add_day(clinic, room_id=room)
    clinic.provider = other
    with pytest.raises(Conflict) as refused:
        add_day(clinic, room_id=room)
    assert refused.value.reason == "room_busy"


@pytest.mark.parametrize("change", ["update", "delete"])
def test_rows_of_the_audit_are_only_added(context: None, change: str):
    """Neither changed nor taken away, not even by the service."""
    transaction(lambda session: session.add(AuditEntry(by="system", action="test")))
    what = update(AuditEntry).values(action="none") if change == "update" else delete(AuditEntry)
    with pytest.raises((DBAPIError, Conflict)):
        transaction(lambda session: session.execute(what))
