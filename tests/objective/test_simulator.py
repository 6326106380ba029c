"""The simulated clinic: against the chains, days that can be followed by hand, and bad input."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from objective import (
    Behaviour,
    ClinicSession,
    Interruption,
    InvalidInput,
    Objective,
    PatientType,
    ServiceTime,
    WalkIns,
    Weights,
    simulate,
    simulate_times,
    simulator,
)
from objective.simulated_days import estimate
from tests.cases import REAL_CLINICS

SCHEDULE = [2, 0, 1, 0, 1, 1, 0, 1, 0, 2]
WALK_INS = WalkIns(ServiceTime.poisson(5.0), rate=0.15)
KINDS = {
    "exponential": (ServiceTime.exponential(7.0), 0.0, None, None),
    "exponential, no-shows": (ServiceTime.exponential(7.0), 0.2, None, None),
    "poisson, no-shows": (ServiceTime.poisson(7.0), 0.1, None, None),
    "lognormal": (ServiceTime.lognormal(7.0, 0.6), 0.0, None, 0.05),
    "weibull, no-shows": (ServiceTime.weibull(7.0, 0.7), 0.3, None, 0.05),
    "histogram": (ServiceTime.histogram([0, 5, 10, 20], [2, 5, 3]), 0.1, None, 0.05),
    "walk-ins": (ServiceTime.poisson(6.0), 0.1, WALK_INS, None),
    "walk-ins by interval, given by their pmf": (
        ServiceTime.pmf([0.1, 0, 0, 0, 0.3, 0.3, 0, 0.3]), 0.0,
        WalkIns(ServiceTime.poisson(5.0), counts=[[0.8, 0.2], [1.0], *[[0.6, 0.3, 0.1]] * 8]), None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", list(KINDS))
def test_the_chain_agrees_with_simulated_days(kind: str, device: str):
    """Every output within four standard errors of the simulation."""
    law, no_show, walk_ins, step = KINDS[kind]
    session = ClinicSession(8, 10, 5.0, law, no_show, walk_ins)
    days = simulate(session, SCHEDULE, days=200_000, seed=11, device=device)
    performance = Objective(session, Weights(1, 1, 1), step=step)(SCHEDULE).row(0)
    assert abs(days.waiting.z(performance["waiting"])) < 4
    assert abs(days.tardiness.z(performance["tardiness"])) < 4
    assert abs(days.session_idle.z(performance["idle"])) < 4
    if walk_ins is None:
        makespan = Objective(session, Weights(1, 1, 1), idle="makespan", step=step)(SCHEDULE)
        assert abs(days.makespan_idle.z(float(makespan.idle))) < 4
    else:
        assert abs(days.walk_in_waiting.z(performance["walk_in_waiting"])) < 4


@pytest.mark.parametrize("name", list(REAL_CLINICS))
@pytest.mark.parametrize("schedule", [[2, 0, 1, 1, 0, 1, 0, 1, 0], [0, 1, 3, 0, 0, 0, 0, 0, 2]])
def test_the_chain_agrees_with_simulated_days_of_real_clinics(
    name: str, schedule: list[int], device: str
):
    """Patients who differ, interruptions and priority walk-ins; each patient's wait too."""
    session = REAL_CLINICS[name]
    days = simulate(session, schedule, days=200_000, seed=5, device=device)
    objective = Objective(session, Weights(1, 1, 1))
    performance = objective(schedule).row(0)
    assert abs(days.waiting.z(performance["waiting"])) < 4
    assert abs(days.weighted_waiting.z(performance["waiting_penalty"])) < 4
    assert abs(days.tardiness.z(performance["tardiness"])) < 4
    assert abs(days.session_idle.z(performance["idle"])) < 4
    if session.walk_ins is not None:
        assert abs(days.walk_in_waiting.z(performance["walk_in_waiting"])) < 4
    elif not session.interruptions:
        makespan = Objective(session, Weights(1, 1, 1), idle="makespan")(schedule)
        assert abs(days.makespan_idle.z(float(makespan.idle))) < 4
    expected = objective.profile(schedule).expected_wait
    for patient, wait in enumerate(expected.tolist()):
        assert abs(estimate(days.wait[:, patient]).z(wait)) < 4


