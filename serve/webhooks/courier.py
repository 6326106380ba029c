"""A courier that has one message of a webhook in hand at a time, whoever else carries for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.database import reading, transaction
from serve.models import OutboxMessage, Webhook
from serve.outbox.courier import Claimed, Courier


@dataclass(frozen=True)
class WebhookCourier(Courier):
    """What sends messages to webhooks, so that each gets one after another."""

    def due_webhooks(self) -> Sequence[UUID]:
        """Return the webhooks for which a message is due and of which nobody has one in hand."""
        now = self.clock()
        busy = select(OutboxMessage.webhook_id).where(
            OutboxMessage.webhook_id.is_not(None),
            OutboxMessage.state == "waiting",
            OutboxMessage.claimed_until > now,
        )
        due = (
            self._due(now)
            .with_only_columns(OutboxMessage.webhook_id)
            .where(OutboxMessage.webhook_id.is_not(None), OutboxMessage.webhook_id.not_in(busy))
            .distinct()
        )
        with reading() as session:
            return [one for one in session.scalars(due) if one is not None]

    def send_next(self, webhook_id: UUID) -> bool:
        """Send a webhook's oldest message that is due; return whether there was one to take."""
        claimed = transaction(lambda session: self._claim_of(session, webhook_id))
        if claimed is None:
            return False
        self._bring(claimed)
        return True

    def _claim_of(self, session: Session, webhook_id: UUID) -> Claimed | None:
        now = self.clock()
        # Of two couriers one takes the webhook, and so sees what the other has in hand; whoever
        # writes new messages for it need not wait.
        taken = select(Webhook.id).where(Webhook.id == webhook_id)
        if session.scalar(taken.with_for_update(skip_locked=True, key_share=True)) is None:
            return None
        of_webhook = OutboxMessage.webhook_id == webhook_id
        in_hand = select(OutboxMessage.id).where(
            of_webhook, OutboxMessage.state == "waiting", OutboxMessage.claimed_until > now
        )
        if session.scalar(in_hand.limit(1)) is not None:
            return None
        oldest = self._due(now).where(of_webhook)
        oldest = oldest.order_by(OutboxMessage.try_at, OutboxMessage.event_id).limit(1)
        message = session.scalar(oldest.with_for_update())
        return None if message is None else self._take(session, message, now)
