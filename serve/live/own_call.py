"""What one patient is told: when the own consultation is expected to begin, and who is before."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.orm import Session

from serve.live.expectation import expectations
from serve.live.standing import standings
from serve.models import Appointment


@dataclass(frozen=True)
class OwnCall:
    """What is expected of one appointment.

    Attributes
    ----------
    state
        Whether its session is ``ahead``, ``running`` or ``over``; ``none`` for a request that has
        no seat yet.
    expected_at, earliest_at, latest_at, before
        As `serve.live.expectation.ExpectedCall`; None for a patient who is not expected to be
        called any more: it was called, did not come or cancelled, or has no booking yet.
    """

    appointment_id: UUID
    clinic_day_id: UUID | None
    status: str
    state: Literal["none", "ahead", "running", "over"]
    at: datetime
    starts_at: datetime | None
    expected_at: datetime | None = None
    earliest_at: datetime | None = None
    latest_at: datetime | None = None
    before: int | None = None


def own_call(session: Session, appointment: Appointment, now: datetime) -> OwnCall:
    """Return what is expected of an appointment, by its session as it is now."""
    days = [appointment.clinic_day_id] if appointment.clinic_day_id is not None else []
    found = expectations(standings(session, days), now)
    own = OwnCall(
        appointment_id=appointment.id,
        clinic_day_id=appointment.clinic_day_id,
        status=appointment.status,
        state=found[0].state if found else "none",
        at=now,
        starts_at=appointment.starts_at,
    )
    for call in (call for day in found for call in day.calls):
        if call.appointment_id == appointment.id:
            return replace(
                own,
                expected_at=call.expected_at,
                earliest_at=call.earliest_at,
                latest_at=call.latest_at,
                before=call.before,
            )
    return own
