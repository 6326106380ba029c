"""Whether a patient is to be told that the consultation begins at another time than was said."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.live.expectation import ExpectedCall
from serve.models import Appointment, ExpectedStart, Practice, Preference
from serve.notify.derive import notice_of_delay


def tell_delays(
    session: Session,
    practice_id: UUID,
    calls: Iterable[ExpectedCall],
    rows: Mapping[UUID, ExpectedStart],
    now: datetime,
) -> int:
    """Queue notices for those whose expected start moved; return how many.

    A patient is told when the start is later than the appointment by more than the practice's
    ``delay_minutes`` or what the patient said, and again when it moved by as much from what was
    told last, in either direction: who was told to come later must know if that is no longer so.
    Of a start before the appointment nobody is told who was told nothing.
    """
    calls = list(calls)
    usual = session.get_one(Practice, practice_id).delay_minutes
    wished = _wished(session, [call.patient_id for call in calls])
    told = 0
    for call in calls:
        row = rows[call.appointment_id]
        limit = timedelta(minutes=wished.get(call.patient_id, usual))
        moved = call.expected_at - (row.told_at or call.starts_at)
        if moved <= limit and (row.told_at is None or -moved <= limit):
            continue
        appointment = session.get(Appointment, call.appointment_id, populate_existing=True)
        # What was computed may be older than the appointment's last step.
        if appointment is None or appointment.status not in ("booked", "arrived"):
            continue
        if notice_of_delay(session, appointment, call.expected_at, now):
            row.told_at, row.noticed_at = call.expected_at, now
            told += 1
    return told


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
