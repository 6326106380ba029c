"""The status of an appointment: one table of steps, and the one function that writes one.

Every step leaves a `StatusChange` with what was before, and an `Event` that tells nothing of the
patient.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from objective import InvalidInput
from serve.booking.who import Who
from serve.errors import Conflict
from serve.events.announce import announce
from serve.models import Appointment, ExpectedStart, StatusChange
from serve.notify.derive import rederive

CANCELLED = ("cancelled_by_patient", "cancelled_by_practice")
#: From each status, the next ones.
STEPS: Mapping[str, tuple[str, ...]] = {
    "requested": ("held", "booked", *CANCELLED),
    "held": ("booked", "expired", *CANCELLED),
    "booked": ("arrived", "no_show", *CANCELLED),
    "arrived": ("in_consultation", *CANCELLED),
    "in_consultation": ("completed",),
    "completed": (),
    "no_show": (),
    "cancelled_by_patient": (),
    "cancelled_by_practice": (),
    "expired": (),
}
#: Which column says when a status was reached.
MOMENTS: Mapping[str, str] = {
    "booked": "booked_at",
    "arrived": "arrived_at",
    "in_consultation": "started_at",
    "completed": "ended_at",
    "cancelled_by_patient": "cancelled_at",
    "cancelled_by_practice": "cancelled_at",
}
#: What an arrival, a start and an end cannot be before.
AFTER: Mapping[str, str] = {
    "arrived": "booked_at",
    "in_consultation": "arrived_at",
    "completed": "started_at",
}
#: From when on, counted from its time, a patient can have come or be missing.
FROM: Mapping[str, timedelta] = {"arrived": -timedelta(hours=6), "no_show": timedelta()}
#: What a change remembers.
REMEMBERED = (
    "status",
    "seat_id",
    "starts_at",
    "ends_at",
    "held_until",
    *dict.fromkeys(MOMENTS.values()),
)


def step(
    session: Session,
    appointment: Appointment,
    status: str,
    now: datetime,
    who: Who,
    *,
    at: datetime | None = None,
    reason: str = "",
    values: Mapping[str, Any] | None = None,
) -> Appointment:
    """Bring an appointment, which is locked, to its next status.

    Parameters
    ----------
    at
        When an arrival, a start or an end happened, if not now.
    reason
        Why, in somebody's words.
    values
        What else of the row changes with it.

    Raises
    ------
    Conflict
        If no step leads there; it names those that are allowed.
    InvalidInput
        If ``at`` is in the future, before the step before, or an arrival long before the
        appointment.
    """
    if status not in STEPS[appointment.status]:
        raise not_now(appointment.status)
    _check_time(appointment, status, now)
    changed = dict(values or {})
    if appointment.status == "held":
        changed["held_until"] = None
    moment = now if at is None else at
    _check(appointment, status, moment, now)
    if status in MOMENTS:
        changed[MOMENTS[status]] = moment
    changed["status"] = status
    return write(session, appointment, changed, status, now, who, at=moment, reason=reason)


def write(
    session: Session,
    appointment: Appointment,
    values: Mapping[str, Any],
    kind: str,
    now: datetime,
    who: Who,
    *,
    at: datetime | None = None,
    reason: str = "",
    undoes: int | None = None,
) -> Appointment:
    """Change an appointment in one statement and write down what was before.

    Parameters
    ----------
    kind
        The event's kind, after ``appointment.``.
    undoes
        Number of the change that this one takes back.
    """
    last = session.scalar(
        select(func.max(StatusChange.number)).where(StatusChange.appointment_id == appointment.id)
    )
    before = remembered(appointment)
    left = appointment.seat.clinic_day if "seat_id" in values and appointment.seat else None
    if undoes is not None:
        before["undoes"] = undoes
    for name, value in values.items():
        setattr(appointment, name, value)
    if "seat_id" in values:
        # Which seat the row refers to is read again from the column.
        session.flush()
        session.expire(appointment, ["seat"])
    if before["seat_id"] != _plain(appointment.seat_id):
        # What was expected, and what the patient was told of it, was of the other seat.
        session.execute(delete(ExpectedStart).where(ExpectedStart.appointment_id == appointment.id))
    _note(session, appointment, (last or 0) + 1, before, kind, now, who, at or now, reason)
    if left is not None and left.id != appointment.clinic_day_id:
        # Who holds the session that it left is told by an event of that session.
        details = {"seat_id": before["seat_id"], "status": appointment.status}
        practice_id = appointment.practice_id
        announce(session, practice_id, "appointment.left", appointment.id, now, details, about=left)
    return appointment


def begin(
    session: Session, appointment: Appointment, now: datetime, who: Who, reason: str = ""
) -> Appointment:
    """Add a new appointment, and write down that it was made."""
    appointment.created_at = now
    session.add(appointment)
    # The constraints decide here whether the seat and the patient are free.
    session.flush()
    _note(session, appointment, 1, {}, appointment.status, now, who, now, reason)
    return appointment


def not_now(status: str) -> Conflict:
    """Return the refusal of a step that the table does not have."""
    words = status.replace("_", " ")
    return Conflict(f"An appointment that is {words} cannot become that.", "status", STEPS[status])


def remembered(appointment: Appointment) -> dict[str, Any]:
    """Return what a change remembers, as plain names and texts."""
    return {name: _plain(getattr(appointment, name)) for name in REMEMBERED}


def _check_time(appointment: Appointment, status: str, now: datetime) -> None:
    if appointment.starts_at is None or status not in FROM:
        return
    if now < appointment.starts_at + FROM[status]:
        raise Conflict("It is too early for that.", "too_early", CANCELLED)


def _check(appointment: Appointment, status: str, at: datetime, now: datetime) -> None:
    if at > now:
        raise InvalidInput("at", at.isoformat(), "a moment up to now")
    before = getattr(appointment, AFTER[status]) if status in AFTER else None
    if before is not None and at < before:
        raise InvalidInput("at", at.isoformat(), "a moment from the step before on")
    if appointment.starts_at is None or status not in FROM:
        return
    if at < appointment.starts_at + FROM[status]:
        hours = -FROM[status] // timedelta(hours=1)
        allowed = f"a moment at most {hours} hours before the appointment"
        raise InvalidInput("at", at.isoformat(), allowed)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _note(
    session: Session,
    appointment: Appointment,
    number: int,
    before: dict[str, Any],
    kind: str,
    now: datetime,
    who: Who,
    at: datetime,
    reason: str,
) -> None:
    session.add(
        StatusChange(
            appointment_id=appointment.id,
            number=number,
            status=appointment.status,
            at=at,
            user_id=who.user_id,
            reason=reason,
            before=before,
            created_at=now,
        )
    )
    session.flush()
    announce(
        session,
        appointment.practice_id,
        f"appointment.{kind}",
        appointment.id,
        now,
        {"seat_id": _plain(appointment.seat_id), "status": appointment.status},
        about=appointment,
    )
    rederive(session, appointment, now)
