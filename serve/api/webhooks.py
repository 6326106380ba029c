"""Webhooks: addresses of a practice's own programs, to which events are sent."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from apiflask import APIBlueprint
from flask import current_app
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from sqlalchemy import func, select

from serve.api.call import Call
from serve.api.fields import Sent, Told, change, only_text
from serve.api.pages import PageIn, PageOut, page
from serve.api.route import route
from serve.database import lock
from serve.errors import Conflict
from serve.events.announce import announce
from serve.models import OutboxMessage, Practice, Webhook
from serve.webhooks.history import check_active, remove, replay
from serve.webhooks.kinds import PING, checked_kind
from serve.webhooks.signing import secret_of, told
from serve.webhooks.target import LONGEST, address_of, target_of

webhooks = APIBlueprint("webhooks", __name__, url_prefix="/api/v1")

#: Most webhooks of a practice.
MOST = 50


def _reachable(url: str) -> str:
    """Refuse an address to which nothing would be sent.

    Its host is looked up here, before there is a transaction that others would wait for.
    """
    allowed = current_app.config["SETTINGS"].webhook_hosts
    address_of(target_of(url, allowed), allowed)
    return url


Url = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST),
    BeforeValidator(only_text),
    AfterValidator(_reachable),
    Field(examples=["https://example.org/hooks/bailey"]),
]
Kind = Annotated[str, StringConstraints(max_length=60), AfterValidator(checked_kind)]
Kinds = Annotated[
    list[Kind],
    Field(max_length=100, description="such as appointment.booked or run.*; empty for all"),
]


class WebhookIn(Sent):
    """Where to send which events."""

    url: Url
    kinds: Kinds = Field(default_factory=list)
    active: bool = True


class WebhookChange(Sent):
    """What of a webhook may be changed."""

    url: Url = ""
    kinds: Kinds = Field(default_factory=list)
    active: bool = True


class WebhookOut(Told):
    """A webhook, without its secret."""

    id: UUID
    url: str
    kinds: list[str]
    active: bool
    created_at: datetime
    version: int


class WebhookWithSecretOut(WebhookOut):
    """A webhook with a new secret, by which what is sent is signed; it is told this once."""

    told_once = frozenset({"secret"})
    secret: str | None


class WebhooksOut(PageOut):
    """A page of webhooks."""

    items: list[WebhookOut]


class DeliveryOut(Told):
    """A message to a webhook: ``try_at`` is when it is tried next, if it is ``waiting``."""

    id: UUID
    event_id: int
    kind: str
    state: Literal["waiting", "sent", "withdrawn", "failed"]
    attempts: int
    problem: str
    due_at: datetime
    try_at: datetime
    sent_at: datetime | None


class DeliveriesOut(PageOut):
    """A page of messages."""

    items: list[DeliveryOut]


@route(
    webhooks, "GET", "/webhooks", "webhook.read", "List the webhooks",
    query=PageIn, gives=WebhooksOut,
)  # fmt: skip
def get_webhooks(call: Call, asked: PageIn) -> dict[str, Any]:
    """Return a page of webhooks."""
    query = select(Webhook).where(Webhook.practice_id == call.practice_id)
    return page(call.session, query, (Webhook.created_at, Webhook.id), asked)


@route(
    webhooks, "GET", "/webhooks/<uuid:webhook_id>", "webhook.read", "Tell of a webhook",
    gives=WebhookOut,
)  # fmt: skip
def get_webhook(call: Call, webhook_id: UUID) -> Webhook:
    """Return a webhook."""
    return call.find(Webhook, webhook_id)


@route(
    webhooks, "POST", "/webhooks", "webhook.change", "Add a webhook",
    takes=WebhookIn, gives=WebhookWithSecretOut, status=201,
)  # fmt: skip
def post_webhook(call: Call, given: WebhookIn) -> dict[str, Any]:
    """Let events be sent to an address, from now on."""
    lock(call.session, Practice, call.practice_id)
    count = select(func.count()).where(Webhook.practice_id == call.practice_id)
    if (call.session.scalar(count) or 0) >= MOST:
        raise Conflict(f"A practice has at most {MOST} webhooks: delete one.", "too_many")
    made = Webhook(practice_id=call.practice_id, created_at=call.now, **given.model_dump())
    call.session.add(made)
    call.session.flush()
    call.note("webhook", made.id, details={"what": "add"})
    return _with_secret(made)


@route(
    webhooks, "PATCH", "/webhooks/<uuid:webhook_id>", "webhook.change", "Change a webhook",
    takes=WebhookChange, gives=WebhookOut,
)  # fmt: skip
def patch_webhook(call: Call, webhook_id: UUID, given: WebhookChange) -> Webhook:
    """Change the address or the kinds of events, or turn it off or on."""
    found = call.find_to_change(Webhook, webhook_id)
    change(found, given)
    call.note("webhook", found.id, details={"what": "change", "active": found.active})
    return found


@route(
    webhooks, "DELETE", "/webhooks/<uuid:webhook_id>", "webhook.change", "Delete a webhook",
    status=204,
)  # fmt: skip
def delete_webhook(call: Call, webhook_id: UUID) -> None:
    """Delete a webhook with the history of its deliveries."""
    found = call.find_to_change(Webhook, webhook_id)
    remove(call.session, found)
    call.note("webhook", webhook_id, details={"what": "delete"})


@route(
    webhooks, "POST", "/webhooks/<uuid:webhook_id>/secret", "webhook.change",
    "Give a webhook another secret", gives=WebhookWithSecretOut,
)  # fmt: skip
def post_webhook_secret(call: Call, webhook_id: UUID) -> dict[str, Any]:
    """Sign by another secret from now on, also what waits to be sent."""
    found = call.find_to_change(Webhook, webhook_id)
    found.secret_number += 1
    call.session.flush()
    call.note("webhook", found.id, details={"what": "secret"})
    return _with_secret(found)


@route(
    webhooks, "POST", "/webhooks/<uuid:webhook_id>/test", "webhook.change",
    "Send an event to try a webhook", status=204,
)  # fmt: skip
def post_webhook_test(call: Call, webhook_id: UUID) -> None:
    """Send an event of the kind ``webhook.ping`` to this webhook, whatever kinds it asks for."""
    found = call.find_to_change(Webhook, webhook_id)
    check_active(found)
    announce(call.session, found.practice_id, PING, found.id, call.now)


@route(
    webhooks, "GET", "/webhooks/<uuid:webhook_id>/deliveries", "webhook.read",
    "List what was sent to a webhook", query=PageIn, gives=DeliveriesOut,
)  # fmt: skip
def get_deliveries(call: Call, webhook_id: UUID, asked: PageIn) -> dict[str, Any]:
    """Return a page of messages of the last 30 days, the latest event first."""
    found = call.find(Webhook, webhook_id)
    query = select(OutboxMessage).where(OutboxMessage.webhook_id == found.id)
    order = (OutboxMessage.due_at, OutboxMessage.id)
    return page(call.session, query, order, asked, latest_first=True)


@route(
    webhooks, "POST", "/webhooks/<uuid:webhook_id>/deliveries/<uuid:delivery_id>/replay",
    "webhook.change", "Send a message to a webhook again", gives=DeliveryOut,
)  # fmt: skip
def post_replay(call: Call, webhook_id: UUID, delivery_id: UUID) -> OutboxMessage:
    """Send it at once, as the same delivery: whoever had it knows it by its identifier."""
    found = call.find(Webhook, webhook_id)
    message = replay(call.session, found, delivery_id, call.now)
    call.note("webhook", found.id, details={"what": "replay", "delivery_id": str(message.id)})
    return message


def _with_secret(webhook: Webhook) -> dict[str, Any]:
    key = current_app.config["SECRET_KEY"]
    secret = told(secret_of(key, webhook.id, webhook.secret_number))
    return {**WebhookOut.model_validate(webhook).model_dump(), "secret": secret}
