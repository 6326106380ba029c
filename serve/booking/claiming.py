"""Whether a patient may have a seat: locks first, then one refusal for each reason.

Locks are always taken in the same order: the clinic day, the seat, the patient. What remains, who
has the seat and where the patient is, the database decides by its constraints.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from serve.booking.expiry import expire_in_the_way
from serve.booking.who import Who
from serve.database import lock
from serve.errors import Conflict, NotFound
from serve.models import Appointment, ClinicDay, Patient, Practice, Provider, Seat, VisitType

#: Most seats that a patient holds at one time without booking any.
MOST_HOLDS = 5


@dataclass(frozen=True)
class Place:
    """A seat and what it belongs to."""

    seat: Seat
    day: ClinicDay
    practice: Practice
    provider: Provider
    visit_type: VisitType


def claim(
    session: Session,
    seat_id: UUID,
    patient_id: UUID,
    now: datetime,
    who: Who,
    moved: Appointment | None = None,
) -> Place:
    """Lock a seat and a patient, and check that the one may have the other.

    Parameters
    ----------
    moved
        The appointment that goes to the seat; None for a new one.

    Raises
    ------
    NotFound
        If there is no such seat or patient.
    Conflict
        With the reason ``closed``, ``withdrawn``, ``past``, ``provider_inactive``,
        ``visit_type_inactive``, ``extra_seat``, ``notice``, ``erased`` or ``holds``.
    """
    place = lock_place(session, seat_id)
    lock_patient(session, patient_id, place.practice.id)
    expire_in_the_way(session, seat_id, patient_id, now, moved.id if moved else None)
    check_open(place)
    if place.seat.starts_at <= now:
        raise Conflict("The seat's time is past.", "past")
    if not who.staff:
        _check_for_patients(session, place, patient_id, now, moved)
    return place


def lock_place(session: Session, seat_id: UUID) -> Place:
    """Lock a seat; its clinic day cannot be changed meanwhile, but others may book on it."""
    known = session.get(Seat, seat_id)
    if known is None:
        raise NotFound("seat")
    day = session.get_one(
        ClinicDay, known.clinic_day_id, with_for_update={"read": True}, populate_existing=True
    )
    seat = lock(session, Seat, seat_id)
    if seat is None:
        raise NotFound("seat")
    return place_of(session, day, seat)


def place_of(session: Session, day: ClinicDay, seat: Seat) -> Place:
    """Return a seat with what it belongs to."""
    practice, provider, visit_type = session.execute(
        select(Practice, Provider, VisitType)
        .join(Provider, Provider.practice_id == Practice.id)
        .join(VisitType, VisitType.practice_id == Practice.id)
        .where(Provider.id == day.provider_id, VisitType.id == day.visit_type_id)
    ).one()
    return Place(seat, day, practice, provider, visit_type)


def lock_patient(session: Session, patient_id: UUID, practice_id: UUID) -> None:
    """Lock a patient, so that the patient gets one appointment after the other."""
    # The row alone: names and identifiers are not needed here.
    found = session.execute(
        select(Patient.practice_id, Patient.erased_at)
        .where(Patient.id == patient_id)
        .with_for_update()
    ).one_or_none()
    if found is None or found.practice_id != practice_id:
        raise NotFound("patient")
    if found.erased_at is not None:
        raise Conflict("The patient's data were erased.", "erased")


def check_open(place: Place) -> None:
    """Raise `Conflict` for a seat that nobody gets."""
    if not place.day.open:
        raise Conflict("The session is closed.", "closed")
    if place.seat.withdrawn:
        raise Conflict("The seat was withdrawn.", "withdrawn")
    if not place.provider.active:
        raise Conflict("The provider takes no more bookings.", "provider_inactive")
    if not place.visit_type.active:
        raise Conflict("Visits of this type are not booked any more.", "visit_type_inactive")


def check_notice(starts_at: datetime, minutes: int, now: datetime) -> None:
    """Raise `Conflict` if an appointment is nearer than a patient may book or change it."""
    if now > starts_at - timedelta(minutes=minutes):
        raise Conflict("It is too late for that; the practice can still do it.", "notice")


def _check_for_patients(
    session: Session, place: Place, patient_id: UUID, now: datetime, moved: Appointment | None
) -> None:
    if place.seat.extra:
        raise Conflict("Only the practice books extra seats.", "extra_seat")
    check_notice(place.seat.starts_at, place.visit_type.book_notice_minutes, now)
    if moved is not None:
        return
    holds = session.scalar(
        select(func.count()).where(
            Appointment.patient_id == patient_id, Appointment.status == "held"
        )
    )
    if (holds or 0) >= MOST_HOLDS:
        raise Conflict("The patient holds enough seats; book or release one first.", "holds")
