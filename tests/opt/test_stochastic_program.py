"""The stochastic program against loops, enumeration, certified optima and published values."""

import itertools
import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from objective import (
    ClinicSession,
    Excess,
    Interruption,
    InvalidInput,
    Objective,
    PatientType,
    ServiceTime,
    Square,
    WalkIns,
    Weights,
)
from objective.schedules import appointment_intervals
from opt import Constraints, MaximumSeconds, make_strategy, optimise, verify_result
from opt.orders import in_order, kinds_of
from opt.stochastic.rounding import roundings
from opt.stochastic.sample_program import SampleProgram
from opt.stochastic.sample_programs import SamplePrograms
from opt.stochastic.scenarios import Scenarios, draw_scenarios
from opt.stochastic.solve import SampleSolver
from opt.strategies.stochastic_program import StochasticProgram
from tests.cases import REAL_CLINICS

LATE = (Interruption(0, ServiceTime.gamma(6.0, 0.5), probability=0.4),)
TYPES = {
    "long": PatientType(ServiceTime.gamma(12.0, 0.8), no_show=0.3),
    "short": PatientType(ServiceTime.gamma(6.0, 0.3), waiting_weight=2.0),
}
DIFFER = ClinicSession(
    4, 12, 4.0, ServiceTime.gamma(9.0, 0.5), 0.1, None, TYPES, ["long", "short", "short", "long"]
)
SAMPLED = {
    "no-shows": Objective(
        ClinicSession(5, 12, 4.0, ServiceTime.gamma(9.0, 0.5), 0.2), Weights(2.0, 0.5, 1.0)
    ),
    "makespan idle": Objective(
        ClinicSession(5, 12, 4.0, ServiceTime.gamma(9.0, 0.5), 0.2),
        Weights(2.0, 0.5, 1.0),
        idle="makespan",
    ),
    "late start": Objective(
        ClinicSession(5, 12, 4.0, ServiceTime.poisson(9.0), 0.1, interruptions=LATE),
        Weights(2.0, 0.5, 1.0),
    ),
    "patients differ": Objective(DIFFER, Weights(2.0, 0.5, 1.0)),
    "patients differ, makespan idle": Objective(DIFFER, Weights(2.0, 0.5, 1.0), idle="makespan"),
}


def program_of(
    objective: Objective, scenarios: int = 30, searched: bool = False, seed: int = 0
) -> SampleProgram:
    """Make the program of a sample, with the order given or searched."""
    programs = SamplePrograms(
        objective, Constraints(), searched, scenarios, "latin_hypercube", seed, range(1)
    )
    return programs[0]


def solver_of(program: SampleProgram, time_limit: float = 60.0) -> SampleSolver:
    """Make a solver that falls back on everybody at the start."""
    kinds = tuple(kind for kind, count in enumerate(program.counts) for _ in range(count))
    return SampleSolver(time_limit, 1, (0.0,) * program.patients, kinds)


def plain_cost(objective: Objective, days: Scenarios, times: list[float]) -> float:
    """Follow each day alone, patient by patient."""
    session, weights, costs = objective.session, objective.weights, []
    for day in range(days.number):
        free, last_end, waited = days.opening[day], days.opening[day], 0.0
        for rank, patient in enumerate(session.roster):
            start = max(free, times[rank])
            waited += patient.waiting_weight * (1 - patient.no_show) * (start - times[rank])
            if days.shown[0, rank, day]:
                free = last_end = start + days.duration[0, rank, day]
        until = last_end if objective.idle == "makespan" else max(last_end, session.length)
        costs.append(
            weights.waiting * waited / session.expected_shows
            + weights.idle * (until - session.expected_work)
            + weights.tardiness * max(last_end - session.length, 0.0)
        )
    return float(np.mean(costs))


