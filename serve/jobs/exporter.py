"""What a worker tells a machine that asks: whether it lives, and its numbers."""

import json
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from http import HTTPStatus
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CONTENT_TYPE_LATEST

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

#: Seconds after which a worker whose lookout was not heard of does not live.
SILENCE = 60.0


class Pulse:
    """When a worker last said that it lives."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def beat(self) -> None:
        """Say that it lives."""
        self._last = time.monotonic()

    @property
    def lives(self) -> bool:
        """Whether it said so lately."""
        return time.monotonic() - self._last < SILENCE


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Write no line for every question."""


class Exporter:
    """A small server with ``/healthz`` and ``/metrics``; a context.

    Parameters
    ----------
    place
        Host and port at which it listens; None for no server.
    numbers
        All numbers as Prometheus reads them.
    pulse
        Whether the worker lives.

    Raises
    ------
    OSError
        If it cannot listen there.
    """

    def __init__(
        self, place: tuple[str, int] | None, numbers: Callable[[], bytes], pulse: Pulse
    ) -> None:
        self._numbers, self._pulse = numbers, pulse
        self._server = None
        if place is not None:
            self._server = make_server(*place, self._answer, _Server, _Quiet)

    def __enter__(self) -> "Exporter":
        """Begin to listen."""
        if self._server is not None:
            threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Listen no more."""
        if self._server is not None:
            with suppress(OSError):
                self._server.shutdown()
                self._server.server_close()

    @property
    def port(self) -> int | None:
        """The port at which it listens."""
        return None if self._server is None else self._server.server_port

    def _answer(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        path, kind = environ.get("PATH_INFO", ""), "application/json"
        if path == "/metrics":
            status, kind, body = HTTPStatus.OK, CONTENT_TYPE_LATEST, self._numbers()
        elif path == "/healthz":
            status = HTTPStatus.OK if self._pulse.lives else HTTPStatus.SERVICE_UNAVAILABLE
            body = json.dumps({"status": "ok" if self._pulse.lives else "silent"}).encode()
        else:
            status, body = HTTPStatus.NOT_FOUND, b'{"status": "there is /healthz and /metrics"}'
        start(f"{status.value} {status.phrase}", [("Content-Type", kind)])
        return [body]
