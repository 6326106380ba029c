"""The search of orders against every order, and what it says that it has proved."""

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from objective import ClinicSession, InvalidInput, Objective, PatientType, ServiceTime, Weights
from opt import Constraints, MaximumEvaluations, make_strategy, optimise, verify_result
from opt.orders import (
    in_order,
    kinds_of,
    number_of_orders,
    smallest_variance_first,
    starting_orders,
    swaps,
)
from opt.strategies import order_search
from opt.strategies.order_search import OrderSearch
from opt.strategies.stochastic_program import StochasticProgram
from opt.words import certificate_text
from tests.cases import REAL_CLINICS, all_schedules

TYPES = {
    "long": PatientType(ServiceTime.pmf([0.0, 0.3, 0.1, 0.1, 0.1, 0.4]), no_show=0.3),
    "short": PatientType(ServiceTime.pmf([0.1, 0.3, 0.6]), waiting_weight=2.0),
    "sure": PatientType(ServiceTime.deterministic(3.0)),
}
SESSION = ClinicSession(
    5, 8, 2.0, ServiceTime.poisson(3.0), 0.0, None, TYPES,
    ["long", "short", "long", "short", "sure"],
)  # fmt: skip
OBJECTIVE = Objective(SESSION, Weights(4.0, 1.0, 1.0))


def least_cost_of_orders(objective: Objective) -> float:
    """Return the least cost of all schedules in all orders."""
    session = objective.session
    every = all_schedules(session.patients, session.intervals)
    orders = set(itertools.permutations(kinds_of(session)))
    return min(
        float(objective.with_session(in_order(session, order))(every).cost.min())
        for order in orders
    )


def six_different_patients(seed: int) -> Objective:
    """Draw six patients who differ in law, no-show and waiting weight."""
    random = np.random.default_rng(seed)

    def law() -> ServiceTime:
        return ServiceTime.pmf(random.dirichlet(np.ones(int(random.integers(3, 12)))).tolist())

    types = {
        f"type {number}": PatientType(
            law(), float(random.choice([0.0, 0.1, 0.3])), float(random.uniform(0.3, 3.0))
        )
        for number in range(6)
    }
    length = float(random.integers(2, 6))
    session = ClinicSession(6, 8, length, ServiceTime.poisson(6.0), 0.0, None, types, list(types))
    weights = Weights(*random.dirichlet(np.ones(3)).tolist())
    idle: Any = str(random.choice(["session", "makespan"]))
    return Objective(session, weights, idle)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(20))
def test_swaps_find_the_best_of_all_720_orders_of_six_patients(seed: int):
    """Every schedule of every order is priced; the search finds the least cost in all 20 cases."""
    objective = six_different_patients(seed)
    result = optimise(objective, "order_search")
    assert result.cost == pytest.approx(least_cost_of_orders(objective), rel=1e-10)
    assert result.status == "optimal in its order"
    assert result.findings[0].orders == 720


def test_swaps_find_the_best_of_all_thirty_orders():
    """Five patients of three types, with the proof for the order found."""
    result = optimise(OBJECTIVE, "order_search")
    assert result.cost == pytest.approx(least_cost_of_orders(OBJECTIVE), rel=1e-12)
    assert result.cost < optimise(OBJECTIVE).cost - 0.01
    assert sorted(result.objective.session.order) == sorted(SESSION.order)
    assert result.cost == pytest.approx(optimise(result.objective).cost, rel=1e-12)
    (found,) = result.findings
    assert found.orders == 30
    assert found.order == tuple(result.objective.session.order)
    assert found.solved + found.given_up <= 30
    assert found.given_up > 0
    assert min(cost for _, cost in found.trail) == pytest.approx(result.cost, rel=1e-12)
    assert result.termination == "no better order by swaps"


def test_scans_of_a_few_orders_lead_to_the_same(monkeypatch: pytest.MonkeyPatch):
    """Three at a time instead of all swaps at once; five starts are more than one such scan."""
    whole = optimise(OBJECTIVE, OrderSearch(5))
    monkeypatch.setattr(order_search, "LARGEST_SCAN", 3)
    parts = optimise(OBJECTIVE, OrderSearch(5))
    assert parts.cost == pytest.approx(whole.cost, rel=1e-12)
    assert parts.objective.session.order == whole.objective.session.order
    assert parts.findings[0].trail == whole.findings[0].trail


def test_an_order_that_was_searched_is_not_called_the_best():
    """The proof is for its order, in status, note and words, and the file verifies as such."""
    result = optimise(OBJECTIVE, OrderSearch(starts=1))
    assert result.status == "optimal in its order"
    assert "one that was not compared may be better" in result.note
    words = certificate_text(result)
    assert "no schedule of these 5 patients in this order costs less" in words
    assert "orders were compared by swaps" in words
    contents = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert verify_result(contents) == []
    assert verify_result({**contents, "status": "bounded in its order"}) != []
    assert verify_result({**contents, "lower_bound": contents["lower_bound"] + 1}) != []
    given = optimise(OBJECTIVE)
    assert given.status == "optimal"
    assert "in this order" in certificate_text(given)


