"""Putting a message into the outbox in the transaction of what it tells, and taking it back."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.models import OutboxMessage


def put(session: Session, message: OutboxMessage) -> OutboxMessage:
    """Queue a message, unless the same one is queued or was sent.

    Two notices are the same if they are about one appointment, by one channel, of one kind and due
    at one moment; two messages to a webhook if they tell the same event. One that was withdrawn is
    queued again.
    """
    same = (
        (
            OutboxMessage.appointment_id == message.appointment_id,
            OutboxMessage.channel == message.channel,
            OutboxMessage.kind == message.kind,
            OutboxMessage.due_at == message.due_at,
        )
        if message.appointment_id is not None
        else (
            OutboxMessage.webhook_id == message.webhook_id,
            OutboxMessage.event_id == message.event_id,
        )
    )
    found = session.scalar(select(OutboxMessage).where(*same).with_for_update())
    if found is None:
        message.try_at = message.due_at
        session.add(message)
        session.flush()
        return message
    if found.state in ("waiting", "withdrawn"):
        found.state, found.details, found.try_at = "waiting", message.details, message.due_at
    return found


def withdraw(
    session: Session, appointment_id: object, kinds: Collection[str], now: datetime
) -> None:
    """Withdraw the notices of some kinds about an appointment that nobody has in hand yet."""
    waiting = select(OutboxMessage).where(
        OutboxMessage.appointment_id == appointment_id,
        OutboxMessage.kind.in_(kinds),
        OutboxMessage.state == "waiting",
    )
    for message in session.scalars(waiting.with_for_update()):
        if message.claimed_until is None or message.claimed_until <= now:
            message.state = "withdrawn"