@pytest.mark.parametrize("emergencies", [1, 4])
def test_priority_at_the_size_of_the_paper_agrees_with_simulated_days(emergencies: int):
    """Koeleman & Koole (2012): exponential consultations and emergencies, no-shows added."""
    booked, urgent = (ServiceTime.rounded(ServiceTime.exponential(mean)) for mean in (20.0, 30.0))
    walk_ins = WalkIns(urgent, rate=emergencies / 24, discipline="priority")
    session = ClinicSession(9, 24, 10.0, booked, 0.1, walk_ins)
    schedule = [1, 1, 0, 1, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0]
    days = simulate(session, schedule, days=200_000, seed=3)
    performance = Objective(session, Weights(1, 1, 1))(schedule).row(0)
    assert abs(days.waiting.z(performance["waiting"])) < 4
    assert abs(days.tardiness.z(performance["tardiness"])) < 4
    assert abs(days.walk_in_waiting.z(performance["walk_in_waiting"])) < 4


def test_equal_seeds_give_equal_days(four_patients: ClinicSession):
    """And another seed gives others."""
    one, same, other = (simulate(four_patients, [1, 1, 1, 1, 0, 0], 50, seed) for seed in (1, 1, 2))
    assert one.end.equal(same.end)
    assert not one.end.equal(other.end)


def fixed(minutes: float) -> ServiceTime:
    """Consultations that all take the same time."""
    return ServiceTime.deterministic(minutes)


@pytest.mark.parametrize("name", [name for name in REAL_CLINICS if "priority" not in name])
def test_times_at_the_starts_of_intervals_are_a_schedule(name: str):
    """The same days, to the last digit."""
    session, schedule = REAL_CLINICS[name], [2, 0, 1, 1, 0, 1, 0, 1, 0]
    planned = simulate(session, schedule, days=500, seed=3)
    timed = simulate_times(session, [0, 0, 6, 9, 15, 21], days=500, seed=3)
    for one, other in ((planned.wait, timed.wait), (planned.end, timed.end)):
        assert one.tolist() == other.tolist()


def test_times_between_starts_are_those_of_a_finer_grid():
    """Every half interval: as a schedule of twice as many intervals."""
    coarse = ClinicSession(3, 4, 10.0, ServiceTime.gamma(8.0, 0.5), 0.2)
    fine = ClinicSession(3, 8, 5.0, ServiceTime.gamma(8.0, 0.5), 0.2)
    timed = simulate_times(coarse, [0.0, 5.0, 25.0], days=500, seed=3)
    planned = simulate(fine, [1, 1, 0, 0, 0, 1, 0, 0], days=500, seed=3)
    assert torch.allclose(timed.wait, planned.wait, atol=1e-9)
    assert torch.allclose(timed.end, planned.end, atol=1e-9)


@pytest.mark.parametrize("name", list(REAL_CLINICS))
def test_the_cost_of_simulated_days_is_their_weighted_sum(name: str):
    """Of the means, with the weight of each patient, for both definitions of idle time."""
    session = REAL_CLINICS[name]
    days = simulate(session, [2, 0, 1, 1, 0, 1, 0, 1, 0], days=500, seed=3)
    weights = Weights(3.0, 2.0, 0.5)
    for idle, minutes in (("session", days.session_idle), ("makespan", days.makespan_idle)):
        cost = days.cost(weights, idle)  # type: ignore[arg-type]
        expected = 3 * days.weighted_waiting.mean + 2 * minutes.mean + 0.5 * days.tardiness.mean
        assert cost.mean == pytest.approx(expected, rel=1e-12)
        assert cost.standard_error > 0


BAD_TIMES = {
    "too few": ([0.0, 5.0], "times is"),
    "falling": ([0.0, 9.0, 5.0, 20.0], "nondecreasing"),
    "before the session": ([-1.0, 5.0, 9.0, 20.0], "not negative"),
    "not a number": ([0.0, 5.0, float("nan"), 20.0], "4 finite minutes"),
    "text": ("soon", "4 finite minutes"),
}


