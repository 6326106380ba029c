"""When providers hold clinic: rules and exceptions as blocks of time on dates.

A block begins by the practice's wall clock and lasts its minutes, whatever the clocks do meanwhile.
Where a provider is away there is no block, neither by a rule nor an extra one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from serve.booking.recurrence import recurrence_of
from serve.clock import at_wall_clock, day_bounds, wall_clock
from serve.models import AvailabilityException, AvailabilityRule

#: A block, or what an exception takes away, may reach into the next date, and that into one more.
REACH = timedelta(days=2)

Span = tuple[datetime, datetime]
Stored = tuple[list[AvailabilityRule], list[AvailabilityException]]


@dataclass(frozen=True)
class Block:
    """A time at which a provider holds a session of a type of visit.

    Attributes
    ----------
    day
        The date on which it begins by the practice's wall clock.
    template_id
        What its rule fills it with; None for the default rule of the type of visit.
    """

    provider_id: UUID
    visit_type_id: UUID
    location_id: UUID
    room_id: UUID | None
    template_id: UUID | None
    day: date
    starts_at: datetime
    ends_at: datetime

    @property
    def minutes(self) -> float:
        """How long it is."""
        return (self.ends_at - self.starts_at) / timedelta(minutes=1)


def stored(session: Session, provider_ids: Sequence[UUID], first: date, last: date) -> Stored:
    """Return the rules and exceptions of providers that matter from one date to another."""
    rules = session.scalars(
        select(AvailabilityRule).where(
            AvailabilityRule.provider_id.in_(provider_ids),
            AvailabilityRule.first_date <= last,
            or_(AvailabilityRule.last_date.is_(None), AvailabilityRule.last_date >= first - REACH),
        )
    )
    exceptions = session.scalars(
        select(AvailabilityException).where(
            AvailabilityException.provider_id.in_(provider_ids),
            AvailabilityException.day.between(first - REACH, last + REACH),
        )
    )
    return list(rules), list(exceptions)


def blocks_of(
    rules: Iterable[AvailabilityRule],
    exceptions: Iterable[AvailabilityException],
    first: date,
    last: date,
    zone: str,
) -> list[Block]:
    """Return the blocks that begin from one date to another on a practice's clock, in order."""
    exceptions = list(exceptions)
    # One that begins the day before may be cut so that the rest begins on the first date.
    start = first - timedelta(days=1)
    whole = [block for rule in rules for block in _of_rule(rule, start, last, zone)]
    whole += [
        _extra(one, zone) for one in exceptions if one.kind == "extra" and start <= one.day <= last
    ]
    pieces = [piece for block in whole for piece in _cut(block, exceptions, zone)]
    found = {piece for piece in pieces if first <= piece.day <= last}
    return sorted(found, key=lambda one: (one.starts_at, one.provider_id, one.ends_at, str(one)))


def _of_rule(rule: AvailabilityRule, start: date, last: date, zone: str) -> list[Block]:
    end = last if rule.last_date is None else min(last, rule.last_date)
    days = recurrence_of(rule.recurrence).dates(rule.first_date, start, end)
    return [
        Block(
            rule.provider_id,
            rule.visit_type_id,
            rule.location_id,
            rule.room_id,
            rule.template_id,
            day,
            *_span(day, rule.starts, rule.minutes, zone),
        )
        for day in days
    ]


def _extra(one: AvailabilityException, zone: str) -> Block:
    if one.visit_type_id is None or one.location_id is None:
        raise AssertionError("the database has no extra block without them")
    return Block(
        one.provider_id,
        one.visit_type_id,
        one.location_id,
        one.room_id,
        None,
        one.day,
        *_exception_span(one, zone),
    )


def _cut(block: Block, exceptions: Iterable[AvailabilityException], zone: str) -> list[Block]:
    """Return what is left of a block where its provider is there."""
    pieces: list[Span] = [(block.starts_at, block.ends_at)]
    for one in exceptions:
        if one.kind != "away" or one.provider_id != block.provider_id:
            continue
        if one.starts is None and one.day == block.day:
            return []
        leaves, comes = _exception_span(one, zone)
        pieces = [
            piece
            for begins, ends in pieces
            for piece in ((begins, min(ends, leaves)), (max(begins, comes), ends))
            if piece[0] < piece[1]
        ]
    return [
        replace(block, day=wall_clock(begins, zone).date(), starts_at=begins, ends_at=ends)
        for begins, ends in pieces
    ]


def _exception_span(one: AvailabilityException, zone: str) -> Span:
    if one.starts is None or one.minutes is None:
        return day_bounds(one.day, one.day, zone)
    return _span(one.day, one.starts, one.minutes, zone)


def _span(day: date, clock: time, minutes: int, zone: str) -> Span:
    begins = at_wall_clock(day, clock, zone)
    return begins, begins + timedelta(minutes=minutes)
