"""The exact search where patients differ, walk-ins go first, or the number is free: brute force."""

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
from opt import BASELINES, make_strategy, optimise, verify_result
from opt.constraints import Constraints
from opt.coordinates import Coordinates
from opt.validity import reasons_against
from tests.cases import all_schedules, koeleman_koole_objective, random_session


def weights(random: np.random.Generator) -> Weights:
    """Draw weights."""
    return Weights(*random.dirichlet(np.ones(3)).tolist())


def law(random: np.random.Generator) -> ServiceTime:
    """Draw an arbitrary law on a few minutes."""
    return ServiceTime.pmf(random.dirichlet(np.ones(int(random.integers(3, 10)))).tolist())


def of_different_patients(random: np.random.Generator) -> ClinicSession:
    """Draw a small session of up to three types of patients."""
    types = {
        name: PatientType(
            law(random), float(random.choice([0.0, 0.3])), float(random.uniform(0, 3))
        )
        for name in ("new", "return", "urgent")
    }
    patients, intervals = int(random.integers(2, 6)), int(random.integers(3, 8))
    order = random.choice(list(types), size=patients).tolist()
    return ClinicSession(patients, intervals, 3.0, law(random), 0.0, None, types, order)


def with_priority(random: np.random.Generator) -> ClinicSession:
    """Draw a small session whose walk-ins go first, at rates that may differ by interval."""
    patients, intervals = int(random.integers(2, 6)), int(random.integers(3, 8))
    rates: Any = random.uniform(0, 0.6, size=intervals).tolist()
    if random.random() < 0.5:
        rates = float(random.uniform(0, 0.6))
    late = (Interruption(0, law(random)),) if random.random() < 0.2 else ()
    walk_ins = WalkIns(law(random), rate=rates, discipline="priority")
    no_show = float(random.choice([0.0, random.uniform(0, 0.5)]))
    length = float(random.integers(1, 8))
    return ClinicSession(
        patients, intervals, length, law(random), no_show, walk_ins, interruptions=late
    )


def least_cost(objective: Objective) -> float:
    """Return the least cost over all schedules, of all numbers of patients where that is free."""
    session = objective.session
    numbers = range(1 if objective.free else session.patients, session.patients + 1)
    every = [all_schedules(number, session.intervals) for number in numbers]
    if objective.free:
        every.append(torch.zeros(1, session.intervals, dtype=torch.int64))
    return float(objective(torch.cat(every)).cost.min())


def test_exact_equals_brute_force_where_patients_differ():
    """100 instances in a-space, both definitions of idle time, some with a late start."""
    random = np.random.default_rng(1)
    for trial in range(100):
        session = of_different_patients(random)
        idle = "makespan" if trial % 2 else "session"
        if trial % 6 == 0:
            late = Interruption(0, law(random), float(random.uniform(0.1, 1)))
            session = ClinicSession.from_dict(
                {**session.to_dict(), "interruptions": [late.to_dict()]}
            )
        objective = Objective(session, weights(random), idle)
        result = optimise(objective)
        assert result.cost == pytest.approx(least_cost(objective), abs=1e-9), trial
        assert result.status == "optimal"
        assert result.gap < 1e-9
        assert result.certificate.space == "a"
        assert verify_result(result.to_dict()) == []


def test_exact_equals_brute_force_where_patients_differ_under_convex_penalties():
    """Squares and excesses of waits, weighted by patient."""
    random = np.random.default_rng(2)
    for _ in range(15):
        session = of_different_patients(random)
        for penalty in (Square(), Excess(3.0)):
            objective = Objective(
                session, weights(random), waiting_penalty=penalty, tardiness_penalty=penalty
            )
            result = optimise(objective)
            assert result.cost == pytest.approx(least_cost(objective), rel=1e-9, abs=1e-9)
            assert result.status == "optimal"


def test_patients_who_differ_are_never_proved_in_cumulative_bookings():
    """Nor with walk-ins, where appointment times may not prove anything either."""
    random = np.random.default_rng(3)
    session = of_different_patients(random)
    forced = optimise(Objective(session, Weights(1, 1, 1)), make_strategy("exact", {"space": "p"}))
    busy = ClinicSession.from_dict(
        {**session.to_dict(), "walk_ins": WalkIns(law(random), rate=0.2).to_dict()}
    )
    with_walk_ins = optimise(Objective(busy, Weights(1, 1, 1)))
    assert forced.status == with_walk_ins.status == "heuristic"
    assert "patients who differ" in forced.note
    assert "walk-ins and interruptions" in with_walk_ins.note