@pytest.mark.parametrize("case", list(BAD_TIMES))
def test_times_that_are_none_are_refused(case: str, four_patients: ClinicSession):
    """One finite time per patient, in their order."""
    times, message = BAD_TIMES[case]
    with pytest.raises(InvalidInput, match=message):
        simulate_times(four_patients, times, days=10, seed=0)  # type: ignore[arg-type]


def test_times_between_intervals_have_no_meaning_under_priority():
    """Who goes first is decided at the starts of intervals."""
    with pytest.raises(InvalidInput, match=r"walk_ins.discipline is 'priority'"):
        simulate_times(REAL_CLINICS["priority"], [0.0] * 6, days=10, seed=0)


def test_an_interruption_comes_after_who_waits_and_before_who_arrives():
    """Seen 0-8, interrupted 8-11, seen 11-19; the session ends at 20."""
    session = ClinicSession(2, 4, 5.0, fixed(8), interruptions=[Interruption(1, fixed(3))])
    days = simulate(session, [1, 1, 0, 0], 3, 0)
    assert days.wait.tolist() == [[0, 6]] * 3
    assert days.end.tolist() == [19] * 3
    assert days.session_idle.mean == 1
    assert days.makespan_idle.mean == 0


def test_an_interruption_that_does_not_come_takes_no_time():
    """It is skipped, also for the end of the day, as often as its probability says."""
    rare = Interruption(3, fixed(3), probability=0.25)
    session = ClinicSession(1, 4, 5.0, fixed(8), interruptions=[rare])
    days = simulate(session, [1, 0, 0, 0], 10_000, 0)
    assert set(days.end.tolist()) == {8, 18}
    assert abs(estimate((days.end == 18).to(torch.float64)).z(0.25)) < 4


def test_an_interruption_overtakes_as_walk_ins_with_priority_do():
    """The second of two patients begins at 8, or at 11 where 3 minutes from 5 on come first."""
    nobody = WalkIns(fixed(5), counts=[1.0], discipline="priority")
    rare = Interruption(1, fixed(3), probability=0.25)
    session = ClinicSession(2, 4, 5.0, fixed(8), walk_ins=nobody, interruptions=[rare])
    days = simulate(session, [2, 0, 0, 0], 10_000, 0)
    assert set(days.wait[:, 1].tolist()) == {8, 11}
    assert abs(days.waiting.z((0.75 * 8 + 0.25 * 11) / 2)) < 4
    assert days.walk_in_waiting.mean == 0


def test_patients_that_differ_bring_their_own_time_weight_and_no_show():
    """Seen 0-10 (long) and 10-14 (short), or 0-4 and 4-14."""
    types = {"long": PatientType(fixed(10), waiting_weight=2.0), "short": PatientType(fixed(4))}
    for order, wait, weight in ((("long", "short"), 10, 1), (("short", "long"), 4, 2)):
        session = ClinicSession(2, 4, 5.0, fixed(1), patient_types=types, order=order)
        days = simulate(session, [2, 0, 0, 0], 2, 0)
        assert days.wait.tolist() == [[0, wait]] * 2
        assert days.waiting.mean == wait / 2
        assert days.weighted_waiting.mean == weight * wait / 2
        assert days.end.tolist() == [14, 14]
    types = {"sure": PatientType(), "unsure": PatientType(no_show=0.5)}
    session = ClinicSession(2, 4, 5.0, fixed(8), patient_types=types, order=("sure", "unsure"))
    days = simulate(session, [2, 0, 0, 0], 10_000, 0)
    assert days.shown[:, 0].all()
    assert abs(estimate(days.shown[:, 1].to(torch.float64)).z(0.5)) < 4
    assert abs(days.waiting.z(0.5 * 8 / 1.5)) < 4


