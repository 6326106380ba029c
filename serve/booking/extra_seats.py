"""Seats beside the schedule, each with its reason: overbooking by staff, and walk-ins."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from objective import InvalidInput
from serve.booking.claiming import check_open, lock_patient, place_of
from serve.booking.expiry import expire_in_the_way
from serve.booking.holding import book, new_appointment
from serve.booking.status import begin
from serve.booking.who import Who
from serve.database import lock
from serve.errors import Conflict, NotFound
from serve.models import Appointment, ClinicDay, Seat, VisitType


def book_extra(
    session: Session,
    clinic_day_id: UUID,
    interval: int,
    patient_id: UUID,
    reason: str,
    now: datetime,
    who: Who,
) -> Appointment:
    """Add a seat to an interval of a session, and book it.

    Raises
    ------
    InvalidInput
        If the session has no such interval, or there is no reason.
    NotFound, Conflict
        As `serve.booking.claiming.claim`.
    """
    day = lock(session, ClinicDay, clinic_day_id)
    if day is None:
        raise NotFound("clinic day")
    if not day.open:
        raise Conflict("The session is closed.", "closed")
    seat = add_seat(session, day, interval, reason, now)
    return book(session, seat.id, patient_id, now, who, reason)


def register_walk_in(
    session: Session,
    provider_id: UUID,
    patient_id: UUID,
    now: datetime,
    who: Who,
    reason: str = "walk-in",
) -> Appointment:
    """Let a patient who came unbooked be seen by a provider in the session that is held now.

    Raises
    ------
    NotFound, Conflict
        If the provider holds no open session now, or the patient is booked at this time.
    """
    day = session.scalar(
        select(ClinicDay)
        .where(
            ClinicDay.provider_id == provider_id,
            ClinicDay.starts_at <= now,
            ClinicDay.ends_at > now,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if day is None or not day.open:
        raise Conflict("The provider holds no open session now.", "no_session")
    minutes = (now - day.starts_at).total_seconds() / 60
    seat = add_seat(session, day, int(minutes // day.interval_minutes), reason, now)
    place = place_of(session, day, seat)
    lock_patient(session, patient_id, day.practice_id)
    expire_in_the_way(session, seat.id, patient_id, now)
    check_open(place)
    made = new_appointment(place, patient_id, "arrived")
    made.arrived_at, made.walk_in = now, True
    return begin(session, made, now, who, reason)


def add_seat(session: Session, day: ClinicDay, interval: int, reason: str, now: datetime) -> Seat:
    """Return a new seat, with the next number, in an interval of a session that is locked."""
    intervals = round((day.ends_at - day.starts_at).total_seconds() / 60 / day.interval_minutes)
    if not 0 <= interval < intervals:
        raise InvalidInput("interval", interval, f"a whole number from 0 to {intervals - 1}")
    if not reason.strip():
        raise InvalidInput("reason", reason, "why the seat is added")
    last = session.scalar(
        select(func.max(Seat.number)).where(Seat.clinic_day_id == day.id, Seat.interval == interval)
    )
    starts_at = day.starts_at + timedelta(minutes=interval * day.interval_minutes)
    visit_type = session.get_one(VisitType, day.visit_type_id)
    seat = Seat(
        clinic_day_id=day.id,
        interval=interval,
        number=0 if last is None else last + 1,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=visit_type.minutes),
        extra=True,
        reason=reason,
        created_at=now,
    )
    session.add(seat)
    session.flush()
    return seat
