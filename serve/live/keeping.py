"""What is expected of a day, written down once, and announced where it moved."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from serve.events.announce import announce
from serve.live.delays import delayed, tell_delay
from serve.live.expectation import Expectation, ExpectedCall
from serve.models import Appointment, ClinicDay, ExpectedStart, Outlook, Seat

#: What moved by less is neither written nor announced: the rows hold what was announced last, so
#: that a start that moves slowly is announced, too.
MOVED = timedelta(minutes=1)
#: The ends of intervals, which are read off a grid of minutes, move by no less.
MOVED_INTERVAL = timedelta(minutes=2)
#: Change of the probability of overtime that is announced.
MOVED_PROBABILITY = 0.05


@dataclass(frozen=True)
class Known:
    """An outlook as it was when a day was looked at: by it somebody else's work is recognised."""

    computed_at: datetime
    event_id: int
    finish_at: datetime
    finish_earliest_at: datetime
    finish_latest_at: datetime
    overtime_probability: float


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
    moved = known is None or _moved_outlook(known, found)
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
    late = delayed(session, practice_id, found.calls, rows)
    appointments = _appointments(session, {call.appointment_id for call in (*moved, *late)})
    for call in moved:
        _announce_call(session, call, appointments[call.appointment_id], found.at)
    for call in late:
        tell_delay(
            session, appointments[call.appointment_id], rows[call.appointment_id], call, found.at
        )


def _moved_outlook(before: Known, found: Expectation) -> bool:
    interval = (
        before.finish_earliest_at - found.finish_earliest_at,
        before.finish_latest_at - found.finish_latest_at,
    )
    if abs(before.finish_at - found.finish_at) >= MOVED:
        return True
    if any(abs(one) >= MOVED_INTERVAL for one in interval):
        return True
    was, now = before.overtime_probability, found.overtime_probability
    # Whether it is certain is told however little it moved to be so.
    settled = now in (0.0, 1.0) and was != now
    return settled or abs(was - now) >= MOVED_PROBABILITY


def _moved_call(row: ExpectedStart, call: ExpectedCall) -> bool:
    interval = (row.earliest_at - call.earliest_at, row.latest_at - call.latest_at)
    if abs(row.expected_at - call.expected_at) >= MOVED:
        return True
    return any(abs(one) >= MOVED_INTERVAL for one in interval)


def _announce_outlook(session: Session, found: Expectation) -> None:
    day = session.get_one(ClinicDay, found.clinic_day_id)
    details = {
        "finish_at": found.finish_at.isoformat(),
        "overtime_probability": round(found.overtime_probability, 4),
    }
    announce(session, day.practice_id, "clinic_day.outlook", day.id, found.at, details, about=day)


def _appointments(session: Session, identifiers: Set[UUID]) -> dict[UUID, Appointment]:
    """Return appointments with what an event tells of their sessions, by their identifiers."""
    if not identifiers:
        return {}
    query = (
        select(Appointment)
        .options(joinedload(Appointment.seat).joinedload(Seat.clinic_day))
        .where(Appointment.id.in_(identifiers))
    )
    return {one.id: one for one in session.scalars(query)}


def _announce_call(
    session: Session, call: ExpectedCall, appointment: Appointment, now: datetime
) -> None:
    details = {
        "expected_at": call.expected_at.isoformat(),
        "earliest_at": call.earliest_at.isoformat(),
        "latest_at": call.latest_at.isoformat(),
    }
    announce(
        session, appointment.practice_id, "appointment.expected", appointment.id, now, details,
        about=appointment,
    )  # fmt: skip
