"""What is written into a stream, as HTML's server-sent events have it.

https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

import json
from typing import Any

from serve.events.visible import told
from serve.models import Event

#: Nothing, so that whoever is between does not take the connection for dead.
HEARTBEAT = b":\n\n"


def frame(identifier: int, kind: str, data: dict[str, Any]) -> bytes:
    """Return an event; JSON has no line breaks of its own, and neither has a kind."""
    text = json.dumps(data, separators=(",", ":"))
    return f"id: {identifier}\nevent: {kind}\ndata: {text}\n\n".encode()


def reset(identifier: int) -> bytes:
    """Return what tells a client to read again what it shows, and that it goes on from there."""
    return frame(identifier, "reset", {"last_id": identifier})


def position(identifier: int) -> bytes:
    """Return what a client goes on from, without an event."""
    return f"id: {identifier}\n\n".encode()


def retry(milliseconds: int) -> bytes:
    """Return after which time a client that loses the stream comes back."""
    return f"retry: {milliseconds}\n\n".encode()


class Framed:
    """An event that many streams are told: written out once for all that see the same of it."""

    def __init__(self, event: Event) -> None:
        self.event = event
        self._written: dict[frozenset[str], bytes] = {}

    def with_details(self, details: frozenset[str]) -> bytes:
        """Return the event with those of its details."""
        if details not in self._written:
            event = self.event
            self._written[details] = frame(event.id, event.kind, told(event, details))
        return self._written[details]
