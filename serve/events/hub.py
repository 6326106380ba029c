"""All streams of a server: how many there may be, and whose feed each joins."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from uuid import UUID

from serve.events.counting import Counting
from serve.events.feed import Feed
from serve.events.reader import Reader
from serve.events.stream import Stream
from serve.settings import Settings


class FullError(Exception):
    """There are as many streams as there may be; the message says whose."""


class Hub:
    """The streams that are open, and a feed for each practice that has one."""

    def __init__(self, settings: Settings, reader: Reader, counting: Counting) -> None:
        self.reader, self.counting = reader, counting
        self.closing = False
        self._most = int(settings.events_streams)
        self._most_of_user = int(settings.events_streams_per_user)
        self._places = 0
        self._of_user: Counter[UUID | None] = Counter()
        self._streams: set[Stream] = set()
        self._feeds: dict[UUID, _Shared] = {}

    @contextmanager
    def place(self) -> Iterator[None]:
        """Take one of the places; raise `FullError` if there is none."""
        if self.closing or self._places >= self._most:
            raise FullError("There are as many streams as this server has places for.")
        self._places += 1
        try:
            yield
        finally:
            self._places -= 1

    @contextmanager
    def place_of(self, user_id: UUID | None) -> Iterator[None]:
        """Take one of the places of a user; raise `FullError` if there is none."""
        if self._of_user[user_id] >= self._most_of_user:
            raise FullError("You have as many streams as one user may have.")
        self._of_user[user_id] += 1
        try:
            yield
        finally:
            self._of_user[user_id] -= 1
            if not self._of_user[user_id]:
                del self._of_user[user_id]

    @asynccontextmanager
    async def feed(self, practice_id: UUID) -> AsyncIterator[Feed]:
        """Give a practice's feed, which has begun; it goes on while anybody has it."""
        shared = self._feeds.get(practice_id)
        if shared is None:
            shared = self._feeds[practice_id] = _Shared(
                Feed(practice_id, self.reader, self.counting)
            )
        shared.users += 1
        try:
            # Shielded, because others wait for it too.
            await asyncio.shield(shared.started)
            yield shared.feed
        finally:
            shared.users -= 1
            # One that could not begin is tried anew by whoever comes next.
            failed = not shared.started.done() or shared.started.exception() is not None
            if (failed or not shared.users) and self._feeds.get(practice_id) is shared:
                del self._feeds[practice_id]
            if not shared.users:
                shared.following.cancel()

    @contextmanager
    def opened(self, stream: Stream, feed: Feed) -> Iterator[None]:
        """Count a stream among those that are open."""
        self._streams.add(stream)
        self.counting.streams.set(len(self._streams))
        try:
            if self.closing:
                stream.end("closing")
            yield
        finally:
            feed.leave(stream)
            self._streams.discard(stream)
            self.counting.streams.set(len(self._streams))
            self.counting.ended.labels(stream.over or "failed").inc()

    def wake(self, practice_id: UUID | None = None) -> None:
        """Let the feed of a practice, or all, look for news."""
        for identifier, shared in self._feeds.items():
            if practice_id in (None, identifier):
                shared.feed.wake()

    @property
    def listened_to(self) -> bool:
        """Whether anybody listens."""
        return bool(self._feeds)

    def close(self) -> None:
        """End all streams, and open no more; clients come back to whoever is there then."""
        self.closing = True
        for stream in self._streams:
            stream.end("closing")


class _Shared:
    """A feed, how many have it, and what it does."""

    def __init__(self, feed: Feed) -> None:
        self.feed, self.users = feed, 0
        self.started = asyncio.create_task(feed.start())
        self.following = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        # Whoever waits for the beginning is told why there is none.
        await asyncio.wait([self.started])
        if self.started.exception() is None:
            await self.feed.follow()
