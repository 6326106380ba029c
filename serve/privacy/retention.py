"""What is not kept longer than needed: patients without visits, and answers to old requests."""

from datetime import datetime, timedelta

from sqlalchemy import delete, exists, func, or_, select
from sqlalchemy.orm import Session

from serve.database import lock
from serve.errors import Conflict
from serve.models import (
    Appointment,
    AuditEntry,
    IdempotencyRecord,
    Patient,
    Practice,
    WaitlistEntry,
)
from serve.privacy.erasure import EXPECTED, PRESENT, WAITING, erase

#: How long the answer to a request is kept, to be given again.
ANSWERS = timedelta(days=2)
#: Patients that one transaction erases, so that others can write between two.
MOST = 500


def keep_no_longer(session: Session, now: datetime, most: int = MOST) -> dict[str, int]:
    """Erase patients and delete records whose time is over, and return how many of each.

    A patient's time begins with the last visit, or when the patient was added, and is as long as
    the practice says. Whoever calls it does so again while it erased as many as it may.
    """
    erased = 0
    for practice in session.scalars(select(Practice).where(Practice.retention_days > 0)):
        before = now - timedelta(days=practice.retention_days)
        for identifier in _forgotten(session, practice, before, most - erased):
            patient = lock(session, Patient, identifier)
            if patient is None:
                continue
            try:
                erase(session, patient, now)
            except Conflict:  # Somebody booked for the patient meanwhile.
                continue
            session.add(_entry(practice, patient, now))
            erased += 1
    answers = session.execute(
        delete(IdempotencyRecord).where(IdempotencyRecord.created_at < now - ANSWERS)
    )
    return {"patients": erased, "answers": int(getattr(answers, "rowcount", 0))}


def _forgotten(session: Session, practice: Practice, before: datetime, most: int) -> list[object]:
    """Return patients of a practice who had no visit since a moment, and have none to come."""
    lately = exists().where(
        Appointment.patient_id == Patient.id,
        or_(
            func.coalesce(Appointment.ends_at, Appointment.created_at) >= before,
            Appointment.status.in_(PRESENT),
            (Appointment.status.in_(EXPECTED)) & Appointment.ends_at.is_(None),
        ),
    )
    waiting = exists().where(
        WaitlistEntry.patient_id == Patient.id, WaitlistEntry.status.in_(WAITING)
    )
    query = (
        select(Patient.id)
        .where(
            Patient.practice_id == practice.id,
            Patient.erased_at.is_(None),
            Patient.created_at < before,
            ~lately,
            ~waiting,
        )
        .order_by(Patient.created_at)
        .limit(most)
    )
    return list(session.scalars(query))


def _entry(practice: Practice, patient: Patient, now: datetime) -> AuditEntry:
    return AuditEntry(
        practice_id=practice.id,
        at=now,
        by="system",
        action="patient.erase",
        subject="patient",
        subject_id=patient.id,
        patient_id=patient.id,
    )
