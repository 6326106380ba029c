"""Genetic operators on a whole population (rows, intervals); all keep the number of patients."""

import torch
from torch import Tensor

from objective.schedules import appointment_intervals, schedules_from_appointments
from opt.demands import Space


def with_unbooked(schedules: Tensor, patients: int) -> Tensor:
    """Add an interval (rows, intervals + 1) of those of the patients who are not booked.

    Operators that keep the number of all then move patients in and out.
    """
    unbooked = patients - schedules.sum(1, keepdim=True, dtype=schedules.dtype)
    return torch.cat([schedules, unbooked], dim=1)


def select_by_fitness(
    costs: Tensor, number: int, pressure: float, generator: torch.Generator
) -> Tensor:
    """Draw the rows (number,) of parents with probabilities shaped by fitness."""
    odds = selection_probabilities(costs, pressure)
    return torch.multinomial(odds, number, replacement=True, generator=generator)


def selection_probabilities(costs: Tensor, pressure: float) -> Tensor:
    """Return the probability (rows,) to become a parent, shaped by fitness.

    It is proportional to ((worst - cost) / (worst - best))^pressure; even where all are equal.
    """
    best, worst = costs.min(), costs.max()
    fitness = ((worst - costs) / (worst - best).clamp(min=1e-300)) ** pressure
    total = fitness.sum()
    even = torch.full_like(fitness, 1 / len(costs))
    return torch.where(total > 0, fitness / total.clamp(min=1e-300), even)


def select_by_tournament(
    costs: Tensor, number: int, size: int, generator: torch.Generator
) -> Tensor:
    """Draw the rows (number,) of parents: each is the best of ``size`` rows drawn evenly.

    Goldberg & Deb (1991), A comparative analysis of selection schemes used in genetic algorithms,
    doi:10.1016/B978-0-08-050684-5.50008-2.
    """
    drawn = torch.randint(len(costs), (number, size), generator=generator, device=costs.device)
    winner = costs[drawn].argmin(1, keepdim=True)
    return drawn.gather(1, winner)[:, 0]


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


def shift_intervals(population: Tensor, mutating: Tensor, generator: torch.Generator) -> Tensor:
    """Move patients to the neighbouring interval in the rows that mutate (rows,).

    The patients of a random stretch of intervals, often of a single one, all come one interval
    earlier or all one later; those at the edge of the session stay. These are sums of the shift
    vectors of Kaandorp & Koole (2007), doi:10.1007/s10729-007-9015-x, whose neighbourhood has no
    local optima but the global one where the cost is multimodular.
    """
    rows, intervals = mutating.nonzero()[:, 0], population.shape[1]
    device, size = population.device, (len(rows), 2)
    ends = torch.randint(intervals, size, generator=generator, device=device)
    later = torch.randint(2, (len(rows), 1), generator=generator, device=device) == 1
    place = torch.arange(intervals, device=device)
    moves = (ends.amin(1, keepdim=True) <= place) & (place <= ends.amax(1, keepdim=True))
    moves &= place != torch.where(later, intervals - 1, 0)
    chosen = population[rows]
    moving = chosen * moves
    moved = torch.where(later, moving.roll(1, 1), moving.roll(-1, 1))
    return population.index_copy(0, rows, chosen - moving + moved)


def halfway(first: Tensor, second: Tensor, space: Space) -> tuple[Tensor, Tensor]:
    """Cross pairs of parents (pairs, intervals), of as many patients, by meeting halfway.

    The children are the mean of the parents' coordinates, rounded up and rounded down. Of a cost
    that is L-natural-convex in these coordinates the children together have at most as much as the
    parents, and that of every such cost at once.
    """
    if space == "p":
        total = first.cumsum(1) + second.cumsum(1)
        up, down = ((total + more).div(2, rounding_mode="floor") for more in (1, 0))
        zero = torch.zeros_like(up[:, :1])
        return up.diff(dim=1, prepend=zero), down.diff(dim=1, prepend=zero)
    patients, intervals = int(first[0].sum()), first.shape[1]
    total = appointment_intervals(first, patients) + appointment_intervals(second, patients)
    return (
        schedules_from_appointments((total + 1) // 2, intervals),
        schedules_from_appointments(total // 2, intervals),
    )
