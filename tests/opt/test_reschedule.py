"""The rest of a running day planned anew, against brute force and simulated days."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from objective import (
    ClinicSession,
    InvalidInput,
    LiveDay,
    Objective,
    PatientType,
    ServiceTime,
    WalkIns,
    Weights,
    live_profiles,
)
from objective.simulator import estimate
from opt import Rescheduled, optimise, reschedule, verify
from tests.cases import all_schedules
from tests.objective.rest_of_day import simulate_rest

WEIGHTS = Weights(0.4, 0.2, 0.4)
SCHEDULE = [2, 0, 1, 1, 0, 1, 1, 0, 1, 1]
DONE_TWO = ["done", "done", "in_consultation", *["expected"] * 5]
TYPES = {"new": PatientType(ServiceTime.gamma(14.0, 0.5), 0.2, 2.0), "return": PatientType()}
ORDER = ["new", "return", "return", "new", "return", "return", "new", "return"]


def session_of(**more: Any) -> ClinicSession:
    """Eight patients in ten intervals of ten minutes."""
    fields: dict[str, Any] = {"service_time": ServiceTime.gamma(11.0, 0.6), "no_show": 0.1, **more}
    return ClinicSession(8, 10, 10.0, **fields)


DAYS = {
    "running late": LiveDay(session_of(), SCHEDULE, 42.0, DONE_TWO, since=33.0),
    "running early, somebody cancelled": LiveDay(
        session_of(), SCHEDULE, 20.0,
        ["done", "done", *["expected"] * 3, "cancelled", *["expected"] * 2],
    ),
    "patients differ, two wait": LiveDay(
        session_of(patient_types=TYPES, order=ORDER), SCHEDULE, 35.0,
        ["done", "in_consultation", "waiting", "waiting", *["expected"] * 4], since=12.0,
    ),
    "exponential, late patient, provider away": LiveDay(
        session_of(service_time=ServiceTime.exponential(11.0)), SCHEDULE, 33.5,
        ["done", "done", "done", *["expected"] * 5], away_until=41.0,
    ),
    "walk-ins": LiveDay(
        session_of(walk_ins=WalkIns(ServiceTime.gamma(6.0, 0.8), rate=0.2)), SCHEDULE, 42.0,
        DONE_TWO, since=33.0, waiting_walk_ins=[38.0],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", list(DAYS))
def test_a_rest_planned_anew_is_proved_and_costs_what_simulated_days_say(name: str):
    """The gain is that of simulated days that go on from the same state."""
    day, told = DAYS[name], (4,)
    found = reschedule(day, WEIGHTS, told=told)
    assert found.result.status == "optimal"
    assert verify(found.result.certificate, found.result.objective, found.result.constraints) == []
    assert found.result.cost < found.cost_before
    assert 4 not in found.moved
    assert found.moved
    assert found.appointment_times == tuple(sorted(found.appointment_times))
    assert min(found.appointment_times) >= found.begins >= day.now
    costs = [daily_cost(one, found) for one in (day, found.day)]
    gain = estimate(torch.from_numpy(costs[0] - costs[1]))
    assert abs(gain.z(found.cost_before - found.result.cost)) < 4


def daily_cost(day: LiveDay, found: Rescheduled) -> np.ndarray:
    """Return the cost of simulated days but for a constant; the same luck on every plan."""
    rest = simulate_rest(day, 200_000, seed=5)
    waiting = sum(
        float(day.session.shows[rank]) * (rest.start[rank] - day.appointments[rank])
        * float(day.session.waiting_weights[rank])
        for rank in found.ranks
    )  # fmt: skip
    late = np.maximum(rest.free - day.session.length, 0.0)
    share = WEIGHTS.waiting / day.session.expected_shows
    return share * waiting + (WEIGHTS.idle + WEIGHTS.tardiness) * late


@pytest.mark.parametrize("name", list(DAYS))
@pytest.mark.parametrize("told", [(), (3, 4), (4, 6, 7)])
def test_no_other_plan_of_the_rest_costs_less(name: str, told: tuple[int, ...]):
    """Brute force over all plans in which those who were told to come keep their times."""
    day = DAYS[name]
    found = reschedule(day, WEIGHTS, told=told)
    rest = found.result.objective.session
    first = round(found.begins / 10.0)
    plans = all_schedules(rest.patients, rest.intervals)
    places = torch.stack([torch.arange(rest.intervals).repeat_interleave(plan) for plan in plans])
    kept = torch.ones(len(plans), dtype=torch.bool)
    for place, rank in enumerate(found.ranks):
        if rank in told:
            kept &= places[:, place] == round(day.appointments[rank] / 10.0) - first
    least = float(found.result.objective(plans[kept]).cost.min())
    assert found.result.cost == pytest.approx(least, abs=1e-9)


def test_before_the_day_the_plan_is_that_of_the_whole_session():
    """Nothing has been observed and nobody has been told to come."""
    session = session_of()
    found = reschedule(LiveDay(session, SCHEDULE, -30.0, ["expected"] * 8), WEIGHTS)
    whole = optimise(Objective(session, WEIGHTS))
    assert found.result.schedule == whole.schedule
    assert found.result.cost == pytest.approx(whole.cost, abs=1e-12)
    assert list(found.day.schedule) == whole.schedule
    assert found.begins == 0


@pytest.mark.parametrize("name", list(DAYS))
def test_the_new_plan_is_a_day_whose_profile_can_be_drawn(name: str):
    """Those who do not come any more stay in their order; nobody else is lost."""
    day = DAYS[name]
    found = reschedule(day, WEIGHTS, told=(4,))
    assert sum(found.day.schedule) == 8
    assert found.day.status == day.status
    times = dict(zip(found.ranks, found.appointment_times, strict=True))
    assert all(found.day.appointments[rank] == time for rank, time in times.items())
    before, after = live_profiles([day, found.day])
    assert after.rank.tolist() == before.rank.tolist()
    assert after.expected_finish > day.now


def test_nobody_is_moved_behind_a_patient_who_is_there_already():
    """A patient who came early keeps the appointment, and those before it do not pass it."""
    status = ["done", "done", "in_consultation", "expected", "waiting", *["expected"] * 3]
    away = {"since": 20.0, "away_until": 70.0}
    late = LiveDay(session_of(), SCHEDULE, 26.0, status, arrived={4: 22.0}, **away)
    found = reschedule(late, WEIGHTS)
    assert found.day.appointments[4] == late.appointments[4] == 50.0
    assert dict(zip(found.ranks, found.appointment_times, strict=True))[3] <= 50.0
    assert found.result.status == "optimal"
    status[4] = "expected"
    free_to_move = reschedule(LiveDay(session_of(), SCHEDULE, 26.0, status, **away), WEIGHTS)
    assert dict(zip(free_to_move.ranks, free_to_move.appointment_times, strict=True))[3] > 50.0


def test_the_laws_own_grid_is_taken():
    """A law on half minutes is planned on half minutes; a width may be asked for."""
    half = ServiceTime.pmf([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.5, 0, 0, 0.3, 0, 0, 0, 0, 0, 0.2], 0.5)
    day = LiveDay(session_of(service_time=half), SCHEDULE, 20.5, [*["done"] * 3, *["expected"] * 5])
    assert reschedule(day, WEIGHTS).result.objective.step == 0.5
    assert reschedule(DAYS["running late"], WEIGHTS).result.objective.step == 1.0
    assert reschedule(DAYS["running late"], WEIGHTS, step=3.0).result.objective.step == 2.5


def test_notice_and_capacity_are_kept():
    """Nobody is moved to before the notice has passed, and intervals hold no more than asked."""
    day = DAYS["running late"]
    found = reschedule(day, WEIGHTS, notice=25.0, capacity=1)
    assert found.begins == 70.0
    assert all(rank in found.ranks for rank in found.moved)
    assert min(found.appointment_times) >= 70.0
    assert max(found.result.schedule) == 1
    unmoved = [rank for rank in range(8) if rank not in found.ranks]
    assert all(found.day.appointments[rank] == day.appointments[rank] for rank in unmoved)


ENDED = LiveDay(session_of(), SCHEDULE, 99.0, [*["done"] * 7, "expected"])
BAD: dict[str, tuple[Callable[[], object], str]] = {
    "no day": (lambda: reschedule(SCHEDULE, WEIGHTS), "a LiveDay"),
    "a day that is over": (lambda: reschedule(ENDED, WEIGHTS), "day.now is 99.0"),
    "notice beyond the session": (
        lambda: reschedule(DAYS["running late"], WEIGHTS, notice=500.0), "after 500 minutes"),
    "negative notice": (
        lambda: reschedule(DAYS["running late"], WEIGHTS, notice=-1.0), "notice is -1.0"),
    "told in passing": (lambda: reschedule(DAYS["running late"], WEIGHTS, told=3), "told is 3"),
    "weights as a mapping": (lambda: reschedule(DAYS["running late"], {}), "weights is {}"),
    "no room for all": (
        lambda: reschedule(
            LiveDay(session_of(), [0, 0, 0, 0, 0, 0, 0, 3, 3, 2], 65.0, ["expected"] * 8),
            WEIGHTS, capacity=2),
        "enough for 8 patients in 3 intervals"),
    "everybody told": (
        lambda: reschedule(DAYS["running late"], WEIGHTS, told=range(8)), "not been told"),
    "an unknown patient told": (
        lambda: reschedule(DAYS["running late"], WEIGHTS, told=[8]), "told is 8"),
    "more told than an interval holds": (
        lambda: reschedule(
            LiveDay(session_of(), [1, 1, 1, 0, 1, 2, 0, 1, 1, 0], 10.0, ["expected"] * 8), WEIGHTS,
            told=(4, 5), capacity=1),
        "at least the 2 who were told to come in one interval"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(BAD))
def test_bad_input_is_refused_by_name(name: str):
    """The message names field, value and what is allowed."""
    make, message = BAD[name]
    with pytest.raises(InvalidInput, match=message):
        make()
