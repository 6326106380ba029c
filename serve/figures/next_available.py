"""The third next available seat: how long somebody who asks now would wait for an appointment.

The third is taken, not the first, because the first free seat is often one that was cancelled a
moment ago (Murray and Berwick 2003, doi:10.1001/jama.289.8.1035).
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.models import Appointment, ClinicDay, Provider, Seat
from serve.models.appointment import HOLDING

THIRD = 3
MINUTES_OF_A_DAY = 1_440


@dataclass(frozen=True)
class NextAvailable:
    """What a provider has free for a type of visit.

    Attributes
    ----------
    free_seats
        How many seats can be booked from now on.
    days
        Until the third of them; None if there are fewer.
    """

    provider_id: UUID
    visit_type_id: UUID
    free_seats: int
    days: float | None


def third_next_available(session: Session, practice_id: UUID, now: datetime) -> list[NextAvailable]:
    """Return what is free with each active provider, for each type of visit of their sessions."""
    held = select(Appointment.id).where(
        Appointment.seat_id == Seat.id, Appointment.status.in_(HOLDING)
    )
    seats = (
        select(ClinicDay.provider_id, ClinicDay.visit_type_id, Seat.starts_at)
        .join(ClinicDay, ClinicDay.id == Seat.clinic_day_id)
        .where(
            ClinicDay.practice_id == practice_id,
            ClinicDay.open,
            ClinicDay.ends_at > now,
            Seat.starts_at > now,
            ~Seat.withdrawn,
            ~Seat.extra,
            ~held.exists(),
        )
        .order_by(Seat.starts_at)
    )
    free: dict[tuple[UUID, UUID], list[datetime]] = defaultdict(list)
    for provider, visit_type, starts in session.execute(seats):
        free[provider, visit_type].append(starts)
    pairs = (
        select(ClinicDay.provider_id, ClinicDay.visit_type_id)
        .join(Provider, Provider.id == ClinicDay.provider_id)
        .where(ClinicDay.practice_id == practice_id, Provider.active)
        .distinct()
        .order_by(ClinicDay.provider_id, ClinicDay.visit_type_id)
    )
    found = []
    for provider, visit_type in session.execute(pairs):
        times = free[provider, visit_type]
        third = times[THIRD - 1] if len(times) >= THIRD else None
        minutes = None if third is None else (third - now).total_seconds() / 60
        days = None if minutes is None else minutes / MINUTES_OF_A_DAY
        found.append(NextAvailable(provider, visit_type, len(times), days))
    return found
