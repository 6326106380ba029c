"""Events are forgotten after a while; who comes back later than that is told so, and reloads."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from serve.database import reading, transaction
from serve.models import Event, Practice

#: Events of a practice that one transaction forgets, and transactions of one run.
MOST, ROUNDS = 1000, 50


def forget_events(now: datetime, keep: timedelta) -> int:
    """Delete events that are older than they are kept, a bounded number; return how many."""
    with reading() as session:
        practices = session.scalars(select(Practice.id).order_by(Practice.id)).all()
    forgotten = rounds = 0
    for practice_id in practices:
        while rounds < ROUNDS:
            part = _forget(practice_id, now - keep)
            forgotten += part
            if not part:
                break
            rounds += 1
    return forgotten


def _forget(practice_id: UUID, before: datetime) -> int:
    def work(session: Session) -> int:
        first = _old(session, practice_id, before)
        if not first:
            return 0
        session.execute(
            delete(Event).where(Event.practice_id == practice_id, Event.id <= first[-1])
        )
        # Not by its row, the version of which would rise: it is nobody's change to the practice.
        session.execute(
            update(Practice).where(Practice.id == practice_id).values(forgotten_event=first[-1])
        )
        return len(first)

    with reading() as session:
        if not _old(session, practice_id, before):
            return 0
    return transaction(work)


def _old(session: Session, practice_id: UUID, before: datetime) -> list[int]:
    """Return the first events, in order, as far as they are old.

    The last one is kept: new events are numbered after it, also in a copy of the database.
    """
    rows = session.execute(
        select(Event.id, Event.at)
        .where(Event.practice_id == practice_id)
        .order_by(Event.id)
        .limit(MOST + 1)
    ).all()
    old: list[int] = []
    for identifier, at in rows[:-1]:
        if at >= before:
            break
        old.append(identifier)
    return old
