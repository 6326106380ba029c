"""What is told of a visit, read from the database at the moment of sending."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.models import (
    Appointment,
    ClinicDay,
    Location,
    OutboxMessage,
    Patient,
    Practice,
    Seat,
)
from serve.notify.language import Language, language_of
from serve.notify.texts import Facts
from serve.notify.truth import is_true


@dataclass(frozen=True)
class Notice:
    """A notice that is true: about which visit of whom, what it tells, in which language."""

    appointment: Appointment
    patient: Patient
    facts: Facts
    language: Language


def notice_of(session: Session, message: OutboxMessage, now: datetime) -> Notice | None:
    """Return what a message tells; None if that is not true, or not wished, any more."""
    if not is_true(session, message, now):
        return None
    appointment = session.get_one(Appointment, message.appointment_id)
    patient = session.get_one(Patient, appointment.patient_id, populate_existing=True)
    practice = session.get_one(Practice, appointment.practice_id, populate_existing=True)
    location = session.scalars(
        select(Location)
        .join(ClinicDay, ClinicDay.location_id == Location.id)
        .join(Seat, Seat.clinic_day_id == ClinicDay.id)
        .where(Seat.id == appointment.seat_id)
    ).one()
    facts = Facts(
        practice=in_one_line(practice.name),
        zone=practice.zone,
        contact=in_one_line(practice.contact),
        place=", ".join(filter(None, (in_one_line(location.name), in_one_line(location.address)))),
        starts_at=datetime.fromisoformat(message.details["starts_at"]),
        expected_at=_moment(message, "expected_at"),
        until=_moment(message, "until"),
    )
    return Notice(appointment, patient, facts, language_of(patient.language, practice.country))


def in_one_line(text: str) -> str:
    """Return a text without line breaks and other characters that could begin something new."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def _moment(message: OutboxMessage, name: str) -> datetime | None:
    text = message.details.get(name)
    return None if text is None else datetime.fromisoformat(text)
