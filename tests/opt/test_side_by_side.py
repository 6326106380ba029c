"""Many exact searches side by side against single ones."""

from copy import deepcopy
from typing import Any

import numpy as np
import pytest
import torch

from objective import ClinicSession, InvalidInput, Objective, ServiceTime, Square, WalkIns, Weights
from opt import (
    Constraints,
    LowerBoundAbove,
    MaximumEvaluations,
    Result,
    make_strategy,
    optimise,
    optimise_side_by_side,
    verify,
)
from opt.side_by_side import SideBySide
from opt.strategies.exact import Exact
from tests.cases import REAL_CLINICS, random_schedules, random_session

SESSION = ClinicSession(9, 16, 5.0, ServiceTime.exponential(8.0), no_show=0.1)
WEIGHTS = [Weights(0.4, 0.2, 0.4), Weights(0.05, 0.0, 0.95), Weights(0.9, 0.1, 0.0)]


def assert_alike(many: list[Result], singles: list[Result]) -> None:
    """Check costs, bounds, status and certificates against single searches."""
    assert len(many) == len(singles)
    for one, single in zip(many, singles, strict=True):
        assert one.cost == pytest.approx(single.cost, rel=1e-11, abs=1e-11)
        assert one.status == single.status
        assert one.note == single.note
        assert one.termination == single.termination
        if single.lower_bound is not None:
            assert one.lower_bound == pytest.approx(single.lower_bound, rel=1e-9, abs=1e-9)
            assert one.certificate is not None
            assert verify(one.certificate, one.objective, one.constraints) == []


CASES: dict[str, list[Objective]] = {
    "weights of one session": [Objective(SESSION, weights) for weights in WEIGHTS],
    "makespan idle time": [Objective(SESSION, weights, idle="makespan") for weights in WEIGHTS],
    "penalties": [Objective(SESSION, weights, waiting_penalty=Square()) for weights in WEIGHTS],
    "a free number of patients": [
        Objective(SESSION, weights, value_per_patient=value)
        for weights, value in zip(WEIGHTS, (3.0, 20.0, 8.0), strict=True)
    ],
    "different sessions": [
        Objective(random_session(seed, walk_ins=seed % 2 == 0), WEIGHTS[seed % 3])
        for seed in range(9)
    ],
    "real clinics": [Objective(session, WEIGHTS[0]) for session in REAL_CLINICS.values()],
    "nothing provable": [
        Objective(SESSION, weights, dtype=torch.float32) for weights in WEIGHTS[:2]
    ],
    "nothing": [],
}


@pytest.mark.parametrize("case", list(CASES))
def test_searches_side_by_side_equal_single_ones(case: str):
    """Whatever their objectives have in common."""
    objectives = CASES[case]
    assert_alike(optimise_side_by_side(objectives), [optimise(one) for one in objectives])


#: What p-space expresses, and what no coordinates express together.
DEMANDS = {
    "a break and pins": Constraints(blocked=[5, 6], minimum={9: 1}),
    "a break and short gaps": Constraints(blocked=[5, 6], maximum_gap=3, latest={9: 14}),
}


@pytest.mark.parametrize("demands", list(DEMANDS))
def test_constraints_are_met_side_by_side(demands: str):
    """Also where a local search follows the descent."""
    objectives, constraints = CASES["weights of one session"], DEMANDS[demands]
    assert_alike(
        optimise_side_by_side(objectives, constraints=constraints),
        [optimise(one, constraints=constraints) for one in objectives],
    )


def test_any_start_ends_at_the_optimum():
    """From random schedules, from the optimum itself, and where a start breaks the constraints."""
    objectives = CASES["weights of one session"]
    singles = [optimise(one) for one in objectives]
    starts = list(random_schedules(3, 9, 16))
    assert_alike(optimise_side_by_side(objectives, starts=starts), singles)
    known = [single.schedule for single in singles]
    again = optimise_side_by_side(objectives, starts=known)
    assert_alike(again, singles)
    assert sum(one.evaluations for one in again) < sum(one.evaluations for one in singles)
    constraints = Constraints(blocked=[t for t in range(16) if known[0][t]][:2])
    assert_alike(
        optimise_side_by_side(objectives, starts=known, constraints=constraints),
        [optimise(one, constraints=constraints) for one in objectives],
    )


def test_what_several_ask_for_is_priced_once():
    """Three equal searches cost as much as one."""
    objective = CASES["weights of one session"][0]
    one, three = SideBySide([objective], Exact()), SideBySide([objective] * 3, Exact())
    for together in (one, three):
        while together.round():
            pass
    assert three.evaluations == one.evaluations
    assert [result.evaluations for result in three.results()] == [one.results()[0].evaluations] * 3


