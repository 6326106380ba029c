"""Which notices follow from what happens to an appointment."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.models import Appointment, OutboxMessage, Patient, Preference
from serve.outbox.queueing import put


def notice_of_delay(
    session: Session, appointment: Appointment, expected_at: datetime, now: datetime
) -> bool:
    """Queue a notice that a patient is expected to be called at another time; return if it was.

    It is not queued for a patient without an address, or who wishes no e-mail.
    """
    patient = session.get_one(Patient, appointment.patient_id)
    wishes = session.scalar(select(Preference.notices).where(Preference.patient_id == patient.id))
    if not patient.email or "email" not in (wishes or {}).get("channels", ["email"]):
        return False
    message = OutboxMessage(
        practice_id=appointment.practice_id,
        channel="email",
        kind="delay",
        appointment_id=appointment.id,
        details={"expected_at": expected_at.isoformat()},
        due_at=now,
        created_at=now,
    )
    return put(session, message) is message
