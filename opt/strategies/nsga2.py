"""NSGA-II: a population that spreads over the frontier of several costs.

Deb, Pratap, Agarwal & Meyarivan (2002), doi:10.1109/4235.996017. DEAP sorts the population into
fronts and measures the crowding in them; the population itself is one tensor, and every operator
works on all of it at once. Children that are in the population already are not priced again.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from deap import base, tools
from numpy.typing import NDArray
from torch import Tensor

from opt.demands import Space
from opt.duplicates import distinct, is_new
from opt.feasible import FeasibleSchedules
from opt.run import State
from opt.strategies.genetic_operators import halfway, shift_intervals, transfer_patients

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Variation:
    """How children differ from their parents.

    Attributes
    ----------
    space
        Coordinates in which parents meet halfway.
    halfway_probability
        Share of the pairs that do; the others hand patients over to each other.
    crossover_patients
        How many these hand over each way.
    mutation_probability
        Share of the children in which a stretch of appointments shifts.
    """

    space: Space
    halfway_probability: float
    crossover_patients: int
    mutation_probability: float


class Nsga2:
    """A population that evolves.

    Parameters
    ----------
    start
        The first population, (rows, intervals); repeated schedules count once.
    price
        Returns the costs that are all to be small, (batch, 2 or 3), of schedules.
    feasible
        Where children are brought.
    variation
        How children differ from their parents.
    generator
        Of all randomness, on the device of the population.

    Attributes
    ----------
    population, values
        The schedules, (rows, intervals), and their costs, (rows, costs).
    """

    def __init__(
        self,
        start: Tensor,
        price: Callable[[Tensor], Array],
        feasible: FeasibleSchedules,
        variation: Variation,
        generator: torch.Generator,
    ) -> None:
        self._size, self._price, self._feasible = len(start), price, feasible
        self._variation, self._generator = variation, generator
        self.population = distinct(start)[0]
        self.values: Array = np.zeros((0, 0))
        self._crowding: Array = np.zeros(0)

    def step(self) -> None:
        """Breed one generation; the first one is the start."""
        if not len(self.values):
            self.values = self._price(self.population)
            self._survive(self.population, self.values)
            return
        children = self._children()
        children = children[is_new(children, self.population)]
        if len(children):
            self._survive(
                torch.cat([self.population, children]),
                np.concatenate([self.values, self._price(children)]),
            )

    def front(self) -> Tensor:
        """Return the places (rows,) of those that no other dominates."""
        individuals = _individuals(self.values)
        front = tools.sortLogNondominated(individuals, len(individuals), first_front_only=True)
        return torch.tensor(sorted(one.place for one in front))

    def state(self) -> State:
        """Return everything needed to go on exactly, but for the generator."""
        return {
            "population": self.population.cpu(),
            "values": torch.from_numpy(self.values),
            "crowding": torch.from_numpy(self._crowding),
        }

    def restore(self, state: State) -> None:
        """Go on from `state`."""
        self.population = state["population"].to(self.population.device)
        self.values = state["values"].numpy()
        self._crowding = state["crowding"].numpy()

    def _children(self) -> Tensor:
        """Return as many children as the population may have."""
        variation, generator = self._variation, self._generator
        pairs = (self._size + 1) // 2
        first, second = self._parents(pairs), self._parents(pairs)
        meeting = self._happens(variation.halfway_probability, pairs)
        patients = min(variation.crossover_patients, int(first[0].sum()))
        given = transfer_patients(first, second, patients, ~meeting, generator)
        met = halfway(first, second, variation.space)
        children = torch.where(meeting[None, :, None], torch.stack(met), torch.stack(given))
        children = children.flatten(0, 1)
        mutating = self._happens(variation.mutation_probability, len(children))
        return self._feasible.repaired(shift_intervals(children, mutating, generator))

    def _parents(self, number: int) -> Tensor:
        """Return winners of tournaments of two: one dominates, or is in a less crowded place."""
        device = self.population.device
        size = (2, number)
        drawn = torch.randint(len(self.values), size, generator=self._generator, device=device)
        one, other = drawn.cpu().numpy()
        loses = _dominates(self.values[other], self.values[one])
        draws = ~loses & ~_dominates(self.values[one], self.values[other])
        loses |= draws & (self._crowding[other] > self._crowding[one])
        return self.population[torch.from_numpy(np.where(loses, other, one)).to(device)]

    def _survive(self, schedules: Tensor, values: Array) -> None:
        """Keep the best fronts of a pool, and of the last of them the least crowded."""
        individuals = _individuals(values)
        kept = tools.selNSGA2(individuals, min(self._size, len(individuals)), nd="log")
        places = np.array([one.place for one in kept])
        self._crowding = np.array([one.fitness.crowding_dist for one in kept], np.float64)
        self.values = values[places]
        self.population = schedules[torch.from_numpy(places).to(schedules.device)]

    def _happens(self, probability: float, number: int) -> Tensor:
        device = self.population.device
        return torch.rand(number, generator=self._generator, device=device) < probability


class _Two(base.Fitness):  # type: ignore[misc]
    """DEAP's fitness of two costs."""

    weights = (-1.0, -1.0)


class _Three(base.Fitness):  # type: ignore[misc]
    """DEAP's fitness of three costs."""

    weights = (-1.0, -1.0, -1.0)


class _Individual:
    """A row of the population as DEAP's sorting wants it."""

    def __init__(self, place: int, values: list[float]) -> None:
        self.place = place
        self.fitness = (_Two if len(values) == 2 else _Three)(values)


def _individuals(values: Array) -> list[_Individual]:
    return [_Individual(place, costs) for place, costs in enumerate(values.tolist())]


def _dominates(one: Array, other: Array) -> NDArray[np.bool_]:
    """Return whether each row of costs is nowhere worse and somewhere better than another."""
    return np.asarray((one <= other).all(1) & (one < other).any(1))
