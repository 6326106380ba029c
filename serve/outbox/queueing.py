"""Putting a message into the outbox in the transaction of what it tells, and taking it back."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.models import OutboxMessage


def put(session: Session, message: OutboxMessage) -> OutboxMessage:
    """Queue a notice about an appointment, unless the same one is queued or was sent.

    Two are the same if they are about one appointment, by one channel, of one kind and due at one
    moment. One that was withdrawn is queued again. It is tried when it is due, unless it says
    another moment for that.
    """
    if message.try_at is None:
        message.try_at = message.due_at
    found = session.scalar(
        select(OutboxMessage)
        .where(
            OutboxMessage.appointment_id == message.appointment_id,
            OutboxMessage.channel == message.channel,
            OutboxMessage.kind == message.kind,
            OutboxMessage.due_at == message.due_at,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        session.add(message)
        session.flush()
        return message
    if found.state == "withdrawn":
        found.state, found.try_at, found.problem = "waiting", message.try_at, ""
    if found.state == "waiting":
        found.details = message.details
    session.flush()
    return found


def withdraw(messages: Iterable[OutboxMessage], now: datetime) -> None:
    """Withdraw messages, which are locked, that wait and that nobody has in hand."""
    for message in messages:
        in_hand = message.claimed_until is not None and message.claimed_until > now
        if message.state == "waiting" and not in_hand:
            # A courier that marks it later than it may has nothing in hand to mark.
            message.state, message.claimed_until = "withdrawn", None


def send_again(message: OutboxMessage, now: datetime) -> None:
    """Let a message that failed, which is locked, be tried once more now."""
    message.state, message.try_at = "waiting", now
