"""Appointments that lie outside of their provider's availability."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.booking.availability import Stored, blocks_of, stored
from serve.clock import wall_clock
from serve.models import Appointment, ClinicDay, Seat
from serve.models.appointment import BUSY


def _expected(session: Session, provider_id: UUID, now: datetime) -> list[tuple[Appointment, UUID]]:
    """Return the appointments with a provider that are still to come, in order."""
    rows = session.execute(
        select(Appointment, ClinicDay.visit_type_id)
        .join(Seat, Appointment.seat_id == Seat.id)
        .join(ClinicDay, Seat.clinic_day_id == ClinicDay.id)
        .where(
            ClinicDay.provider_id == provider_id,
            Appointment.status.in_(BUSY),
            Appointment.starts_at >= now,
        )
        .order_by(Appointment.starts_at, Appointment.id)
    )
    return [(appointment, visit_type_id) for appointment, visit_type_id in rows]


def outside(
    session: Session,
    provider_id: UUID,
    zone: str,
    now: datetime,
    proposed: Callable[[Stored], Stored] | None = None,
) -> list[Appointment]:
    """Return the appointments to come that begin in no block of their session's type of visit.

    Parameters
    ----------
    zone
        Of the practice's clock.
    proposed
        What would become of the rules and exceptions that are stored; nothing if it is None.
    """
    appointments = _expected(session, provider_id, now)
    if not appointments:
        return []
    moments = [one.starts_at for one, _ in appointments if one.starts_at is not None]
    # A block that begins the day before may reach into the first date.
    first = wall_clock(min(moments), zone).date() - timedelta(days=1)
    last = wall_clock(max(moments), zone).date()
    held = stored(session, [provider_id], first, last)
    blocks = blocks_of(*(held if proposed is None else proposed(held)), first, last, zone)
    return [
        one
        for (one, visit_type_id), moment in zip(appointments, moments, strict=True)
        if not any(
            block.visit_type_id == visit_type_id and block.starts_at <= moment < block.ends_at
            for block in blocks
        )
    ]
