"""Everything that is kept about a patient, for the patient to have (GDPR, articles 15 and 20)."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from serve.models import (
    Appointment,
    AuditEntry,
    Base,
    CalendarFeed,
    Carer,
    ExternalIdentity,
    Offer,
    OutboxMessage,
    Patient,
    PatientIdentifier,
    Preference,
    Seat,
    User,
    WaitlistEntry,
)

#: Columns that are about the service or other people, by their table.
LEFT_OUT = {
    "user": {"password_hash", "failed_sign_ins", "locked_until", "sign_in_epoch", "provider_id"},
    "status_change": {"user_id", "before"},
    "audit_entry": {"user_id", "address", "request_id", "practice_id", "details"},
    "carer": {"patient_id"},
    "calendar_feed": {"token_hash", "user_id"},
}


def everything_about(session: Session, patient: Patient) -> dict[str, Any]:
    """Return all data of a patient, by what they are, as plain names, numbers and texts."""
    appointments = list(
        session.scalars(
            select(Appointment)
            .where(Appointment.patient_id == patient.id)
            .order_by(Appointment.created_at, Appointment.id)
        )
    )
    identifiers = [one.id for one in appointments]

    def of(model: type[Base], column: Any, order: Any) -> list[dict[str, Any]]:
        query = select(model).where(column == patient.id).order_by(order)
        return _rows(session.scalars(query))

    user = None if patient.user_id is None else session.get(User, patient.user_id)
    return {
        "patient": _row(patient),
        "identifiers": of(PatientIdentifier, PatientIdentifier.patient_id, PatientIdentifier.id),
        "account": None if user is None else _account(session, user),
        "carers": of(Carer, Carer.patient_id, Carer.user_id),
        "preferences": of(Preference, Preference.patient_id, Preference.id),
        "appointments": [
            _row(one)
            | {
                "provider_id": _plain(_provider_of(session, one)),
                "steps": [_row(step) for step in one.changes],
            }
            for one in appointments
        ],
        "waitlist": of(WaitlistEntry, WaitlistEntry.patient_id, WaitlistEntry.created_at),
        "offers": _rows(
            session.scalars(
                select(Offer)
                .join(WaitlistEntry, WaitlistEntry.id == Offer.entry_id)
                .where(WaitlistEntry.patient_id == patient.id)
                .order_by(Offer.created_at)
            )
        ),
        "messages": _rows(
            session.scalars(
                select(OutboxMessage)
                .where(OutboxMessage.appointment_id.in_(identifiers))
                .order_by(OutboxMessage.due_at)
            )
        ),
        "calendar_feeds": of(CalendarFeed, CalendarFeed.patient_id, CalendarFeed.created_at),
        "accesses": of(AuditEntry, AuditEntry.patient_id, AuditEntry.id),
    }


def _provider_of(session: Session, appointment: Appointment) -> UUID | None:
    seat = None if appointment.seat_id is None else session.get(Seat, appointment.seat_id)
    return None if seat is None else seat.clinic_day.provider_id


def _account(session: Session, user: User) -> dict[str, Any]:
    issuers = session.scalars(
        select(ExternalIdentity.issuer).where(ExternalIdentity.user_id == user.id)
    )
    return _row(user) | {"roles": sorted(one.role for one in user.roles), "providers": [*issuers]}


def _rows(things: Iterable[Base]) -> list[dict[str, Any]]:
    return [_row(thing) for thing in things]


def _row(thing: Base) -> dict[str, Any]:
    left_out = LEFT_OUT.get(thing.__tablename__, set())
    names = [attribute.key for attribute in inspect(type(thing)).column_attrs]
    return {name: _plain(getattr(thing, name)) for name in names if name not in left_out}


def _plain(value: Any) -> Any:
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
