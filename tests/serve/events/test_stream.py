"""``GET /events`` of the server of events: what is told, from where on, and until when."""

import socket
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from apiflask import APIFlask
from flask import session as cookie

from serve.auth.session import begin
from serve.clock import now
from serve.database import reading, transaction
from serve.events import feed, listening, stream
from serve.events.retention import forget_events
from serve.models import ApiToken, Carer, User, UserRole
from serve.models.people import ROLES
from tests.serve.conftest import NOW, Clinic, HandClock, make_clinic, token_for
from tests.serve.events.conftest import Streaming, wait_until
from tests.serve.events.telling import KINDS, OWNERS, expected, tell, tell_all, tell_at_once
from tests.serve.events.test_polling import told_to
from tests.serve.things import Things

Tokens = Callable[[str], str]


def test_what_happens_is_told_at_once(
    app: APIFlask, clinic: Clinic, streaming: Streaming, token_of: Tokens, as_role: Any
):
    """With a number, a kind, and what the polling address would tell."""
    listener = streaming.listen(token_of("front_desk")).begun()
    assert (listener.status, listener.headers["Content-Type"]) == (
        200, "text/event-stream; charset=utf-8",
    )  # fmt: skip
    assert listener.headers["Cache-Control"] == "no-store"
    assert listener.headers["X-Content-Type-Options"] == "nosniff"
    assert (listener.last, len(listener.retries)) == (0, 1)
    before = time.monotonic()
    with app.app_context():
        transaction(lambda session: tell_all(session, Things(session, clinic.practice, ())))
    told = listener.next(len(KINDS))
    assert time.monotonic() - before < 20
    assert [one.kind for one in told] == list(KINDS)
    polled = as_role("front_desk").get("/events", after=0)["items"]
    for one, other in zip(told, polled, strict=True):
        other["at"] = other["at"].replace("Z", "+00:00")
        assert one.data == other
        assert one.id == other["id"]
    assert wait_until(lambda: streaming.number("bailey_events_sent_total")) == len(KINDS)
    assert streaming.number("bailey_event_streams") == 1
    assert streaming.number("bailey_event_lag_seconds_count") == len(KINDS)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_is_told_what_is_its_own(
    app: APIFlask, clinic: Clinic, streaming: Streaming, role: str
):
    """For every owner, both of what is told now and of what was told before."""
    with app.app_context():
        away = make_clinic("Welch")
        token, subjects = transaction(lambda session: told_to(session, clinic, away, role))
    seen = {
        (kind, owner): expected(role, kind, owner)
        for kind, owner in subjects.values()
        if expected(role, kind, owner) is not None
    }
    listener = streaming.listen(token, "/events?after=0")
    told = listener.next(len(seen))
    assert {
        subjects[one.data["subject_id"]]: set(one.data["details"]) for one in told
    } == seen  # fmt: skip
    # Nothing more comes, whatever happens to others.
    with app.app_context():
        transaction(lambda session: told_to(session, away, clinic, role))
        tell(clinic, 1)
    visible = {
        "patient": 0, "provider": 0,
        "front_desk": len(KINDS) + 1, "administrator": len(KINDS) + 1, "analyst": 2,
    }[role]  # fmt: skip
    more = listener.next(visible)
    assert len({one.id for one in [*told, *more]}) == len(told) + visible
    streaming.call(lambda hub: hub.close())
    assert listener.until_end() == []
    assert len(subjects) == len(KINDS) * len(OWNERS)


