"""What became of a visit, for a patient who knows what was sent before."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.models import Appointment, OutboxMessage, StatusChange
from serve.notify.kinds import NEWS
from serve.notify.standing import CANCELLED, OVER, Wanted, in_hand, place_at, place_of

#: After these a patient needs no confirmation of what is booked again.
BEEN = ("arrived", "in_consultation", "completed", "no_show")


def news_of(
    session: Session, appointment: Appointment, before: Sequence[OutboxMessage], now: datetime
) -> Iterable[Wanted]:
    """Yield what became of a visit, unless its patient knows."""
    if appointment.starts_at is None or appointment.starts_at <= now or appointment.walk_in:
        return
    news = sorted((one for one in before if one.kind in NEWS), key=lambda one: one.due_at)
    told = [one for one in news if one.state == "sent" or in_hand(one, now)]
    known = told[-1] if told else None
    place = place_at(appointment)
    if appointment.status == "booked":
        confirmed = any(one.kind == "confirmation" for one in news)
        kind = _kind_of_booking(session, appointment, known, confirmed)
    else:
        kind = _kind_of_end(appointment, known)
    if kind is None:
        return
    # News of one visit are in the order of their moments, however the clocks of machines differ.
    latest = max((one.due_at for one in news if one in told), default=None)
    due_at = now if latest is None else max(now, latest + timedelta(microseconds=1))
    yield Wanted(kind, due_at, place)


def _kind_of_booking(
    session: Session, appointment: Appointment, known: OutboxMessage | None, confirmed: bool
) -> str | None:
    """Return as what a visit that is booked is told; None if its patient knows.

    Parameters
    ----------
    known
        What the patient was told last; None for nothing.
    confirmed
        Whether a confirmation was ever queued, sent or not.
    """
    place = place_at(appointment)
    if known is not None and known.kind != "cancellation":
        same = place_of(known) == (place["starts_at"], place["seat_id"])
        return None if same else "change"
    changes = session.scalars(
        select(StatusChange)
        .where(StatusChange.appointment_id == appointment.id)
        .order_by(StatusChange.number)
    ).all()
    if known is None and changes:
        # As it was after each step: what the next step remembers.
        states = [one.before for one in changes[1:]] + [{"status": "booked", **place}]
        first = next(one for one in states if one["status"] == "booked")
        if first["seat_id"] != place["seat_id"]:
            return "change"
        before = changes[-1].before.get("status")
        # Booked elsewhere, moved away and back, it is where its patient knows it.
        known_from_elsewhere = before == "booked" and not confirmed
        if before in BEEN or known_from_elsewhere:
            return None
    return "confirmation"


def _kind_of_end(appointment: Appointment, known: OutboxMessage | None) -> str | None:
    """Return as what a visit that is not booked is told; None if there is nothing to tell."""
    if known is not None:
        # Who was told of a visit hears that there is none, however it came to that.
        over = appointment.status in OVER and known.kind != "cancellation"
        return "cancellation" if over else None
    was_booked = appointment.status in CANCELLED and appointment.booked_at is not None
    return "cancellation" if was_booked else None
