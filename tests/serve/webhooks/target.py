"""A program of a practice: a real server that takes events, or does something else with them."""

import base64
import hashlib
import hmac
import json
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Received:
    """A request, as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """What it says."""
        return json.loads(self.body)

    @property
    def id(self) -> str:
        """Which delivery it is."""
        return self.headers["webhook-id"]

    def is_signed_by(self, secret: str) -> bool:
        """Return whether it is signed as Standard Webhooks asks for, by what the page says."""
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        content = b".".join(
            [self.id.encode(), self.headers["webhook-timestamp"].encode(), self.body]
        )
        right = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
        given = [one.split(",", 1) for one in self.headers["webhook-signature"].split(" ")]
        return any(form == "v1" and hmac.compare_digest(text, right) for form, text in given)


#: What a target does with a request, given how many came before; returns the answer's status.
Behaviour = Callable[["Target", BaseHTTPRequestHandler, int], int]


def takes(target: "Target", handler: BaseHTTPRequestHandler, before: int) -> int:
    """Take it."""
    return 204


@dataclass
class Target:
    """A server on this machine; what it was sent is in ``received``."""

    behaviour: Behaviour = takes
    context: ssl.SSLContext | None = None
    received: list[Received] = field(default_factory=list)
    #: Ends whatever it does for long.
    over: threading.Event = field(default_factory=threading.Event)
    #: How many requests are answered at this moment, and how many were at most.
    at_once: int = 0
    most_at_once: int = 0

    def __enter__(self) -> "Target":
        """Listen."""
        outer, lock = self, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                with lock:
                    before = len(outer.received)
                    outer.received.append(Received(self.path, headers, body))
                    outer.at_once += 1
                    outer.most_at_once = max(outer.most_at_once, outer.at_once)
                status = outer.behaviour(outer, self, before)
                with lock:
                    outer.at_once -= 1
                if status:
                    self.send_response(status)
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            def do_GET(self) -> None:
                self.do_POST()

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """Somebody hung up."""

        self.server = Server(("127.0.0.1", 0), Handler)
        if self.context is not None:
            self.server.socket = self.context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Listen no more."""
        self.over.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server.server_address[1])

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}/hook?token=secret-word"


def answers(*statuses: int) -> Behaviour:
    """Return what answers by these statuses, one after another, and by the last for ever."""
    return lambda target, handler, before: statuses[min(before, len(statuses) - 1)]


def hangs(target: Target, handler: BaseHTTPRequestHandler, before: int) -> int:
    """Answer nothing."""
    target.over.wait(60)
    return 0


def drips(target: Target, handler: BaseHTTPRequestHandler, before: int) -> int:
    """Send a letter of an answer now and then, for ever."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not target.over.wait(0.2):
        handler.wfile.write(b"a")
        handler.wfile.flush()
    return 0


def pours(target: Target, handler: BaseHTTPRequestHandler, before: int) -> int:
    """Answer with a body without end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
    while not target.over.is_set():
        handler.wfile.write(b"a" * 65_536)
    return 0


def sleeps(seconds: float) -> Behaviour:
    """Return what takes a while for everything."""

    def behaviour(target: Target, handler: BaseHTTPRequestHandler, before: int) -> int:
        time.sleep(seconds)
        return 200

    return behaviour


def redirects(to: str) -> Behaviour:
    """Return what sends whoever comes elsewhere."""

    def behaviour(target: Target, handler: BaseHTTPRequestHandler, before: int) -> int:
        handler.send_response(307)
        handler.send_header("Location", to)
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return 0

    return behaviour
