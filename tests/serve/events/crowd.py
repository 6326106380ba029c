"""Many clients that follow a stream at little cost, and come back whenever they lose it."""

import asyncio
import json
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

#: Seconds after which a client that finds nobody tries again, from and to.
AGAIN = (0.2, 0.5)


@dataclass
class Follower:
    """One client.

    Attributes
    ----------
    known
        The last event that it knows, or from which it began; -1 before that.
    seen, late
        The events that it was told, and of each the kind and by how many seconds it was later than
        the beginning of the transaction that made it.
    got
        When it was told what of which row, in seconds since 1970.
    resets, losses
        How often it had to read everything again, and how often it lost the stream.
    """

    port: int
    token: str
    known: int = -1
    seen: list[int] = field(default_factory=list)
    late: list[tuple[str, float]] = field(default_factory=list)
    got: dict[tuple[str, str], float] = field(default_factory=dict)
    resets: int = 0
    losses: int = 0

    async def follow(self) -> None:
        """Follow the stream until it is cancelled."""
        while True:
            pause = random.uniform(*AGAIN)
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                try:
                    pause = await self._listen(reader, writer, pause)
                finally:
                    writer.close()
            except (OSError, asyncio.IncompleteReadError):
                pass
            self.losses += 1
            await asyncio.sleep(pause)

    async def _listen(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pause: float
    ) -> float:
        """Read a stream to its end; return after how many seconds to come back."""
        last = f"Last-Event-ID: {self.known}\r\n" if self.known >= 0 else ""
        # To a client of HTTP/1.0 the events are sent as they are, not in chunks.
        request = f"GET /events HTTP/1.0\r\nHost: x\r\nAuthorization: Bearer {self.token}\r\n{last}"
        writer.write(request.encode() + b"\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head.split(b"\r\n")[0]:
            return pause
        identifier, kind, data = self.known, b"", b""
        while line := await reader.readline():
            name, _, value = line.rstrip(b"\n").partition(b": ")
            if name == b"id":
                identifier = int(value)
            elif name == b"event":
                kind = value
            elif name == b"data":
                data = value
            elif name == b"retry":
                pause = int(value) / 1000
            elif line == b"\n":
                self._told(identifier, kind, data)
                kind = data = b""
        return pause

    def _told(self, identifier: int, kind: bytes, data: bytes) -> None:
        self.known = identifier
        if kind == b"reset":
            self.resets += 1
        elif data:
            self.seen.append(identifier)
            told, moment = json.loads(data), time.time()
            late = moment - datetime.fromisoformat(told["at"]).timestamp()
            self.late.append((told["kind"], late))
            self.got[told["subject_id"], told["kind"]] = moment


class Followers:
    """Clients on a loop in a thread of its own; as many as there are tokens."""

    def __init__(self, port: int, tokens: Sequence[str]) -> None:
        self.all = [Follower(port, token) for token in tokens]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)
        self._tasks: list[asyncio.Task[None]] = []
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._follow())

    async def _follow(self) -> None:
        self._tasks = [asyncio.create_task(one.follow()) for one in self.all]
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def know(self, event: int, seconds: float) -> bool:
        """Wait until all know an event; return whether they do."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if all(one.known >= event for one in self.all):
                return True
            time.sleep(0.05)
        return False

    def go(self) -> None:
        """Let all go away."""

        def cancel() -> None:
            for task in self._tasks:
                task.cancel()

        self._loop.call_soon_threadsafe(cancel)
        self._thread.join(30)
        failed = [task.exception() for task in self._tasks if task.done() and not task.cancelled()]
        assert not any(failed), failed
