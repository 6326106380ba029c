"""Which notices a visit asks for: what is not true any more is withdrawn, what is gets queued.

Everything follows from how the visit is now and from what its patient was told last, so that it
can be derived again at any time and nothing is told twice. It is done in the transaction of what
changed, with the appointment locked: a notice is there if, and only if, what it tells is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.models import Appointment, Offer, OutboxMessage, Patient, StatusChange
from serve.notify.kinds import CHANNELS_OF, NEWS, WAYS, channel_for, way_of
from serve.notify.standing import (
    AWAITED,
    CANCELLED,
    OVER,
    in_hand,
    is_erased,
    place_at,
    place_of,
)
from serve.notify.wishes import Wishes, wishes_of
from serve.outbox.queueing import put, withdraw

#: After these a patient needs no confirmation of what is booked again.
BEEN = ("booked", "arrived", "in_consultation", "completed", "no_show")


@dataclass(frozen=True)
class _Notice:
    """What is to be told, and when."""

    kind: str
    due_at: datetime
    details: dict[str, Any]


def rederive(session: Session, appointment: Appointment, now: datetime) -> None:
    """Let the notices of an appointment, which is locked, follow how it is now."""
    messages = _messages(session, appointment)
    settled = appointment.status in ("requested", "held") and not _offer_of(session, appointment)
    if settled and not messages:
        return
    _bring_about(session, appointment, messages, now, news=True)


def rederive_all(session: Session, patient: Patient, now: datetime) -> None:
    """Let the notices of a patient, who is locked, follow what the patient wishes now.

    What was not told before, because it was not wished then, is not told now.
    """
    coming = select(Appointment).where(
        Appointment.patient_id == patient.id,
        Appointment.starts_at > now,
        Appointment.status.in_((*AWAITED, "held", *CANCELLED)),
    )
    for appointment in session.scalars(coming.order_by(Appointment.id)):
        messages = _messages(session, appointment)
        waiting = any(one.kind in NEWS and one.state == "waiting" for one in messages)
        _bring_about(session, appointment, messages, now, news=waiting)


def notice_of_delay(
    session: Session, appointment: Appointment, expected_at: datetime, now: datetime
) -> bool:
    """Queue the notice that a visit is expected to begin at another moment than was told.

    Returns whether it did: if the patient wishes it, the start moved by as much as the patient
    wishes to know since the last such notice, and that was long enough ago.
    """
    if appointment.status not in AWAITED or appointment.starts_at is None or expected_at <= now:
        return False
    if is_erased(session, appointment):
        return False
    wishes = wishes_of(session, appointment.patient_id, appointment.practice_id)
    place = place_at(appointment)
    told = [
        one
        for one in _messages(session, appointment)
        if one.kind == "delay"
        and one.state in ("waiting", "sent")
        and place_of(one) == (place["starts_at"], place["seat_id"])
    ]
    last = max(told, key=lambda one: one.due_at, default=None)
    known = appointment.starts_at
    if last is not None:
        known = datetime.fromisoformat(last.details["expected_at"])
        if now < last.due_at + wishes.delay_every:
            return False
    if abs(expected_at - known) < wishes.delay:
        return False
    withdraw(told, now)
    queued = False
    for way in WAYS:
        channel = channel_for(way, current_app.config["SETTINGS"])
        if channel is not None and wishes.want("delay", way):
            details = place | {"expected_at": expected_at.isoformat()}
            _put(session, appointment, channel, _Notice("delay", now, details))
            queued = True
    return queued


def _bring_about(
    session: Session,
    appointment: Appointment,
    messages: Sequence[OutboxMessage],
    now: datetime,
    news: bool,
) -> None:
    wishes = wishes_of(session, appointment.patient_id, appointment.practice_id)
    erased = is_erased(session, appointment)
    kept: set[UUID] = set()
    wanted: list[tuple[str, _Notice]] = []
    for way in WAYS:
        before = [one for one in messages if one.channel in CHANNELS_OF[way]]
        channel = channel_for(way, current_app.config["SETTINGS"])
        if channel is None or erased:
            continue
        notices = [
            *_reminders(appointment, wishes, before, now),
            *_offers(session, appointment, before, now),
            *(_news(session, appointment, before, now) if news else ()),
        ]
        wanted += [(channel, one) for one in notices if wishes.want(one.kind, way)]
    for one in messages:
        again = [
            (channel, notice)
            for channel, notice in wanted
            if (channel, notice.kind) == (one.channel, one.kind)
            and (notice.due_at == one.due_at or one.kind in NEWS)
            and place_of(one) == (notice.details["starts_at"], notice.details["seat_id"])
        ]
        late = one.kind == "delay" and wishes.want("delay", way_of(one.channel))
        if again and one.state == "waiting" and one.kind in NEWS:
            # What waits to be told already is not queued anew.
            kept.add(one.id)
            wanted = [pair for pair in wanted if pair not in again]
        elif again or (late and not erased and _awaits(appointment, one)):
            kept.add(one.id)
    withdraw([one for one in messages if one.id not in kept], now)
    for channel, notice in wanted:
        _put(session, appointment, channel, notice)


def _news(
    session: Session, appointment: Appointment, before: Sequence[OutboxMessage], now: datetime
) -> Iterable[_Notice]:
    """Yield what became of a visit, unless its patient knows."""
    if appointment.starts_at is None or appointment.starts_at <= now or appointment.walk_in:
        return
    news = sorted((one for one in before if one.kind in NEWS), key=lambda one: one.due_at)
    told = [one for one in news if one.state == "sent" or in_hand(one, now)]
    known = told[-1] if told else None
    place = place_at(appointment)
    if appointment.status == "booked":
        kind = _kind_of_booking(session, appointment, known)
    else:
        kind = _kind_of_end(appointment, known)
    if kind is None:
        return
    # News of one visit are in the order of their moments, however the clocks of machines differ.
    latest = max((one.due_at for one in news if one in told), default=None)
    due_at = now if latest is None else max(now, latest + timedelta(microseconds=1))
    yield _Notice(kind, due_at, place)


def _kind_of_booking(
    session: Session, appointment: Appointment, known: OutboxMessage | None
) -> str | None:
    """Return as what a visit that is booked is told; None if its patient knows."""
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
        if changes[-1].before.get("status") in BEEN:
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


def _reminders(
    appointment: Appointment, wishes: Wishes, before: Sequence[OutboxMessage], now: datetime
) -> Iterable[_Notice]:
    """Yield the reminders that are to come, and those that wait to be sent."""
    if appointment.status != "booked" or appointment.starts_at is None:
        return
    if appointment.walk_in or appointment.starts_at <= now:
        return
    waiting = {one.due_at for one in before if one.kind == "reminder" and one.state == "waiting"}
    for ahead in wishes.reminders:
        due_at = appointment.starts_at - ahead
        if due_at > now or due_at in waiting:
            yield _Notice("reminder", due_at, place_at(appointment))


def _offers(
    session: Session, appointment: Appointment, before: Sequence[OutboxMessage], now: datetime
) -> Iterable[_Notice]:
    """Yield that the seat which a hold keeps is offered."""
    offer = _offer_of(session, appointment)
    if offer is None or offer.ends_at <= now:
        return
    there = [
        one.due_at
        for one in before
        if one.kind == "offer" and one.details.get("offer_id") == str(offer.id)
    ]
    details = {"offer_id": str(offer.id), "until": offer.ends_at.isoformat()}
    yield _Notice("offer", there[0] if there else now, place_at(appointment) | details)


def _offer_of(session: Session, appointment: Appointment) -> Offer | None:
    """Return the open offer for which an appointment keeps its seat; None if there is none."""
    if appointment.status != "held":
        return None
    found: Offer | None = session.scalar(
        select(Offer).where(Offer.hold_id == appointment.id, Offer.status == "offered")
    )
    return found


def _messages(session: Session, appointment: Appointment) -> list[OutboxMessage]:
    """Return all notices about an appointment, locked."""
    session.flush()
    return list(
        session.scalars(
            select(OutboxMessage)
            .where(OutboxMessage.appointment_id == appointment.id)
            .order_by(OutboxMessage.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def _put(session: Session, appointment: Appointment, channel: str, notice: _Notice) -> None:
    put(
        session,
        OutboxMessage(
            practice_id=appointment.practice_id,
            channel=channel,
            kind=notice.kind,
            appointment_id=appointment.id,
            details=notice.details,
            due_at=notice.due_at,
        ),
    )


def _awaits(appointment: Appointment, message: OutboxMessage) -> bool:
    """Return whether the patient still waits for the visit that a notice of delay is about."""
    place = place_at(appointment)
    same = place_of(message) == (place["starts_at"], place["seat_id"])
    return appointment.status in AWAITED and same
