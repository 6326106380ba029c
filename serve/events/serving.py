"""Uvicorn, which lets streams end when it is told to stop, and then ends with status 0."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from flask import Flask

from serve.events.hub import Hub
from serve.events.protocol import Protocol
from serve.events.server import create_server

#: Seconds that clients get to read the end of their streams.
PATIENCE = 5
#: Connections that wait to be taken, so that all clients may come back at once.
BACKLOG = 2048


def serve_events(app: Flask, host: str, port: int) -> None:
    """Serve the streams of an application until the process is told to stop."""
    config, hub = configured(app, host, port)
    asyncio.run(_Server(config, hub).serve())


def configured(app: Flask, host: str, port: int) -> tuple[uvicorn.Config, Hub]:
    """Return how uvicorn serves the streams of an application, and the streams."""
    server, hub = create_server(app)
    config = uvicorn.Config(
        server, host, port, http=Protocol, ws="none", lifespan="on", backlog=BACKLOG,
        # What it would write of requests has their addresses.
        access_log=False, log_config=None, server_header=False, proxy_headers=False,
        timeout_graceful_shutdown=PATIENCE,
    )  # fmt: skip
    return config, hub


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, hub: Hub) -> None:
        super().__init__(config)
        self._hub = hub

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Listen to SIGTERM and Ctrl-C."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        yield

    def _stop(self) -> None:
        self.should_exit = True
        self._hub.close()
