"""How staff take back what was recorded, step by step."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.booking.claiming import check_open, lock_patient, lock_place
from serve.booking.expiry import expire_in_the_way
from serve.booking.holding import check_hold
from serve.booking.status import MOMENTS, STEPS, write
from serve.booking.who import Who
from serve.errors import Conflict
from serve.models import Appointment, Offer, StatusChange
from serve.models.appointment import HOLDING

_MOMENTS = ("starts_at", "ends_at", "held_until", *MOMENTS.values())


def undo(
    session: Session, appointment: Appointment, now: datetime, who: Who, reason: str = ""
) -> Appointment:
    """Restore an appointment, which is locked, to what it was before its last step.

    Undone again, it goes back one more step. A seat that was left is taken again if it is still
    free, which the constraints decide.

    Raises
    ------
    Conflict
        If nothing was done since it was made, the hold that would come back is over, the seat was
        withdrawn or taken, or the patient is elsewhere at that time.
    """
    check_hold(session, appointment, now)
    changes = session.scalars(
        select(StatusChange)
        .where(StatusChange.appointment_id == appointment.id)
        .order_by(StatusChange.number)
    ).all()
    last = last_standing(changes)
    if last is None:
        raise Conflict("Nothing was done since it was made.", "nothing_to_undo")
    values = restored(last.before)
    if values["status"] == "held" and values["held_until"] <= now:
        raise Conflict("The seat was not kept any longer.", "hold_over")
    served = select(Offer.id).where(Offer.hold_id == appointment.id, Offer.status == "accepted")
    if values["status"] == "held" and session.scalar(served) is not None:
        detail = "It was booked by an offer: cancel it, and let the patient wait anew."
        raise Conflict(detail, "offer", STEPS[appointment.status])
    same_seat = values["seat_id"] == appointment.seat_id and appointment.status in HOLDING
    # The seat is locked before the patient, as everywhere.
    place = lock_place(session, values["seat_id"]) if values["status"] in HOLDING else None
    lock_patient(session, appointment.patient_id, appointment.practice_id)
    if place is not None:
        expire_in_the_way(session, place.seat.id, appointment.patient_id, now, appointment.id)
        if not same_seat:
            check_open(place)
    return write(
        session, appointment, values, values["status"], now, who, reason=reason, undoes=last.number
    )


def last_standing(changes: Sequence[StatusChange]) -> StatusChange | None:
    """Return the last step that was not taken back; None if only the first is left."""
    standing: list[StatusChange] = []
    for change in changes:
        if "undoes" in change.before:
            standing.pop()
        else:
            standing.append(change)
    return standing[-1] if len(standing) > 1 else None


def restored(before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that a change remembers."""
    values = {name: value for name, value in before.items() if name != "undoes"}
    for name in _MOMENTS:
        if values[name] is not None:
            values[name] = datetime.fromisoformat(values[name])
    if values["seat_id"] is not None:
        values["seat_id"] = UUID(values["seat_id"])
    return values
