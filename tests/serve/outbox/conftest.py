"""Messages in an outbox, and a channel that keeps what it is given."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from apiflask import APIFlask
from sqlalchemy.orm import Session

from serve.database import reading, transaction
from serve.models import Appointment, OutboxMessage
from serve.outbox.courier import Courier
from serve.outbox.queueing import put
from tests.serve.conftest import NOW, Clinic, HandClock
from tests.serve.things import Things


class Kept:
    """A channel that keeps what it is given, or does what it is told to do first."""

    def __init__(self) -> None:
        self.given: list[UUID] = []
        self.true: Callable[[OutboxMessage], bool] = lambda message: True
        self.first: Callable[[UUID], None] = lambda message_id: None
        self.lock = threading.Lock()

    def compose(self, session: Session, message: OutboxMessage, now: datetime) -> UUID | None:
        """Return the message's identifier."""
        return message.id if self.true(message) else None

    def deliver(self, composed: UUID) -> None:
        """Keep it."""
        self.first(composed)
        with self.lock:
            self.given.append(composed)


@dataclass
class Outbox:
    """An outbox about one appointment, its clock, and a channel."""

    appointment: UUID
    practice: UUID
    clock: HandClock
    channel: Kept = field(default_factory=Kept)

    def courier(self, in_hand: timedelta = timedelta(minutes=2)) -> Courier:
        """Return a new courier of the channel."""
        return Courier({"email": self.channel}, self.clock, in_hand)

    def message(self, due_at: datetime = NOW, **more: Any) -> OutboxMessage:
        """Return a message that is not queued yet."""
        given: dict[str, Any] = {
            "practice_id": self.practice, "appointment_id": self.appointment,
            "channel": "email", "kind": "reminder", "details": {}, "due_at": due_at,
        }  # fmt: skip
        return OutboxMessage(**given | more)

    def put(self, due_at: datetime = NOW, **more: Any) -> UUID:
        """Queue a message."""
        return transaction(lambda session: put(session, self.message(due_at, **more)).id)

    def get(self, identifier: UUID) -> OutboxMessage:
        """Return a message as it is now."""
        with reading() as session:
            return session.get_one(OutboxMessage, identifier)


@pytest.fixture
def outbox(app: APIFlask, clinic: Clinic, clock: HandClock) -> Iterator[Outbox]:
    """An empty outbox."""
    with app.app_context():

        def work(session: Session) -> UUID:
            made: Appointment = Things(session, clinic.practice, ("patient",)).appointment
            return made.id

        yield Outbox(transaction(work), clinic.practice, clock)
