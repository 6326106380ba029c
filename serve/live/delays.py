"""Whether a patient is to be told that the consultation begins at another time than was said."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.live.expectation import ExpectedCall
from serve.models import Appointment, ExpectedStart, Practice, Preference
from serve.notify.derive import notice_of_delay

#: Nobody is told of less, whoever wishes it.
LEAST = timedelta(minutes=1)


def delayed(
    session: Session,
    practice_id: UUID,
    calls: Sequence[ExpectedCall],
    rows: Mapping[UUID, ExpectedStart],
) -> list[ExpectedCall]:
    """Return whose expected start moved so far that the patient is to be told.

    A patient is told when the start is later than the appointment by more than the practice's
    ``delay_minutes`` or what the patient said, and again when it moved by as much from what was
    told last, in either direction: who was told to come later must know if that is no longer so.
    Of a start before the appointment nobody is told who was told nothing.
    """
    moved = {call: _moved(call, rows[call.appointment_id]) for call in calls}
    moved = {call: by for call, by in moved.items() if by > LEAST}
    if not moved:
        return []
    usual = session.scalar(select(Practice.delay_minutes).where(Practice.id == practice_id)) or 0
    wished = _wished(session, [call.patient_id for call in moved])
    return [
        call
        for call, by in moved.items()
        if by > timedelta(minutes=wished.get(call.patient_id, usual))
    ]


def tell_delay(
    session: Session,
    appointment: Appointment,
    row: ExpectedStart,
    call: ExpectedCall,
    now: datetime,
) -> None:
    """Queue a notice for a patient who is still expected, and keep what it tells."""
    # What was computed may be older than the appointment's last step.
    if appointment.status not in ("booked", "arrived"):
        return
    if notice_of_delay(session, appointment, call.expected_at, now):
        row.told_at, row.noticed_at = call.expected_at, now


def _moved(call: ExpectedCall, row: ExpectedStart) -> timedelta:
    """Return by how much a start moved from what the patient knows."""
    if row.told_at is None:
        return call.expected_at - call.starts_at
    return abs(call.expected_at - row.told_at)


def _wished(session: Session, patient_ids: list[UUID]) -> dict[UUID, float]:
    """Return by how many minutes a start moves before each patient is told, where one said."""
    query = select(Preference.patient_id, Preference.notices).where(
        Preference.patient_id.in_(patient_ids)
    )
    return {
        patient_id: notices["delay_minutes"]
        for patient_id, notices in session.execute(query)
        if notices.get("delay_minutes")
    }
