"""The genetic algorithm and its operators on whole populations."""

import pytest
import torch

from objective import ClinicSession, InvalidInput, Objective, Weights
from opt import make_strategy, optimise
from opt.constraints import Constraints
from opt.feasible import FeasibleSchedules
from opt.strategies.genetic_operators import (
    draw,
    selection_probabilities,
    swap_intervals,
    transfer_patients,
)
from tests.cases import random_schedules


@pytest.fixture
def generator() -> torch.Generator:
    """A seeded generator."""
    return torch.Generator().manual_seed(1)


def test_operators_keep_the_number_of_patients(generator: torch.Generator):
    """Whatever is crossed and mutated, nobody is lost and no interval is negative."""
    population = random_schedules(400, 12, 20)
    crossing = torch.rand(200, generator=generator) < 0.8
    children = transfer_patients(population[:200], population[200:], 3, crossing, generator)
    mutated = swap_intervals(torch.cat(children), torch.rand(400) < 0.5, generator)
    for schedules in (*children, mutated):
        assert (schedules.sum(1) == 12).all()
        assert (schedules >= 0).all()
    assert children[0][~crossing].equal(population[:200][~crossing])


def test_crossover_moves_as_many_patients_as_asked(generator: torch.Generator):
    """One patient each way changes a schedule by at most two patients."""
    first, second = random_schedules(100, 12, 20, 1), random_schedules(100, 12, 20, 2)
    one, other = transfer_patients(first, second, 1, torch.ones(100, dtype=torch.bool), generator)
    assert ((one - first).abs().sum(1) <= 2).all()
    assert ((other - second).abs().sum(1) <= 2).all()
    assert (one != first).any()


def test_crowded_intervals_give_and_sparse_ones_receive_more_often(generator: torch.Generator):
    """Frequencies over many draws follow the weights."""
    weights = torch.tensor([[6.0, 3.0, 1.0, 0.0]]).expand(100_000, -1)
    share = torch.bincount(draw(weights, generator), minlength=4) / 100_000
    assert torch.allclose(share, torch.tensor([0.6, 0.3, 0.1, 0.0]), atol=0.01)


def test_a_swap_exchanges_two_intervals(generator: torch.Generator):
    """Rows that do not mutate stay as they are."""
    population = random_schedules(50, 12, 20)
    same = swap_intervals(population, torch.zeros(50, dtype=torch.bool), generator)
    assert same.equal(population)
    swapped = swap_intervals(population, torch.ones(50, dtype=torch.bool), generator)
    assert swapped.sort(1).values.equal(population.sort(1).values)
    assert ((swapped != population).sum(1) <= 2).all()


def test_selection_prefers_cheap_schedules():
    """The worst is never chosen, equal costs are equally likely."""
    odds = selection_probabilities(torch.tensor([1.0, 2.0, 3.0]), pressure=2.0)
    assert torch.allclose(odds, torch.tensor([0.8, 0.2, 0.0]))
    assert torch.allclose(selection_probabilities(torch.ones(4), 2.0), torch.full((4,), 0.25))


def test_the_best_schedule_never_gets_worse(obp_exponential: ClinicSession, weights: Weights):
    """With elitism; equal seeds give equal runs, another seed another one."""
    objective = Objective(obp_exponential, weights)
    strategy = make_strategy("genetic", {"population": 60, "generations": 25})
    one, same, other = (optimise(objective, strategy, seed=seed) for seed in (3, 3, 4))
    costs = [line.cost for line in one.history]
    assert costs == sorted(costs, reverse=True)
    assert one.termination == "generations"
    assert one.schedule == same.schedule
    assert costs == [line.cost for line in same.history]
    assert costs != [line.cost for line in other.history]
    assert one.evaluations == 60 + 24 * 55


def test_deap_keeps_the_record(obp_exponential: ClinicSession, weights: Weights):
    """Logbook and hall of fame agree with the run."""
    objective = Objective(obp_exponential, weights)
    strategy = make_strategy("genetic", {"population": 40, "generations": 5})
    feasible = FeasibleSchedules(objective.session, Constraints(), free=False)
    run = strategy.begin(objective, feasible, seed=0)
    for _ in range(5):
        run.step()
    assert [line["generation"] for line in run.logbook] == [0, 1, 2, 3, 4]
    assert run.logbook[-1]["best"] == run.best.cost
    assert list(run.hall_of_fame[0]) == run.best.schedule.tolist()
    assert run.hall_of_fame[0].fitness.values[0] == run.best.cost


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"population": 2}, "strategy.population is 2"),
        ({"elite": 300}, "strategy.elite is 300"),
        ({"pressure": 0}, "strategy.pressure is 0"),
        ({"mutation_probability": 1.5}, "strategy.mutation_probability is 1.5"),
        ({"crossover_patients": 0}, "strategy.crossover_patients is 0"),
        ({"generations": 0}, "strategy.generations is 0"),
        ({"islands": 4}, "strategy.islands is 4; it must be one of population"),
    ],
)
def test_impossible_parameters_are_refused(parameters: dict[str, float], message: str):
    """By name, value and range."""
    with pytest.raises(InvalidInput, match=message):
        make_strategy("genetic", parameters)
