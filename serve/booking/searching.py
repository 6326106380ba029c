"""Free seats for a patient, in the order in which to offer them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from opt.recommend import OpenSession, RankedSeat, Request, recommend
from serve.booking.free_seats import FreeSeat, SeatsOfDay, busy_times, overlaps, seats_of_days
from serve.booking.objectives import objective_of
from serve.booking.who import Who
from serve.clock import day_bounds, wall_clock
from serve.models import ClinicDay, Practice, Preference, VisitType

Order = Literal["recommended", "earliest"]


@dataclass(frozen=True)
class Wish:
    """What somebody looks for.

    Attributes
    ----------
    first, last
        Dates on the practice's wall clock.
    provider_id
        With whom only; None for anybody.
    patient_id
        For whom; None for somebody who is not known yet.
    moving
        An appointment of the patient that would be moved, and so is in nobody's way.
    providers, weekdays, times
        What is preferred; None for what the patient always prefers.
    urgency
        How much each day of waiting counts, as a multiple.
    only
        Whether a seat that does not meet every preference is left out.
    """

    first: date
    last: date
    provider_id: UUID | None = None
    patient_id: UUID | None = None
    moving: UUID | None = None
    providers: tuple[UUID, ...] | None = None
    weekdays: tuple[str, ...] | None = None
    times: tuple[tuple[time, time], ...] | None = None
    urgency: float = 1.0
    only: bool = False


@dataclass(frozen=True)
class FoundSeat:
    """A free seat, its rank from 1 in the recommended order, and what it means to everybody."""

    rank: int
    seat: FreeSeat
    day: ClinicDay
    ranked: RankedSeat


def search_seats(
    session: Session,
    practice: Practice,
    visit_type: VisitType,
    wish: Wish,
    now: datetime,
    who: Who,
    order: Order = "recommended",
    limit: int = 20,
    per_day: int | None = None,
) -> list[FoundSeat]:
    """Return free seats that a patient can take, one for each time of each session.

    Parameters
    ----------
    order
        The least cost first, or the earliest.
    limit, per_day
        Most seats in all, and most of one date; None for any number of that.

    Raises
    ------
    InvalidInput
        If a preference cannot be used.
    """
    if not visit_type.active:
        return []
    days = seats_of_days(
        session, practice.id, visit_type.id, wish.first, wish.last, now, wish.provider_id
    )
    busy: Sequence[tuple[datetime, datetime]] = ()
    if wish.patient_id is not None:
        known = busy_times(session, [wish.patient_id], now, wish.moving)
        busy = known.get(wish.patient_id, ())
    soonest = now
    if not who.staff:
        soonest += timedelta(minutes=visit_type.book_notice_minutes)
    places: dict[tuple[str, int], tuple[ClinicDay, FreeSeat]] = {}
    sessions = []
    for one in days:
        # Of seats at the same time in one session it does not matter which.
        seats: dict[int, FreeSeat] = {}
        for seat in one.free:
            if seat.starts_at >= soonest and not overlaps(seat.starts_at, seat.ends_at, busy):
                seats.setdefault(seat.interval, seat)
        if seats:
            sessions.append(_open_session(one, list(seats), practice.zone))
            places |= {(str(one.day.id), at): (one.day, seat) for at, seat in seats.items()}
    if not sessions:
        return []
    ranked = recommend(_request(session, practice.zone, wish, now), sessions).seats
    found = []
    for rank, one_ranked in enumerate(ranked, start=1):
        if wish.only and one_ranked.unmet:
            continue
        day, seat = places[one_ranked.session, one_ranked.interval]
        found.append(FoundSeat(rank, seat, day, one_ranked))
    if order == "earliest":
        found.sort(key=lambda one: (one.seat.starts_at, one.rank))
    if per_day is not None:
        found = _fewer_per_day(found, per_day)
    return found[:limit]


def _fewer_per_day(found: Sequence[FoundSeat], most: int) -> list[FoundSeat]:
    """Return the first seats of each date, in their order."""
    count: Counter[date] = Counter()
    kept = []
    for one in found:
        count[one.day.day] += 1
        if count[one.day.day] <= most:
            kept.append(one)
    return kept


def _open_session(one: SeatsOfDay, intervals: Sequence[int], zone: str) -> OpenSession:
    objective = objective_of(one.day.objective)
    last = objective.session.intervals
    return OpenSession(
        name=str(one.day.id),
        objective=objective,
        booked=[one.booked.get(interval, 0) for interval in range(last)],
        open=[interval for interval in intervals if interval < last],
        provider=str(one.day.provider_id),
        starts=wall_clock(one.day.starts_at, zone),
    )


def _request(session: Session, zone: str, wish: Wish, now: datetime) -> Request:
    stored = None
    if wish.patient_id is not None and None in (wish.providers, wish.weekdays, wish.times):
        stored = session.scalar(select(Preference).where(Preference.patient_id == wish.patient_id))
    providers = wish.providers
    if providers is None:
        providers = tuple(stored.providers) if stored else ()
    weekdays = wish.weekdays
    if weekdays is None:
        weekdays = tuple(stored.weekdays) if stored else ()
    times = wish.times
    if times is None:
        pairs = stored.times if stored else []
        times = tuple((time.fromisoformat(low), time.fromisoformat(high)) for low, high in pairs)
    begins, ends = day_bounds(wish.first, wish.last, zone)
    return Request(
        earliest=wall_clock(max(begins, now), zone),
        latest=wall_clock(max(ends, now), zone),
        providers=tuple(str(one) for one in providers),
        weekdays=weekdays,
        times=times,
        urgency=wish.urgency,
    )
