"""Erasing a patient: what says who it was goes, what was planned and done stays to be counted."""

from datetime import datetime

from sqlalchemy import Text, cast, delete, select, update
from sqlalchemy.orm import Session

from serve.errors import Conflict
from serve.imports.forget import forget_imported
from serve.models import (
    ApiToken,
    Appointment,
    CalendarFeed,
    Carer,
    Event,
    ExternalIdentity,
    IdempotencyRecord,
    ImportedRow,
    OutboxMessage,
    Patient,
    Preference,
    StatusChange,
    User,
    WaitlistEntry,
)

#: What a patient is called after it was erased.
NAME = "erased"
#: In these a visit is still to come, unless it is over by its time.
EXPECTED = ("requested", "held", "booked")
#: In these the patient is in the practice.
PRESENT = ("arrived", "in_consultation")
WAITING = ("waiting", "offered")


def erase(session: Session, patient: Patient, now: datetime) -> None:
    """Erase a patient, whose row is locked; one that is erased already stays as it is.

    Appointments stay, with their times and steps, without what was written to them in words. If
    somebody signs in as this patient and nothing else, that user is erased too. What the audit
    says stays: it names nobody, and says who read the data while there were some.

    Raises
    ------
    Conflict
        If a visit is still to come, or the patient is there.
    """
    if patient.erased_at is not None:
        return
    appointments = select(Appointment.id).where(Appointment.patient_id == patient.id)
    open_ones = appointments.where(
        (Appointment.status.in_(EXPECTED) & (Appointment.ends_at.is_(None)))
        | (Appointment.status.in_(EXPECTED) & (Appointment.ends_at > now))
        | Appointment.status.in_(PRESENT)
    )
    if session.scalar(open_ones.limit(1)) is not None:
        detail = "The patient has an appointment that is not over: cancel it first."
        raise Conflict(detail, "future_appointments")
    _erase_account(session, patient)
    forget_imported(session, patient)
    patient.name, patient.email, patient.phone, patient.area = NAME, "", "", ""
    patient.born_on, patient.user_id, patient.language = None, None, "en"
    patient.attributes, patient.identifiers = {}, []
    patient.erased_at = now
    session.flush()
    for entry in session.scalars(
        select(WaitlistEntry).where(
            WaitlistEntry.patient_id == patient.id, WaitlistEntry.status.in_(WAITING)
        )
    ):
        entry.status = "left"
    here = {"synchronize_session": False}
    for statement in (
        delete(Preference).where(Preference.patient_id == patient.id),
        delete(Carer).where(Carer.patient_id == patient.id),
        delete(CalendarFeed).where(CalendarFeed.patient_id == patient.id),
        update(Event).where(Event.patient_id == patient.id).values(patient_id=None),
        delete(OutboxMessage).where(OutboxMessage.appointment_id.in_(appointments)),
        delete(ImportedRow).where(ImportedRow.row_id == patient.id),
        # Answers that are kept to be given again tell the patient's name.
        delete(IdempotencyRecord).where(
            cast(IdempotencyRecord.answer, Text).contains(str(patient.id))
        ),
        update(StatusChange).where(StatusChange.appointment_id.in_(appointments)).values(reason=""),
    ):
        session.execute(statement, execution_options=here)
    for appointment in session.scalars(
        select(Appointment).where(
            Appointment.patient_id == patient.id, Appointment.external_id != ""
        )
    ):
        appointment.external_id = ""


def _erase_account(session: Session, patient: Patient) -> None:
    """Erase the user that a patient is, unless it is somebody else's too."""
    user = None if patient.user_id is None else session.get(User, patient.user_id)
    if user is None or {role.role for role in user.roles} != {"patient"}:
        return
    others = select(Carer.patient_id).where(
        Carer.user_id == user.id, Carer.patient_id != patient.id
    )
    if session.scalar(others.limit(1)) is not None:
        return
    user.email, user.name = f"{user.id}@{NAME}.invalid", NAME
    user.password_hash, user.active = None, False
    user.sign_in_epoch += 1
    session.execute(delete(ExternalIdentity).where(ExternalIdentity.user_id == user.id))
    session.execute(delete(ApiToken).where(ApiToken.user_id == user.id))
