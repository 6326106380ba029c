"""What the server of events refuses: in words, and without what was sent."""

import json
import socket
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from apiflask import APIFlask
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import select

from serve import create_app
from serve.auth.tokens import ALGORITHM, ISSUER
from serve.database import db, reading
from serve.events import protocol
from serve.events.asking import environ_of
from serve.migrations import migrate
from serve.models import AuditEntry
from serve.settings import Settings
from tests.serve.conftest import KEY, NOW, Clinic, make_clinic, token_for
from tests.serve.events.conftest import Streaming, wait_until

Tokens = Callable[[str], str]
NUMBERS = ["x", "-1", "1.5", "1e3", "\xb2", str(2**63), "9" * 400, "0x10", "1_000", "+1"]


def test_what_is_no_number_of_an_event_is_refused(streaming: Streaming, token_of: Tokens):
    """In the header of a client that comes back, and in the address of one that begins."""
    token = token_of("analyst")
    for number in NUMBERS:
        for listener, field in (
            (streaming.listen(token, Last_Event_ID=number), "Last-Event-ID"),
            (streaming.listen(token, f"/events?after={quote(number)}"), "after"),
        ):
            assert listener.status == 422, number
            (error,) = listener.problem()["errors"]
            allowed = "must be a whole number from 0 to 9223372036854775807"
            assert error == {"field": field, "message": allowed}


def test_nothing_else_can_be_asked_for(app: APIFlask, streaming: Streaming, token_of: Tokens):
    """Not even another practice: everybody listens to the own one."""
    with app.app_context():
        other = make_clinic("Welch").practice
    token = token_of("analyst")
    for query in (f"practice_id={other}", "after=1&after=2", "after=1&x=1", "x", "after", "%00=1"):
        listener = streaming.listen(token, f"/events?{query}")
        assert listener.status == 422, query
        assert str(other) not in json.dumps(listener.problem())


def forged(app: APIFlask, clinic: Clinic) -> dict[str, str]:
    """Return headers with which nobody is let in, by what is wrong with them."""
    with app.app_context():
        good = token_for(clinic.users["analyst"])
        over = token_for(clinic.users["analyst"], now=NOW - timedelta(days=366))
        narrow = token_for(clinic.users["analyst"], ["run.read"])
    head, body, signature = good.split(".")
    claims = {"iss": ISSUER, "jti": str(uuid4()), "sub": str(clinic.users["analyst"])}
    another = jwt.encode({"alg": ALGORITHM}, claims, OctKey.import_key("another key " * 4))
    unknown = jwt.encode({"alg": ALGORITHM}, claims, OctKey.import_key(KEY))
    return {
        "nothing": "", "no token": "Bearer", "basic": "Basic YTpi", "text": "Bearer a.b.c",
        "another key": f"Bearer {another}", "unknown": f"Bearer {unknown}",
        "cut": f"Bearer {head}.{body}.{signature[:-2]}", "unsigned": f"Bearer {head}.{body}.",
        "over": f"Bearer {over}", "long": "Bearer " + "a" * 5000, "narrow": f"Bearer {narrow}",
    }  # fmt: skip


def test_forged_and_old_tokens_open_nothing(app: APIFlask, clinic: Clinic, streaming: Streaming):
    """401, and 403 for one without the scope."""
    for what, header in forged(app, clinic).items():
        listener = streaming.listen(**{"Authorization": header} if header else {})
        assert listener.status == (403 if what == "narrow" else 401), what
        problem = listener.problem()
        assert problem["status"] == listener.status
        if listener.status == 401:
            assert listener.headers["WWW-Authenticate"] == "Bearer"
    cookie = streaming.listen(Cookie="bailey=eyJfdXNlcl9pZCI6IjEifQ.abc.def")
    assert cookie.status == 401
    assert streaming.number("bailey_event_streams ") == 0


