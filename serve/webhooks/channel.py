"""The channel of webhooks: what a message becomes, and what an answer means."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from importlib.metadata import version
from uuid import UUID

from sqlalchemy.orm import Session

from serve.database import lock, transaction
from serve.models import OutboxMessage, Webhook
from serve.outbox.courier import NotDeliveredError
from serve.webhooks.posting import post
from serve.webhooks.signing import secret_of, signature
from serve.webhooks.target import Resolve, TargetRefusedError, address_of, resolved, target_of


@dataclass(frozen=True)
class Delivery:
    """What is sent to a webhook."""

    webhook_id: UUID
    url: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class WebhookChannel:
    """Sends events to webhooks.

    Attributes
    ----------
    key
        The service's, from which each webhook's secret is derived.
    allowed
        Hosts that may be on a private network.
    resolve
        Finds a host's addresses.
    """

    key: str
    allowed: Collection[str]
    resolve: Resolve = resolved

    def compose(self, session: Session, message: OutboxMessage, now: datetime) -> Delivery | None:
        """Return what is sent, signed at this moment; None for a webhook that is off."""
        webhook = session.get(Webhook, message.webhook_id)
        if webhook is None or not webhook.active:
            return None
        body = json.dumps(message.details, sort_keys=True, separators=(",", ":")).encode()
        # The same at every attempt: by it whoever receives it knows that it came before.
        identifier, timestamp = str(message.id), int(now.timestamp())
        secret = secret_of(self.key, webhook.id, webhook.secret_number)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"Bailey/{version('bailey')}",
            "webhook-id": identifier,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(secret, identifier, timestamp, body),
        }
        return Delivery(webhook.id, webhook.url, headers, body)

    def deliver(self, composed: Delivery) -> None:
        """Send it; any status from 200 to 299 says that it was received.

        Raises
        ------
        NotDeliveredError
            If it was not; for good if the target is gone (410), which turns the webhook off.
        """
        try:
            target = target_of(composed.url, self.allowed)
            address = address_of(target, self.allowed, self.resolve)
        except TargetRefusedError as error:
            raise NotDeliveredError(f"The address {error}.") from None
        status = post(target, address, composed.body, composed.headers)
        if status == HTTPStatus.GONE:
            transaction(lambda session: _turn_off(session, composed))
            raise NotDeliveredError("The answer was 410: the webhook is off now.", for_good=True)
        if not 200 <= status < 300:
            raise NotDeliveredError(f"The answer was {status}.")


def _turn_off(session: Session, composed: Delivery) -> None:
    webhook = lock(session, Webhook, composed.webhook_id)
    # Somebody may have named another address meanwhile.
    if webhook is not None and webhook.url == composed.url:
        webhook.active = False