@pytest.mark.parametrize("known", ["header", "query"])
def test_whoever_comes_back_misses_nothing(
    app: APIFlask, clinic: Clinic, streaming: Streaming, token_of: Tokens, known: str,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    """From memory or, with more between than is kept there, from the database."""
    monkeypatch.setattr(feed, "RECENT", 10)
    monkeypatch.setattr(feed, "PAGE", 7)
    token = token_of("analyst")
    stays = streaming.listen(token).begun()
    with app.app_context():
        tell(clinic, 40)
    every = [one.id for one in stays.next(40)]
    for at in (0, 3, 20, 29, 30, 38, 40):
        last = str([0, *every][at])
        # The address with which a browser began is older than what it says now.
        comes = (
            streaming.listen(token, "/events?after=0", Last_Event_ID=last)
            if known == "header"
            else streaming.listen(token, f"/events?after={last}")
        )
        assert [one.id for one in comes.next(len(every) - at)] == every[at:]
        with app.app_context():
            tell(clinic, 1)
        every += [one.id for one in stays.next()]
        assert [one.id for one in comes.next()] == every[-1:]
        comes.close()


def test_what_is_forgotten_is_said(
    app: APIFlask, clinic: Clinic, streaming: Streaming, token_of: Tokens
):
    """The client reads again what it shows, and goes on; also after a number of the future."""
    with app.app_context():
        tell(clinic, 5)
        assert forget_events(NOW + timedelta(days=31), timedelta(days=30)) == 4
    for known in (1, 2**63 - 1):
        listener = streaming.listen(token_of("analyst"), Last_Event_ID=str(known))
        (told,) = listener.next()
        assert (told.kind, told.id, told.data) == ("reset", 5, {"last_id": 5})
    with app.app_context():
        tell(clinic, 1)
    assert [one.id for one in listener.next()] == [6]
    listener = streaming.listen(token_of("analyst"), Last_Event_ID="4")
    assert [one.id for one in listener.next(2)] == [5, 6]


def test_a_practice_is_read_once_for_all_its_streams(
    app: APIFlask, clinic: Clinic, streaming: Streaming, token_of: Tokens,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    """Each event is read once, and each stream is told it once."""
    streams = [streaming.listen(token_of(role)) for role in ("analyst", "administrator") * 5]
    for one in streams:
        one.begun()
    with app.app_context():
        tell(clinic, 20)
    told = [[event.id for event in one.next(20)] for one in streams]
    assert all(one == told[0] for one in told)
    assert streaming.number("bailey_event_lag_seconds_count") == 20


def test_silence_is_filled_with_heartbeats(
    app: APIFlask, clinic: Clinic, streaming: Streaming, token_of: Tokens,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    """They say how far the client is, though it was told nothing."""
    monkeypatch.setattr(stream, "HEARTBEAT", 0.2)
    listener = streaming.listen(token_of("patient")).begun()
    with app.app_context():
        tell(clinic, 3)
    while listener.last < 3:
        assert listener.block() is None
    assert listener.comments > 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("token", "signed_out"), ("user", "signed_out"), ("session", "signed_out"),
        ("carer", "changed"), ("role", "changed"), ("nothing", "closing"),
    ],
)  # fmt: skip
def test_who_may_not_listen_any_more_is_told_nothing(
    app: APIFlask, clinic: Clinic, streaming: Streaming, what: str, why: str,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    """A token is revoked, somebody is deactivated or signed out, or cares for nobody any more."""
    monkeypatch.setattr(listening, "CHECK", 0.3)

    def made(session: Any) -> tuple[Any, Any]:
        things = Things(session, clinic.practice, ("patient",))
        if what == "carer":
            things.patient.user_id = None
        return things.user.id, things.patient.id

    with app.app_context():
        user_id, patient_id = transaction(made)
        token = token_for(user_id)
    headers = {"Cookie": signed_in(app, user_id)} if what == "session" else {}
    listener = streaming.listen(None if headers else token, **headers).begun()
    assert listener.status == 200

    def change(session: Any) -> None:
        user = session.get_one(User, user_id)
        if what == "token":
            for one in session.query(ApiToken).filter_by(user_id=user_id):
                one.revoked_at = NOW
        elif what == "user":
            user.active = False
        elif what == "session":
            user.sign_in_epoch += 1
        elif what == "carer":
            session.delete(session.get_one(Carer, (user_id, patient_id)))
        elif what == "role":
            user.roles.append(UserRole(role="analyst"))

    time.sleep(0.5)
    with app.app_context():
        transaction(change)
    if what == "nothing":
        time.sleep(1.0)
        streaming.call(lambda hub: hub.close())
    assert listener.until_end() == []
    assert len(listener.retries) == 2
    assert wait_until(lambda: streaming.number("bailey_event_streams_ended_total"))
    assert f'reason="{why}"' in streaming.ask("GET", "/metrics")[2]


def test_a_session_listens_as_long_as_it_lasts(
    app: APIFlask, clinic: Clinic, clock: HandClock, streaming: Streaming,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    """With the cookie of the web server, which says when it was last used there."""
    monkeypatch.setattr(listening, "CHECK", 0.2)
    cookie = signed_in(app, clinic.users["analyst"])
    listener = streaming.listen(Cookie=cookie).begun()
    with app.app_context():
        tell(clinic, 1)
    assert len(listener.next()) == 1
    clock.forward(minutes=61)
    assert listener.until_end() == []
    assert streaming.listen(Cookie=cookie).status == 401


@pytest.mark.slow
def test_a_client_that_does_not_read_is_cut_off(
    app: APIFlask, clinic: Clinic, streaming: Streaming, token_of: Tokens,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    """With little kept for it; others are told everything, and it comes back for the rest."""
    monkeypatch.setattr(stream, "PATIENCE", 1.0)
    token = token_of("analyst")
    slow = socket.create_connection(("127.0.0.1", streaming.port))
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.sendall(
        f"GET /events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    )
    reads = streaming.listen(token).begun()
    wait_until(lambda: streaming.number("bailey_event_streams ") == 2)
    count = 0
    with app.app_context():
        while streaming.number("bailey_event_streams ") == 2:
            tell_at_once(clinic, 100)
            count += 100
            reads.next(100)
            assert count < 10_000
    assert 'reason="slow"' in streaming.ask("GET", "/metrics")[2]
    # What it reads now ends in the middle: the connection was dropped.
    slow.settimeout(10)
    with pytest.raises(ConnectionResetError):
        read_all(slow)
    slow.close()
    again = streaming.listen(token, Last_Event_ID="1")
    assert [one.id for one in again.next(count - 1)] == list(range(2, count + 1))


def test_there_are_only_so_many_streams(
    app: APIFlask, clinic: Clinic, streaming: Streaming, token_of: Tokens
):
    """Of one user, and of all; beyond it the problem says what to ask instead, and when to try."""
    analyst, desk = token_of("analyst"), token_of("front_desk")
    streaming.hub._most = 12
    kept = [streaming.listen(analyst).begun() for _ in range(10)]
    refused = streaming.listen(analyst)
    assert refused.status == 503
    assert int(refused.headers["Retry-After"]) > 0
    problem = refused.problem()
    assert problem["polling"] == "/api/v1/events"
    assert "one user" in problem["detail"]
    kept += [streaming.listen(desk).begun() for _ in range(2)]
    refused = streaming.listen(desk)
    assert (refused.status, refused.problem()["polling"]) == (503, "/api/v1/events")
    assert 'streams_refused_total{status="503"} 2.0' in streaming.ask("GET", "/metrics")[2]
    # A place is free again as soon as somebody goes.
    kept.pop().close()
    wait_until(lambda: streaming.number("bailey_event_streams ") == 11)
    assert streaming.listen(desk).status == 200


def test_a_stream_ends_with_when_to_come_back(
    clinic: Clinic, streaming: Streaming, token_of: Tokens
):
    """When the server is told to stop; meanwhile nobody new is let in."""
    listener = streaming.listen(token_of("analyst")).begun()
    streaming.call(lambda hub: hub.close())
    assert listener.until_end() == []
    assert len(listener.retries) == 2
    assert streaming.listen(token_of("analyst")).status == 503


def signed_in(app: APIFlask, user_id: Any) -> str:
    """Return the cookie of somebody who signed in at the web server."""
    with app.test_request_context(), reading() as session:
        begin(session.get_one(User, user_id), now())
        response = app.response_class()
        app.session_interface.save_session(app, cookie, response)
        return response.headers["Set-Cookie"].partition(";")[0]


def read_all(connection: socket.socket) -> None:
    """Read up to the end."""
    while connection.recv(65_536):
        pass
