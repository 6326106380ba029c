"""Local search: its optima are local, and it starts from many schedules at once."""

import pytest
import torch

from objective import ClinicSession, InvalidInput, Objective, ServiceTime, Weights
from opt import MaximumEvaluations, make_strategy, optimise
from opt.strategies.local_search import shift_vectors
from tests.cases import all_schedules, random_session


@pytest.mark.parametrize("improvement", ["best", "first"])
@pytest.mark.parametrize("starts", [1, 7])
def test_no_move_improves_the_result(improvement: str, starts: int, weights: Weights):
    """Best and first improvement, one start and several."""
    for seed in range(6):
        objective = Objective(random_session(seed), weights)
        strategy = make_strategy("local_search", {"improvement": improvement, "starts": starts})
        result = optimise(objective, strategy, seed=seed)
        assert result.termination == "local optimum"
        assert result.status == "heuristic"
        assert float(objective.moves(result.schedule).min()) >= result.cost - 1e-9


def test_it_gets_stuck_where_the_seed_project_did(obp: ClinicSession, weights: Weights):
    """From evenly spread appointments to 6.758545, 1.8 % above the optimum."""
    result = optimise(Objective(obp, weights), "local_search")
    assert result.cost == pytest.approx(6.758545, abs=1e-6)


def test_shift_vectors_reach_the_optimum_of_short_sessions(weights: Weights):
    """Kaandorp & Koole's neighbourhood has no local optima where the cost is multimodular."""
    for seed in range(6):
        session = random_session(seed)
        objective = Objective(session, weights)
        strategy = make_strategy("local_search", {"neighbourhood": "shift_vectors"})
        result = optimise(objective, strategy)
        best = objective(all_schedules(session.patients, session.intervals)).cost.min()
        assert result.cost == pytest.approx(float(best), abs=1e-9)


def test_shift_vectors_are_those_of_the_paper():
    """Three intervals: u_1 = (-1, 0, 1), u_2 = (1, -1, 0), u_3 = (0, 1, -1) and their sums."""
    rows = {tuple(row) for row in shift_vectors(3).tolist()}
    single = {(-1, 0, 1), (1, -1, 0), (0, 1, -1)}
    assert single <= rows
    assert rows == single | {tuple(-entry for entry in row) for row in single}
    assert (shift_vectors(5).sum(1) == 0).all()


def test_shift_vectors_of_a_long_session_are_refused(obp: ClinicSession, weights: Weights):
    """2^48 neighbours are too many."""
    strategy = make_strategy("local_search", {"neighbourhood": "shift_vectors"})
    with pytest.raises(InvalidInput, match=r"session.intervals .* is 48"):
        optimise(Objective(obp, weights), strategy)


def test_many_starts_are_no_worse_than_one(obp: ClinicSession, weights: Weights):
    """And equal seeds give equal results."""
    objective = Objective(obp, weights)
    strategy = make_strategy("local_search", {"starts": 6})
    stop = MaximumEvaluations(60_000)
    one, same = (optimise(objective, strategy, stop, seed=4) for _ in range(2))
    assert one.cost <= optimise(objective, "local_search").cost + 1e-12
    assert one.schedule == same.schedule
    assert [line.cost for line in one.history] == [line.cost for line in same.history]


def test_costs_of_moves_are_those_of_the_schedules(weights: Weights):
    """What the search believes of its result is what the objective says."""
    session = ClinicSession(6, 10, 5.0, ServiceTime.gamma(8.0, 0.8), no_show=0.2)
    result = optimise(Objective(session, weights), make_strategy("local_search", {"starts": 3}))
    assert result.history[-1].best_cost == pytest.approx(result.cost, rel=1e-12)
    assert torch.tensor(result.schedule).sum() == 6


def test_in_a_single_interval_there_is_nowhere_to_go():
    """Neither by moves nor by shift vectors."""
    objective = Objective(ClinicSession(3, 1, 5.0, ServiceTime.exponential(5.0)), Weights(1, 1, 1))
    for neighbourhood in ("moves", "shift_vectors"):
        strategy = make_strategy("local_search", {"neighbourhood": neighbourhood, "starts": 2})
        assert optimise(objective, strategy).schedule == [3]
