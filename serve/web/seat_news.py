"""Whether anything happened by which other times may be free.

Nobody is told of somebody else's visits; whoever looks for a time learns only that the list may
have changed. It is a few looks at an index, cheap enough to be asked every second.
"""

from flask import request
from sqlalchemy import select

from serve.api.call import Call
from serve.events.kept import misses_some, newest
from serve.models import Event
from serve.webhooks.kinds import KINDS

#: The field of an address that has the number of the last event that a list knows of.
SINCE = "since"
#: What changes no seat, though it is of a visit or a session.
BESIDE = ("appointment.expected", "clinic_day.outlook")
CHANGING = tuple(
    kind
    for group in ("appointment", "clinic_day")
    for what in KINDS[group]
    if (kind := f"{group}.{what}") not in BESIDE
)


def last_event(call: Call) -> int:
    """Return the number of the practice's last event: what a list that is made now knows."""
    return newest(call.session, call.practice_id)


def nothing_new(call: Call) -> bool:
    """Return whether the request asks for a list anew that is still as it was."""
    text = request.args.get(SINCE, "")
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        return False
    since = int(text)
    if misses_some(call.session, call.practice_id, since):
        return False
    changed = (
        select(Event.id)
        .where(Event.practice_id == call.practice_id, Event.id > since, Event.kind.in_(CHANGING))
        .limit(1)
    )
    return call.session.scalar(changed) is None
