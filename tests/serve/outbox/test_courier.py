"""Messages are claimed by one courier, handed over, and marked; or tried again later."""

import json
import logging
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from apiflask import APIFlask
from sqlalchemy.orm import Session

from serve.database import transaction
from serve.logs import JsonLines
from serve.models import OutboxMessage
from serve.outbox.courier import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    MOST_ATTEMPTS,
    Courier,
    NotDeliveredError,
)
from serve.outbox.queueing import put, withdraw
from tests.serve.conftest import NOW
from tests.serve.outbox.conftest import Outbox


def test_what_is_due_is_sent_in_its_order(outbox: Outbox):
    """And nothing before it is due."""
    later = outbox.put(NOW + timedelta(hours=1))
    second, first = outbox.put(NOW), outbox.put(NOW - timedelta(hours=1))
    assert outbox.courier().send_due() == 2
    assert outbox.channel.given == [first, second]
    assert outbox.get(first).sent_at == NOW
    assert outbox.courier().send_due() == 0
    outbox.clock.forward(hours=1)
    assert outbox.courier().send_due() == 1
    assert outbox.channel.given[-1] == later


def test_what_is_not_true_any_more_is_withdrawn(outbox: Outbox):
    """When it is composed, in the transaction that claims it."""
    made = outbox.put()
    outbox.channel.true = lambda message: False
    assert outbox.courier().send_due() == 1
    found = outbox.get(made)
    assert (found.state, found.attempts, found.claimed_until) == ("withdrawn", 0, None)
    assert outbox.channel.given == []


def test_other_channels_are_left_to_others(outbox: Outbox):
    """A courier takes only what it has a channel for."""
    outbox.put(channel="apprise")
    assert outbox.courier().send_due() == 0


def test_what_fails_is_tried_again_less_and_less_often(outbox: Outbox):
    """Each pause is twice the one before, a fifth more or less, and after a day it is given up."""
    made = outbox.put()

    def refuse(_: object) -> None:
        raise NotDeliveredError("busy")

    outbox.channel.first = refuse
    expected = FIRST_PAUSE
    for attempt in range(1, MOST_ATTEMPTS):
        assert outbox.courier().send_due() == 1
        found = outbox.get(made)
        assert (found.state, found.attempts, found.problem) == ("waiting", attempt, "busy")
        assert found.claimed_until is None
        pause = found.try_at - outbox.clock()
        assert 0.8 * expected <= pause <= 1.2 * expected
        assert outbox.courier().send_due() == 0
        outbox.clock.moment = found.try_at
        expected = min(2 * expected, LONGEST_PAUSE)
    outbox.courier().send_due()
    assert outbox.get(made).state == "failed"
    assert outbox.clock() - NOW > timedelta(hours=20)


def test_what_is_refused_for_good_is_not_tried_again(outbox: Outbox):
    """It fails at its first attempt."""
    made = outbox.put()

    def refuse(_: object) -> None:
        raise NotDeliveredError("no such address", for_good=True)

    outbox.channel.first = refuse
    outbox.courier().send_due()
    found = outbox.get(made)
    assert (found.state, found.problem, found.attempts) == ("failed", "no such address", 1)


@pytest.mark.parametrize("where", ["compose", "deliver"])
def test_one_bad_message_keeps_no_other_from_being_sent(
    outbox: Outbox, where: str, caplog: pytest.LogCaptureFixture
):
    """An error that nobody thought of is logged without its words, and tried again later."""
    bad, good = outbox.put(NOW - timedelta(hours=1)), outbox.put()

    def fail(given: object) -> None:
        if getattr(given, "id", given) == bad:
            raise ValueError("Ada Patient")

    if where == "compose":
        outbox.channel.true = lambda message: fail(message) is None
    else:
        outbox.channel.first = fail
    assert outbox.courier().send_due() == 2
    assert outbox.channel.given == [good]
    found = outbox.get(bad)
    assert (found.state, found.attempts) == ("waiting", 1)
    assert found.try_at > NOW
    assert "Ada" not in found.problem
    lines = [JsonLines().format(record) for record in caplog.records]
    assert not [line for line in lines if "Ada" in line]


