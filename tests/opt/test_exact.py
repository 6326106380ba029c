"""The exact search against brute force and against certified optima."""

from typing import Any

import numpy as np
import pytest
import torch

from objective import ClinicSession, Excess, Objective, ServiceTime, Square, Tail, WalkIns, Weights
from opt import make_strategy, optimise, verify
from tests.cases import all_schedules, random_session


def brute_force(objective: Objective) -> float:
    """Return the least cost over all schedules."""
    session = objective.session
    return float(objective(all_schedules(session.patients, session.intervals)).cost.min())


def random_weights(seed: int) -> Weights:
    """Draw weights."""
    return Weights(*np.random.default_rng(seed).dirichlet(np.ones(3)).tolist())


KINDS = {
    "session idle, a-space": ("session", "a", False),
    "session idle, p-space": ("session", "p", False),
    "makespan idle, a-space": ("makespan", "a", False),
    "walk-ins, p-space": ("session", "p", True),
}


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("group", range(5))
def test_exact_equals_brute_force_on_random_small_sessions(kind: str, group: int):
    """320 instances in all: exponential and arbitrary laws, no-shows, random weights."""
    idle, space, walk_ins = KINDS[kind]
    for seed in range(16 * group, 16 * group + 16):
        session = random_session(seed, walk_ins)
        objective = Objective(session, random_weights(seed), idle=idle)
        result = optimise(objective, make_strategy("exact", {"space": space}))
        assert result.cost == pytest.approx(brute_force(objective), abs=1e-9), seed
        assert result.status == "optimal", seed
        assert result.gap < 1e-8
        assert verify(result.certificate, objective) == []


def test_exact_equals_brute_force_with_convex_penalties():
    """Squares and excesses of waits and overtime, in both coordinates."""
    for seed in range(10):
        session = random_session(seed)
        for penalty in (Square(), Excess(4.0)):
            objective = Objective(
                session, random_weights(seed), waiting_penalty=penalty, tardiness_penalty=penalty
            )
            for space in ("a", "p"):
                result = optimise(objective, make_strategy("exact", {"space": space}))
                assert result.cost == pytest.approx(brute_force(objective), rel=1e-9)
                assert result.status == "optimal"


@pytest.mark.parametrize("space", ["a", "p"])
@pytest.mark.parametrize(
    ("law", "no_show", "optimum"),
    [
        ("exponential", 0.0, 18.942181842),
        ("poisson", 0.0, 6.636674390),
        ("exponential", 0.1, 18.682590035),
    ],
)
def test_published_optima_are_proved(
    law: str, no_show: float, optimum: float, space: str, weights: Weights
):
    """Gaps below 1e-8, within 3,000 evaluations in the coordinates that are taken by default."""
    service = ServiceTime.from_dict({"law": law, "mean": 9.0})
    objective = Objective(ClinicSession(24, 48, 5.0, service, no_show), weights)
    result = optimise(objective, make_strategy("exact", {"space": space}))
    assert result.cost == pytest.approx(optimum, abs=1e-9)
    assert result.gap < 1e-8
    assert result.evaluations < (3_000 if space == "a" else 10_000)
    assert result.status == "optimal"


def test_makespan_optimum_of_the_long_session_is_proved(
    obp_exponential: ClinicSession, weights: Weights
):
    """16.257236983 in a-space."""
    result = optimise(Objective(obp_exponential, weights, idle="makespan"))
    assert result.cost == pytest.approx(16.257236983, abs=1e-9)
    assert result.status == "optimal"


def test_kaandorp_koole_optima_are_as_printed(oracle: Any):
    """Tables 1 and 2a to the printed digit; the listed schedules cost as much as ours."""
    tables = oracle("kaandorp_koole_2007")
    cases = [(0.1, 20.0, row["a_W"], row, row["slots"]) for row in tables["table_1"]["optima"]] + [
        (row["no_show"], row["service_mean"], 2.0, row, None) for row in tables["table_2a"]["rows"]
    ]
    for no_show, mean, weight, printed, slots in cases:
        session = ClinicSession(10, 48, 5.0, ServiceTime.exponential(mean), no_show)
        objective = Objective(session, Weights(weight, 0.2, 1.0), idle="makespan")
        result = optimise(objective)
        performance = result.performance.row(0)
        for part in ("waiting", "idle", "tardiness", "cost"):
            assert round(performance[part], 2) == printed[part]
        assert result.status == "optimal"
        if slots:
            listed = torch.bincount(torch.tensor(slots), minlength=48)
            assert float(objective(listed).cost) == pytest.approx(result.cost, abs=1e-9)


