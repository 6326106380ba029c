"""Genetic operators on a whole population (rows, intervals); all keep the number of patients."""

import torch
from torch import Tensor


def selection_probabilities(costs: Tensor, pressure: float) -> Tensor:
    """Return the probability (rows,) to become a parent, shaped by fitness.

    It is proportional to ((worst - cost) / (worst - best))^pressure; even where all are equal.
    """
    best, worst = costs.min(), costs.max()
    fitness = ((worst - costs) / (worst - best).clamp(min=1e-300)) ** pressure
    total = fitness.sum()
    even = torch.full_like(fitness, 1 / len(costs))
    return torch.where(total > 0, fitness / total.clamp(min=1e-300), even)


def draw(weights: Tensor, generator: torch.Generator) -> Tensor:
    """Draw one column per row of nonnegative weights (rows, columns), by inverting their sums."""
    upto = weights.cumsum(1)
    level = torch.rand(
        len(weights), 1, generator=generator, dtype=upto.dtype, device=weights.device
    )
    # The level stays below the total, so that a column of weight 0 at the end is never drawn.
    reached = torch.searchsorted(upto, level * upto[:, -1:], right=True)
    return reached[:, 0].clamp_(max=weights.shape[1] - 1)


def transfer_patients(
    first: Tensor, second: Tensor, patients: int, crossing: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Cross pairs of parents by moving patients from one to the other one at a time, then back.

    Crowded intervals give more often, sparse ones receive more often; as many come back as went, so
    that totals balance. ``crossing`` (pairs,) says which pairs cross at all.
    """
    first, second = first.clone(), second.clone()
    once = crossing.to(first.dtype)[:, None]
    for giver, receiver in ((first, second), (second, first)):
        for _ in range(patients):
            source = draw(giver.to(torch.float32), generator)[:, None]
            target = draw(1 / (1 + receiver.to(torch.float32)), generator)[:, None]
            giver.scatter_add_(1, source, -once)
            receiver.scatter_add_(1, target, once)
    return first, second


def swap_intervals(population: Tensor, mutating: Tensor, generator: torch.Generator) -> Tensor:
    """Swap the patients of two random intervals in the rows that mutate (rows,)."""
    rows, intervals = population.shape
    shape = (rows, 2)
    places = torch.randint(intervals, shape, generator=generator, device=population.device)
    swapped = population.scatter(1, places, population.gather(1, places.flip(1)))
    return torch.where(mutating[:, None], swapped, population)
