"""Sessions that are over, held again under another template."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest

from objective import Weights
from serve.figures.days import Day, Visit
from serve.figures.replaying import AS_BOOKED, TEMPLATE, replayed, template_times

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
WEIGHTS = Weights(waiting=1.0, idle=0.0, tardiness=1.0)


def visit(
    told: float, took: float | None, status: str = "completed", walk_in: bool = False
) -> Visit:
    """Return a visit at so many minutes that took so many; None for one that nobody ended."""
    starts = START + timedelta(minutes=told)
    ended = None if took is None else starts + timedelta(minutes=took)
    return Visit(0, status, walk_in, START, starts, starts, starts, ended)


def day(*visits: Visit) -> Day:
    """Return a session of an hour."""
    return Day(uuid4(), date(2026, 3, 2), START, START + timedelta(hours=1), {}, list(visits))


def test_the_same_times_come_to_the_same():
    """By hand: 15 minutes each, told ten minutes apart, wait 0, 5 and 10 minutes."""
    held = day(visit(0, 15), visit(10, 15), visit(20, 15))
    found = replayed([held, held], [1, 0, 1, 0, 1, 0], 5.0, WEIGHTS)
    assert found is not None
    for name in (AS_BOOKED, TEMPLATE):
        assert found.measured[name]["waiting"] == pytest.approx([5.0, 5.0])
        assert found.measured[name]["tardiness"] == pytest.approx([0.0, 0.0])
    assert found.difference(TEMPLATE, AS_BOOKED, "waiting").mean == 0


def test_all_at_once_wait_for_each_other():
    """0, 15 and 30 minutes; a no-show and a walk-in change nothing."""
    missed = visit(30, None, "no_show")
    held = day(visit(0, 15), visit(15, 15), visit(30, 15), missed, visit(40, 9, walk_in=True))
    found = replayed([held, held], [4] + [0] * 11, 5.0, WEIGHTS)
    assert found is not None
    assert found.measured[AS_BOOKED]["waiting"] == pytest.approx([0.0, 0.0])
    assert found.measured[TEMPLATE]["waiting"] == pytest.approx([15.0, 15.0])


def test_what_was_not_recorded_is_left_out():
    """An end that nobody noted, too few patients, too few sessions."""
    good, open_end = day(visit(0, 15), visit(15, 15)), day(visit(0, 15), visit(15, None))
    for days in ([open_end, good], [day(visit(0, 15)), good], [good], []):
        assert replayed(days, [1, 1], 15.0, WEIGHTS) is None
    assert replayed([good, good], [1, 1], 15.0, WEIGHTS) is not None


@pytest.mark.parametrize(
    ("patients", "times"),
    [(2, [0, 0]), (3, [0, 0, 10]), (5, [0, 0, 10, 10, 10])],
)
def test_fewer_are_the_first_ones_and_more_come_last(patients: int, times: list[float]):
    """Of a template with two at the start and one after ten minutes."""
    assert template_times([2, 0, 1, 0], 5.0, patients).tolist() == times
    assert template_times([2, 0, 1, 0], 5.0, patients).dtype == np.float64
