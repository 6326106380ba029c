"""A server of events in this process, and clients that listen to it."""

import asyncio
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
import uvicorn
from apiflask import APIFlask

from serve.events.hub import Hub
from serve.events.serving import configured
from tests.serve.conftest import Clinic, token_for

#: Seconds for which a client waits for anything.
PATIENCE = 20.0


def free_port() -> int:
    """Return a port at which nobody listens."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class Told:
    """One event of a stream, as a browser would hand it over."""

    id: int
    kind: str
    data: dict[str, Any]


class Listener:
    """A client that listens to a stream, line by line."""

    def __init__(self, port: int, path: str = "/events", **headers: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self.connection.putrequest("GET", path, skip_accept_encoding=True)
        for name, value in headers.items():
            self.connection.putheader(name.replace("_", "-"), value)
        self.connection.endheaders()
        self.answer = self.connection.getresponse()
        self.status = self.answer.status
        self.headers = self.answer.headers
        self.last = -1
        self.retries: list[int] = []
        self.comments = 0
        self.ended = False

    def problem(self) -> Any:
        """Return the answer that there is instead of a stream."""
        assert self.headers["Content-Type"] == "application/problem+json"
        return json.loads(self.answer.read())

    def block(self) -> Told | None:
        """Return what the next block tells; None for one that is no event, or for the end."""
        fields: dict[str, str] = {}
        while True:
            line = self.answer.readline()
            if not line:
                self.ended = True
                return None
            text = line.decode().rstrip("\n")
            if not text:
                break
            name, _, value = text.partition(":")
            if not name:
                self.comments += 1
            fields[name] = value.removeprefix(" ")
        if "id" in fields:
            self.last = int(fields["id"])
        if "retry" in fields:
            self.retries.append(int(fields["retry"]))
        if "data" not in fields:
            return None
        return Told(self.last, fields["event"], json.loads(fields["data"]))

    def next(self, count: int = 1) -> list[Told]:
        """Return the next so many events."""
        found: list[Told] = []
        while len(found) < count:
            told = self.block()
            assert not self.ended, "the stream ended"
            if told is not None:
                found.append(told)
        return found

    def begun(self) -> "Listener":
        """Wait until the stream says from which event it goes on."""
        while self.last < 0:
            self.block()
            assert not self.ended
        return self

    def until_end(self) -> list[Told]:
        """Return the events up to the end of the stream."""
        found = []
        while not self.ended:
            told = self.block()
            if told is not None:
                found.append(told)
        return found

    def close(self) -> None:
        """Go away."""
        self.answer.close()
        self.connection.close()


class Streaming:
    """A server of events in a thread."""

    def __init__(self, app: APIFlask, port: int = 0) -> None:
        self.port = port or free_port()
        self.listeners: list[Listener] = []
        config, self.hub = configured(app, "127.0.0.1", self.port)
        self.server = uvicorn.Server(config)
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        wait_until(lambda: self.server.started)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self.server.serve())
        self.loop.close()

    def listen(self, token: str | None = None, path: str = "/events", **headers: str) -> Listener:
        """Return a client that asked for a stream."""
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        made = Listener(self.port, path, **headers)
        self.listeners.append(made)
        return made

    def ask(self, method: str, path: str, **headers: str) -> tuple[int, Any, str]:
        """Return status, headers and body of an answer that is no stream."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(connection):
            connection.request(method, path, headers=names)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()

    def call(self, work: Callable[[Hub], Any]) -> None:
        """Do something on the server's loop."""
        done = threading.Event()

        def do() -> None:
            work(self.hub)
            done.set()

        self.loop.call_soon_threadsafe(do)
        assert done.wait(PATIENCE)

    def number(self, name: str) -> float:
        """Return one of the numbers that the server counts."""
        _, _, text = self.ask("GET", "/metrics")
        return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))

    def stop(self) -> None:
        """End it."""
        for listener in self.listeners:
            listener.close()
        self.call(lambda hub: hub.close())
        self.server.should_exit = True
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()


@pytest.fixture
def streaming(app: APIFlask) -> Iterator[Streaming]:
    """A server of events beside the application."""
    made = Streaming(app)
    yield made
    made.stop()


@pytest.fixture
def token_of(app: APIFlask, clinic: Clinic) -> Callable[[str], str]:
    """Return a token for a role."""

    def made(role: str) -> str:
        user: UUID = clinic.users[role]
        with app.app_context():
            return token_for(user)

    return made


def wait_until(happened: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """Return what is true at last."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = happened()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")
