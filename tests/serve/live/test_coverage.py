"""Whether consultations begin within the intervals that were told: days played through the API."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from objective import ServiceTime
from tests.serve.conftest import Client, HandClock
from tests.serve.live.conftest import MINUTE, START, Running

#: A clinic in which somebody nearly always waits. Where patients are often called at the very
#: moment of their appointment that moment alone has more than the 10 % that the interval leaves
#: out before it: such an interval holds up to 90 %.
SCHEDULE = (5, 1, 1, 1, 1, 0, 0, 0)
LAW = {"law": "gamma", "mean": 11.0, "cv": 0.5}
NO_SHOW = 0.1
#: Minutes of the session at which the desk asks.
ASKED = (-5.0, 17.3, 33.7, 52.1)
DAYS = 200
#: Moments are told to the second.
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Step:
    """What happens: ends before arrivals of the same moment, and these before starts."""

    minute: float
    order: int
    what: str
    rank: int = -1


def steps_of(random: np.random.Generator) -> tuple[list[Step], dict[int, float]]:
    """Draw a day: what happens in its order, and when each who comes is called."""
    times = [10.0 * interval for interval, count in enumerate(SCHEDULE) for _ in range(count)]
    lengths = ServiceTime.from_dict(LAW).sample((len(times),), random)
    steps = [Step(minute, 3, "ask") for minute in ASKED]
    free, starts = 0.0, {}
    for rank, (time, length) in enumerate(zip(times, lengths.tolist(), strict=True)):
        if random.random() < NO_SHOW:
            steps.append(Step(time, 1, "no-show", rank))
            continue
        starts[rank] = max(free, time)
        free = starts[rank] + length
        steps.append(Step(time, 1, "arrive", rank))
        steps += [Step(starts[rank], 2, "start", rank), Step(free, 0, "end", rank)]
    return sorted(steps, key=lambda one: (one.minute, one.order, one.rank)), starts


def play(
    running: Running, clock: HandClock, desk: Client, begins: datetime, random: np.random.Generator
) -> np.ndarray[Any, Any]:
    """Play a day; return for each start that was told whether it came earlier, and later."""
    day, booked = running.add_day(SCHEDULE, LAW, starts=begins, no_show=NO_SHOW)
    steps, starts = steps_of(random)
    versions = dict.fromkeys(booked, 1)
    ranks: dict[UUID, int] = {one: rank for rank, one in enumerate(booked)}
    found = []
    for step in steps:
        clock.moment = begins + step.minute * MINUTE
        if step.what == "ask":
            for call in desk.get(f"/clinic-days/{day}/live")["calls"]:
                called = starts.get(ranks[UUID(call["appointment_id"])])
                if called is not None:
                    moment = begins + called * MINUTE
                    earliest = datetime.fromisoformat(call["earliest_at"])
                    latest = datetime.fromisoformat(call["latest_at"])
                    found.append((moment < earliest - SECOND, moment > latest + SECOND))
            continue
        appointment = booked[step.rank]
        path = f"/appointments/{appointment}/{step.what}"
        versions[appointment] = desk.post(path, version=versions[appointment])["version"]
    return np.array(found, bool).reshape(-1, 2)


def share(hits: np.ndarray[Any, Any], counts: np.ndarray[Any, Any]) -> tuple[float, float]:
    """Return a share over all days and its standard error.

    What is told on one day hangs together, days do not: the error is that of a ratio of sums over
    independent days.
    """
    mean = hits.sum() / counts.sum()
    spread = np.sqrt(((hits - mean * counts) ** 2).sum() * len(counts) / (len(counts) - 1))
    return float(mean), float(spread / counts.sum())


@pytest.mark.nightly
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_four_consultations_in_five_begin_within_their_intervals(
    running: Running, clock: HandClock, as_role: Any
):
    """Asked before and at three moments of each of 200 days: between 75 and 85 %.

    The standard error is about 1.1 %: the share of an interval that truly holds 80 to 82 % is
    within these bounds but once in a hundred times, and one that held 70 or 90 % would hardly ever
    be. One in ten begins later than the latest moment told, within three standard errors, and no
    more than that earlier than the earliest.
    """
    random = np.random.default_rng(20260302)
    desk = as_role("front_desk")
    played = [
        play(running, clock, desk, START + timedelta(days=number), random) for number in range(DAYS)
    ]
    counts = np.array([len(one) for one in played])
    early, late = (np.array([one[:, side].sum() for one in played]) for side in (0, 1))
    held, error = share(counts - early - late, counts)
    after, after_error = share(late, counts)
    before, before_error = share(early, counts)
    print(
        f"{counts.sum()} starts told on {DAYS} days: {held:.3f} +- {error:.3f} within the interval,"
        f" {before:.3f} +- {before_error:.3f} before, {after:.3f} +- {after_error:.3f} after"
    )
    assert error < 0.02
    assert 0.75 <= held <= 0.85
    assert abs(after - 0.1) < 3 * after_error
    assert before < 0.1 + 3 * before_error
