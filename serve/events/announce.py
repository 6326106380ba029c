"""How something that happened is written down, so that whoever reads on from a number misses none.

Numbers are given in the order of the commits of a practice: events are kept until the end of their
transaction, which then locks the practice's list, numbers them, and commits at once. If a number
were given earlier, a transaction with a lower one could commit after somebody has read a higher.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.event import listens_for
from sqlalchemy.orm import Session, SessionTransaction

from serve.models import Appointment, ClinicDay, Event
from serve.webhooks.fan_out import queue_for_webhooks

#: Where a session keeps what it has to tell.
KEPT = "announced"
#: The channel on which PostgreSQL says which practice has news.
CHANNEL = "bailey_events"
#: Tells the locks of lists of events from any other advisory lock.
LISTS = 0x6261696C
#: What a kind looks like: nothing in it could end a line of a stream.
KIND = re.compile(r"[a-z_]+\.[a-z_]+")


def announce(
    session: Session,
    practice_id: UUID,
    kind: str,
    subject_id: UUID,
    now: datetime,
    details: Mapping[str, Any] | None = None,
    about: Appointment | ClinicDay | None = None,
) -> None:
    """Tell, once the transaction is committed, that something happened.

    Parameters
    ----------
    kind, subject_id
        What happened, such as ``appointment.booked``, and to which row.
    details
        Plain names and numbers; nothing about the patient.
    about
        The appointment or session that it is about: its patient and provider may listen to it.

    Raises
    ------
    ValueError
        If the kind is not two words with a dot between them.
    """
    if KIND.fullmatch(kind) is None:
        raise ValueError("a kind of event is two words with a dot between them")
    event = Event(
        practice_id=practice_id,
        kind=kind,
        subject_id=subject_id,
        details=dict(details or {}),
        at=now,
    )
    if isinstance(about, Appointment):
        event.patient_id = about.patient_id
        event.clinic_day_id, event.provider_id = about.clinic_day_id, about.provider_id
    elif about is not None:
        event.clinic_day_id, event.provider_id = about.id, about.provider_id
    session.info.setdefault(KEPT, []).append((event, _within(session)))


def write_events(session: Session) -> None:
    """Give what was announced its numbers: the last thing before a transaction commits.

    With them go the messages by which webhooks are told.
    """
    events = [event for event, _ in session.info.pop(KEPT, [])]
    if not events:
        return
    # Whatever is left to write waits for its locks now: with the list locked it could wait for
    # somebody who waits for the list.
    session.flush()
    if session.get_bind().dialect.name == "postgresql":
        _lock_lists(session, {event.practice_id for event in events})
    session.add_all(events)
    session.flush()
    queue_for_webhooks(session, events)


def _within(session: Session) -> list[SessionTransaction]:
    """Return the transactions in which a session is, from the innermost savepoint outwards."""
    found = []
    inner = session.get_nested_transaction() or session.get_transaction()
    while inner is not None:
        found.append(inner)
        inner = inner.parent
    return found


@listens_for(Session, "after_soft_rollback")
def _take_back(session: Session, undone: SessionTransaction) -> None:
    """Forget what was announced in a savepoint or transaction that is rolled back."""
    # A flush that fails is a part of one, and takes it back as a whole.
    while not undone.nested and undone.parent is not None:
        undone = undone.parent
    kept = session.info.get(KEPT, [])
    if kept:
        session.info[KEPT] = [(event, within) for event, within in kept if undone not in within]


def _lock_lists(session: Session, practices: Iterable[UUID]) -> None:
    """Lock the lists of practices, always in the same order, and say that they have news."""
    # Two practices may share a key, so that it is the keys that need the order.
    for key in sorted({one.int & 0x7FFFFFFF for one in practices}):
        session.execute(
            text("SELECT pg_advisory_xact_lock(:lists, :key)"), {"lists": LISTS, "key": key}
        )
    for practice_id in practices:
        session.execute(
            text("SELECT pg_notify(:channel, :practice)"),
            {"channel": CHANNEL, "practice": str(practice_id)},
        )
