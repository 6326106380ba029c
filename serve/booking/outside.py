"""Appointments and free seats that lie outside of their provider's availability."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.booking.availability import Block, Stored, blocks_of, stored
from serve.booking.refilling import locked_seats, taken
from serve.clock import wall_clock
from serve.database import lock
from serve.models import Appointment, ClinicDay, Provider, Seat
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


def withdraw_outside(session: Session, provider_id: UUID, zone: str, now: datetime) -> int:
    """Withdraw a provider's free seats to come that are in no block any more; return how many.

    Whoever has a seat keeps it. A seat that is in a block again comes back when its session is
    published the next time.
    """
    lock(session, Provider, provider_id)
    days = session.scalars(
        select(ClinicDay)
        .where(ClinicDay.provider_id == provider_id, ClinicDay.ends_at > now)
        .order_by(ClinicDay.starts_at)
        .with_for_update()
    ).all()
    if not days:
        return 0
    first = wall_clock(days[0].starts_at, zone).date() - timedelta(days=1)
    last = wall_clock(days[-1].ends_at, zone).date()
    blocks = blocks_of(*stored(session, [provider_id], first, last), first, last, zone)
    withdrawn = 0
    for day in days:
        seats = locked_seats(session, day)
        held = {seat.id for seat in taken(session, seats)}
        for seat in seats:
            free = not (seat.extra or seat.withdrawn or seat.id in held) and seat.starts_at > now
            if free and not _covered(blocks, day.visit_type_id, seat.starts_at):
                seat.withdrawn = True
                withdrawn += 1
    session.flush()
    return withdrawn


def _covered(blocks: list[Block], visit_type_id: UUID, moment: datetime) -> bool:
    return any(
        block.visit_type_id == visit_type_id and block.starts_at <= moment < block.ends_at
        for block in blocks
    )


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
        if not _covered(blocks, visit_type_id, moment)
    ]