def test_a_header_with_an_underscore_is_not_another():
    """A proxy would let it through, because it does not look like the one that it watches."""
    scope = {
        "method": "GET", "path": "/events", "query_string": b"", "scheme": "http",
        "client": ("10.0.0.1", 1), "server": ("10.0.0.2", 2),
        "headers": [(b"x_forwarded_for", b"1.2.3.4"), (b"x-forwarded-proto", b"https")],
    }  # fmt: skip
    environ = environ_of(scope, 1)
    assert environ["REMOTE_ADDR"] == "10.0.0.1"
    assert environ["wsgi.url_scheme"] == "https"
    scope["headers"] = [(b"x-forwarded-for", b"9.9.9.9, 1.2.3.4")]
    assert environ_of(scope, 1)["REMOTE_ADDR"] == "1.2.3.4"
    assert environ_of(scope, 0)["REMOTE_ADDR"] == "10.0.0.1"


def test_the_audit_has_who_listened(app: APIFlask, streaming: Streaming, token_of: Tokens):
    """Once for a stream, with the identifier that was sent along if it is one."""
    streaming.listen(token_of("analyst"), X_Request_Id="abc-1").begun()
    streaming.listen(token_of("analyst"), X_Request_Id="a b\tc").begun()
    with app.app_context(), reading() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        assert [(one.action, one.details, one.address) for one in entries] == [
            ("event.read", {"stream": True}, "127.0.0.1")
        ] * 2
        assert entries[0].request_id == "abc-1"
        assert len(entries[1].request_id) == 32


NOWHERE = [
    ("GET", "/", 404), ("GET", "/events/", 404), ("GET", "/event", 404),
    ("GET", "/api/v1/events", 404), ("GET", "/../etc/passwd", 404), ("GET", "//events", 404),
    ("POST", "/events", 405), ("PUT", "/events", 405), ("DELETE", "/events", 405),
    ("HEAD", "/events", 405), ("MADEUP", "/events", 405), ("POST", "/healthz", 405),
    ("POST", "/nothing", 404),
]  # fmt: skip


def test_there_is_nothing_else_there(streaming: Streaming, token_of: Tokens):
    """Unknown paths and methods are problems in words."""
    sent = {"Authorization": f"Bearer {token_of('analyst')}"}
    for method, path, status in NOWHERE:
        found, headers, body = streaming.ask(method, path, **sent)
        assert found == status, (method, path)
        assert headers["Content-Type"] == "application/problem+json"
        if method != "HEAD":
            assert json.loads(body)["status"] == status
        if status == 405:
            assert headers["Allow"] == "GET"


LINES = [
    b"Last-Event-ID: 1\rX-Evil: 1", b"Last-Event-ID: 1\x00", b"X-Request-Id: a\x0bb",
    b"Last-Event-ID : 1", b"Transfer-Encoding: chunked\r\nContent-Length: 5",
    b"Last-Event-ID: 1\r\n Set-Cookie: x=1", b"A: " + b"a" * 70_000,
    b"X-Request-Id: %0d%0aX-Evil: 1",
]  # fmt: skip


def test_headers_bring_nothing_into_an_answer(streaming: Streaming, token_of: Tokens):
    """Whatever a line of a request has in it, no line of the answer has it."""
    head = f"GET /events HTTP/1.0\r\nHost: x\r\nAuthorization: Bearer {token_of('analyst')}\r\n"
    for line in LINES:
        with socket.create_connection(("127.0.0.1", streaming.port), timeout=10) as connection:
            connection.sendall(head.encode() + line + b"\r\n\r\n")
            answer = connection.recv(65_536)
        assert answer.split()[1] in (b"400", b"422", b"431", b"200"), line
        assert b"evil" not in answer.lower()
        assert b"set-cookie" not in answer.lower()


def test_a_client_that_asks_for_nothing_is_dropped(app: APIFlask, monkeypatch: pytest.MonkeyPatch):
    """It must have sent its request within some seconds."""
    monkeypatch.setattr(protocol, "HURRY", 0.3)
    streaming = Streaming(app)
    with socket.create_connection(("127.0.0.1", streaming.port), timeout=10) as connection:
        connection.sendall(b"GET /events HTT")
        began = time.monotonic()
        with pytest.raises(ConnectionResetError):
            connection.recv(100)
        assert time.monotonic() - began < 5
    streaming.stop()


