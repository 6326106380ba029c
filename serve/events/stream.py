"""One client's stream: what waits to be written, how it is written, and when it ends."""

import asyncio
import random
from collections import deque
from collections.abc import Callable

from starlette.types import Receive, Send

from serve.auth.actor import Actor
from serve.events import frames
from serve.events.counting import Counting
from serve.events.frames import Framed
from serve.events.visible import details_for

#: Seconds of silence before a heartbeat.
HEARTBEAT = 15.0
#: Seconds for which a client may not read before it is cut off.
PATIENCE = 20.0
#: Events that wait for a client, at most; one that is further behind comes back for them.
LONGEST = 500
#: Milliseconds after which a client comes back, from and to, so that not all do at once.
COMES_BACK = (500, 2500)
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    # Nobody between may keep what is written until there is more.
    (b"x-accel-buffering", b"no"),
    (b"connection", b"close"),
]


class Stream:
    """What one client is told, in order, and each event once.

    Parameters
    ----------
    actor
        Who listens.
    known
        The last event that the client knows.
    abort
        Drops the connection, with what was written and not read.

    Attributes
    ----------
    known
        The last event that the client knows once all that waits is written.
    over
        Why it ends; empty while it does not.
    """

    def __init__(
        self, actor: Actor, known: int, counting: Counting, abort: Callable[[], None]
    ) -> None:
        self.actor, self.known, self.over = actor, known, ""
        self._counting, self._abort = counting, abort
        # The last number that was written, to be said again only when it has risen.
        self._said = -1
        self._waiting: deque[bytes] = deque()
        self._woken = asyncio.Event()

    def offer(self, framed: Framed) -> None:
        """Let the client be told an event, unless it knows it or may not."""
        event = framed.event
        if event.id <= self.known or self.over:
            return
        self.known = event.id
        details = details_for(self.actor, event)
        if details is not None:
            self._add(framed.with_details(details))

    def start_anew(self, last: int) -> None:
        """Let the client read again what it shows, and go on after an event."""
        self.known = last
        self._add(frames.reset(last))

    def end(self, reason: str) -> None:
        """End the stream; what waits is not written, but told to whoever comes back."""
        if not self.over:
            self.over = reason
            self._waiting.clear()
            self._woken.set()

    async def room(self) -> None:
        """Wait until half of what may wait is free, or the stream ends."""
        while len(self._waiting) > LONGEST // 2 and not self.over:
            await asyncio.sleep(0.02)

    async def run(self, receive: Receive, send: Send) -> None:
        """Write into the stream until it ends."""
        watching = asyncio.create_task(self._until_gone(receive))
        try:
            async with asyncio.timeout(PATIENCE):
                await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            await _write(send, frames.retry(_pause()) + self._position())
            while not self.over:
                await self._turn(send)
            if self.over != "slow":
                await _write(send, frames.retry(_pause()), more=False)
        except TimeoutError:
            self._cut_off()
            # The server is to know first that the connection is gone.
            await asyncio.sleep(0)
        finally:
            watching.cancel()

    async def _turn(self, send: Send) -> None:
        """Write what waits; after a while without anything, a heartbeat."""
        if not self._waiting:
            self._woken.clear()
            try:
                async with asyncio.timeout(HEARTBEAT):
                    await self._woken.wait()
            except TimeoutError:
                await _write(send, frames.HEARTBEAT + self._position())
            return
        text, count = b"".join(self._waiting), len(self._waiting)
        self._waiting.clear()
        await _write(send, text)
        self._counting.sent.inc(count)

    def _position(self) -> bytes:
        """Return the number from which the client goes on, unless it was said or more waits."""
        if self._waiting or self._said == self.known:
            return b""
        self._said = self.known
        return frames.position(self.known)

    def _add(self, text: bytes) -> None:
        if len(self._waiting) >= LONGEST:
            self._cut_off()
            return
        self._waiting.append(text)
        self._woken.set()

    def _cut_off(self) -> None:
        """Drop a client that does not read; it comes back for what it missed."""
        self.end("slow")
        self._abort()

    async def _until_gone(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.end("gone")


async def _write(send: Send, text: bytes, more: bool = True) -> None:
    """Write; raise `TimeoutError` if the client does not read what is written already."""
    async with asyncio.timeout(PATIENCE):
        await send({"type": "http.response.body", "body": text, "more_body": more})


def _pause() -> int:
    return random.randint(*COMES_BACK)
