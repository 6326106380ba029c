"""How an appointment is moved to another seat, or cancelled."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from serve.booking.claiming import check_notice, claim
from serve.booking.holding import check_hold
from serve.booking.status import STEPS, not_now, step, write
from serve.booking.who import Who
from serve.errors import Conflict
from serve.models import Appointment, VisitType

MOVABLE = ("requested", "held", "booked")


def move(
    session: Session,
    appointment: Appointment,
    seat_id: UUID,
    now: datetime,
    who: Who,
    reason: str = "",
) -> Appointment:
    """Give an appointment, which is locked, another seat; a request without a seat gets one.

    The row changes its seat in one statement, which the unique index on the holders of seats
    guards: the new seat is taken and the old one free in the same moment, or neither.

    Raises
    ------
    NotFound, Conflict
        As `serve.booking.claiming.claim`; if the appointment's status does not allow it, the seat
        is of another type of visit, or it is too late for a patient.
    """
    if appointment.status not in MOVABLE:
        raise not_now(appointment.status)
    check_hold(session, appointment, now)
    if appointment.seat_id == seat_id:
        raise Conflict("The appointment has this seat already.", "same_seat")
    check_change_notice(session, appointment, now, who)
    return put(session, appointment, seat_id, now, who, reason)


def put(
    session: Session,
    appointment: Appointment,
    seat_id: UUID,
    now: datetime,
    who: Who,
    reason: str = "",
) -> Appointment:
    """Move an appointment whatever the notice for leaving its old seat."""
    place = claim(session, seat_id, appointment.patient_id, now, who, appointment)
    if place.practice.id != appointment.practice_id:
        raise Conflict("The seat is of another practice.", "practice")
    if place.visit_type.id != appointment.visit_type_id:
        raise Conflict("The seat is of another type of visit.", "visit_type")
    values = {
        "seat_id": seat_id,
        "starts_at": place.seat.starts_at,
        "ends_at": place.seat.ends_at,
    }
    if appointment.status == "requested":
        return step(session, appointment, "booked", now, who, reason=reason, values=values)
    return write(session, appointment, values, "moved", now, who, reason=reason)


def cancel(
    session: Session,
    appointment: Appointment,
    now: datetime,
    who: Who,
    by_patient: bool = False,
    reason: str = "",
) -> Appointment:
    """Cancel an appointment, which is locked.

    Parameters
    ----------
    by_patient
        Whether it is the patient who does not want it, whom staff may speak for.

    Raises
    ------
    Conflict
        If its status does not allow it, or it is too late for a patient.
    """
    status = "cancelled_by_patient" if by_patient or not who.staff else "cancelled_by_practice"
    if status not in STEPS[appointment.status]:
        raise not_now(appointment.status)
    if not who.staff and appointment.status == "arrived":
        raise Conflict("The patient is there: tell the front desk.", "arrived")
    check_hold(session, appointment, now)
    check_change_notice(session, appointment, now, who)
    return step(session, appointment, status, now, who, reason=reason)


def check_change_notice(
    session: Session, appointment: Appointment, now: datetime, who: Who
) -> None:
    """Raise `Conflict` if it is too late for a patient to leave a seat that is booked."""
    if who.staff or appointment.status != "booked" or appointment.starts_at is None:
        return
    visit_type = session.get_one(VisitType, appointment.visit_type_id)
    check_notice(appointment.starts_at, visit_type.cancel_notice_minutes, now)