@pytest.mark.parametrize("case", list(SAMPLED))
def test_a_sample_costs_what_its_days_cost_one_by_one(case: str):
    """At random times, followed in plain loops."""
    objective, program = SAMPLED[case], program_of(SAMPLED[case])
    random = np.random.default_rng(1)
    for _ in range(5):
        times = np.sort(random.uniform(0, program.last, program.patients))
        expected = plain_cost(objective, program.scenarios, times.tolist())
        kinds = (0,) * program.patients
        assert program.cost(times, kinds) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("case", list(SAMPLED))
def test_the_mean_over_many_days_is_what_the_objective_computes(case: str):
    """For a schedule of the grid, within four standard errors over twenty large samples."""
    objective = SAMPLED[case]
    session = objective.session
    schedule = torch.bincount(torch.tensor([0, 2, 5, 8, 9][: session.patients]), minlength=12)
    times = appointment_intervals(schedule[None], session.patients)[0].numpy() * 4.0
    exact = Objective(session, objective.weights, objective.idle, step=0.125)(schedule)
    samples = [
        program_of(objective, 2000, seed=seed).cost(times, (0,) * session.patients)
        for seed in range(20)
    ]
    error = np.std(samples, ddof=1) / np.sqrt(len(samples))
    assert abs(np.mean(samples) - float(exact.cost)) < 4 * error + 0.01


@pytest.mark.parametrize("case", list(SAMPLED))
def test_no_other_times_cost_less_on_the_sample(case: str):
    """The solver's value is the recursion's; thousands of times around the optimum cost more."""
    program = program_of(SAMPLED[case])
    solution = solver_of(program)(program)
    assert solution.ended == "optimal"
    assert solution.lower_bound == pytest.approx(solution.cost, rel=1e-7)
    random = np.random.default_rng(2)
    for _ in range(2000):
        shift = random.normal(0, random.choice([0.01, 0.3, 3.0]), program.patients)
        times = np.sort(np.clip(np.array(solution.times) + shift, 0, program.last))
        assert program.cost(times, solution.kinds) >= solution.cost - 1e-7


def test_without_chance_patients_follow_each_other():
    """Deterministic consultations: nobody waits, and the provider idles only at the end."""
    session = ClinicSession(4, 10, 5.0, ServiceTime.deterministic(7.0))
    program = program_of(Objective(session, Weights(1.0, 1.0, 1.0)), scenarios=3)
    solution = solver_of(program)(program)
    assert solution.cost == pytest.approx(50 - 28, abs=1e-9)
    assert (np.diff(solution.times) >= 7 - 1e-9).all()


@pytest.mark.parametrize("idle", ["session", "makespan"])
@pytest.mark.parametrize("weights", [(2.0, 0.5, 1.0), (1.0, 0.0, 0.2)])
def test_binaries_find_the_best_order_of_a_sample(idle: Any, weights: tuple[float, float, float]):
    """Against the linear program of each of the six orders, on the same days."""
    objective = Objective(DIFFER, Weights(*weights), idle=idle)
    program = program_of(objective, 20, searched=True)
    solution = solver_of(program)(program)
    costs = {}
    for kinds in set(itertools.permutations(kinds_of(DIFFER))):
        ranks = np.arange(4)
        days = replace(
            program.scenarios,
            duration=program.scenarios.duration[kinds, ranks][None],
            shown=program.scenarios.shown[kinds, ranks][None],
        )
        given = replace(
            program, scenarios=days, counts=(4,), waiting=program.waiting[kinds, ranks][None]
        )
        costs[kinds] = solver_of(given)(given).cost
    assert len(costs) == 6
    assert solution.cost == pytest.approx(min(costs.values()), rel=2e-4)
    assert costs[solution.kinds] == pytest.approx(solution.cost, rel=1e-6)
    assert solution.lower_bound <= min(costs.values()) + 1e-9


def test_a_sample_is_spread_evenly_over_each_law():
    """In a latin hypercube of four days each quarter of the law is met once; kinds share it."""
    patient = ClinicSession(2, 2, 5.0, ServiceTime.exponential(9.0)).roster
    long = ClinicSession(2, 2, 5.0, ServiceTime.exponential(18.0)).roster
    days = draw_scenarios([patient, long], (), 4, "latin_hypercube", np.random.SeedSequence(3))
    quarters = np.floor(4 * (1 - np.exp(-days.duration[0] / 9.0)))
    assert (np.sort(quarters, axis=1) == np.arange(4)).all()
    assert days.duration[1] == pytest.approx(2 * days.duration[0])
    assert days.shown.all()


