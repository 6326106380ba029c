"""What is kept of a practice's events: which come after a number, and whether any is missing."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from serve.models import Event, Practice

#: Largest number that an event can have.
LARGEST = 2**63 - 1


def forgotten(session: Session, practice_id: UUID) -> int:
    """Return the number of the last event that is not kept any longer; 0 while all are."""
    column = select(Practice.forgotten_event).where(Practice.id == practice_id)
    return session.scalar(column) or 0


def newest(session: Session, practice_id: UUID) -> int:
    """Return the number of a practice's last event; 0 if nothing has happened yet."""
    last = select(func.max(Event.id)).where(Event.practice_id == practice_id)
    return session.scalar(last) or 0


def events_after(session: Session, practice_id: UUID, after: int, most: int) -> list[Event]:
    """Return at most so many events after a number, in order."""
    following = (
        select(Event)
        .where(Event.practice_id == practice_id, Event.id > after)
        .order_by(Event.id)
        .limit(most)
    )
    return list(session.scalars(following))


def last_events(session: Session, practice_id: UUID, most: int) -> list[Event]:
    """Return a practice's last events, at most so many, in order."""
    latest = select(Event).where(Event.practice_id == practice_id).order_by(Event.id.desc())
    return list(session.scalars(latest.limit(most)))[::-1]


def misses_some(session: Session, practice_id: UUID, after: int) -> bool:
    """Return whether whoever knows all up to a number can no longer be told all that followed.

    Either some of that is forgotten, or the number was never given: then the database is one that
    was restored, and the events that it was given for are not in it.
    """
    return not forgotten(session, practice_id) <= after <= newest(session, practice_id)