@pytest.mark.parametrize(
    "demands",
    [
        Constraints(),
        Constraints(capacity=2, minimum_gap=1, earliest={3: 2}),
        Constraints(blocked=[3], maximum_gap=4),
    ],
    ids=["none", "in a-space", "a break and short gaps"],
)
def test_a_search_of_orders_is_resumed_exactly(demands: Constraints, tmp_path: Path):
    """Stopped in the first scan and in later ones, it ends as if it had never been stopped."""
    path = tmp_path / "checkpoint.pt"
    whole = optimise(OBJECTIVE, OrderSearch(1), seed=3, constraints=demands)
    for share in (0.02, 0.6):
        limit = MaximumEvaluations(max(1, int(share * whole.evaluations)))
        part = optimise(OBJECTIVE, OrderSearch(1), limit, 3, checkpoint=path, constraints=demands)
        assert len(part.history) < len(whole.history)
        assert part.cost >= whole.cost - 1e-12
        rest = optimise(
            OBJECTIVE, OrderSearch(1), seed=3, checkpoint=path, resume=True, constraints=demands
        )
        assert rest.schedule == whole.schedule
        assert rest.objective.session.order == whole.objective.session.order
        assert rest.evaluations == whole.evaluations
        assert rest.status == whole.status
        assert rest.findings[0].to_dict() == whole.findings[0].to_dict()
        assert [line.cost for line in rest.history] == [line.cost for line in whole.history]
    assert bool(
        whole.certificate is None or verify_result(json.loads(json.dumps(whole.to_dict()))) == []
    )


def test_the_best_so_far_says_that_the_search_was_stopped():
    """After one round nothing is known of swaps."""
    result = optimise(OBJECTIVE, "order_search", MaximumEvaluations(1))
    assert result.termination == "evaluations"
    assert "was stopped before" in result.findings[0].sentence
    assert float(result.objective(result.schedule).cost) == result.cost


def test_where_nothing_can_be_proved_orders_are_searched_all_the_same():
    """With walk-ins no order is certified, and the result says why."""
    session = REAL_CLINICS["patients differ, walk-ins"].first(4)
    objective = Objective(session, Weights(1.0, 1.0, 1.0))
    result = optimise(objective, OrderSearch(1))
    assert result.status == "heuristic"
    assert "nothing is proved" in result.note
    assert result.findings[0].given_up == 0
    assert not result.findings[0].proved
    assert "without proof" in result.findings[0].sentence
    assert "no order is better" not in result.findings[0].sentence
    assert result.cost <= optimise(objective).cost + 1e-12


def test_alike_patients_have_no_order_to_search():
    """The result is that of `exact`, proved for all, and the note says so."""
    objective = Objective(
        ClinicSession(5, 9, 4.0, ServiceTime.exponential(6.0), 0.1), Weights(1.0, 1.0, 1.0)
    )
    result, exact = optimise(objective, "order_search"), optimise(objective)
    assert result.status == "optimal"
    assert result.schedule == exact.schedule
    assert result.lower_bound == pytest.approx(exact.lower_bound, rel=1e-12)
    assert "no order to search" in result.note
    assert result.findings == ()


def test_the_binaries_of_the_stochastic_program_lead_to_as_good_an_order():
    """On a grid of single minutes, and from 200 days, an order that costs at most 1 % more."""
    session = ClinicSession(5, 16, 1.0, SESSION.service_time, 0.0, None, TYPES, SESSION.order)
    objective = Objective(session, OBJECTIVE.weights)
    best = optimise(objective, OrderSearch(1))
    program = optimise(objective, StochasticProgram(200, 1, sequence="searched"))
    proved = optimise(program.objective)
    assert best.cost - 1e-9 <= proved.cost <= 1.01 * best.cost
    assert program.cost == pytest.approx(proved.cost, rel=1e-2)
    assert proved.cost < optimise(objective).cost


def test_orders_are_counted_swapped_and_begun_with():
    """Two long, two short and one sure patient: 30 orders; the sure one varies least."""
    kinds = tuple(kinds_of(SESSION))
    assert kinds == (0, 1, 0, 1, 2)
    assert number_of_orders(kinds) == 30
    assert number_of_orders((0,) * 30) == 1
    # All ten pairs but two of the same kind.
    assert len(swaps(kinds)) == 8
    assert all(sorted(one) == sorted(kinds) for one in swaps(kinds))
    assert smallest_variance_first(SESSION) == (2, 1, 1, 0, 0)
    starts = starting_orders(SESSION, 10, seed=4)
    assert starts[:2] == [(2, 1, 1, 0, 0), kinds]
    assert len(set(starts)) == len(starts)
    assert starts == starting_orders(SESSION, 10, seed=4)


BAD = {
    "no start": (lambda: make_strategy("order_search", {"starts": 0}), "strategy.starts is 0"),
    "half a start": (lambda: OrderSearch(1.5), "strategy.starts is 1.5"),  # type: ignore
    "a free number": (
        lambda: optimise(
            Objective(SESSION, Weights(1.0, 1.0, 1.0), value_per_patient=2.0), "order_search"
        ),
        "value_per_patient is 2.0",
    ),
}


@pytest.mark.parametrize("case", list(BAD))
def test_what_makes_no_sense_is_refused_by_name(case: str):
    """Before any work starts."""
    make, message = BAD[case]
    with pytest.raises(InvalidInput, match=message):
        make()


def test_a_schedule_is_priced_in_its_own_order():
    """The same session in another order is another objective on the same grid."""
    other = OBJECTIVE.with_session(in_order(SESSION, (2, 1, 1, 0, 0)))
    assert list(other.session.order) == ["sure", "short", "short", "long", "long"]
    assert other.step == OBJECTIVE.step
    schedule = torch.tensor([1, 1, 1, 1, 1, 0, 0, 0])
    assert float(other(schedule).cost) != pytest.approx(float(OBJECTIVE(schedule).cost))
