"""What is expected of a day, written down once, and announced where it moved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from serve.events.announce import announce
from serve.live.delays import tell_delays
from serve.live.expectation import Expectation, ExpectedCall
from serve.models import Appointment, ClinicDay, ExpectedStart, Outlook, Seat

#: What moved by less is neither written nor announced: the rows hold what was announced last, so
#: that a start that moves slowly is announced, too.
MOVED = timedelta(minutes=1)
#: Change of the probability of overtime that is announced.
MOVED_PROBABILITY = 0.05


@dataclass(frozen=True)
class Known:
    """What an outlook knew when a day was looked at: by it somebody else's work is recognised."""

    computed_at: datetime
    event_id: int


def keep(
    session: Session, practice_id: UUID, found: Expectation, known: Known | None, event_id: int
) -> bool:
    """Write down what is expected of a day; return whether nobody else has done so meanwhile.

    Parameters
    ----------
    known
        The outlook as it was when the day was looked at; None if there was none.
    event_id
        The last event of the practice that ``found`` knows.

    Raises
    ------
    Conflict
        If somebody else wrote the first outlook at this moment, or the day is gone.
    """
    row = session.get(Outlook, found.clinic_day_id)
    if (row is None) != (known is None):
        return False
    moved = row is None or _moved_outlook(row, found)
    values = {"computed_at": found.at, "event_id": event_id}
    if moved:
        values |= {
            "finish_at": found.finish_at,
            "finish_earliest_at": found.finish_earliest_at,
            "finish_latest_at": found.finish_latest_at,
            "overtime_probability": found.overtime_probability,
        }
    if known is None:
        session.add(Outlook(clinic_day_id=found.clinic_day_id, **values))
        session.flush()
    elif not _swapped(session, found.clinic_day_id, known, values):
        return False
    if moved:
        _announce_outlook(session, found)
    _keep_calls(session, practice_id, found)
    return True


def _swapped(
    session: Session, clinic_day_id: UUID, known: Known, values: dict[str, object]
) -> bool:
    """Change an outlook if it is still what was known of it; return whether it was."""
    changed = session.execute(
        update(Outlook)
        .where(
            Outlook.clinic_day_id == clinic_day_id,
            Outlook.computed_at == known.computed_at,
            Outlook.event_id == known.event_id,
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return changed.rowcount == 1  # type: ignore[attr-defined, no-any-return]


def _keep_calls(session: Session, practice_id: UUID, found: Expectation) -> None:
    """Write down when patients are expected to be called, and tell who is to be told."""
    identifiers = [call.appointment_id for call in found.calls]
    query = select(ExpectedStart).where(ExpectedStart.appointment_id.in_(identifiers))
    rows = {row.appointment_id: row for row in session.scalars(query)}
    moved = []
    # In one order for all, so that two never wait for each other.
    for call in sorted(found.calls, key=lambda one: one.appointment_id):
        row = rows.get(call.appointment_id)
        if row is None:
            row = rows[call.appointment_id] = ExpectedStart(appointment_id=call.appointment_id)
            session.add(row)
            if abs(call.expected_at - call.starts_at) >= MOVED:
                moved.append(call)
        elif _moved_call(row, call):
            moved.append(call)
        else:
            continue
        row.clinic_day_id = found.clinic_day_id
        row.expected_at = call.expected_at
        row.earliest_at, row.latest_at = call.earliest_at, call.latest_at
    session.flush()
    _announce_calls(session, practice_id, moved, found.at)
    tell_delays(session, practice_id, found.calls, rows, found.at)


def _moved_outlook(row: Outlook, found: Expectation) -> bool:
    ends = (
        row.finish_at - found.finish_at,
        row.finish_earliest_at - found.finish_earliest_at,
        row.finish_latest_at - found.finish_latest_at,
    )
    if any(abs(one) >= MOVED for one in ends):
        return True
    before, after = row.overtime_probability, found.overtime_probability
    # Whether it is certain is told however little it moved to be so.
    settled = after in (0.0, 1.0) and before != after
    return settled or abs(before - after) >= MOVED_PROBABILITY


def _moved_call(row: ExpectedStart, call: ExpectedCall) -> bool:
    moments = (
        row.expected_at - call.expected_at,
        row.earliest_at - call.earliest_at,
        row.latest_at - call.latest_at,
    )
    return any(abs(one) >= MOVED for one in moments)


def _announce_outlook(session: Session, found: Expectation) -> None:
    day = session.get_one(ClinicDay, found.clinic_day_id)
    details = {
        "finish_at": found.finish_at.isoformat(),
        "overtime_probability": round(found.overtime_probability, 4),
    }
    announce(session, day.practice_id, "clinic_day.outlook", day.id, found.at, details, about=day)


def _announce_calls(
    session: Session, practice_id: UUID, calls: Sequence[ExpectedCall], now: datetime
) -> None:
    query = (
        select(Appointment)
        .options(joinedload(Appointment.seat).joinedload(Seat.clinic_day))
        .where(Appointment.id.in_([call.appointment_id for call in calls]))
    )
    appointments = {one.id: one for one in session.scalars(query)}
    for call in calls:
        details = {
            "expected_at": call.expected_at.isoformat(),
            "earliest_at": call.earliest_at.isoformat(),
            "latest_at": call.latest_at.isoformat(),
        }
        about = appointments[call.appointment_id]
        announce(session, practice_id, "appointment.expected", about.id, now, details, about=about)
