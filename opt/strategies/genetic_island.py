"""Islands: populations that evolve apart, and the migration between them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from objective import Objective
from opt.feasible import FeasibleSchedules
from opt.run import State, generator_of
from opt.strategies.starts import starting_schedules


@dataclass(frozen=True)
class Island:
    """A population and all that decides how it goes on.

    Attributes
    ----------
    population, costs
        Schedules (rows, intervals) and their costs (rows,), or (0,) before they are priced.
    generator
        State of the island's own generator.
    generation
        Number of generations so far.
    best
        The least cost so far.
    stalled
        Number of generations since it fell, or since the island started afresh.
    """

    population: Tensor
    costs: Tensor
    generator: Tensor
    generation: int = 0
    best: float = float("inf")
    stalled: int = 0

    def state(self) -> State:
        """Return everything needed to go on, on the processor."""
        tensors = {"population": self.population.cpu(), "costs": self.costs.cpu()}
        return {**vars(self), **tensors}

    @classmethod
    def from_state(cls, state: dict[str, Any], device: torch.device) -> "Island":
        """Go on from `state` on a device."""
        tensors = {name: state[name].to(device) for name in ("population", "costs")}
        return cls(**{**state, **tensors})


def settle(
    objective: Objective, feasible: FeasibleSchedules, islands: int, population: int, seed: int
) -> list[Island]:
    """Return islands of random schedules beside the evenly spread one, each with a generator.

    A single island has the generator of the seed; those of several islands are seeded from it.
    """
    seeds = [seed]
    if islands > 1:
        seeds = np.random.SeedSequence(seed).generate_state(islands, np.uint64).tolist()
    settled = []
    for own in seeds:
        # A generator of torch takes 63 bits on every device.
        generator = generator_of(objective, own % 2**63)
        schedules = newcomers(objective, feasible, population, generator)
        nothing = torch.empty(0, dtype=objective.dtype, device=objective.device)
        settled.append(Island(schedules, nothing, generator.get_state()))
    return settled


def newcomers(
    objective: Objective, feasible: FeasibleSchedules, number: int, generator: torch.Generator
) -> Tensor:
    """Return schedules (number, intervals) to begin with, in small whole numbers.

    Breeding a large population takes as long as its memory is large, and nobody books 32,768
    patients.
    """
    return starting_schedules(objective, feasible, number, generator).to(torch.int16)


def migrate(islands: Sequence[Island], migrants: int) -> list[Island]:
    """Send copies of each island's best to the next one in the ring, in place of its worst."""
    arrived = []
    for island, neighbour in zip(islands, [islands[-1], *islands[:-1]], strict=True):
        best = neighbour.costs.topk(migrants, largest=False).indices
        worst = island.costs.topk(migrants).indices
        population, costs = island.population.clone(), island.costs.clone()
        population[worst], costs[worst] = neighbour.population[best], neighbour.costs[best]
        arrived.append(replace(island, population=population, costs=costs))
    return arrived