def test_a_behaviour_as_planned_is_none(four_patients: ClinicSession):
    """Served by appointment or by arrival."""
    plain = simulate(four_patients, [1, 1, 1, 1, 0, 0], 50, 1)
    for behaviour in (Behaviour(), Behaviour(service_order="arrival")):
        days = simulate(four_patients, [1, 1, 1, 1, 0, 0], 50, 1, behaviour=behaviour)
        assert days.wait.equal(plain.wait)
        assert days.end.equal(plain.end)


def test_early_patients_are_seen_early_but_not_before_the_session():
    """Appointments at 0 and 10, consultations of 4: seen 0-4 and 7-11, or 3-7 and 13-17."""
    session = ClinicSession(2, 4, 5.0, fixed(4))
    for mean, end in ((-3.0, 11), (3.0, 17)):
        days = simulate(session, [1, 0, 1, 0], 2, 0, behaviour=Behaviour(punctuality_mean=mean))
        assert days.waiting.mean == 0
        assert days.end.tolist() == [end, end]


def test_unpunctual_patients_come_before_and_after_their_appointments():
    """A single patient is seen at once, and never before the session begins."""
    session = ClinicSession(1, 4, 30.0, fixed(4))
    days = simulate(session, [0, 0, 1, 0], 20_000, 0, behaviour=Behaviour(-2, 8))
    assert abs(estimate(days.end).z(60 - 2 + 4)) < 4
    assert float(days.end.std()) == pytest.approx(8, rel=0.05)
    assert days.waiting.mean == 0


@pytest.mark.parametrize("discipline", ["fcfs", "priority"])
def test_a_late_start_is_an_interruption_of_the_first_interval(discipline: str):
    """Exactly, with the same seed."""
    late = ServiceTime.gamma(10, 0.5)
    walk_ins = WalkIns(ServiceTime.exponential(5), rate=0.2, discipline=discipline)
    session = ClinicSession(4, 6, 5.0, ServiceTime.exponential(9), 0.1, walk_ins)
    interrupted = ClinicSession(
        4, 6, 5.0, ServiceTime.exponential(9), 0.1, walk_ins, interruptions=[Interruption(0, late)]
    )
    one = simulate(session, [2, 0, 1, 0, 1, 0], 500, 3, behaviour=Behaviour(late_start=late))
    same = simulate(interrupted, [2, 0, 1, 0, 1, 0], 500, 3)
    for name in ("wait", "end", "work", "walk_in_wait"):
        assert getattr(one, name).equal(getattr(same, name))
    assert float(one.wait[:, 0].min()) > 0


def test_a_late_provider_sees_nobody_before_however_early_they_come():
    """Begins at 5, then consultations of 4."""
    session = ClinicSession(2, 4, 5.0, fixed(4))
    for order in ("appointment", "arrival"):
        early = Behaviour(-60.0, 0.0, order, late_start=fixed(5))
        days = simulate(session, [1, 1, 0, 0], 2, 0, behaviour=early)
        assert days.wait.tolist() == [[5, 4]] * 2
        assert days.end.tolist() == [13, 13]


@pytest.mark.parametrize("discipline", ["fcfs", "priority"])
def test_days_that_differ_keep_the_mean_work_and_raise_the_tardiness(discipline: str):
    """All consultations of a day share a factor of mean 1, and an interruption does not."""
    walk_ins = WalkIns(fixed(5), rate=0.1, discipline=discipline)
    broken = [Interruption(2, fixed(3))]
    session = ClinicSession(8, 10, 5.0, fixed(6), 0.1, walk_ins, interruptions=broken)
    plain = simulate(session, SCHEDULE, 50_000, 0)
    days = simulate(session, SCHEDULE, 50_000, 0, behaviour=Behaviour(day_cv=0.3))
    assert days.shown.equal(plain.shown)
    assert abs(estimate(days.work).z(session.expected_work)) < 4
    factor = (days.work - 3) / (plain.work - 3)
    factor = factor[plain.work > 3]
    assert abs(estimate(factor).z(1)) < 4
    assert float(factor.std()) == pytest.approx(0.3, rel=0.05)
    assert days.tardiness.mean > plain.tardiness.mean + 0.5


