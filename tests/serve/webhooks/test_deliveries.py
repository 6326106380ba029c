"""Events on their way to a real server: signed, tried again, in order, and no faster than it."""

import base64
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from apiflask import APIFlask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from serve.booking import changing, holding
from serve.database import reading, transaction
from serve.events.announce import announce
from serve.logs import JsonLines
from serve.models import Event, OutboxMessage, Webhook
from serve.outbox.courier import MOST_ATTEMPTS
from serve.webhooks import posting
from serve.webhooks.history import forget_deliveries
from serve.webhooks.signing import signature
from tests.serve.booking.conftest import STAFF, Books
from tests.serve.conftest import NOW, Client, Clinic, HandClock, make_clinic
from tests.serve.webhooks.conftest import sending, wait_until
from tests.serve.webhooks.target import (
    Target,
    answers,
    drips,
    hangs,
    pours,
    redirects,
    sleeps,
)


@pytest.fixture
def administrator(as_role: Any) -> Client:
    """Who has webhooks."""
    return as_role("administrator")


def add(administrator: Client, target: Target, *kinds: str) -> dict[str, Any]:
    """Return a new webhook of a target."""
    return administrator.post("/webhooks", {"url": target.url, "kinds": list(kinds)})


def history(administrator: Client, webhook: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what was, and is to be, sent to a webhook."""
    return administrator.get(f"/webhooks/{webhook['id']}/deliveries", limit=200)["items"]


def sent(administrator: Client, webhook: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a webhook has taken."""
    return [one for one in history(administrator, webhook) if one["state"] == "sent"]


def failing(administrator: Client, webhook: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a webhook has not taken at the last attempt."""
    return [one for one in history(administrator, webhook) if one["problem"]]


def happen(clinic: Clinic, count: int = 1, kind: str = "run.done") -> None:
    """Let something happen, so often."""

    def work(session: Session) -> None:
        for number in range(count):
            announce(session, clinic.practice, kind, clinic.provider, NOW, {"number": number})

    transaction(work)


@pytest.fixture
def within(app: APIFlask) -> Iterator[None]:
    """An application context."""
    with app.app_context():
        yield


def test_what_happens_is_sent_and_signed(app: APIFlask, books: Books, administrator: Client):
    """With nothing of the patient; checked as the form's own page says."""
    with Target() as target, sending(app):
        webhook = add(administrator, target)
        made = books.do(holding.book, books.seats[0], books.clinic.patient, NOW, STAFF)
        (received,) = wait_until(lambda: target.received)
        told = wait_until(lambda: sent(administrator, webhook))
    assert received.path == "/hook?token=secret-word"
    assert received.headers["content-type"] == "application/json"
    assert received.headers["host"] == f"127.0.0.1:{target.port}"
    assert received.is_signed_by(webhook["secret"])
    assert abs(int(received.headers["webhook-timestamp"]) - NOW.timestamp()) < 1
    assert received.json == {
        "id": told[0]["event_id"],
        "practice_id": str(books.clinic.practice),
        "kind": "appointment.booked",
        "subject_id": str(made.id),
        "at": NOW.isoformat(),
        "details": {"seat_id": str(books.seats[0]), "status": "booked"},
    }
    for word in ("Ada", str(books.clinic.patient)):
        assert word not in received.body.decode()
    (one,) = told
    assert (one["id"], one["kind"], one["state"]) == (received.id, "appointment.booked", "sent")
    assert (one["attempts"], one["problem"]) == (1, "")


def test_the_signature_is_the_specifications_own(app: APIFlask):
    """That of its example, https://github.com/standard-webhooks/standard-webhooks."""
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    told = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert told == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_only_what_is_asked_for_is_sent(app: APIFlask, books: Books, administrator: Client):
    """By kind, by group or all; to webhooks of the practice, and only as long as they are on."""
    with ExitStack() as opened:
        targets = [opened.enter_context(Target()) for _ in range(4)]
        kinds = (["appointment.moved"], ["appointment.*", "run.failed"], [], ["waitlist.*"])
        hooks = [add(administrator, *one[:1], *one[1]) for one in zip(targets, kinds, strict=True)]
        off = add(administrator, targets[3])
        administrator("PATCH", f"/webhooks/{off['id']}", {"active": False}, version=1)
        made = books.do(holding.book, books.seats[0], books.clinic.patient, NOW, STAFF)
        books.do(changing.move, made, books.seats[1], NOW, STAFF)
        with app.app_context():
            other = make_clinic("Welch")
            happen(other)
            happen(books.clinic, kind="run.done")
        with sending(app):
            wait_until(lambda: sum(len(one.received) for one in targets) >= 6)
            time.sleep(0.3)
    assert [[one.json["kind"] for one in target.received] for target in targets] == [
        ["appointment.moved"],
        ["appointment.booked", "appointment.moved"],
        ["appointment.booked", "appointment.moved", "run.done"],
        [],
    ]
    assert history(administrator, hooks[3]) == history(administrator, off) == []


def test_what_is_rolled_back_is_not_sent(within: None, clinic: Clinic, administrator: Client):
    """A message and what it tells are written together or not at all."""
    with Target() as target:
        webhook = add(administrator, target)

    def fail(session: Session) -> None:
        announce(session, clinic.practice, "run.done", clinic.provider, NOW)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        transaction(fail)
    assert history(administrator, webhook) == []
    happen(clinic)
    with reading() as session:
        events = session.scalars(select(Event.id)).all()
    assert [one["event_id"] for one in history(administrator, webhook)] == list(events)


def test_what_fails_is_tried_again_later_and_later(
    app: APIFlask, within: None, clinic: Clinic, administrator: Client, clock: HandClock
):
    """With the same identifier and body, signed anew, until it is taken."""
    with Target(answers(500, 503, 404, 200)) as target, sending(app):
        webhook = add(administrator, target)
        happen(clinic)
        pauses = []
        for attempt, status in enumerate((500, 503, 404), start=1):

            def failed(problem: str = f"The answer was {status}.") -> Any:
                (one,) = history(administrator, webhook)
                return one if one["problem"] == problem else None

            one = wait_until(failed)
            assert one["attempts"] == len(target.received) == attempt
            pauses.append(_seconds(one["try_at"]) - clock.moment.timestamp())
            clock.forward(seconds=pauses[-1] + 1)
        (done,) = wait_until(lambda: sent(administrator, webhook))
    assert done["attempts"] == 4
    assert 24 <= pauses[0] <= 36
    assert 48 <= pauses[1] <= 72
    assert 96 <= pauses[2] <= 144
    assert {one.id for one in target.received} == {done["id"]}
    assert len({one.body for one in target.received}) == 1
    assert len({one.headers["webhook-timestamp"] for one in target.received}) == 4
    assert all(one.is_signed_by(webhook["secret"]) for one in target.received)


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def test_what_fails_for_a_day_is_given_up_and_sent_again_on_demand(
    app: APIFlask, within: None, clinic: Clinic, administrator: Client, clock: HandClock
):
    """With the identifier that it had, and as many attempts as before."""
    with Target(answers(*[500] * MOST_ATTEMPTS, 204)) as target, sending(app):
        webhook = add(administrator, target)
        happen(clinic)

        def failed() -> Any:
            clock.forward(hours=8)
            (one,) = history(administrator, webhook)
            return one if one["state"] == "failed" else None

        one = wait_until(failed)
        assert one["attempts"] == MOST_ATTEMPTS
        path = f"/webhooks/{webhook['id']}/deliveries/{one['id']}/replay"
        again = administrator.post(path)
        assert (again["id"], again["state"], again["attempts"]) == (one["id"], "waiting", 0)
        wait_until(lambda: history(administrator, webhook)[0]["state"] == "sent")
    assert len(target.received) == MOST_ATTEMPTS + 1
    assert {one.id for one in target.received} == {again["id"]}


def test_what_was_taken_is_sent_again_on_demand(
    app: APIFlask, within: None, clinic: Clinic, administrator: Client, target: Target
):
    """As the same delivery, also when the event itself is forgotten."""
    webhook = add(administrator, target)
    with sending(app):
        happen(clinic)
        (one,) = wait_until(lambda: sent(administrator, webhook))
        transaction(lambda session: session.delete(session.scalars(select(Event)).one()))
        administrator.post(f"/webhooks/{webhook['id']}/deliveries/{one['id']}/replay")
        wait_until(lambda: len(target.received) == 2)
        # The next event has a number of its own, though no event is left.
        happen(clinic)
        wait_until(lambda: len(target.received) == 3)
    first, second, third = target.received
    assert (first.id, first.body) == (second.id, second.body)
    assert third.json["id"] > first.json["id"]


def test_a_target_that_is_gone_is_sent_nothing_more(
    app: APIFlask, within: None, clinic: Clinic, administrator: Client
):
    """410 turns the webhook off; what waits is not sent, and can be once it is on again."""
    with Target(answers(410, 200)) as target, sending(app):
        webhook = add(administrator, target)
        happen(clinic, 3)
        wait_until(
            lambda: (
                {one["state"] for one in history(administrator, webhook)} == {"failed", "withdrawn"}
            )
        )
        now = administrator.get(f"/webhooks/{webhook['id']}")
        assert now["active"] is False
        assert len(target.received) == 1
        happen(clinic)
        told = history(administrator, webhook)
        assert len(told) == 3
        path = f"/webhooks/{webhook['id']}/deliveries/{told[0]['id']}/replay"
        refused = administrator("POST", path)
        assert (refused.status_code, refused.get_json()["reason"]) == (409, "inactive")
        administrator("PATCH", f"/webhooks/{webhook['id']}", {"active": True}, version=2)
        administrator.post(path)
        wait_until(lambda: len(target.received) == 2)


def test_a_redirect_is_not_followed(
    app: APIFlask, within: None, clinic: Clinic, administrator: Client, target: Target
):
    """It could lead into the network of the service."""
    with Target(redirects(target.url)) as redirecting, sending(app):
        webhook = add(administrator, redirecting)
        happen(clinic)
        (one,) = wait_until(lambda: failing(administrator, webhook))
        assert one["problem"] == "The answer was 307."
    assert len(redirecting.received) == 1
    assert target.received == []


@pytest.mark.parametrize("behaviour", [hangs, drips])
def test_a_target_that_does_not_answer_is_broken_off(
    app: APIFlask,
    within: None,
    clinic: Clinic,
    administrator: Client,
    monkeypatch: pytest.MonkeyPatch,
    behaviour: Any,
):
    """Also one that sends a letter now and then; here after less than the usual seconds."""
    monkeypatch.setattr(posting, "READ", 0.5)
    monkeypatch.setattr(posting, "LONGEST", 1.0)
    with Target(behaviour) as target, sending(app):
        webhook = add(administrator, target)
        began = time.monotonic()
        happen(clinic)
        (one,) = wait_until(lambda: failing(administrator, webhook))
        assert one["problem"] == "There was no answer in time."
        assert time.monotonic() - began < 5


def test_an_answer_without_end_is_not_read(
    app: APIFlask, within: None, clinic: Clinic, administrator: Client
):
    """The status says enough."""
    with Target(pours) as target, sending(app):
        webhook = add(administrator, target)
        happen(clinic)
        wait_until(lambda: history(administrator, webhook)[0]["state"] == "sent", seconds=5)


def test_a_target_that_is_away_is_tried_again(
    app: APIFlask, within: None, clinic: Clinic, administrator: Client
):
    """What is told of it does not have its address, in which there may be a secret."""
    with Target() as target:
        webhook = add(administrator, target)
    with sending(app):
        happen(clinic)
        (one,) = wait_until(lambda: failing(administrator, webhook))
    assert one["problem"] == "It could not be reached (ConnectionRefusedError)."
    assert one["state"] == "waiting"


@pytest.mark.slow
def test_targets_that_hang_do_not_hold_up_others(
    app: APIFlask, within: None, clinic: Clinic, administrator: Client, monkeypatch: Any
):
    """More of them than there are threads, each with many messages, and one that works."""
    monkeypatch.setattr(posting, "READ", 0.15)
    with ExitStack() as opened:
        hanging = [opened.enter_context(Target(hangs)) for _ in range(4)]
        working = opened.enter_context(Target())
        for one in hanging:
            add(administrator, one)
        add(administrator, working)
        happen(clinic, 10)
        opened.enter_context(sending(app, threads=2))
        # By turns: the one that works has every fifth.
        wait_until(lambda: len(working.received) == 10, seconds=25)
        assert all(one.received for one in hanging)
        assert sum(len(one.received) for one in hanging) < 4 * 13


def test_a_target_gets_one_after_another_in_order(
    app: APIFlask, within: None, clinic: Clinic, administrator: Client
):
    """However many couriers there are; two webhooks are sent to side by side."""
    with Target(sleeps(0.02)) as first, Target(sleeps(0.02)) as second:
        webhook = add(administrator, first)
        add(administrator, second)
        happen(clinic, 25)
        with ExitStack() as opened:
            for _ in range(3):
                opened.enter_context(sending(app))
            wait_until(lambda: len(first.received) == len(second.received) == 25)
            wait_until(
                lambda: {one["state"] for one in history(administrator, webhook)} == {"sent"}
            )
    for target in (first, second):
        assert target.most_at_once == 1
        assert [one.json["details"]["number"] for one in target.received] == list(range(25))


def test_an_address_is_checked_again_when_it_is_sent_to(
    app: APIFlask, within: None, clinic: Clinic, administrator: Client, target: Target
):
    """What leads into a private network by now is not connected to."""
    webhook = add(administrator, target)
    private = f"https://localhost:{target.port}/"
    changed = update(Webhook).where(Webhook.id == UUID(webhook["id"])).values(url=private)
    transaction(lambda session: session.execute(changed))
    with sending(app):
        happen(clinic)
        (one,) = wait_until(lambda: failing(administrator, webhook))
    assert one["problem"] == (
        "The address must have a host on the internet, not on a private network."
    )
    assert target.received == []


def test_deliveries_are_forgotten_after_a_month(
    within: None, clinic: Clinic, administrator: Client, target: Target, clock: HandClock
):
    """Those that are over; one that waits is still sent."""
    webhook = add(administrator, target)
    happen(clinic, 2)
    one = history(administrator, webhook)[0]
    over = update(OutboxMessage).where(OutboxMessage.id == UUID(one["id"]))
    transaction(lambda session: session.execute(over.values(state="failed")))
    clock.forward(days=30)
    assert transaction(lambda session: forget_deliveries(session, clock())) == 0
    clock.forward(seconds=1)
    assert transaction(lambda session: forget_deliveries(session, clock())) == 1
    assert [one["state"] for one in history(administrator, webhook)] == ["waiting"]


def test_nothing_of_an_address_or_a_secret_is_logged(
    app: APIFlask, within: None, clinic: Clinic, administrator: Client, caplog: Any
):
    """Whether the target is there or not."""
    with Target(answers(500, 200)) as target, sending(app):
        webhook = add(administrator, target)
        happen(clinic, 2)
        wait_until(
            lambda: {one["state"] for one in history(administrator, webhook)} == {"waiting", "sent"}
        )
    text = json.dumps([JsonLines().format(record) for record in caplog.records])
    assert "secret-word" not in text
    assert webhook["secret"] not in text
