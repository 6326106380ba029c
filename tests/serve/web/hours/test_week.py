"""A week as a grid of hours and days."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
from flask import Flask, g

from serve.web.hours.week import MIDNIGHT, SHORTEST, grid_of

MONDAY = date(2026, 3, 2)


@dataclass
class Block:
    """What is held when."""

    day: date
    starts_at: datetime
    ends_at: datetime


def block(day: int, begins: tuple[int, int], ends: tuple[int, int], later: int = 0) -> Block:
    """Return a block of a date in March 2026, by the clock of a practice in UTC."""
    return Block(
        date(2026, 3, day),
        datetime(2026, 3, day, *begins, tzinfo=UTC),
        datetime(2026, 3, day + later, *ends, tzinfo=UTC),
    )


@pytest.fixture(autouse=True)
def practice_clock():
    """A practice whose clock is UTC."""
    with Flask("clock").app_context():
        g.zone = "UTC"
        yield


def test_blocks_are_placed_by_the_clock():
    """From the first full hour in which anything begins."""
    grid = grid_of(MONDAY, [block(2, (9, 30), (12, 0)), block(4, (8, 15), (17, 10))])
    assert (grid.first, grid.last) == (8, 18)
    days = dict(grid.days)
    (monday,) = days[date(2026, 3, 2)]
    assert (monday.top, monday.height) == (90, 150)
    (wednesday,) = days[date(2026, 3, 4)]
    assert (wednesday.top, wednesday.height) == (15, 535)


def test_a_weekend_is_shown_if_anything_is_held_there():
    """Else the week has five days."""
    assert len(grid_of(MONDAY, []).days) == 5
    assert [day.weekday() for day, _ in grid_of(MONDAY, [block(8, (9, 0), (10, 0))]).days] == [
        0, 1, 2, 3, 4, 6,
    ]  # fmt: skip


def test_a_session_over_midnight_goes_to_the_end_of_its_day():
    """And not backwards."""
    grid = grid_of(MONDAY, [block(6, (22, 0), (1, 0), later=1)])
    assert (grid.first, grid.last) == (22, 24)
    assert dict(grid.days)[date(2026, 3, 6)][0].height == MIDNIGHT - 22 * 60


def test_the_shortest_block_can_still_be_read():
    """Its words need some height."""
    grid = grid_of(MONDAY, [block(3, (9, 0), (9, 5))])
    assert dict(grid.days)[date(2026, 3, 3)][0].height == SHORTEST