@pytest.mark.slow
@pytest.mark.parametrize("group", range(5))
def test_exact_equals_brute_force_with_priority_walk_ins(group: int):
    """300 instances in p-space; what is certified rests on them."""
    random = np.random.default_rng([4, group])
    for trial in range(60):
        objective = Objective(with_priority(random), weights(random))
        result = optimise(objective)
        assert result.cost == pytest.approx(least_cost(objective), abs=1e-9), trial
        assert result.status == "optimal"
        assert result.gap < 1e-9
        assert result.certificate.space == "p"


@pytest.mark.nightly
def test_no_midpoint_violates_convexity_with_priority_walk_ins():
    """Every pair of schedules of 300 random small sessions: not one violation."""
    random = np.random.default_rng(5)
    pairs = 0
    for trial in range(300):
        objective = Objective(with_priority(random), weights(random))
        session = objective.session
        points = all_schedules(session.patients, session.intervals).cumsum(1)
        points = points[torch.randperm(len(points), generator=torch.manual_seed(trial))[:40]]
        one, other = (points[index] for index in torch.triu_indices(len(points), len(points), 1))
        costs = [
            objective(booked.diff(dim=1, prepend=torch.zeros_like(booked[:, :1]))).cost
            for booked in (one, other, (one + other) // 2, -(-(one + other) // 2))
        ]
        assert (costs[0] + costs[1] >= costs[2] + costs[3] - 1e-9).all(), trial
        pairs += len(one)
    assert pairs > 100_000


@pytest.mark.nightly
def test_the_published_optima_with_emergencies_are_proved(oracle: Any):
    """Koeleman & Koole (2012), Table 6: no schedule costs less than the printed one."""
    for row in oracle("koeleman_koole_2012")["table_6"]:
        objective = koeleman_koole_objective(row)
        result = optimise(objective)
        assert result.status == "optimal"
        assert result.cost == pytest.approx(float(objective(row["schedule"]).cost), abs=1e-6)
        assert float(result.performance.waiting) == pytest.approx(row["waiting"], abs=0.01)
        assert float(result.performance.tardiness) == pytest.approx(row["tardiness"], abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["booked only", "walk-ins", "priority", "interruptions"])
def test_exact_equals_brute_force_where_the_number_of_patients_is_free(kind: str):
    """60 instances each in p-space, with values from worthless to precious, some constrained."""
    random = np.random.default_rng(6)
    numbers = set()
    for seed in range(60):
        session = random_session(seed, kind == "walk-ins")
        if kind == "priority":
            session = with_priority(random)
        if kind == "interruptions":
            away = [Interruption(int(t), law(random), 0.6) for t in (0, session.intervals - 1)]
            session = replace(session, service_time=law(random), interruptions=away)
        session = session.first(min(session.patients, 4))
        value = float(random.uniform(0, 2 * session.service_time.mean))
        objective = Objective(session, weights(random), value_per_patient=value)
        result = optimise(objective)
        assert result.cost == pytest.approx(least_cost(objective), abs=1e-9), seed
        assert result.status == "optimal"
        assert result.certificate.space == "p"
        assert verify_result(result.to_dict()) == []
        numbers.add(sum(result.schedule))
        if sum(result.schedule) and max(result.schedule) > 1:
            constrained = optimise(objective, constraints=Constraints(capacity=1))
            assert constrained.status == "optimal"
            assert max(constrained.schedule) <= 1
            assert constrained.cost >= result.cost - 1e-9
    assert len(numbers) > 3


def test_a_free_number_is_searched_by_every_strategy():
    """None is worse than every rule with its own best number, and none books too many."""
    session = ClinicSession(12, 16, 5.0, ServiceTime.gamma(9.0, 0.7), no_show=0.1)
    objective = Objective(session, Weights(0.4, 0.2, 0.4), value_per_patient=6.0)
    best = optimise(objective)
    assert 0 < sum(best.schedule) < 12
    rules = [optimise(objective, rule) for rule in BASELINES]
    for strategy in (
        make_strategy("local_search", {"starts": 3}),
        make_strategy("genetic", {"population": 60, "generations": 60}),
        make_strategy("annealing", {"chains": 4, "steps": 150, "proposals": 4}),
    ):
        result = optimise(objective, strategy, seed=1)
        assert sum(result.schedule) <= 12
        assert best.cost - 1e-9 <= result.cost <= min(rule.cost for rule in rules)
    assert optimise(objective, "local_search").cost == pytest.approx(best.cost, rel=0.02)


def test_a_value_that_hides_all_minutes_is_refused():
    """Beside it a proof would compare rounding errors; a large one is still proved."""
    session = ClinicSession(6, 12, 5.0, ServiceTime.gamma(9.0, 0.7), no_show=0.05)
    light = Weights(0.01, 0.005, 0.01)
    with pytest.raises(InvalidInput, match="value_per_patient is 1000000000"):
        Objective(session, light, value_per_patient=1e9)
    free = optimise(Objective(session, light, value_per_patient=430.0))
    everybody = optimise(Objective(session, Weights(0.01 * 5.7, 0.005, 0.01)))
    assert free.status == "optimal"
    assert free.schedule == everybody.schedule
    assert free.gap < 1e-8 * everybody.cost


def test_a_free_number_is_refused_where_it_is_not_defined():
    """Appointment times compare schedules of one number of patients only."""
    objective = Objective(
        ClinicSession(3, 4, 5.0, ServiceTime.exponential(5.0)),
        Weights(1, 1, 1),
        value_per_patient=5.0,
    )
    with pytest.raises(InvalidInput, match=r"strategy\.space is 'a'"):
        optimise(objective, make_strategy("exact", {"space": "a"}))
    with pytest.raises(InvalidInput, match=r"strategy\.neighbourhood is 'shift_vectors'"):
        optimise(objective, make_strategy("local_search", {"neighbourhood": "shift_vectors"}))
    assert reasons_against(objective, "a") != []
    squared = Objective(
        objective.session, Weights(1, 1, 1), value_per_patient=5.0, waiting_penalty=Square()
    )
    assert optimise(squared).status == "heuristic"


@pytest.mark.parametrize("strategy", ["exact", "local_search", "genetic", "bailey_welch"])
def test_the_best_may_be_to_book_nobody(strategy: str):
    """Where a patient is worth nothing and waiting costs."""
    session = ClinicSession(3, 4, 5.0, ServiceTime.exponential(5.0))
    objective = Objective(session, Weights(1, 0, 1), value_per_patient=0.0)
    result = optimise(objective, strategy)
    assert result.cost == 0
    assert float(objective([0, 0, 0, 0]).waiting) == 0
    assert verify_result(result.to_dict()) == []


def test_penalties_of_tardiness_are_proved_with_walk_ins_too():
    """Squares of the overtime, first come first served and with priority: 20 instances each."""
    random = np.random.default_rng(9)
    for trial in range(20):
        for session in (random_session(trial, walk_ins=True), with_priority(random)):
            objective = Objective(session, weights(random), tardiness_penalty=Square())
            result = optimise(objective)
            assert result.cost == pytest.approx(least_cost(objective), rel=1e-9, abs=1e-9)
            assert result.status == "optimal"


def test_interruptions_are_proved_in_cumulative_bookings():
    """40 instances; a late start alone in appointment times too."""
    random = np.random.default_rng(8)
    for trial in range(40):
        session = random_session(trial)
        breaks = [
            Interruption(int(random.integers(1, session.intervals)), law(random), 0.7),
            Interruption(0, law(random)),
        ]
        late_only = trial % 2
        session = ClinicSession(
            session.patients, session.intervals, session.interval_length, law(random),
            session.no_show, interruptions=breaks[late_only:],
        )  # fmt: skip
        objective = Objective(session, weights(random))
        least = least_cost(objective)
        for space in ("a", "p") if late_only else ("p",):
            result = optimise(objective, make_strategy("exact", {"space": space}))
            assert result.cost == pytest.approx(least, abs=1e-9), (trial, space)
            assert result.status == "optimal"
    assert Coordinates.of(session, "a").dimension == session.patients
