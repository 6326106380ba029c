"""Seats of a clinic day made to follow a schedule, while nobody who has one loses it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.booking.filling import Filling
from serve.booking.pinning import free_places
from serve.errors import Conflict
from serve.models import Appointment, ClinicDay, Offer, Seat
from serve.models.appointment import HOLDING

#: Where seats are numbered while their numbers are given anew, beyond all that are in use.
ASIDE = 1_000_000


def seat_at(day: ClinicDay, filling: Filling, minutes: int, interval: int, number: int) -> Seat:
    """Return a new seat of a clinic day, for appointments of some minutes."""
    starts_at = _start(day, filling, interval)
    return Seat(
        clinic_day_id=day.id,
        interval=interval,
        number=number,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
    )


def locked_seats(session: Session, day: ClinicDay) -> list[Seat]:
    """Return the seats of a clinic day, which nobody books before the transaction ends.

    An appointment that is being made refers to its seat: it is either waited for here, and seen
    afterwards, or waits itself for what becomes of the seat.
    """
    return list(
        session.scalars(
            select(Seat)
            .where(Seat.clinic_day_id == day.id)
            .order_by(Seat.interval, Seat.number)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def taken(session: Session, seats: Iterable[Seat]) -> list[Seat]:
    """Return the seats that somebody has."""
    seats = list(seats)
    query = select(Appointment.seat_id).where(
        Appointment.seat_id.in_([seat.id for seat in seats]), Appointment.status.in_(HOLDING)
    )
    holders = set(session.scalars(query))
    return [seat for seat in seats if seat.id in holders]


def refill(
    session: Session,
    day: ClinicDay,
    filling: Filling,
    minutes: int,
    seats: Sequence[Seat],
    pinned: Sequence[Seat],
) -> bool:
    """Let the seats of a clinic day follow a schedule, and return whether that changed any.

    Parameters
    ----------
    minutes
        How long an appointment is.
    seats, pinned
        All seats of the day, locked, and those that somebody has. These, and the extra ones of
        the staff, stay; extra ones count for nothing in the schedule.

    Raises
    ------
    Conflict
        If somebody has a seat after the end of the session.
    """
    places = {seat.id: _place(day, filling, seat.starts_at) for seat in seats}
    held = {seat.id for seat in pinned}
    if any(places[seat.id] >= len(filling.schedule) for seat in pinned):
        raise Conflict("An appointment is after the end of the new session.", "appointments_after")
    wanted = free_places(filling.schedule, [places[seat.id] for seat in pinned if not seat.extra])
    length = timedelta(minutes=minutes)
    changed, unwanted = False, []
    # A seat that can be booked is kept before one that was withdrawn is given back.
    for seat in sorted(seats, key=lambda one: (one.withdrawn, one.interval, one.number)):
        place = places[seat.id]
        if seat.id in held or seat.extra:
            continue
        there = place < len(wanted) and seat.starts_at == _start(day, filling, place)
        if not there or wanted[place] == 0:
            unwanted.append(seat)
            continue
        wanted[place] -= 1
        changed |= seat.withdrawn or seat.ends_at != seat.starts_at + length
        seat.withdrawn, seat.ends_at = False, seat.starts_at + length
    gone = _take_away(session, unwanted)
    kept = [seat for seat in seats if seat not in gone]
    changed |= bool(gone) or any(session.is_modified(seat) for seat in unwanted if seat in kept)
    changed |= _number(session, kept, places, len(filling.schedule))
    used = {(seat.interval, seat.number) for seat in kept}
    for interval, count in enumerate(wanted):
        free = (number for number in range(ASIDE) if (interval, number) not in used)
        for _ in range(count):
            session.add(seat_at(day, filling, minutes, interval, next(free)))
            changed = True
    session.flush()
    return changed


def _start(day: ClinicDay, filling: Filling, interval: int) -> datetime:
    return day.starts_at + timedelta(minutes=interval * filling.interval_minutes)


def _place(day: ClinicDay, filling: Filling, moment: datetime) -> int:
    """Return the interval of a schedule that a moment is in."""
    after = (moment - day.starts_at) / timedelta(minutes=filling.interval_minutes)
    # A start of an interval belongs to it, whatever the rounding.
    return int(after + 1e-6)


def _take_away(session: Session, seats: Sequence[Seat]) -> list[Seat]:
    """Delete seats that nobody ever had, withdraw the others; return the deleted ones."""
    identifiers = [seat.id for seat in seats]
    used = set(
        session.scalars(select(Appointment.seat_id).where(Appointment.seat_id.in_(identifiers)))
    )
    used |= set(session.scalars(select(Offer.seat_id).where(Offer.seat_id.in_(identifiers))))
    gone = [seat for seat in seats if seat.id not in used]
    for seat in seats:
        if seat.id in used:
            seat.withdrawn = True
    for seat in gone:
        session.delete(seat)
    return gone


def _number(
    session: Session, seats: Sequence[Seat], places: dict[UUID, int], intervals: int
) -> bool:
    """Give seats the intervals of a new grid, and return whether any got another one."""
    intended = {seat.id: min(places[seat.id], intervals - 1) for seat in seats}
    moved = any(seat.interval != intended[seat.id] for seat in seats)
    if moved:
        for number, seat in enumerate(seats):
            seat.number = ASIDE + number
        session.flush()
        numbers: Counter[int] = Counter()
        for seat in seats:
            seat.interval = intended[seat.id]
            seat.number = numbers[seat.interval]
            numbers[seat.interval] += 1
    session.flush()
    return moved
