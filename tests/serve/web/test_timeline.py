"""The geometry of a session's timeline."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import uuid4

import pytest

from serve.live.expectation import Expectation, ExpectedCall
from serve.models import Appointment, Patient
from serve.web.day_list import Row
from serve.web.timeline import LANES, MINUTE, Timeline, timeline_of

START = datetime(2026, 3, 4, 8, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    """Return the moment so many minutes after the session's start."""
    return START + timedelta(minutes=minutes)


def session(finish: float = 190, state: str = "running") -> Expectation:
    """Return a session of three hours that is expected to end at a minute."""
    return Expectation(
        clinic_day_id=uuid4(), provider_id=uuid4(), clinic_day_version=1, state=state,
        at=at(60), starts_at=START, ends_at=at(180), away_until=None, current_id=None,
        current_since=None, finish_at=at(finish), finish_earliest_at=at(finish - 10),
        finish_latest_at=at(finish + 20), overtime_probability=0.5, expected_overtime=8.0,
    )  # fmt: skip


def row(planned: float, status: str, begins: float = 0, ends: float = 0) -> Row:
    """Return a visit with what happened to it, or within which minutes it is expected."""
    visit = Appointment(id=uuid4(), status=status, starts_at=at(planned), ends_at=at(planned + 10))
    expected = None
    if status in ("completed", "in_consultation"):
        visit.started_at = at(begins)
        visit.ended_at = at(ends) if status == "completed" else None
    elif status in ("booked", "arrived"):
        expected = ExpectedCall(
            visit.id, uuid4(), status, False, at(planned), None,
            at((begins + ends) / 2), at(begins), at(ends), 0,
        )  # fmt: skip
    return Row(visit, Patient(name="Ada"), expected, None, "")


def minutes_between(line: Timeline, low: float, high: float) -> float:
    """Return how many minutes are between two places."""
    return (high - low) / MINUTE


def test_bars_are_as_long_as_what_they_stand_for():
    """Consultations from start to end, or until now; bands from the earliest to the latest."""
    rows = [
        row(0, "completed", 2, 17),
        row(15, "in_consultation", 17),
        row(30, "arrived", 62, 75),
        row(45, "booked", 70, 95),
        row(20, "no_show"),
        row(60, "cancelled_by_patient"),
    ]
    line = timeline_of(session(), rows, at(60))
    told = {bar.kind: bar for bar in line.bars}
    assert list(told) == ["done", "running", "missing", "waiting", "expected"]
    lengths = {"done": 15, "running": 43, "missing": 10, "waiting": 13, "expected": 25}
    for kind, length in lengths.items():
        assert told[kind].width == pytest.approx(MINUTE * length, abs=0.2), kind
    assert minutes_between(line, line.begins, told["done"].x) == pytest.approx(2, abs=0.1)
    assert minutes_between(line, line.begins, told["done"].planned) == pytest.approx(0, abs=0.1)
    mark = told["expected"].mark
    assert mark is not None
    assert minutes_between(line, told["expected"].x, mark) == pytest.approx(12.5, abs=0.1)


def test_visits_that_overlap_are_in_lanes_of_their_own():
    """As far as there are lanes."""
    rows = [row(10 * one, "booked", 10 * one, 10 * one + 30) for one in range(12)]
    line = timeline_of(session(), rows, at(0))
    assert 1 < len({bar.lane for bar in line.bars}) <= LANES
    for lane in range(LANES):
        inside = sorted((bar for bar in line.bars if bar.lane == lane), key=lambda bar: bar.x)
        for one, following in pairwise(inside):
            assert one.x + one.width <= following.x
    assert line.height == pytest.approx(max(bar.y for bar in line.bars) + 26)


def test_the_drawing_reaches_as_far_as_the_session_may():
    """Its latest end and everything that was is on it; now only while it is on the line."""
    late = timeline_of(session(finish=300), [row(0, "completed", -25, 0)], at(60))
    assert late.finish is not None
    assert late.finish[0] < late.finish[1] < late.finish[2] < late.width
    assert late.ends < late.finish[0]
    assert late.bars[0].x > 0
    assert late.now is not None
    assert late.marks[0][1] <= at(-25)
    assert all(moment.minute in (0, 30) for _, moment in late.marks)
    assert timeline_of(session(), [], at(-200)).now is None


def test_a_session_that_is_over_expects_no_end():
    """Nothing is drawn of it."""
    assert timeline_of(session(state="over"), [], at(200)).finish is None
    assert timeline_of(replace(session(), state="ahead"), [], at(0)).finish is not None