def test_times_between_starts_are_rounded_at_every_threshold():
    """Parts 0, 0.25 and 0.6 of an interval: none, one or two rounded up, never the start itself."""
    session = ClinicSession(3, 6, 10.0, ServiceTime.exponential(9.0))
    schedules = roundings(np.array([10.0, 22.5, 36.0]), session)
    assert sorted(schedules.tolist()) == sorted(
        [[0, 1, 1, 1, 0, 0], [0, 1, 1, 0, 1, 0], [0, 1, 0, 1, 1, 0]]
    )
    at_starts = roundings(np.array([0.0, 10.0 + 1e-9, 50.0 - 1e-9]), session)
    assert at_starts.tolist() == [[1, 1, 0, 0, 0, 1]]


def test_it_agrees_with_the_certified_optimum_on_a_fine_grid():
    """Ten patients, one minute: within the sampling error it states, and its bound lies below."""
    session = ClinicSession(10, 110, 1.0, ServiceTime.gamma(9.0, 0.5), no_show=0.1)
    objective = Objective(session, Weights(2.0, 0.2, 1.0))
    best = optimise(objective)
    assert best.status == "optimal"
    result = optimise(objective, make_strategy("stochastic_program", {"samples": 8}), seed=1)
    assert result.cost == pytest.approx(best.cost, rel=1e-3)
    (found,) = result.findings
    # Between starts of intervals times are no worse than on them, but for the sampling error.
    tried = found.out_of_sample
    assert tried.mean <= result.cost + 3 * tried.standard_error
    assert tried.mean >= found.bound.limit
    assert found.bound.limit <= best.cost
    assert abs(found.bound.mean - best.cost) < 4 * found.bound.standard_error
    assert found.bound.standard_error < 0.02 * best.cost
    assert all(one.ended == "optimal" for one in found.solutions)


@pytest.mark.nightly
def test_the_optimum_of_kuiper_and_others_is_reproduced():
    """Kuiper et al. (2015): 20 patients, Erlang-4 service of mean 1, waits and idle times 1 to 10.

    The published 2.798 is for sums of waits, so that the weight of their mean is 20/11. Idle time
    is that before each patient: up to the end of the last consultation. With a mean of 10 minutes
    costs are tenfold. Costs on the workload grid fall to those of the law with the step squared.
    """
    session = ClinicSession(20, 560, 0.5, ServiceTime.gamma(10.0, 0.5))
    weights = Weights(20 / 11, 10 / 11, 0.0)
    best = optimise(Objective(session, weights, idle="makespan", step=0.5))
    assert best.status == "optimal"
    coarse, fine = (
        float(Objective(session, weights, idle="makespan", step=step)(best.schedule).cost)
        for step in (0.5, 0.25)
    )
    assert fine + (fine - coarse) / 3 == pytest.approx(27.98, abs=0.005)
    grid = ClinicSession(20, 140, 2.0, session.service_time)
    strategy = StochasticProgram(scenarios=300, samples=8)
    (found,) = optimise(Objective(grid, weights, idle="makespan"), strategy).findings
    tried, bound = found.out_of_sample, found.bound
    # The bias of 300 days is smaller than the error of eight samples.
    assert abs(bound.mean - 27.98) < 3 * bound.standard_error
    assert bound.limit < 27.98 < tried.mean + 3 * tried.standard_error
    assert tried.mean < 1.02 * 27.98


def test_a_time_limit_gives_the_best_so_far():
    """At once nothing is found: evenly spread appointments stand in, and it says so."""
    result = optimise(SAMPLED["no-shows"], StochasticProgram(samples=2, time_limit=1e-6))
    assert sum(result.schedule) == 5
    (found,) = result.findings
    assert all(one.ended == "nothing found" for one in found.solutions)
    assert "it found nothing in 2" in found.sentence
    assert found.bound is None
    json.dumps(result.to_dict(), allow_nan=False)


