"""How a patient gets a seat: held for a while and then booked, or booked at once."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.booking.claiming import Place, check_open, claim, lock_patient, lock_place
from serve.booking.status import begin, not_now, step
from serve.booking.who import Who
from serve.errors import Conflict, NotFound
from serve.models import Appointment, Offer, VisitType


def hold(
    session: Session,
    seat_id: UUID,
    patient_id: UUID,
    now: datetime,
    who: Who,
    until: datetime | None = None,
    external_id: str = "",
) -> Appointment:
    """Keep a seat for a patient for as long as the practice keeps seats, or until a moment.

    Parameters
    ----------
    external_id
        What another system calls the appointment; empty for nothing.

    Raises
    ------
    NotFound, Conflict
        As `serve.booking.claiming.claim`.
    """
    place = claim(session, seat_id, patient_id, now, who)
    made = new_appointment(place, patient_id, "held")
    made.external_id = external_id
    made.held_until = until or now + timedelta(minutes=place.practice.hold_minutes)
    return begin(session, made, now, who)


def book(
    session: Session,
    seat_id: UUID,
    patient_id: UUID,
    now: datetime,
    who: Who,
    reason: str = "",
    external_id: str = "",
) -> Appointment:
    """Book a seat for a patient.

    Parameters
    ----------
    external_id
        What another system calls the appointment; empty for nothing.

    Raises
    ------
    NotFound, Conflict
        As `serve.booking.claiming.claim`.
    """
    place = claim(session, seat_id, patient_id, now, who)
    made = new_appointment(place, patient_id, "booked")
    made.external_id = external_id
    made.booked_at = now
    return begin(session, made, now, who, reason)


def confirm(session: Session, appointment: Appointment, now: datetime, who: Who) -> Appointment:
    """Book the seat that an appointment, which is locked, holds.

    Raises
    ------
    Conflict
        If it is not held, the hold is over, it keeps the seat of an offer, or nobody gets the seat
        any more.
    """
    if appointment.status != "held":
        raise not_now(appointment.status)
    check_hold(session, appointment, now)
    if appointment.seat_id is not None:
        check_open(lock_place(session, appointment.seat_id))
    if appointment.starts_at is not None and appointment.starts_at <= now:
        raise Conflict("The seat's time is past.", "past")
    return step(session, appointment, "booked", now, who)


def request_visit(
    session: Session, patient_id: UUID, visit_type_id: UUID, now: datetime, who: Who
) -> Appointment:
    """Note that a patient wants a visit, without a seat yet."""
    visit_type = session.get(VisitType, visit_type_id)
    if visit_type is None:
        raise NotFound("visit type")
    if not visit_type.active:
        raise Conflict("Visits of this type are not booked any more.", "visit_type_inactive")
    lock_patient(session, patient_id, visit_type.practice_id)
    made = Appointment(
        practice_id=visit_type.practice_id,
        patient_id=patient_id,
        visit_type_id=visit_type_id,
        status="requested",
    )
    return begin(session, made, now, who)


def new_appointment(place: Place, patient_id: UUID, status: str) -> Appointment:
    """Return an appointment at a place, which is not yet there for others."""
    return Appointment(
        practice_id=place.practice.id,
        patient_id=patient_id,
        visit_type_id=place.visit_type.id,
        seat_id=place.seat.id,
        status=status,
        starts_at=place.seat.starts_at,
        ends_at=place.seat.ends_at,
    )


def check_hold(session: Session, appointment: Appointment, now: datetime) -> None:
    """Raise `Conflict` for a hold that is over, or that keeps the seat of an offer."""
    if appointment.status != "held":
        return
    if appointment.held_until is not None and appointment.held_until <= now:
        raise Conflict("The seat was not kept any longer.", "hold_over")
    offered = select(Offer.id).where(Offer.hold_id == appointment.id, Offer.status == "offered")
    if session.scalar(offered) is not None:
        raise Conflict("The seat is kept for an offer: accept or decline that.", "offer")
