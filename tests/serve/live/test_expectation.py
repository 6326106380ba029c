"""What the API tells of a day, against the exact evaluation and against simulated days."""

from typing import Any

import numpy as np
import pytest
import torch

from objective import (
    ClinicSession,
    LiveDay,
    Objective,
    PatientType,
    ServiceTime,
    WalkIns,
    Weights,
    live_profiles,
)
from objective.simulator import estimate
from tests.objective.rest_of_day import simulate_rest
from tests.serve.conftest import HandClock
from tests.serve.live.conftest import MINUTE, START, Running
from tests.serve.live.test_live_endpoints import at

DAYS = 60_000
#: A moment is told to the second.
SECOND = 1 / 60
GAMMA = {"law": "gamma", "mean": 9.0, "cv": 0.6}
NEW = {"service_time": {"law": "lognormal", "mean": 14.0, "cv": 0.7}, "no_show": 0.3}
WALK_INS = {"service_time": {"law": "gamma", "mean": 6.0, "cv": 0.5}, "rate": 0.15}


def observed(running: Running, clock: HandClock) -> tuple[Any, LiveDay]:
    """Let a day run for 43 minutes; return it and, put down by hand, what is observed of it.

    One patient is done, one did not come, one cancelled, one is seen, one waits, one is late, and
    somebody has walked in.
    """
    order = ["old", "new", "old", "old", "new", "old", "new", "old"]
    day, booked = running.add_day(
        (2, 1, 0, 1, 2, 0, 1, 1),
        GAMMA,
        walk_ins=WALK_INS,
        patient_types={"old": {}, "new": NEW},
        order=order,
    )
    running.become(booked[0], "completed", arrived=0, started=0, ended=13)
    running.become(booked[1], "in_consultation", arrived=25, started=30.5)
    running.become(booked[2], "no_show")
    running.become(booked[3], "arrived", arrived=33)
    running.become(booked[4], "arrived", arrived=40)
    running.become(booked[5], "cancelled_by_patient")
    running.add_extra(day, 4, status="arrived", walk_in=True, arrived_at=START + 42 * MINUTE)
    clock.moment = START + 43 * MINUTE
    new = PatientType(ServiceTime.lognormal(14.0, 0.7), 0.3)
    session = ClinicSession(
        8, 8, 10.0, ServiceTime.gamma(9.0, 0.6), 0.1,
        WalkIns(ServiceTime.gamma(6.0, 0.5), 0.15), {"old": PatientType(), "new": new}, order,
    )  # fmt: skip
    by_hand = LiveDay(
        session,
        [2, 1, 0, 1, 2, 0, 1, 1],
        43.0,
        ["done", "in_consultation", "no_show", "waiting", "waiting", "cancelled"]
        + ["expected"] * 2,
        since=30.5,
        arrived={1: 25.0, 3: 33.0, 4: 40.0},
        waiting_walk_ins=[42.0],
    )
    return day, by_hand


def test_the_api_tells_the_live_profile(running: Running, clock: HandClock, as_role: Any):
    """Of the day as it would be put down by hand: starts, intervals, end, overtime."""
    day, by_hand = observed(running, clock)
    told = as_role("front_desk").get(f"/clinic-days/{day}/live")
    profile = live_profiles([by_hand])[0]
    calls = [one for one in told["calls"] if not one["walk_in"]]
    for name, times in (
        ("expected_at", profile.expected_start),
        ("earliest_at", profile.start_low),
        ("latest_at", profile.start_high),
    ):
        assert [at(one[name]) for one in calls] == pytest.approx(times.tolist(), abs=SECOND)
    assert at(told["finish_at"]) == pytest.approx(profile.expected_finish, abs=SECOND)
    for name, probability in (("finish_earliest_at", 0.1), ("finish_latest_at", 0.9)):
        quantile = profile.finish_quantile(probability)
        assert at(told[name]) == pytest.approx(quantile, abs=SECOND)
    assert told["overtime_probability"] == pytest.approx(profile.overtime_probability, abs=1e-6)
    assert told["expected_overtime"] == pytest.approx(profile.expected_overtime, abs=1e-6)


def test_what_the_api_tells_is_what_happens_on_simulated_days(
    running: Running, clock: HandClock, as_role: Any
):
    """Means within four standard errors and what a grid of a minute adds; intervals hold 80 %."""
    day, by_hand = observed(running, clock)
    told = as_role("front_desk").get(f"/clinic-days/{day}/live")
    rest = simulate_rest(by_hand, DAYS, seed=11)
    calls = [one for one in told["calls"] if not one["walk_in"]]

    def close(values: np.ndarray[Any, Any], told: float, grid: float) -> bool:
        error = estimate(torch.as_tensor(values, dtype=torch.float64)).standard_error
        return abs(values.mean() - told) < 4 * error + grid

    for call, start in zip(calls, rest.start.values(), strict=True):
        assert close(start, at(call["expected_at"]), 0.1)
        early = float((start < at(call["earliest_at"]) - SECOND).mean())
        late = float((start > at(call["latest_at"]) + SECOND).mean())
        assert late == pytest.approx(0.1, abs=0.01)
        assert early <= 0.11
    assert close(rest.end, at(told["finish_at"]), 0.1)
    late_by = np.clip(rest.end - 80, 0, None)
    assert close(late_by, told["expected_overtime"], 0.1)
    assert close(late_by > 0, told["overtime_probability"], 0.005)


def test_a_session_ahead_is_the_schedule_that_was_priced(
    running: Running, clock: HandClock, as_role: Any
):
    """Expected waits and overtime of the objective's own profile of the schedule."""
    schedule = (2, 1, 1, 0, 1, 1)
    day, _ = running.add_day(schedule, GAMMA)
    told = as_role("front_desk").get(f"/clinic-days/{day}/live")
    session = ClinicSession(6, 6, 10.0, ServiceTime.gamma(9.0, 0.6), 0.1)
    objective = Objective(session, Weights(waiting=1, idle=1, tardiness=1), step=1.0)
    planned = objective.profile(list(schedule))
    starts = planned.appointment_time + planned.expected_wait
    found = [at(one["expected_at"]) for one in told["calls"]]
    assert found == pytest.approx(starts.tolist(), abs=SECOND)
    assert told["expected_overtime"] == pytest.approx(planned.expected_overtime, abs=1e-6)