def test_two_couriers_at_once_send_each_message_once(app: APIFlask, outbox: Outbox):
    """SKIP LOCKED lets them work side by side; BEGIN IMMEDIATE one after the other."""
    made = {outbox.put(NOW - timedelta(seconds=number)) for number in range(40)}
    barrier = threading.Barrier(4)

    def send() -> int:
        with app.app_context():
            barrier.wait()
            return outbox.courier().send_due()

    with ThreadPoolExecutor(4) as pool:
        taken = [one.result() for one in [pool.submit(send) for _ in range(4)]]
    assert sum(taken) == 40
    assert Counter(outbox.channel.given) == Counter(made)
    assert {outbox.get(one).state for one in made} == {"sent"}


def test_a_courier_that_dies_is_followed_by_another(outbox: Outbox):
    """Once the time in which it had the message in hand is over, and not before."""
    made = outbox.put()

    def dies(_: object) -> None:
        raise KeyboardInterrupt

    outbox.channel.first = dies
    with pytest.raises(KeyboardInterrupt):
        outbox.courier().send_due()
    outbox.channel.first = lambda _: None
    assert outbox.courier().send_due() == 0
    outbox.clock.forward(seconds=119)
    assert outbox.courier().send_due() == 0
    outbox.clock.forward(seconds=1)
    assert outbox.courier().send_due() == 1
    found = outbox.get(made)
    assert (found.state, found.attempts) == ("sent", 2)
    assert outbox.channel.given == [made]


def slow(outbox: Outbox, meanwhile: object) -> Courier:
    """Return a courier that is slower than it may be, so that something happens meanwhile."""

    def first(_: UUID) -> None:
        outbox.channel.first = lambda _: None
        outbox.clock.forward(minutes=3)
        meanwhile()  # type: ignore[operator]

    outbox.channel.first = first
    return outbox.courier()


def test_a_mark_that_comes_too_late_does_nothing(outbox: Outbox):
    """Another courier had the message meanwhile, and what that one says counts."""
    made = outbox.put()

    def another() -> None:
        def refuse(_: object) -> None:
            raise NotDeliveredError("no such address", for_good=True)

        outbox.channel.first = refuse
        assert outbox.courier().send_due() == 1

    slow(outbox, another).send_due()
    found = outbox.get(made)
    assert (found.state, found.attempts, found.sent_at) == ("failed", 2, None)


def test_a_mark_of_what_was_withdrawn_and_came_back_does_nothing(outbox: Outbox):
    """What was handed over said something else than what waits now."""
    made = outbox.put(details={"seat_id": "a"})

    def anew() -> None:
        def work(session: Session) -> None:
            found = session.get_one(OutboxMessage, made, with_for_update=True)
            withdraw([found], outbox.clock())
            put(session, outbox.message(details={"seat_id": "b"}))

        transaction(work)

    slow(outbox, anew).send_due(stopping=Once())
    assert outbox.get(made).state == "waiting"
    outbox.courier().send_due()
    assert outbox.channel.given == [made, made]


class Once:
    """Says from the second time on that it is enough."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> bool:
        """Return whether it was asked before."""
        self.asked += 1
        return self.asked > 1


def test_it_stops_between_two_messages(outbox: Outbox):
    """What is in hand is brought to its end, and the next is left."""
    for number in range(3):
        outbox.put(NOW - timedelta(seconds=number))
    assert outbox.courier().send_due(stopping=Once()) == 1
    assert len(outbox.channel.given) == 1


def test_each_message_leaves_one_line_without_what_it_says(
    outbox: Outbox, caplog: pytest.LogCaptureFixture
):
    """Which message, by what, the how manieth attempt, and what came of it."""
    made = outbox.put(details={"name": "Ada Patient"})
    with caplog.at_level(logging.INFO, "serve.outbox.courier"):
        outbox.courier().send_due()
    (line,) = [json.loads(JsonLines().format(one)) for one in caplog.records]
    line.pop("at")
    assert line == {
        "level": "info", "logger": "serve.outbox.courier", "message": "message",
        "message_id": str(made), "channel": "email", "kind": "reminder", "attempt": 1,
        "state": "sent",
    }  # fmt: skip
