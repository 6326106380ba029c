"""What was sent to a webhook and what became of it: sent again on demand, and forgotten in time."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from serve.database import lock
from serve.errors import Conflict, NotFound
from serve.models import OutboxMessage, Webhook

#: How long it is known what was sent, and what could not be.
KEPT = timedelta(days=30)


def replay(session: Session, webhook: Webhook, message_id: UUID, now: datetime) -> OutboxMessage:
    """Let a message be sent again at once, with the identifier that it had.

    Raises
    ------
    NotFound
        If the webhook has no such message.
    Conflict
        If the webhook is off, or the message is being sent.
    """
    message = lock(session, OutboxMessage, message_id)
    if message is None or message.webhook_id != webhook.id:
        raise NotFound("delivery")
    check_active(webhook)
    if message.claimed_until is not None and message.claimed_until > now:
        raise Conflict("The message is being sent.", "in_hand")
    message.state, message.sent_at = "waiting", None
    message.try_at, message.claimed_until, message.attempts = now, None, 0
    return message


def check_active(webhook: Webhook) -> None:
    """Raise `Conflict` if nothing is sent to a webhook."""
    if not webhook.active:
        raise Conflict("The webhook is off: turn it on first.", "inactive")


def remove(session: Session, webhook: Webhook) -> None:
    """Delete a webhook and all that was, or was to be, sent to it."""
    session.execute(delete(OutboxMessage).where(OutboxMessage.webhook_id == webhook.id))
    session.delete(webhook)


def forget_deliveries(session: Session, now: datetime) -> int:
    """Delete what is known of deliveries of long ago; return how many."""
    old = delete(OutboxMessage).where(
        OutboxMessage.channel == "webhook",
        OutboxMessage.state != "waiting",
        OutboxMessage.due_at < now - KEPT,
    )
    done = session.execute(old, execution_options={"synchronize_session": False})
    return int(getattr(done, "rowcount", 0))
