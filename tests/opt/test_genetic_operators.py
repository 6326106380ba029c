"""Genetic operators on whole populations."""

import pytest
import torch

from opt.strategies.genetic_operators import (
    draw,
    select_by_fitness,
    select_by_tournament,
    selection_probabilities,
    shift_intervals,
    swap_intervals,
    transfer_patients,
    with_unbooked,
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
    mutating = torch.rand(400) < 0.5
    swapped = swap_intervals(torch.cat(children), mutating, generator)
    shifted = shift_intervals(torch.cat(children), mutating, generator)
    for schedules in (*children, swapped, shifted):
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


def test_a_shift_moves_a_stretch_by_one_interval(generator: torch.Generator):
    """It is one of all the stretches in either direction, each of which comes up."""
    schedule = torch.tensor([1, 2, 4, 8])
    possible = set()
    for first in range(4):
        for last in range(first, 4):
            for step in (-1, 1):
                shifted = [0, 0, 0, 0]
                for place, patients in enumerate(schedule.tolist()):
                    moves = first <= place <= last and 0 <= place + step < 4
                    shifted[place + step if moves else place] += patients
                possible.add(tuple(shifted))
    population = schedule.expand(2000, -1)
    found = shift_intervals(population, torch.ones(2000, dtype=torch.bool), generator)
    assert set(map(tuple, found.tolist())) == possible
    same = shift_intervals(population, torch.zeros(2000, dtype=torch.bool), generator)
    assert same.equal(population)


def test_no_patient_shifts_further_than_to_the_neighbour(generator: torch.Generator):
    """In any population: cumulative bookings change by no more than the patients next door."""
    population = random_schedules(500, 15, 12)
    shifted = shift_intervals(population, torch.ones(500, dtype=torch.bool), generator)
    moved = (shifted.cumsum(1) - population.cumsum(1))[:, :-1]
    assert (moved <= population[:, 1:]).all()
    assert (-moved <= population[:, :-1]).all()
    assert ((moved >= 0).all(1) | (moved <= 0).all(1)).all()


def test_selection_by_fitness_prefers_cheap_schedules(generator: torch.Generator):
    """The worst is never chosen, equal costs are equally likely, frequencies follow."""
    costs = torch.tensor([1.0, 2.0, 3.0])
    odds = selection_probabilities(costs, pressure=2.0)
    assert torch.allclose(odds, torch.tensor([0.8, 0.2, 0.0]))
    assert torch.allclose(selection_probabilities(torch.ones(4), 2.0), torch.full((4,), 0.25))
    chosen = select_by_fitness(costs, 100_000, pressure=2.0, generator=generator)
    assert torch.allclose(torch.bincount(chosen, minlength=3) / 100_000, odds, atol=0.01)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_a_tournament_picks_the_best_of_those_drawn(size: int):
    """The very rows that were drawn; a larger one makes the best more likely, as computed."""
    costs = torch.tensor([3.0, 1.0, 4.0, 2.0])
    chosen = select_by_tournament(costs, 50_000, size, torch.Generator().manual_seed(5))
    drawn = torch.randint(4, (50_000, size), generator=torch.Generator().manual_seed(5))
    assert costs[chosen].equal(costs[drawn].min(1).values)
    share = float((chosen == 1).double().mean())
    assert share == pytest.approx(1 - 0.75**size, abs=0.01)


def test_those_not_booked_are_one_more_interval():
    """So that all are counted."""
    schedules = torch.tensor([[1, 0, 2], [0, 0, 0]])
    assert with_unbooked(schedules, 5).tolist() == [[1, 0, 2, 2], [0, 0, 0, 5]]
