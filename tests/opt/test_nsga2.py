"""NSGA-II's operators and bookkeeping."""

from typing import Any

import numpy as np
import pytest
import torch

from objective import ClinicSession, Objective, Weights
from opt import Constraints
from opt.feasible import FeasibleSchedules
from opt.frontier_measures import Array
from opt.frontier_point import costs_of, values_of
from opt.strategies.genetic_operators import halfway
from opt.strategies.nsga2 import Nsga2, Variation
from opt.strategies.starts import starting_schedules
from tests.cases import random_schedules, random_session

WEIGHTS = Weights(0.4, 0.2, 0.4)


@pytest.mark.parametrize("space", ["a", "p"])
def test_parents_meet_halfway(space: Any):
    """By hand: of 0, 0, 3 and 1, 2, 4 the middle is 1, 1, 4 rounded up and 0, 1, 3 rounded down."""
    first = torch.tensor([[2, 0, 0, 1, 0], [1, 0, 1, 0, 1]])
    second = torch.tensor([[0, 1, 1, 0, 1], [1, 0, 1, 0, 1]])
    up, down = halfway(first, second, space)
    in_a = [[0, 2, 0, 0, 1], [1, 1, 0, 1, 0]]
    in_p = [[1, 1, 0, 1, 0], [1, 0, 1, 0, 1]]
    expected = in_a if space == "a" else in_p
    assert [up[0].tolist(), down[0].tolist()] == expected
    assert up[1].tolist() == down[1].tolist() == [1, 0, 1, 0, 1]


@pytest.mark.parametrize("space", ["a", "p"])
def test_children_halfway_cost_no_more_than_their_parents_in_any_cost(space: Any):
    """Together, for waiting and for overtime at once, as convexity has it."""
    for seed in range(6):
        session = random_session(seed, walk_ins=space == "p" and seed % 2 == 0)
        objective = Objective(session, WEIGHTS)
        patients, intervals = session.patients, session.intervals
        parents = [random_schedules(200, patients, intervals, 2 * seed + one) for one in (0, 1)]
        children = halfway(parents[0], parents[1], space)
        costs = [
            values_of(objective(batch), costs_of(objective)) for batch in (*parents, *children)
        ]
        assert (costs[2] + costs[3] <= costs[0] + costs[1] + 1e-9).all()
        assert all((child.sum(1) == patients).all() and (child >= 0).all() for child in children)


def test_children_in_the_population_are_not_priced_again(four_patients: ClinicSession):
    """Nor is a child twice."""
    objective = Objective(four_patients, WEIGHTS)
    feasible = FeasibleSchedules(four_patients, Constraints(), free=False)
    generator = torch.Generator().manual_seed(3)
    priced: list[torch.Tensor] = []

    def price(schedules: torch.Tensor) -> Array:
        priced.append(schedules)
        return values_of(objective(schedules), costs_of(objective))

    start = starting_schedules(objective, feasible, 30, generator)
    evolution = Nsga2(start, price, feasible, Variation("a", 0.5, 1, 0.5), generator)
    for _ in range(20):
        before = {tuple(row) for row in evolution.population.tolist()}
        priced.clear()
        first = not len(evolution.values)
        evolution.step()
        rows = [tuple(row) for batch in priced for row in batch.tolist()]
        assert len(set(rows)) == len(rows)
        assert first or not before & set(rows)
        assert len({tuple(row) for row in evolution.population.tolist()}) == len(evolution.values)


def test_the_population_keeps_its_front(obp_exponential: ClinicSession):
    """No generation loses what dominates: the least of each cost never rises."""
    objective = Objective(obp_exponential, WEIGHTS)
    feasible = FeasibleSchedules(obp_exponential, Constraints(), free=False)
    generator = torch.Generator().manual_seed(1)
    evolution = Nsga2(
        starting_schedules(objective, feasible, 20, generator),
        lambda schedules: values_of(objective(schedules), costs_of(objective)),
        feasible,
        Variation("a", 0.8, 2, 0.7),
        generator,
    )
    least = np.full(2, np.inf)
    for _ in range(30):
        evolution.step()
        assert len(evolution.population) == 20
        assert (evolution.values.min(0) <= least).all()
        least = evolution.values.min(0)
