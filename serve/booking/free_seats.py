"""The free seats of a practice, and what is booked beside them, in two queries."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from serve.models import Appointment, ClinicDay, Provider, Seat
from serve.models.appointment import BUSY, HOLDING


@dataclass(frozen=True)
class FreeSeat:
    """A seat that nobody has."""

    id: UUID
    interval: int
    starts_at: datetime
    ends_at: datetime


@dataclass
class SeatsOfDay:
    """A clinic day with its free seats, in order, and how many are booked in each interval."""

    day: ClinicDay
    free: list[FreeSeat] = field(default_factory=list)
    booked: dict[int, int] = field(default_factory=dict)


def seats_of_days(
    session: Session,
    practice_id: UUID,
    visit_type_id: UUID,
    first: date,
    last: date,
    now: datetime,
    provider_id: UUID | None = None,
) -> list[SeatsOfDay]:
    """Return the open clinic days of a type of visit, of providers who take bookings.

    Extra seats are nobody's to find, and a hold that ran out holds nothing.
    """
    wanted = [
        ClinicDay.practice_id == practice_id,
        ClinicDay.visit_type_id == visit_type_id,
        ClinicDay.day.between(first, last),
        ClinicDay.open,
        ClinicDay.ends_at > now,
        Provider.active,
    ]
    if provider_id is not None:
        wanted.append(ClinicDay.provider_id == provider_id)
    days = {
        day.id: SeatsOfDay(day)
        for day in session.scalars(
            select(ClinicDay)
            .join(Provider, Provider.id == ClinicDay.provider_id)
            .where(*wanted)
            .order_by(ClinicDay.starts_at, ClinicDay.id)
        )
    }
    holder = and_(
        Appointment.seat_id == Seat.id,
        Appointment.status.in_(HOLDING),
        or_(Appointment.status != "held", Appointment.held_until > now),
    )
    rows = session.execute(
        select(
            Seat.id,
            Seat.clinic_day_id,
            Seat.interval,
            Seat.starts_at,
            Seat.ends_at,
            or_(Seat.extra, Seat.withdrawn).label("kept"),
            Appointment.status,
        )
        .join(ClinicDay, ClinicDay.id == Seat.clinic_day_id)
        .join(Provider, Provider.id == ClinicDay.provider_id)
        .outerjoin(Appointment, holder)
        .where(*wanted)
        .order_by(Seat.starts_at, Seat.number, Seat.id)
    )
    for identifier, day_id, interval, starts_at, ends_at, kept, status in rows:
        found = days.get(day_id)
        if found is None:
            continue
        if status is not None:
            # Who did not come is not in anybody's way.
            if status != "no_show":
                found.booked[interval] = found.booked.get(interval, 0) + 1
        elif not kept and starts_at > now:
            found.free.append(FreeSeat(identifier, interval, starts_at, ends_at))
    return list(days.values())


def busy_times(
    session: Session,
    patient_ids: Sequence[UUID],
    now: datetime,
    but: UUID | None = None,
) -> dict[UUID, list[tuple[datetime, datetime]]]:
    """Return from when until when patients are expected somewhere, from now on.

    Parameters
    ----------
    but
        An appointment that does not count, because it would be moved.
    """
    found: dict[UUID, list[tuple[datetime, datetime]]] = {}
    rows = session.execute(
        select(
            Appointment.id, Appointment.patient_id, Appointment.starts_at, Appointment.ends_at
        ).where(
            Appointment.patient_id.in_(patient_ids),
            Appointment.status.in_(BUSY),
            Appointment.ends_at > now,
            or_(Appointment.status != "held", Appointment.held_until > now),
        )
    )
    for identifier, patient_id, starts_at, ends_at in rows:
        if identifier != but and starts_at is not None and ends_at is not None:
            found.setdefault(patient_id, []).append((starts_at, ends_at))
    return found


def overlaps(
    starts_at: datetime, ends_at: datetime, busy: Sequence[tuple[datetime, datetime]]
) -> bool:
    """Return whether a time overlaps one of some others."""
    return any(starts_at < until and since < ends_at for since, until in busy)
