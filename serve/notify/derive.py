"""Which notices a visit asks for: what is not true any more is withdrawn, what is gets queued.

Everything follows from how the visit is now and from what its patient was told last, so that it
can be derived again at any time and nothing is told twice. It is done in the transaction of what
changed, with the appointment locked: a notice is there if, and only if, what it tells is.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.models import Appointment, Offer, OutboxMessage, Patient
from serve.notify.kinds import CHANNELS_OF, NEWS, WAYS, channel_for, way_of
from serve.notify.news import news_of
from serve.notify.standing import AWAITED, OVER, Wanted, is_erased, place_at, place_of
from serve.notify.wishes import Wishes, wishes_of
from serve.outbox.queueing import put, withdraw


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
        Appointment.status.in_((*AWAITED, "held", *OVER)),
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
            _put(session, appointment, channel, Wanted("delay", now, details), now)
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
    wanted: list[tuple[str, Wanted]] = []
    for way in WAYS:
        before = [one for one in messages if one.channel in CHANNELS_OF[way]]
        channel = channel_for(way, current_app.config["SETTINGS"])
        if channel is None or erased:
            continue
        notices = [
            *_reminders(appointment, wishes, before, now),
            *_offers(session, appointment, before, now),
            *(news_of(session, appointment, before, now) if news else ()),
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
        _put(session, appointment, channel, notice, now)


def _reminders(
    appointment: Appointment, wishes: Wishes, before: Sequence[OutboxMessage], now: datetime
) -> Iterable[Wanted]:
    """Yield the reminders that are to come, and those that wait to be sent."""
    if appointment.status != "booked" or appointment.starts_at is None:
        return
    if appointment.walk_in or appointment.starts_at <= now:
        return
    waiting = {one.due_at for one in before if one.kind == "reminder" and one.state == "waiting"}
    for ahead in wishes.reminders:
        due_at = appointment.starts_at - ahead
        if due_at > now or due_at in waiting:
            yield Wanted("reminder", due_at, place_at(appointment))


def _offers(
    session: Session, appointment: Appointment, before: Sequence[OutboxMessage], now: datetime
) -> Iterable[Wanted]:
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
    yield Wanted("offer", there[0] if there else now, place_at(appointment) | details)


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


def _put(
    session: Session, appointment: Appointment, channel: str, notice: Wanted, now: datetime
) -> None:
    put(
        session,
        OutboxMessage(
            practice_id=appointment.practice_id,
            channel=channel,
            kind=notice.kind,
            appointment_id=appointment.id,
            details=notice.details,
            due_at=notice.due_at,
            # One that is due now is sent now, by whichever clock it got its moment.
            try_at=notice.due_at if notice.kind == "reminder" else now,
        ),
    )


def _awaits(appointment: Appointment, message: OutboxMessage) -> bool:
    """Return whether the patient still waits for the visit that a notice of delay is about."""
    place = place_at(appointment)
    same = place_of(message) == (place["starts_at"], place["seat_id"])
    return appointment.status in AWAITED and same