def test_an_order_that_cannot_be_settled_in_time_has_a_bound_and_a_gap():
    """Eight patients who differ in everything are too many for a second."""
    types = {
        f"type {n}": PatientType(
            ServiceTime.gamma(5.0 + n, 0.4 + 0.1 * n), no_show=0.04 * n, waiting_weight=1 + 0.3 * n
        )
        for n in range(8)
    }
    session = ClinicSession(
        8, 16, 5.0, ServiceTime.gamma(9.0, 0.5), 0.1, None, types, list(types)
    )  # fmt: skip
    strategy = StochasticProgram(scenarios=60, samples=1, time_limit=1.0, sequence="searched")
    result = optimise(Objective(session, Weights(2.0, 0.5, 1.0)), strategy)
    (found,) = result.findings
    (solution,) = found.solutions
    assert solution.ended in ("limit", "nothing found")
    assert solution.lower_bound is None or solution.lower_bound < solution.cost
    assert sorted(result.objective.session.order) == sorted(types)
    assert result.status == "heuristic"
    assert "time limit" in found.sentence


def test_it_stops_between_samples():
    """A rule of the driver ends it with the samples solved so far."""
    strategy = StochasticProgram(scenarios=10, samples=1000)
    result = optimise(SAMPLED["no-shows"], strategy, MaximumSeconds(1e-3))
    assert result.termination == "seconds"
    assert len(result.findings[0].solutions) == 1
    assert "with 95 %" not in result.findings[0].sentence


def test_times_meet_the_demands_that_times_can_meet():
    """Gaps, earliest and fixed times in the program; a break only after rounding, as noted."""
    constraints = Constraints(blocked=[4], minimum_gap=2, earliest={2: 3}, fixed={4: 9})
    result = optimise(
        SAMPLED["no-shows"], StochasticProgram(scenarios=20, samples=2), constraints=constraints
    )
    times = np.array(result.findings[0].times)
    assert (np.diff(times) >= 8 - 1e-6).all()
    assert times[1] >= 12 - 1e-6
    assert times[3] == pytest.approx(36)
    assert result.schedule[4] == 0
    assert "only the rounded schedule meets: interval 4 is blocked" in result.note


@pytest.mark.parametrize("case", ["patients differ", "patients differ in no-shows alone"])
def test_a_searched_order_is_that_of_the_result(case: str):
    """Its session has the order, its cost is the objective's there, and its file verifies."""
    objective = Objective(REAL_CLINICS[case], Weights(1.0, 1.0, 1.0))
    strategy = StochasticProgram(scenarios=20, samples=2, sequence="searched")
    result = optimise(objective, strategy)
    session = result.objective.session
    assert sorted(session.order) == sorted(objective.session.order)
    assert result.findings[0].order == tuple(session.order)
    assert result.cost == pytest.approx(
        float(objective.with_session(session)(result.schedule).cost), rel=1e-12
    )
    # Sampled days decide the order, so that another one may be better by a little.
    assert result.cost <= optimise(objective, StochasticProgram(20, 2)).cost + 0.05
    assert verify_result(json.loads(json.dumps(result.to_dict()))) == []


def test_alike_patients_have_no_order_to_search():
    """The note says so, and the result is that of the given order."""
    objective = SAMPLED["no-shows"]
    given, searched = (
        optimise(objective, StochasticProgram(20, 2, sequence=sequence))
        for sequence in ("given", "searched")
    )
    assert "no order to search" in searched.note
    assert searched.schedule == given.schedule
    assert searched.findings[0].times == given.findings[0].times


