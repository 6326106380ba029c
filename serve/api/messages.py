"""What was sent to patients, what waits and what failed: never what it says, or to where."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from apiflask import APIBlueprint
from sqlalchemy import select

from serve.api.call import Call
from serve.api.fields import Identifier, Told
from serve.api.pages import PageIn, PageOut, page
from serve.api.route import route
from serve.database import lock
from serve.errors import Conflict, NotFound
from serve.models import Appointment, OutboxMessage
from serve.outbox.queueing import send_again

messages = APIBlueprint("messages", __name__, url_prefix="/api/v1")

State = Literal["waiting", "sent", "withdrawn", "failed"]


class MessagesIn(PageIn):
    """Which messages: about one appointment or all, in one state or all."""

    appointment_id: Identifier | None = None
    state: State | None = None


class MessageOut(Told):
    """A message to a patient; ``problem`` is what its last attempt came to, without addresses."""

    id: UUID
    appointment_id: UUID
    channel: str
    kind: str
    state: State
    due_at: datetime
    try_at: datetime
    sent_at: datetime | None
    attempts: int
    problem: str


class MessagesOut(PageOut):
    """A page of messages."""

    items: list[MessageOut]


@route(
    messages, "GET", "/messages", "message.read", "List what patients were told, the latest first",
    query=MessagesIn, gives=MessagesOut,
)  # fmt: skip
def get_messages(call: Call, asked: MessagesIn) -> dict[str, Any]:
    """Return a page of messages, the latest due first."""
    query = select(OutboxMessage).where(
        OutboxMessage.practice_id == call.practice_id, OutboxMessage.appointment_id.is_not(None)
    )
    if asked.appointment_id is not None:
        call.find(Appointment, asked.appointment_id, "appointment.read")
        query = query.where(OutboxMessage.appointment_id == asked.appointment_id)
    if asked.state is not None:
        query = query.where(OutboxMessage.state == asked.state)
    order = (OutboxMessage.due_at, OutboxMessage.id)
    found = page(call.session, query, order, asked, latest_first=True)
    call.saw(*found["items"])
    return found


@route(
    messages, "POST", "/messages/<uuid:message_id>/send-again", "message.change",
    "Send a message again that failed", gives=MessageOut, effect="makes",
)  # fmt: skip
def post_send_again(call: Call, message_id: UUID) -> OutboxMessage:
    """Let a message that failed be tried once more, if it still is true then."""
    found = call.find(OutboxMessage, message_id)
    if found.appointment_id is None:
        raise NotFound("outbox message")
    found = lock(call.session, OutboxMessage, message_id) or found
    if found.state != "failed":
        raise Conflict("Only a message that failed is sent again.", "status")
    send_again(found, call.now)
    return found
