"""Who asks the server of events, by the same rules as the web server's."""

import io
from typing import Any
from uuid import uuid4

from flask import Flask, request
from sqlalchemy.orm import Session
from starlette.types import Scope
from werkzeug.middleware.proxy_fix import ProxyFix

from serve.auth.actor import Actor
from serve.auth.current import current_actor
from serve.auth.policy import require
from serve.clock import now
from serve.database import reading, transaction
from serve.events.visible import ACTION
from serve.logs import HEADER, SAFE
from serve.models import AuditEntry

#: A request as WSGI has it, so that what the web server's sign-in reads is there to be read again.
Environ = dict[str, Any]


def environ_of(scope: Scope, proxies: int) -> Environ:
    """Return a request of ASGI as WSGI has it.

    Parameters
    ----------
    proxies
        How many proxies before the server are believed about a client's address.
    """
    host, port = scope.get("server") or ("localhost", 0)
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"],
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": (scope.get("client") or ("",))[0],
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": io.BytesIO(),
    }
    for name, value in scope["headers"]:
        # In WSGI it would pass for the header with a hyphen, which a proxy watches over.
        if b"_" in name:
            continue
        key = "HTTP_" + name.decode("latin-1").upper().replace("-", "_")
        text = value.decode("latin-1")
        environ[key] = f"{environ[key]},{text}" if key in environ else text
    if proxies:
        # It changes the environment, and then calls an application that does nothing.
        ProxyFix(_nothing, x_for=proxies, x_proto=proxies, x_host=proxies)(environ, _nothing)
    return environ


def _nothing(*_: Any) -> Any:
    return []


def who_asks(app: Flask, environ: Environ) -> Actor:
    """Return who may be told of events; it asks the database.

    Raises
    ------
    Refused
        As for any endpoint: nobody is signed in, or may not be told of any event.
    """
    with app.request_context(environ), reading() as session:
        actor = current_actor(session)
    require(actor, ACTION)
    return actor


def write_down(app: Flask, environ: Environ, actor: Actor) -> str:
    """Write into the audit that somebody listens from now on; return the request's identifier."""
    given = environ.get("HTTP_" + HEADER.upper().replace("-", "_"), "")
    identifier = given if SAFE.fullmatch(given) else uuid4().hex
    with app.request_context(environ):
        address, at = str(request.remote_addr or "")[:60], now()

        def work(session: Session) -> None:
            session.add(
                AuditEntry(
                    practice_id=actor.practice_id, user_id=actor.user_id, by=actor.by,
                    action=ACTION, subject="event", details={"stream": True},
                    address=address, request_id=identifier, at=at,
                )
            )  # fmt: skip

        transaction(work)
    return identifier
