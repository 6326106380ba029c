"""How an event becomes messages to webhooks: in the transaction of what it tells."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.models import Event, OutboxMessage, Webhook
from serve.webhooks.kinds import PING, asks_for


def queue_for_webhooks(session: Session, events: Sequence[Event]) -> None:
    """Put a message for each webhook that asks for it into the outbox, for events with numbers."""
    practices = {event.practice_id for event in events}
    webhooks = session.scalars(
        select(Webhook).where(Webhook.practice_id.in_(practices), Webhook.active)
    ).all()
    session.add_all(
        _message(webhook, event)
        for event in events
        for webhook in webhooks
        if webhook.practice_id == event.practice_id and _is_for(webhook, event)
    )


def _is_for(webhook: Webhook, event: Event) -> bool:
    if event.kind == PING:
        return event.subject_id == webhook.id
    return asks_for(webhook.kinds, event.kind)


def _message(webhook: Webhook, event: Event) -> OutboxMessage:
    return OutboxMessage(
        practice_id=event.practice_id,
        channel="webhook",
        kind=event.kind,
        webhook_id=webhook.id,
        event_id=event.id,
        # What is sent, so that it can be sent again when the event itself is forgotten.
        details={
            "id": event.id,
            "practice_id": str(event.practice_id),
            "kind": event.kind,
            "subject_id": str(event.subject_id),
            "at": event.at.isoformat(),
            "details": event.details,
        },
        due_at=event.at,
        try_at=event.at,
        created_at=event.at,
    )
