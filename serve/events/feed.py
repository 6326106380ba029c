"""The events of one practice: read once from the database, and given to all who listen."""

import asyncio
import logging
from collections import deque
from uuid import UUID

from sqlalchemy.orm import Session

from serve.clock import machine_clock
from serve.events.counting import Counting
from serve.events.frames import Framed
from serve.events.kept import events_after, forgotten, last_events, misses_some
from serve.events.reader import Reader
from serve.events.stream import Stream
from serve.models import Event

logger = logging.getLogger(__name__)

#: Events that one reading brings, and that are kept in memory for those who come back.
PAGE, RECENT = 200, 200
#: Seconds after which a practice is looked at though nobody said that it has news.
POLL = 2.0
#: Seconds between two attempts to read a database that does not answer.
AGAIN = 0.5


class Feed:
    """Follows the events of a practice while somebody listens.

    Attributes
    ----------
    last
        The last event that was read.
    floor
        All events that follow this one are in memory.
    """

    def __init__(self, practice_id: UUID, reader: Reader, counting: Counting) -> None:
        self.practice_id, self.last, self.floor = practice_id, 0, 0
        self.streams: set[Stream] = set()
        self._reader, self._counting = reader, counting
        self._recent: deque[Framed] = deque()
        self._woken = asyncio.Event()

    async def start(self) -> None:
        """Read the last events, for those who come back to a server that was started anew."""

        def read(session: Session) -> tuple[list[Event], int]:
            before = forgotten(session, self.practice_id)
            return last_events(session, self.practice_id, RECENT), before

        events, before = await self._reader.read(read)
        self._recent.extend(Framed(event) for event in events)
        self.floor = events[0].id - 1 if len(events) == RECENT else before
        self.last = events[-1].id if events else before

    def wake(self) -> None:
        """Look at once whether there is news."""
        self._woken.set()

    async def follow(self) -> None:
        """Give what happens to all streams, until it is cancelled."""
        away = False
        while True:
            try:
                async with asyncio.timeout(POLL):
                    await self._woken.wait()
            except TimeoutError:
                pass
            self._woken.clear()
            try:
                while len(await self._read_on()) == PAGE:
                    pass
                away = False
            except Exception:
                self._counting.failures.inc()
                if not away:
                    logger.warning("the database does not answer; streams wait", exc_info=True)
                away = True
                self._woken.set()
                await asyncio.sleep(AGAIN)

    async def join(self, stream: Stream) -> None:
        """Tell a stream what it missed, and from then on what happens.

        What is in memory costs nothing; the rest is read page by page as fast as the client reads.
        """
        while not stream.over:
            await stream.room()
            if self.floor <= stream.known <= self.last:
                break
            page = await self._reader.read(lambda session: self._missed(session, stream.known))
            if page is None:
                stream.start_anew(self.last)
                break
            if stream.known > self.last:
                # Whoever told the client was quicker: it is told what follows that.
                break
            for event in page:
                stream.offer(Framed(event))
            stream.known = page[-1].id if page else self.floor
        # Without a pause from here on, so that nothing comes between.
        for framed in self._recent:
            stream.offer(framed)
        if not stream.over:
            self.streams.add(stream)

    def leave(self, stream: Stream) -> None:
        """Tell a stream nothing more."""
        self.streams.discard(stream)

    def _missed(self, session: Session, known: int) -> list[Event] | None:
        """Return what follows an event; None if some of it is not kept."""
        if misses_some(session, self.practice_id, known):
            return None
        return events_after(session, self.practice_id, known, PAGE)

    async def _read_on(self) -> list[Event]:
        last = self.last
        events = await self._reader.read(
            lambda session: events_after(session, self.practice_id, last, PAGE)
        )
        for event in events:
            age = (machine_clock() - event.at).total_seconds()
            self._counting.lag.observe(max(0.0, age))
            self._give(Framed(event))
        return events

    def _give(self, framed: Framed) -> None:
        self.last = framed.event.id
        self._recent.append(framed)
        if len(self._recent) > RECENT:
            self.floor = self._recent.popleft().event.id
        for stream in list(self.streams):
            stream.offer(framed)
