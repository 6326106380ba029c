"""A courier: takes messages that are due one after another, and hands each over by its channel.

A message is claimed in one transaction, which also composes it and sees whether it is still true;
it is handed over outside any transaction, and then marked as sent. Whoever dies between handing
over and marking leaves a message that is handed over again: with the same identifier, by which
whoever receives it knows it (RFC 5322, 3.6.4 for mail).
"""

import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from serve.database import lock, reading, transaction
from serve.models import OutboxMessage

logger = logging.getLogger(__name__)

#: How long a courier has a message in hand before another may take it: longer than any delivery.
IN_HAND = timedelta(minutes=2)
#: Attempts after which a message is given up, about a day after the first.
MOST_ATTEMPTS = 14
#: What is kept of an error that nobody thought of.
UNEXPECTED = "Something went wrong; it has been logged."
#: Pause after the first attempt that failed, twice as long after each, and at most so long.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=6)


class NotDeliveredError(Exception):
    """A message could not be handed over.

    Attributes
    ----------
    for_good
        Whether another attempt is of no use.
    """

    def __init__(self, problem: str, for_good: bool = False) -> None:
        super().__init__(problem)
        self.for_good = for_good


class Channel(Protocol):
    """By what messages go out."""

    def compose(self, session: Session, message: OutboxMessage, now: datetime) -> Any:
        """Return what is handed over; None for what is not true, or not wished, any more."""

    def deliver(self, composed: Any) -> None:
        """Hand it over; raise `NotDeliveredError` if that failed."""


@dataclass(frozen=True)
class Claimed:
    """A message that this courier took, and what is handed over; None if nothing is."""

    message_id: UUID
    channel: str
    kind: str
    attempt: int
    state: str
    composed: Any


@dataclass(frozen=True)
class Courier:
    """What sends the messages of some channels.

    Attributes
    ----------
    channels
        Each by its name, as in `OutboxMessage.channel`.
    clock
        What time it is.
    in_hand
        How long a message is another courier's, before this one takes it for dead.
    """

    channels: Mapping[str, Channel]
    clock: Callable[[], datetime]
    in_hand: timedelta = IN_HAND

    def send_due(self, stopping: Callable[[], bool] = lambda: False) -> int:
        """Send what is due, the oldest first; return how many messages were taken."""
        taken = 0
        while not stopping() and self._any_due():
            claimed = transaction(lambda session: self._claim(session))
            if claimed is None:
                break
            taken += 1
            self._bring(claimed)
        return taken

    def _bring(self, claimed: Claimed) -> None:
        """Hand over what was taken, and mark it; what was withdrawn is only written down."""
        if claimed.composed is None:
            _log(claimed)
            return
        problem: NotDeliveredError | None = None
        try:
            self.channels[claimed.channel].deliver(claimed.composed)
        except NotDeliveredError as error:
            problem = error
        except Exception:
            logger.exception("message %s could not be handed over", claimed.message_id)
            problem = NotDeliveredError(UNEXPECTED)
        state = transaction(lambda session: self._mark(session, claimed, problem))
        _log(replace(claimed, state=state))

    def _any_due(self) -> bool:
        """Return whether there is anything to do, without a lock that keeps writers waiting."""
        with reading() as session:
            return session.scalar(self._due(self.clock()).limit(1)) is not None

    def _due(self, now: datetime) -> Select[OutboxMessage]:
        return select(OutboxMessage).where(
            OutboxMessage.state == "waiting",
            OutboxMessage.channel.in_(self.channels),
            OutboxMessage.try_at <= now,
            or_(OutboxMessage.claimed_until.is_(None), OutboxMessage.claimed_until <= now),
        )

    def _claim(self, session: Session) -> Claimed | None:
        now = self.clock()
        oldest = self._due(now).order_by(OutboxMessage.try_at, OutboxMessage.id).limit(1)
        message = session.scalar(oldest.with_for_update(skip_locked=True))
        return None if message is None else self._take(session, message, now)

    def _take(self, session: Session, message: OutboxMessage, now: datetime) -> Claimed:
        """Take a message in hand, or withdraw what is not true any more."""
        composed = None
        try:
            composed = self.channels[message.channel].compose(session, message, now)
        except SQLAlchemyError:
            raise
        except Exception:
            # One that cannot be composed must not keep those behind it from being sent.
            logger.exception("message %s could not be composed", message.id)
            message.attempts += 1
            _put_off(message, NotDeliveredError(UNEXPECTED), now)
        else:
            if composed is None:
                message.state, message.claimed_until = "withdrawn", None
            else:
                message.attempts += 1
                message.claimed_until = now + self.in_hand
        return Claimed(
            message.id, message.channel, message.kind, message.attempts, message.state, composed
        )

    def _mark(self, session: Session, claimed: Claimed, problem: NotDeliveredError | None) -> str:
        """Write down what became of an attempt, unless another courier has the message by now."""
        message = lock(session, OutboxMessage, claimed.message_id)
        # Withdrawn and queued anew it has the attempts it had, and is in nobody's hand.
        if (
            message is None
            or message.attempts != claimed.attempt
            or message.state != "waiting"
            or message.claimed_until is None
        ):
            return "marked too late"
        now = self.clock()
        if problem is None:
            message.claimed_until = None
            message.state, message.sent_at, message.problem = "sent", now, ""
        else:
            _put_off(message, problem, now)
        return message.state


def _put_off(message: OutboxMessage, problem: NotDeliveredError, now: datetime) -> None:
    """Let a message that could not be delivered be tried later, or give it up."""
    message.claimed_until = None
    message.problem = str(problem)[:500]
    if problem.for_good or message.attempts >= MOST_ATTEMPTS:
        message.state = "failed"
        return
    pause = min(FIRST_PAUSE * 2 ** (message.attempts - 1), LONGEST_PAUSE)
    # Not all at once after a server was away.
    message.try_at = now + pause * random.uniform(0.8, 1.2)


def _log(claimed: Claimed) -> None:
    """Write one line about what became of a message: nothing of what it tells, or to whom."""
    fields = {
        "message_id": claimed.message_id,
        "channel": claimed.channel,
        "kind": claimed.kind,
        "attempt": claimed.attempt,
        "state": claimed.state,
    }
    logger.info("message", extra={"fields": fields})
