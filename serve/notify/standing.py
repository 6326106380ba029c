"""How a visit stands, and what a notice says of it: what deriving and sending must see alike."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.models import Appointment, OutboxMessage, Patient

CANCELLED = ("cancelled_by_patient", "cancelled_by_practice")
#: In these there is no visit any more.
OVER = (*CANCELLED, "expired")
#: In these a patient who waits is told of a delay.
AWAITED = ("booked", "arrived")


@dataclass(frozen=True)
class Wanted:
    """What is to be told of a visit: what kind of notice, due when, and what it is about."""

    kind: str
    due_at: datetime
    details: dict[str, Any]


def place(starts_at: datetime | None, seat_id: UUID | None) -> dict[str, Any]:
    """Return when and on which seat a visit is, as a notice keeps it."""
    return {
        "starts_at": None if starts_at is None else starts_at.astimezone(UTC).isoformat(),
        "seat_id": None if seat_id is None else str(seat_id),
    }


def place_at(appointment: Appointment) -> dict[str, Any]:
    """Return when and on which seat an appointment is now."""
    return place(appointment.starts_at, appointment.seat_id)


def place_of(message: OutboxMessage) -> tuple[str | None, str | None]:
    """Return when and on which seat a visit was when a notice was queued."""
    return message.details.get("starts_at"), message.details.get("seat_id")


def in_hand(message: OutboxMessage, now: datetime) -> bool:
    """Return whether a courier may be handing a notice over."""
    return (
        message.state == "waiting"
        and message.claimed_until is not None
        and message.claimed_until > now
    )


def is_erased(session: Session, appointment: Appointment) -> bool:
    """Return whether the data of an appointment's patient were erased."""
    erased_at = select(Patient.erased_at).where(Patient.id == appointment.patient_id)
    return session.scalar(erased_at) is not None