def test_other_weights_price_as_an_objective_of_their_own():
    """Costs and moves, for every kind of session and with a value per patient."""
    for session in REAL_CLINICS.values():
        schedules = random_schedules(5, 6, 9)
        for value in (None, 5.0):
            before = Objective(session, WEIGHTS[0], value_per_patient=value)
            before.moves(schedules[0])
            other = before.with_weights(WEIGHTS[1])
            anew = Objective(session, WEIGHTS[1], value_per_patient=value)
            assert torch.equal(other(schedules).cost, anew(schedules).cost)
            assert torch.equal(other.moves(schedules), anew.moves(schedules))
            assert other.to_dict() == anew.to_dict()
            assert before.weights == WEIGHTS[0]


def test_a_search_proved_to_be_worse_is_given_up():
    """Below the cost that would not do, with a bound above it; others go on to their optima."""
    objectives = CASES["weights of one session"]
    singles = [optimise(one) for one in objectives]
    limits = [LowerBoundAbove(0.9 * singles[0].cost), None, LowerBoundAbove(1.1 * singles[2].cost)]
    first, *others = optimise_side_by_side(objectives, stopping=limits)
    assert_alike(others, singles[1:])
    assert first.termination == "lower bound"
    assert first.evaluations < singles[0].evaluations
    assert first.lower_bound is not None
    assert 0.9 * singles[0].cost < first.lower_bound <= singles[0].cost + 1e-9
    alone = optimise(objectives[0], stopping=LowerBoundAbove(0.9 * singles[0].cost))
    assert alone.termination == "lower bound"
    assert alone.lower_bound == pytest.approx(first.lower_bound, rel=1e-9)


def test_a_rule_for_all_looks_at_each_search_alone():
    """Each is stopped by its own evaluations."""
    stopped = optimise_side_by_side(
        CASES["weights of one session"], stopping=MaximumEvaluations(30)
    )
    assert [one.termination for one in stopped] == ["evaluations"] * 3
    assert all(30 <= one.evaluations < 120 for one in stopped)


def test_searches_interrupted_together_go_on_exactly():
    """After any round, also where a local search is under way."""
    for constraints in (None, *DEMANDS.values()):
        objectives = CASES["weights of one session"]
        whole = SideBySide(objectives, Exact(), constraints=constraints)
        states = [deepcopy(whole.state())]
        while whole.round():
            states.append(deepcopy(whole.state()))
        for index in np.linspace(0, len(states) - 1, 4).astype(int):
            rest = SideBySide(objectives, Exact(), constraints=constraints)
            rest.restore(states[index])
            while rest.round():
                pass
            assert rest.evaluations == whole.evaluations
            for one, other in zip(rest.results(), whole.results(), strict=True):
                assert one.schedule == other.schedule
                assert one.lower_bound == other.lower_bound
                assert len(one.history) == len(other.history)


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no objective": ({"objectives": [3]}, "objectives.0. is 3; it must be an Objective"),
    "another strategy": ({"strategy": make_strategy("genetic")}, "it must be Exact or None"),
    "too few starts": ({"starts": [None]}, "it must be as many as objectives, 3"),
    "a start of another session": (
        {"starts": [[9], None, None]}, "schedules is 'of shape .1, 1.'"),
    "too few rules": ({"stopping": [None]}, "stopping is '1 rules'"),
    "no rule": ({"stopping": 7}, "stopping is 7; it must be a stopping rule or None"),
    "no constraints": ({"constraints": 7}, "constraints is 7"),
    "no seed": ({"seed": -1}, "seed is -1"),
    "contradictory constraints": (
        {"constraints": Constraints(blocked=list(range(16)))}, "possible together"),
}  # fmt: skip


@pytest.mark.parametrize("case", list(BAD))
def test_bad_input_is_refused_by_name(case: str):
    """Before any work starts."""
    arguments, message = BAD[case]
    with pytest.raises(InvalidInput, match=message):
        optimise_side_by_side(**{"objectives": CASES["weights of one session"], **arguments})
    with pytest.raises(InvalidInput, match=r"stopping\.cost is nan"):
        LowerBoundAbove(float("nan"))


def test_walk_ins_share_their_evaluation_in_cumulative_bookings():
    """Different weights of one session with walk-ins make one group."""
    walk_ins = WalkIns(ServiceTime.pmf([0.2, 0.5, 0.3]), rate=0.2)
    session = ClinicSession(5, 8, 4.0, ServiceTime.pmf([0.1, 0.2, 0.4, 0.3]), 0.1, walk_ins)
    objectives = [Objective(session, weights) for weights in WEIGHTS]
    together = SideBySide(objectives, Exact())
    while together.round():
        pass
    assert_alike(together.results(), [optimise(one) for one in objectives])
    assert together.evaluations < sum(one.evaluations for one in together.results())