def test_the_2007_misprint_is_what_the_schedule_costs():
    """Table 2b prints 42.47 for 16 patients; the optimum is 42.4218."""
    session = ClinicSession(16, 48, 5.0, ServiceTime.exponential(12.5), no_show=0.1)
    objective = Objective(session, Weights(2.0, 0.2, 1.0), idle="makespan")
    slots = [0, 1, 3, 6, 8, 11, 14, 17, 20, 23, 26, 29, 32, 35, 38, 40]
    result = optimise(objective)
    assert result.cost == pytest.approx(42.4218, abs=5e-5)
    listed = torch.bincount(torch.tensor(slots), minlength=48)
    assert float(objective(listed).cost) == pytest.approx(result.cost, abs=1e-9)


@pytest.mark.parametrize("unit", [1e-12, 1e-3, 1e6])
def test_the_unit_of_the_weights_changes_nothing(unit: float, four_patients: ClinicSession):
    """Tiny and huge weights end at the same schedule, with a gap as small beside the cost."""
    objectives = [
        Objective(four_patients, Weights(0.4 * one, 0.2 * one, 0.4 * one)) for one in (1.0, unit)
    ]
    plain, scaled = (optimise(objective) for objective in objectives)
    assert scaled.status == "optimal"
    assert scaled.cost == pytest.approx(unit * plain.cost, rel=1e-9)
    assert scaled.gap <= 1e-8 * scaled.cost
    assert verify(scaled.certificate, objectives[1]) == []


def test_a_target_gap_stops_early_with_a_proved_bound(
    obp_exponential: ClinicSession, weights: Weights
):
    """The bound holds for the optimum, and takes fewer evaluations."""
    objective = Objective(obp_exponential, weights)
    early = optimise(objective, make_strategy("exact", {"target_gap": 0.1}))
    assert early.status == "bounded"
    assert early.termination == "gap"
    assert 1e-9 < early.gap <= 0.1
    assert early.lower_bound <= 18.942181842 <= early.cost + 1e-9
    assert early.evaluations < optimise(objective).evaluations


@pytest.mark.parametrize(
    ("session", "changes", "space"),
    [
        (random_session(1), {"idle": "makespan"}, "p"),
        (random_session(1, walk_ins=True), {}, "a"),
        (random_session(1, walk_ins=True), {"waiting_penalty": Square()}, None),
        (random_session(1), {"waiting_penalty": Tail(5.0)}, None),
        (random_session(1), {"tardiness_penalty": Tail(5.0)}, None),
        (random_session(1), {"dtype": torch.float32}, None),
    ],
    ids=["makespan in p", "walk-ins in a", "walk-ins squared", "P(wait)", "P(overtime)", "float32"],
)
def test_what_the_validity_table_rules_out_is_searched_but_never_proved(
    session: ClinicSession, changes: dict[str, Any], space: str | None
):
    """The result is heuristic, says why, and has no bound."""
    objective = Objective(session, Weights(1, 1, 1), **changes)
    result = optimise(objective, make_strategy("exact", {"space": space}))
    assert result.status == "heuristic"
    assert result.certificate is None
    assert result.lower_bound is None
    assert "nothing is proved" in result.note


def test_a_target_gap_does_not_stop_a_search_that_proves_nothing():
    """Its bound is none."""
    objective = Objective(
        random_session(1, walk_ins=True), Weights(1, 1, 1), waiting_penalty=Square()
    )
    plain = optimise(objective)
    early = optimise(objective, make_strategy("exact", {"target_gap": 1e6}))
    assert early.cost == plain.cost
    assert early.termination != "gap"


@pytest.mark.parametrize("session", [
    ClinicSession(5, 1, 5.0, ServiceTime.exponential(4.0)),
    ClinicSession(1, 1, 5.0, ServiceTime.exponential(4.0)),
    ClinicSession(1, 7, 5.0, ServiceTime.exponential(4.0)),
    ClinicSession(3, 1, 5.0, ServiceTime.poisson(4.0), 0.0, WalkIns(ServiceTime.poisson(2), 0.5)),
], ids=["one interval", "one of each", "one patient", "one interval, walk-ins"])  # fmt: skip
def test_degenerate_sessions_are_proved_too(session: ClinicSession, weights: Weights):
    """One interval or one patient."""
    result = optimise(Objective(session, weights))
    assert result.status == "optimal"
    assert verify(result.certificate, result.objective) == []
    if session.intervals == 7:
        assert result.cost == pytest.approx(brute_force(result.objective), abs=1e-12)
