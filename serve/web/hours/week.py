"""A provider's week: what is held when, and the rules and exceptions that make it."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from serve.api.availability import get_exceptions, get_rules
from serve.api.availability_fields import ListIn
from serve.api.availability_preview import BlocksIn, get_availability
from serve.api.call import Call
from serve.api.fields import Day, Sent
from serve.models import Provider
from serve.web.forms import read
from serve.web.hours.blueprint import pages
from serve.web.hours.words import in_words
from serve.web.names import everything, locations_of, visit_types_of
from serve.web.page import shows
from serve.web.rendering import render
from serve.web.times import clock, on_wall

#: Minutes of a day, and the least that a block is drawn as, so that its words are read.
MIDNIGHT, SHORTEST = 24 * 60, 15


class WeekIn(Sent):
    """Which week: any of its days."""

    day: Day | None = None


@dataclass(frozen=True)
class Placed:
    """A block on the grid of a week; places in minutes from the first hour that is shown."""

    block: Any
    top: int
    height: int


@dataclass(frozen=True)
class Grid:
    """A week as a drawing: hours down, days across.

    Attributes
    ----------
    first, last
        The first and the last full hour.
    days
        Each date of the week with its blocks.
    """

    first: int
    last: int
    days: list[tuple[date, list[Placed]]]


def grid_of(monday: date, blocks: list[Any]) -> Grid:
    """Return the grid of a week."""

    def span(block: Any) -> tuple[int, int]:
        """Return the minutes of its day in which a block begins and ends."""
        hours, minutes = map(int, clock(block.starts_at).split(":"))
        begins = 60 * hours + minutes
        if on_wall(block.ends_at) > on_wall(block.starts_at):
            # A session over midnight goes to the end of its day.
            return begins, MIDNIGHT
        hours, minutes = map(int, clock(block.ends_at).split(":"))
        return begins, 60 * hours + minutes

    spans = [span(one) for one in blocks]
    begins = min((low // 60 for low, high in spans), default=8)
    ends = max((-(-high // 60) for low, high in spans), default=17)
    days = []
    for offset in range(7):
        day = monday + timedelta(days=offset)
        placed = [
            Placed(one, low - 60 * begins, max(SHORTEST, high - low))
            for one, (low, high) in zip(blocks, spans, strict=True)
            if one.day == day
        ]
        if placed or offset < 5:
            days.append((day, placed))
    return Grid(begins, ends, days)


@shows(pages, "/<uuid:provider_id>", "availability.read")
def hours(call: Call, provider_id: UUID) -> str:
    """Show a provider's week."""
    provider = call.find(Provider, provider_id)
    asked = read(WeekIn)
    day = asked.day or on_wall(call.now)
    monday = day - timedelta(days=day.weekday())
    window = BlocksIn(provider_id=provider_id, first=monday, last=monday + timedelta(days=6))
    found = get_availability(call, window)
    of_provider = ListIn(provider_id=provider_id)
    today = on_wall(call.now)
    rules = [
        one
        for one in everything(get_rules, call, of_provider)
        if one.last_date is None or one.last_date >= today
    ]
    exceptions = everything(get_exceptions, call, of_provider)
    return render(
        "hours/week.html",
        provider=provider,
        monday=monday,
        week=timedelta(days=7),
        grid=grid_of(monday, found["blocks"]),
        outside=found["appointments_outside"],
        rules=[
            (one, in_words(one)) for one in rules if not one.last_date or one.last_date >= today
        ],
        exceptions=[one for one in exceptions if one.day >= today],
        visit_types=visit_types_of(call),
        locations=locations_of(call),
    )
