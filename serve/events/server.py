"""The server of events: one process, one loop, and no thread for a stream."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version

from flask import Flask
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.responses import Response as Answer
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serve.errors import Refused
from serve.events.asking import environ_of
from serve.events.counting import Counting
from serve.events.hub import Hub
from serve.events.listening import LAST, Listening
from serve.events.news import bring_news
from serve.events.problems import of_http, of_refusal, problem
from serve.events.reader import Reader
from serve.events.where import STREAM
from serve.health import may_read_numbers, what_is_missing
from serve.protection import A_YEAR, HEADERS, NOTHING
from serve.settings import Settings


def create_server(app: Flask) -> tuple[Starlette, Hub]:
    """Return the server of events of an application, and its streams.

    Parameters
    ----------
    app
        The web server's application, by whose settings, sign-in and database it works.
    """
    settings: Settings = app.config["SETTINGS"]
    hub = Hub(settings, Reader(app), Counting())

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        news = asyncio.create_task(bring_news(hub, settings.url))
        yield
        news.cancel()
        hub.reader.close()

    def healthz(request: Request) -> Answer:
        return JSONResponse({"status": "ok", "version": version("bailey")})

    async def readyz(request: Request) -> Answer:
        missing = await hub.reader.check(lambda: _in(app, lambda: what_is_missing(settings)))
        if missing:
            errors = [{"field": part, "message": message} for part, message in missing]
            detail = "Something that the service needs is missing."
            return problem(503, detail, errors=errors)
        return JSONResponse({"status": "ready"})

    def metrics(request: Request) -> Answer:
        environ = environ_of(request.scope, int(settings.proxies))
        try:
            with app.request_context(environ):
                may_read_numbers(settings.metrics_token)
        except Refused as refused:
            return of_refusal(refused)
        return Answer(hub.counting.text(), media_type=CONTENT_TYPE_LATEST)

    made = Starlette(
        routes=[
            Route(STREAM, Listening(hub, settings)),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", metrics),
        ],
        middleware=[
            Middleware(_Protected, secure=settings.secure_cookies == "true"),
            Middleware(
                CORSMiddleware,
                allow_origins=list(settings.origins),
                # A session is a cookie.
                allow_credentials=True,
                allow_methods=["GET"],
                allow_headers=["Authorization", "Cache-Control", LAST],
                expose_headers=["Retry-After"],
            ),
        ],
        exception_handlers={HTTPException: of_http, Exception: of_http},
        lifespan=lifespan,
    )
    # An address with a slash more is an address of nothing, as at the web server.
    made.router.redirect_slashes = False
    return made, hub


def _in(app: Flask, work: Callable[[], list[tuple[str, str]]]) -> list[tuple[str, str]]:
    with app.app_context():
        return work()


class _Protected:
    """Gives every answer the headers that the web server's have."""

    def __init__(self, app: ASGIApp, secure: bool) -> None:
        self.app = app
        self.headers = HEADERS | {"Content-Security-Policy": NOTHING, "Cache-Control": "no-store"}
        if secure:
            self.headers["Strict-Transport-Security"] = A_YEAR

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, protected)
