"""Messages are queued once, taken back, and queued again."""

from contextlib import suppress
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from serve.database import reading, transaction
from serve.models import OutboxMessage
from serve.outbox.queueing import withdraw
from tests.serve.conftest import NOW
from tests.serve.outbox.conftest import Outbox


def take_back(outbox: Outbox, identifier: object) -> None:
    """Withdraw a message."""

    def work(session: Session) -> None:
        found = session.get_one(OutboxMessage, identifier, with_for_update=True)
        withdraw([found], outbox.clock())

    transaction(work)


def test_the_same_message_is_queued_once(outbox: Outbox):
    """And what it says is what was said last."""
    first = outbox.put(details={"seat_id": "a"})
    assert outbox.put(details={"seat_id": "b"}) == first
    assert outbox.get(first).details == {"seat_id": "b"}
    assert outbox.put(NOW + timedelta(seconds=1)) != first
    assert outbox.put(kind="change") != first
    assert outbox.put(channel="apprise") != first
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(OutboxMessage)) == 4


def test_what_was_withdrawn_comes_back(outbox: Outbox):
    """With what it says then, and at once if it is due."""
    made = outbox.put(details={"seat_id": "a"})
    take_back(outbox, made)
    assert outbox.get(made).state == "withdrawn"
    assert outbox.put(details={"seat_id": "b"}) == made
    found = outbox.get(made)
    assert (found.state, found.try_at, found.details) == ("waiting", NOW, {"seat_id": "b"})


def test_what_was_sent_is_not_queued_again(outbox: Outbox):
    """Nor withdrawn."""
    made = outbox.put()
    outbox.courier().send_due()
    take_back(outbox, made)
    outbox.put(details={"seat_id": "b"})
    found = outbox.get(made)
    assert (found.state, found.details) == ("sent", {})
    outbox.courier().send_due()
    assert outbox.channel.given == [made]


def test_what_waits_for_another_attempt_goes_on_waiting(outbox: Outbox):
    """Queued again it is not tried earlier than it would have been."""
    made = outbox.put()

    def refuse(_: object) -> None:
        raise OSError

    outbox.channel.first = refuse
    outbox.courier().send_due()
    before = outbox.get(made).try_at
    assert before > NOW
    outbox.put()
    assert outbox.get(made).try_at == before


def test_what_is_in_hand_is_not_withdrawn(outbox: Outbox):
    """It may be handed over already; if its courier is dead, it can be withdrawn."""
    made = outbox.put()
    outbox.channel.first = lambda _: take_back(outbox, made)
    outbox.courier().send_due()
    assert outbox.get(made).state == "sent"
    other = outbox.put(kind="change")

    def dies(_: object) -> None:
        raise KeyboardInterrupt

    outbox.channel.first = dies
    with suppress(KeyboardInterrupt):
        outbox.courier().send_due()
    take_back(outbox, other)
    assert outbox.get(other).state == "waiting"
    outbox.clock.forward(minutes=2)
    take_back(outbox, other)
    assert outbox.get(other).state == "withdrawn"
