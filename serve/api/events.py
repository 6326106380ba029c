"""What happened since: for clients that do not listen to the stream, and to start listening."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from apiflask import APIBlueprint
from flask import current_app, request
from pydantic import BaseModel, Field

from serve.api.call import Call
from serve.api.fields import Sent
from serve.api.pages import LONGEST_PAGE
from serve.api.route import route
from serve.events.kept import LARGEST, events_after, misses_some, newest
from serve.events.visible import ACTION, details_for, told
from serve.events.where import stream_address

events = APIBlueprint("events", __name__, url_prefix="/api/v1")

#: Seconds after which to ask again when there is nothing more.
WAIT = 5
#: Events that one request looks through for those that whoever asks is told of.
LOOKED_AT = 1000


class EventsIn(Sent):
    """After which event, as an answer's ``last_id`` has it; without it nothing but that number."""

    after: Annotated[int, Field(ge=0, le=LARGEST)] | None = None
    limit: Annotated[int, Field(ge=1, le=LONGEST_PAGE)] = 100


class EventOut(BaseModel):
    """Something that happened, to which row, in which session and whose."""

    id: int
    kind: str
    at: datetime
    subject_id: UUID
    clinic_day_id: UUID | None
    provider_id: UUID | None
    details: dict[str, Any]


class EventsOut(BaseModel):
    """What happened since, in order.

    ``last_id`` is the next request's ``after``, and ``wait`` the seconds until it. ``reset`` is
    true if not all that followed ``after`` can be told any more: read again what you show, and go
    on from ``last_id``. ``stream`` is the address of the stream, null if there is none.
    """

    items: list[EventOut]
    last_id: int
    wait: int
    reset: bool
    stream: str | None


@route(
    events, "GET", "/events", ACTION, "Tell what happened since", query=EventsIn, gives=EventsOut
)
def get_events(call: Call, asked: EventsIn) -> dict[str, Any]:
    """Return what happened in the practice after an event, as far as it may be told."""
    stream = stream_address(current_app.config["SETTINGS"], request.host_url)
    answer: dict[str, Any] = {"items": [], "wait": WAIT, "reset": False, "stream": stream}
    after = asked.after
    if after is None or misses_some(call.session, call.practice_id, after):
        last = newest(call.session, call.practice_id)
        return answer | {"last_id": last, "reset": after is not None}
    items: list[dict[str, Any]] = []
    last, more = after, False
    found = events_after(call.session, call.practice_id, after, LOOKED_AT)
    for event in found:
        details = details_for(call.actor, event)
        if details is not None:
            if len(items) == asked.limit:
                more = True
                break
            items.append(told(event, details))
        last = event.id
    if items:
        call.note("event", None, details={"events": len(items)})
    more = more or len(found) == LOOKED_AT
    return answer | {"items": items, "last_id": last, "wait": 0 if more else WAIT}
