"""Clinic days published: for each block of availability a session with its seats."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from objective import InvalidInput
from serve.booking.availability import Block, blocks_of, stored
from serve.booking.equipment import check_equipment
from serve.booking.filling import Filling, filling_of
from serve.booking.refilling import locked_seats, refill, seat_at, taken
from serve.clock import wall_clock
from serve.database import conflict_of, lock
from serve.errors import Conflict
from serve.events.announce import announce
from serve.models import ClinicDay, Practice, Provider, Template, VisitType

#: How many days ahead, and how many dates at once, can be published.
LONGEST = 370
#: How many sessions at once.
MOST_SESSIONS = 1_000

Done = Literal["published", "changed", "unchanged", "left_out"]


@dataclass(frozen=True)
class Outcome:
    """What was done for a block.

    Attributes
    ----------
    starts_at
        When the block begins; None for a date without one.
    reason, detail
        Why it was left out: a word for programs, and a sentence.
    clinic_day_id
        The session, unless it was left out.
    """

    provider_id: UUID
    day: date
    done: Done
    starts_at: datetime | None = None
    clinic_day_id: UUID | None = None
    reason: str | None = None
    detail: str | None = None


@dataclass(frozen=True)
class Publication:
    """What is to be published.

    Attributes
    ----------
    template
        What fills every block; None for the template of the block's rule, and where it has none
        the default rule of the type of visit.
    provider_id
        With whom; None for all who work and have blocks of the type of visit.
    first, last
        From which date to which, on the practice's clock.
    """

    practice: Practice
    visit_type: VisitType
    template: Template | None
    provider_id: UUID | None
    first: date
    last: date


def publish(session: Session, asked: Publication, now: datetime) -> list[Outcome]:
    """Make or change the sessions of all blocks, and return what was done for each in order.

    What keeps one block from being published does not keep the others. Doing it again changes
    nothing. On a session that is there already, whoever has a seat keeps it.

    Raises
    ------
    InvalidInput
        If the dates are past, too many or too far ahead.
    Conflict
        If the type of visit is not offered any more.
    """
    _check_dates(asked, now)
    if not asked.visit_type.active:
        raise Conflict("The type of visit is not offered any more.", "visit_type_inactive")
    providers = {one.id: one for one in _locked_providers(session, asked)}
    held = stored(session, list(providers), asked.first, asked.last)
    blocks = [
        block
        for block in blocks_of(*held, asked.first, asked.last, asked.practice.zone)
        if block.visit_type_id == asked.visit_type.id
    ]
    if len(blocks) > MOST_SESSIONS:
        raise InvalidInput(
            "last", len(blocks), f"earlier: at most {MOST_SESSIONS} sessions at once"
        )
    outcomes = [
        _published(session, asked, block, providers[block.provider_id], now) for block in blocks
    ]
    outcomes += _without_block(asked, {block.day for block in blocks})
    return sorted(outcomes, key=lambda one: (one.day, one.starts_at or now, one.provider_id))


def _check_dates(asked: Publication, now: datetime) -> None:
    today = wall_clock(now, asked.practice.zone).date()
    if asked.first < today:
        raise InvalidInput("first", asked.first, "today or later")
    if not 0 <= (asked.last - asked.first).days < LONGEST:
        allowed = f"a date from the first on, within {LONGEST} days"
        raise InvalidInput("last", asked.last, allowed)
    if (asked.last - today).days > LONGEST:
        raise InvalidInput("last", asked.last, f"at most {LONGEST} days ahead")


def _locked_providers(session: Session, asked: Publication) -> list[Provider]:
    """Return the providers; whoever else publishes their sessions waits."""
    identifiers: Sequence[UUID]
    if asked.provider_id is not None:
        identifiers = [asked.provider_id]
    else:
        identifiers = session.scalars(
            select(Provider.id).where(
                Provider.practice_id == asked.practice.id, Provider.active.is_(True)
            )
        ).all()
    # In one order for all, so that two never wait for each other.
    found = [lock(session, Provider, identifier) for identifier in sorted(identifiers)]
    return [provider for provider in found if provider is not None]


def _without_block(asked: Publication, days: set[date]) -> Iterator[Outcome]:
    """Yield the dates on which the provider that is named has no block."""
    if asked.provider_id is None:
        return
    for number in range((asked.last - asked.first).days + 1):
        day = asked.first + timedelta(days=number)
        if day not in days:
            detail = "The provider holds no clinic for this type of visit on that date."
            yield Outcome(
                asked.provider_id, day, "left_out", reason="no_availability", detail=detail
            )


def _published(
    session: Session, asked: Publication, block: Block, provider: Provider, now: datetime
) -> Outcome:
    """Publish one block, or tell why it was left out."""
    try:
        if not provider.active:
            raise Conflict("The provider does not work here any more.", "provider_inactive")
        if block.starts_at <= now:
            raise Conflict("The session has begun.", "begun")
        template = asked.template
        if template is None and block.template_id is not None:
            template = session.get(Template, block.template_id)
        filling = filling_of(template, asked.visit_type, block.minutes)
        with session.begin_nested():
            day, done = _fill(session, asked, block, filling)
            if done != "unchanged":
                _tell(session, day, done, now)
    except IntegrityError as error:
        broken = conflict_of(error)
    except Conflict as error:
        broken = error
    else:
        return Outcome(block.provider_id, block.day, done, block.starts_at, day.id)
    return Outcome(
        block.provider_id, block.day, "left_out", block.starts_at, None, broken.reason, str(broken)
    )


def _fill(
    session: Session, asked: Publication, block: Block, filling: Filling
) -> tuple[ClinicDay, Done]:
    day = session.scalar(
        select(ClinicDay)
        .where(ClinicDay.provider_id == block.provider_id, ClinicDay.starts_at == block.starts_at)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    minutes = asked.visit_type.minutes
    ends_at = block.starts_at + timedelta(minutes=filling.minutes)
    known = None if day is None else day.id
    check_equipment(session, asked.visit_type, block.starts_at, ends_at, known)
    if day is None:
        day = ClinicDay(
            practice_id=asked.practice.id,
            provider_id=block.provider_id,
            visit_type_id=block.visit_type_id,
            day=block.day,
            starts_at=block.starts_at,
        )
        _give(day, block, filling)
        session.add(day)
        session.flush()
        session.add_all(
            seat_at(day, filling, minutes, interval, number)
            for interval, count in enumerate(filling.schedule)
            for number in range(count)
        )
        session.flush()
        return day, "published"
    if day.visit_type_id != block.visit_type_id:
        detail = "There is a session of another type of visit at that time."
        raise Conflict(detail, "other_visit_type")
    seats = locked_seats(session, day)
    pinned = taken(session, seats)
    if pinned and day.location_id != block.location_id:
        raise Conflict("Appointments are booked at another location.", "appointments_elsewhere")
    _give(day, block, filling)
    changed = session.is_modified(day)
    changed |= refill(session, day, filling, minutes, seats, pinned)
    return day, "changed" if changed else "unchanged"


def _give(day: ClinicDay, block: Block, filling: Filling) -> None:
    """Give a clinic day what its block and filling say, where that is something else."""
    values = {
        "location_id": block.location_id,
        "room_id": block.room_id,
        "template_id": filling.template_id,
        "rule": filling.rule,
        "ends_at": block.starts_at + timedelta(minutes=filling.minutes),
        "interval_minutes": filling.interval_minutes,
        "objective": filling.objective,
    }
    for name, value in values.items():
        if getattr(day, name) != value:
            setattr(day, name, value)


def _tell(session: Session, day: ClinicDay, done: Done, now: datetime) -> None:
    details = {"day": day.day.isoformat(), "provider_id": str(day.provider_id)}
    announce(session, day.practice_id, f"clinic_day.{done}", day.id, now, details, about=day)
