"""``GET /events``: from a request to a stream, or to why there is none."""

import asyncio
import logging
import random
import time
from urllib.parse import parse_qsl

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from objective import InvalidInput
from serve.auth.actor import Actor
from serve.errors import Refused
from serve.events.asking import Environ, environ_of, who_asks, write_down
from serve.events.feed import Feed
from serve.events.hub import FullError, Hub
from serve.events.kept import LARGEST
from serve.events.problems import full, of_refusal, problem, wrong
from serve.events.stream import Stream
from serve.settings import Settings

logger = logging.getLogger(__name__)

#: Seconds after which it is looked at again who listens, and for which it may be not known.
CHECK, UNCHECKED = 15.0, 60.0
#: Seconds after which somebody who found no place, or no database, should come back.
WAIT, AWAY = 30, 5
#: Where a client says which event it knows, after a stream was lost.
LAST = "Last-Event-ID"


class Listening:
    """The endpoint, as ASGI has it."""

    def __init__(self, hub: Hub, settings: Settings) -> None:
        self.hub, self.settings = hub, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        refused = await self._answer(scope, receive, send)
        if refused is not None:
            self.hub.counting.refused.labels(str(refused.status_code)).inc()
            await refused(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> JSONResponse | None:
        """Stream; or return why not."""
        request = Request(scope)
        if request.method != "GET":
            return problem(405, "It can only be read.", {"Allow": "GET"})
        if not self._same_origin(request):
            return problem(403, "Pages of that origin may not read the stream.")
        try:
            after = known_event(request)
            with self.hub.place():
                return await self._streamed(scope, after, receive, send)
        except InvalidInput as error:
            return wrong(error.field, error.allowed)
        except FullError as error:
            return full(str(error), random.randint(WAIT // 2, WAIT))
        except Refused as error:
            return of_refusal(error)
        except SQLAlchemyError:
            return full("The database does not answer now.", AWAY)

    async def _streamed(
        self, scope: Scope, after: int | None, receive: Receive, send: Send
    ) -> JSONResponse | None:
        reader, counting = self.hub.reader, self.hub.counting
        environ = environ_of(scope, int(self.settings.proxies))
        actor = await reader.check(lambda: who_asks(reader.app, environ))
        practice_id = actor.practice_id
        if practice_id is None:
            return problem(403, "There is no practice whose events could be told.")
        with self.hub.place_of(actor.user_id):
            identifier = await reader.check(lambda: write_down(reader.app, environ, actor))
            async with self.hub.feed(practice_id) as feed:
                known = feed.last if after is None else after
                stream = Stream(actor, known, counting, scope["state"]["abort"])
                if after is None:
                    # From now on: nothing that happens meanwhile is left out.
                    feed.streams.add(stream)
                with self.hub.opened(stream, feed):
                    await self._run(stream, feed, environ, receive, send)
                _log(actor, identifier, stream, scope)
        return None

    async def _run(
        self, stream: Stream, feed: Feed, environ: Environ, receive: Receive, send: Send
    ) -> None:
        beside = [
            asyncio.create_task(self._join(stream, feed)),
            asyncio.create_task(self._check(stream, environ)),
        ]
        try:
            await stream.run(receive, send)
        finally:
            for task in beside:
                task.cancel()

    async def _join(self, stream: Stream, feed: Feed) -> None:
        if stream in feed.streams:
            return
        try:
            await feed.join(stream)
        except Exception:
            logger.warning("a stream cannot be told what it missed", exc_info=True)
            stream.end("database")

    async def _check(self, stream: Stream, environ: Environ) -> None:
        """End a stream of which it is no longer true, or no longer known, who listens to it."""
        app = self.hub.reader.app
        known_at, pause = time.monotonic(), CHECK
        while not stream.over:
            # Not all at the same moment.
            await asyncio.sleep(pause * random.uniform(0.8, 1.0))
            try:
                actor = await self.hub.reader.check(lambda: who_asks(app, environ))
            except Refused:
                stream.end("signed_out")
            except Exception:
                logger.warning("it is not known who listens", exc_info=True)
                pause = 1.0
                if time.monotonic() - known_at > UNCHECKED:
                    stream.end("unchecked")
            else:
                known_at, pause = time.monotonic(), CHECK
                if actor != stream.actor:
                    # Whoever has another role, or cares for others now, begins anew.
                    stream.end("changed")

    def _same_origin(self, request: Request) -> bool:
        """Return whether a page may read it; programs that are no pages have no origin."""
        origin = request.headers.get("Origin")
        return origin is None or origin in self.settings.origins


def known_event(request: Request) -> int | None:
    """Return the last event that a client knows; None if it begins.

    What a browser says after it lost a stream is newer than the address with which it began.

    Raises
    ------
    InvalidInput
        If it is no number of an event, or something else is asked for.
    """
    asked = parse_qsl(request.url.query, keep_blank_values=True)
    for name, _ in asked:
        if name != "after":
            raise InvalidInput("query", "another name", "after, and nothing else")
    if len(asked) > 1:
        raise InvalidInput("after", "several", "one number")
    known = [_whole("after", text) for _, text in asked]
    said = request.headers.getlist(LAST)
    if len(said) > 1:
        raise InvalidInput(LAST, "several", "one number")
    known += [_whole(LAST, text) for text in said if text]
    return known[-1] if known else None


def _whole(field: str, text: str) -> int:
    if text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= LARGEST:
        return int(text)
    raise InvalidInput(field, "another text", f"a whole number from 0 to {LARGEST}")


def _log(actor: Actor, identifier: str, stream: Stream, scope: Scope) -> None:
    fields = {
        "request_id": identifier, "route": scope["path"], "user_id": actor.user_id,
        "ended": stream.over or "failed",
    }  # fmt: skip
    logger.info("stream", extra={"fields": fields})