@pytest.fixture
def with_pages(tmp_path: Any) -> Any:
    """A server of events whose streams pages of two origins may read."""
    origins = "https://clinic.example http://localhost:5000"
    app = create_app(
        Settings(home=str(tmp_path), secret_key=KEY, web_origin=origins, metrics_token="secret"),
        lambda: NOW,
    )
    with app.app_context():
        migrate(db.engine)
        token = token_for(make_clinic().users["analyst"])
    streaming = Streaming(app)
    yield streaming, token
    streaming.stop()
    with app.app_context():
        db.engine.dispose()


def test_pages_of_the_service_may_read_the_stream(with_pages: Any):
    """With their cookies; and they may ask whether they may."""
    streaming, token = with_pages
    listener = streaming.listen(token, Origin="http://localhost:5000").begun()
    assert listener.headers["Access-Control-Allow-Origin"] == "http://localhost:5000"
    assert listener.headers["Access-Control-Allow-Credentials"] == "true"
    status, headers, _ = streaming.ask(
        "OPTIONS", "/events", Origin="https://clinic.example",
        Access_Control_Request_Method="GET", Access_Control_Request_Headers="authorization",
    )  # fmt: skip
    assert (status, headers["Access-Control-Allow-Origin"]) == (200, "https://clinic.example")


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "https://clinic.example.evil", "http://localhost"]
)
def test_pages_of_others_may_not(with_pages: Any, origin: str):
    """They are told that they may not, and not what happens."""
    streaming, token = with_pages
    listener = streaming.listen(token, Origin=origin)
    assert listener.status == 403
    assert "Access-Control-Allow-Origin" not in listener.headers
    listener.problem()


def test_numbers_are_for_whoever_has_the_token(with_pages: Any):
    """As at the web server; and who asks whether it is ready needs none."""
    streaming, _ = with_pages
    assert streaming.ask("GET", "/metrics")[0] == 401
    assert streaming.ask("GET", "/metrics", Authorization="Bearer secret")[0] == 200
    assert json.loads(streaming.ask("GET", "/healthz")[2])["status"] == "ok"
    assert streaming.ask("GET", "/readyz")[0] == 200


def test_without_a_database_it_is_not_ready(tmp_path: Any):
    """And a stream is refused for a while, without the address of the database."""
    url = "postgresql+psycopg://nobody:hidden@127.0.0.1:1/nothing"
    app = create_app(Settings(home=str(tmp_path), database_url=url, secret_key=KEY), lambda: NOW)
    streaming = Streaming(app)
    claims = {"iss": ISSUER, "jti": str(uuid4()), "sub": str(uuid4())}
    token = jwt.encode({"alg": ALGORITHM}, claims, OctKey.import_key(KEY))
    status, _, body = streaming.ask("GET", "/readyz")
    assert (status, "hidden" in body) == (503, False)
    listener = streaming.listen(token)
    assert listener.status == 503
    assert int(listener.headers["Retry-After"]) > 0
    assert "hidden" not in json.dumps(listener.problem())
    wait_until(lambda: streaming.ask("GET", "/healthz")[0] == 200)
    streaming.stop()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("events_bind", "5001"), ("events_bind", ":5001"), ("events_bind", "x:65536"),
        ("events_bind", "x:-1"), ("events_streams", "0"), ("events_streams", "many"),
        ("events_streams", "1000000"), ("events_streams_per_user", "x"),
        ("events_days", "0"), ("events_days", "4000"), ("web_origin", "*"),
        ("web_origin", "clinic.example"), ("web_origin", "https://clinic.example/page"),
        ("web_origin", "https://a.example javascript:x"), ("events_url", "ftp://x/events"),
        ("events_url", "https://user:secret@x/events"), ("events_url", "https://x:99999/"),
    ],
)  # fmt: skip
def test_settings_outside_their_range_are_refused(name: str, value: str):
    """The message names the variable, and says what is allowed."""
    with pytest.raises(ValueError, match=f"BAILEY_{name.upper()}") as refused:
        Settings(**{name: value})
    assert "secret" not in str(refused.value)
