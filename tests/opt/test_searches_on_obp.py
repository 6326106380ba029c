"""What the searches reach on the outpatient-booking session, whose optimum is proved."""

import pytest

from objective import ClinicSession, Objective, Weights
from opt import Result, make_strategy, optimise

#: Proved by `exact`; evenly spread appointments cost 7.4725, and the best single moves from there
#: end 1.8 % above it.
OPTIMUM = 6.636674390

pytestmark = pytest.mark.nightly


def gap(result: Result) -> float:
    """Return by which share a result lies above the optimum."""
    assert result.cost > OPTIMUM - 1e-8
    return result.cost / OPTIMUM - 1


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize(
    ("strategy", "most", "within"), [("genetic", 30_000, 0.005), ("annealing", 100_000, 0.01)]
)
def test_the_default_parameters_come_close_to_the_optimum(
    obp: ClinicSession, weights: Weights, strategy: str, most: int, within: float
):
    """In at least eight of ten seeds, with at most so many evaluations."""
    objective = Objective(obp, weights)
    close = 0
    for seed in range(10):
        result = optimise(objective, strategy, seed=seed)
        assert result.evaluations <= most
        close += gap(result) <= within
        if close == 8:
            break
    assert close == 8


def test_islands_and_tournaments_come_close_to_the_optimum_too(
    obp: ClinicSession, weights: Weights
):
    """With as many evaluations."""
    for parameters in (
        {"islands": 4, "population": 25, "elite": 2},
        {"selection": "tournament"},
    ):
        result = optimise(Objective(obp, weights), make_strategy("genetic", parameters), seed=0)
        assert result.evaluations <= 30_000
        assert gap(result) <= 0.01


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_local_search_from_many_starts_reaches_the_optimum(
    obp: ClinicSession, weights: Weights, seed: int
):
    """Where a single start stays 1.8 % above it."""
    objective = Objective(obp, weights)
    many = optimise(objective, make_strategy("local_search", {"starts": 20}), seed=seed)
    single = optimise(objective, "local_search", seed=seed)
    assert gap(many) <= 1e-9
    assert gap(single) == pytest.approx(0.0184, abs=1e-4)