def test_priority_moves_waiting_from_walk_ins_to_the_booked(device: str):
    """The end and the work stay; at the end of the session walk-ins come once more."""
    law = ServiceTime.exponential(6)
    walk_ins = {
        name: WalkIns(ServiceTime.poisson(5), rate=0.15, discipline=name)
        for name in ("fcfs", "priority")
    }
    first_come, priority = (
        simulate(ClinicSession(8, 10, 5.0, law, 0.1, walk_ins[name]), SCHEDULE, 50_000, 4, device)
        for name in ("fcfs", "priority")
    )
    assert abs(estimate(priority.walk_ins).z(11 * 0.15)) < 4
    assert priority.walk_in_waiting.mean < first_come.walk_in_waiting.mean - 1
    assert priority.waiting.mean > first_come.waiting.mean + 0.5
    for name in ("tardiness", "session_idle", "makespan_idle"):
        one, other = getattr(priority, name), getattr(first_come, name)
        difference = one.mean - other.mean
        assert abs(difference) < 4 * np.hypot(one.standard_error, other.standard_error)


def test_a_small_budget_simulates_day_by_day(
    four_patients: ClinicSession, monkeypatch: pytest.MonkeyPatch
):
    """Other days, as many, of the same law; and again the same with the same budget."""
    schedule = [1, 1, 1, 1, 0, 0]
    together = simulate(four_patients, schedule, 500, 1)
    monkeypatch.setattr(simulator, "CHUNK_BYTES", 1)
    days = simulate(four_patients, schedule, 500, 1)
    assert days.wait.shape == days.shown.shape == (500, 4)
    assert days.wait.isfinite().all()
    assert days.end.isfinite().all()
    assert len(days.end.unique()) > 450
    error = np.hypot(days.waiting.standard_error, together.waiting.standard_error)
    assert abs(days.waiting.mean - together.waiting.mean) < 4 * error
    assert days.wait.equal(simulate(four_patients, schedule, 500, 1).wait)


PRIORITY = WalkIns(ServiceTime.poisson(5.0), rate=0.15, discipline="priority")
BAD: dict[str, tuple[Callable[[], object], str]] = {
    "arrivals as text": (
        lambda: Behaviour(punctuality_mean="early"), "punctuality_mean is 'early'"),
    "endless lateness": (lambda: Behaviour(punctuality_mean=1e6), "from -1440 to 1440"),
    "a negative spread": (lambda: Behaviour(punctuality_sd=-1), "punctuality_sd is -1"),
    "an unknown order": (lambda: Behaviour(service_order="age"), "'appointment' or 'arrival'"),
    "a late start in minutes": (lambda: Behaviour(late_start=10), "late_start is 10"),
    "days that differ too much": (lambda: Behaviour(day_cv=11), "0, or a number from 0.001 to 10"),
    "days that differ too little": (lambda: Behaviour(day_cv=1e-200), "day_cv is 1e-200"),
    "days that are no number": (lambda: Behaviour(day_cv=float("nan")), "day_cv is nan"),
    "a behaviour by name": (
        lambda: simulate(ClinicSession(1, 1, 5.0, fixed(4)), [1], 2, 0, behaviour="late"),
        "behaviour is 'late'"),
    "unpunctual patients whom walk-ins overtake": (
        lambda: simulate(
            ClinicSession(1, 1, 5.0, fixed(4), walk_ins=PRIORITY), [1], 2, 0,
            behaviour=Behaviour(punctuality_sd=1)),
        "behaviour.punctuality is"),
    "one day": (lambda: simulate(ClinicSession(1, 1, 5.0, fixed(4)), [1], 1, 0), "days is 1"),
    "more waits than are kept": (
        lambda: simulate(ClinicSession(1000, 1, 5.0, fixed(4)), [1000], 250_001, 0),
        "from 2 to 250000"),
}  # fmt: skip


@pytest.mark.parametrize("case", list(BAD))
def test_bad_input_is_named(case: str):
    """Field, value and what is allowed."""
    make, message = BAD[case]
    with pytest.raises(InvalidInput, match=message):
        make()