def test_a_search_in_any_order_is_resumed_exactly(tmp_path: Any):
    """Stopped after the first sample, whose order is not the given one."""
    objective = Objective(REAL_CLINICS["patients differ"], Weights(1.0, 1.0, 1.0))
    strategy = StochasticProgram(scenarios=15, samples=3, sequence="searched")
    whole = optimise(objective, strategy)
    path = tmp_path / "checkpoint.pt"
    part = optimise(objective, strategy, MaximumSeconds(1e-3), checkpoint=path)
    rest = optimise(objective, strategy, checkpoint=path, resume=True)
    assert len(part.history) == 1
    assert rest.schedule == whole.schedule
    assert rest.objective.session.order == whole.objective.session.order
    assert rest.findings[0].to_dict() == whole.findings[0].to_dict()


def test_programs_and_their_solver_can_be_sent_elsewhere():
    """Pickled, they give the same solution."""
    program = program_of(SAMPLED["patients differ"], 10)
    solver = solver_of(program)
    there = pickle.loads(pickle.dumps(solver))(pickle.loads(pickle.dumps(program)))
    assert there == solver(program)


def test_searches_in_two_threads_do_not_wait_for_each_other_for_ever():
    """Each gives what it gives alone."""
    objective, strategy = SAMPLED["no-shows"], StochasticProgram(scenarios=10, samples=3)
    alone = optimise(objective, strategy)
    with ThreadPoolExecutor(2) as pool:
        tasks = [pool.submit(optimise, objective, strategy) for _ in range(2)]
        assert [task.result(timeout=100).cost for task in tasks] == [alone.cost] * 2


def test_an_order_is_of_the_patients_there_are():
    """Names of one kind stay in their order."""
    kinds = kinds_of(DIFFER)
    assert kinds == [0, 1, 1, 0]
    assert list(in_order(DIFFER, [1, 1, 0, 0]).order) == ["short", "short", "long", "long"]
    assert in_order(DIFFER, kinds) == DIFFER


SESSION = ClinicSession(5, 12, 4.0, ServiceTime.exponential(9.0))
MINUTES = Weights(1.0, 1.0, 1.0)
BAD = {
    "no scenario": (lambda: StochasticProgram(scenarios=0), "strategy.scenarios is 0"),
    "too many for the patients": (
        lambda: optimise(Objective(SESSION, MINUTES), StochasticProgram(scenarios=40_001)),
        "at most 40000 with 5 patients"),
    "no sample": (lambda: StochasticProgram(samples=0), "strategy.samples is 0"),
    "an unknown sequence": (
        lambda: StochasticProgram(sequence="best"), "'given' or 'searched'"),  # type: ignore
    "an unknown sampling": (
        lambda: StochasticProgram(sampling="lucky"), "'latin_hypercube' or"),  # type: ignore
    "no time": (lambda: StochasticProgram(time_limit=0), "strategy.time_limit is 0"),
    "no thread": (lambda: StochasticProgram(threads=0), "strategy.threads is 0"),
    "walk-ins": (
        lambda: optimise(
            Objective(replace(SESSION, walk_ins=WalkIns(ServiceTime.poisson(3.0), 0.1)), MINUTES),
            "stochastic_program"),
        "session.walk_ins is .*must be null"),
    "an interruption inside": (
        lambda: optimise(
            Objective(replace(SESSION, interruptions=[Interruption(3, SESSION.service_time)]),
                      MINUTES), "stochastic_program"),
        "in the intervals .3.*in interval 0"),
    "a squared wait": (
        lambda: optimise(
            Objective(SESSION, MINUTES, waiting_penalty=Square()), "stochastic_program"),
        "penalties.waiting is 'square'"),
    "overtime beyond a limit": (
        lambda: optimise(
            Objective(SESSION, MINUTES, tardiness_penalty=Excess(5.0)), "stochastic_program"),
        "penalties.tardiness is 'excess'"),
    "a free number": (
        lambda: optimise(Objective(SESSION, MINUTES, value_per_patient=3.0), "stochastic_program"),
        "value_per_patient is 3.0"),
}  # fmt: skip


@pytest.mark.parametrize("case", list(BAD))
def test_what_the_program_cannot_express_is_refused_by_name(case: str):
    """Before any work starts."""
    make, message = BAD[case]
    with pytest.raises(InvalidInput, match=message):
        make()
