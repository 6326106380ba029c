"""How something that happened is written down, so that whoever reads on from a number misses none.

Numbers are given in the order of the commits of a practice: events are kept until the end of their
transaction, which then locks the practice's list, numbers them, and commits at once. If a number
were given earlier, a transaction with a lower one could commit after somebody has read a higher.
"""

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
    """
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
    session.info.setdefault(KEPT, []).append((event, _savepoints(session)))


def write_events(session: Session) -> None:
    """Give what was announced its numbers: the last thing before a transaction commits.

    With them go the messages by which webhooks are told.
    """
    events = [event for event, _ in session.info.pop(KEPT, [])]
    if not events:
        return
    if session.get_bind().dialect.name == "postgresql":
        _lock_lists(session, {event.practice_id for event in events})
    session.add_all(events)
    session.flush()
    queue_for_webhooks(session, events)


def _savepoints(session: Session) -> list[SessionTransaction]:
    """Return the savepoints in which a session is."""
    found = []
    inner = session.get_nested_transaction()
    while inner is not None and inner.nested:
        found.append(inner)
        inner = inner.parent
    return found


@listens_for(Session, "after_soft_rollback")
def _take_back(session: Session, undone: SessionTransaction) -> None:
    """Forget what was announced since a savepoint to which a session goes back."""
    kept = session.info.get(KEPT, [])
    session.info[KEPT] = [(event, within) for event, within in kept if undone not in within]


def _lock_lists(session: Session, practices: Iterable[UUID]) -> None:
    """Lock the lists of practices, always in the same order, and say that they have news."""
    for practice_id in sorted(practices):
        key = practice_id.int & 0x7FFFFFFF
        session.execute(
            text("SELECT pg_advisory_xact_lock(:lists, :key)"), {"lists": LISTS, "key": key}
        )
        session.execute(
            text("SELECT pg_notify(:channel, :practice)"),
            {"channel": CHANNEL, "practice": str(practice_id)},
        )
