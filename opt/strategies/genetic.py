"""A genetic algorithm: DEAP drives, the population is one tensor.

DEAP's toolbox names the operators, its statistics and logbook keep the record and its hall of fame
the best schedules; every operator works on the whole population at once, and only the best few
schedules ever become DEAP individuals.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from deap import base, tools
from torch import Tensor

from objective import InvalidInput, Objective
from objective.errors import finite_number, positive_number, whole_number
from opt.feasible import FeasibleSchedules
from opt.run import Run, State, generator_of
from opt.strategies.genetic_operators import (
    selection_probabilities,
    swap_intervals,
    transfer_patients,
)
from opt.strategies.starts import starting_schedules


@dataclass(frozen=True)
class Genetic:
    """Evolution of a population of schedules.

    Parameters
    ----------
    population
        Number of schedules.
    generations
        After how many generations the search ends.
    elite
        How many of the best survive unchanged.
    pressure
        How strongly the probability to become a parent falls with the cost.
    crossover_probability, crossover_patients
        Share of the pairs that cross, and how many patients move each way.
    mutation_probability
        Share of the children in which two intervals swap.
    """

    population: int = 100
    generations: int = 300
    elite: int = 5
    pressure: float = 8.0
    crossover_probability: float = 0.9
    crossover_patients: int = 1
    mutation_probability: float = 0.3
    name: ClassVar[str] = "genetic"

    def __post_init__(self) -> None:
        whole_number("strategy.population", self.population, 4, 10_000_000)
        whole_number("strategy.generations", self.generations, 1, 10**9)
        whole_number("strategy.elite", self.elite, 0, self.population - 1)
        positive_number("strategy.pressure", self.pressure)
        whole_number("strategy.crossover_patients", self.crossover_patients, 1, 1_000)
        for name in ("crossover_probability", "mutation_probability"):
            allowed = "a probability, 0 to 1"
            if not 0 <= finite_number(f"strategy.{name}", getattr(self, name), allowed) <= 1:
                raise InvalidInput(f"strategy.{name}", getattr(self, name), allowed)

    def begin(self, objective: Objective, feasible: FeasibleSchedules, seed: int) -> Run:
        """Return a run from a random population and evenly spread appointments."""
        return _GeneticRun(objective, feasible, self, seed)


class _Cost(base.Fitness):  # type: ignore[misc]
    """DEAP's fitness of a single cost, which is to be small."""

    weights = (-1.0,)


class _Individual(list[int]):
    """A schedule as DEAP's hall of fame wants it."""

    def __init__(self, schedule: list[int], cost: float) -> None:
        super().__init__(schedule)
        self.fitness = _Cost((cost,))


class _GeneticRun(Run):
    """A population and its record."""

    def __init__(
        self, objective: Objective, feasible: FeasibleSchedules, strategy: Genetic, seed: int
    ) -> None:
        super().__init__(objective, feasible)
        self._strategy = strategy
        self._generator = generator_of(objective, seed)
        self._population = starting_schedules(
            objective, feasible, strategy.population, self._generator
        )
        self._costs = torch.empty(0, device=objective.device)
        self.hall_of_fame = tools.HallOfFame(max(strategy.elite, 1))
        self.logbook = tools.Logbook()
        # One call per statistic on the whole tensor, not one per individual.
        self._statistics = tools.Statistics(key=lambda costs: costs)
        for name, function in (("best", np.min), ("mean", np.mean), ("worst", np.max)):
            self._statistics.register(name, function)
        self.toolbox = base.Toolbox()
        self.toolbox.register("evaluate", self.price)
        self.toolbox.register("select", self._select)
        self.toolbox.register(
            "mate",
            transfer_patients,
            patients=min(strategy.crossover_patients, objective.session.patients),
            generator=self._generator,
        )
        self.toolbox.register("mutate", swap_intervals, generator=self._generator)

    def step(self) -> None:
        """Breed one generation; the first one is the random population."""
        if self.best is None:
            self._costs = self.toolbox.evaluate(self._population)
        else:
            self._breed()
        self._record()
        if len(self.logbook) >= self._strategy.generations:
            self.finished = "generations"

    def own_state(self) -> State:
        """Return population, generator and record."""
        return {
            "population": self._population.cpu(),
            "costs": self._costs.cpu(),
            "generator": self._generator.get_state(),
            "hall_of_fame": [(list(one), one.fitness.values[0]) for one in self.hall_of_fame],
            "logbook": [dict(line) for line in self.logbook],
        }

    def restore_own(self, state: State) -> None:
        """Go on from `own_state`."""
        self._population = state["population"].to(self.objective.device)
        self._costs = state["costs"].to(self.objective.device)
        self._generator.set_state(state["generator"])
        self.hall_of_fame.clear()
        self.hall_of_fame.update([_Individual(one, cost) for one, cost in state["hall_of_fame"]])
        self.logbook.clear()
        self.logbook.extend(state["logbook"])

    def _breed(self) -> None:
        strategy = self._strategy
        elite = self._costs.topk(strategy.elite, largest=False).indices
        pairs = (strategy.population - strategy.elite + 1) // 2
        parents = self._with_unbooked(self.toolbox.select(2 * pairs))
        crossing = self._happens(strategy.crossover_probability, pairs)
        children = torch.cat(
            self.toolbox.mate(parents[:pairs], parents[pairs:], crossing=crossing)
        )[: strategy.population - strategy.elite]
        mutating = self._happens(strategy.mutation_probability, len(children))
        children = self.toolbox.mutate(children, mutating)[:, : self._population.shape[1]]
        children = self.feasible.repaired(children)
        self._costs = torch.cat([self._costs[elite], self.toolbox.evaluate(children)])
        self._population = torch.cat([self._population[elite], children])

    def _record(self) -> None:
        top = self._costs.topk(self.hall_of_fame.maxsize, largest=False)
        costs, rows = top.values.tolist(), self._population[top.indices]
        schedules = rows.tolist()
        self.hall_of_fame.update(
            [_Individual(one, cost) for one, cost in zip(schedules, costs, strict=True)]
        )
        statistics = self._statistics.compile([self._costs.cpu().numpy()])
        self.logbook.record(generation=len(self.logbook), **_plain(statistics))
        self.offer(rows[0], costs[0])

    def _select(self, number: int) -> Tensor:
        odds = selection_probabilities(self._costs, self._strategy.pressure)
        chosen = torch.multinomial(odds, number, replacement=True, generator=self._generator)
        return self._population[chosen]

    def _with_unbooked(self, schedules: Tensor) -> Tensor:
        """Add an interval of those who are not booked, where the number of patients is free.

        The operators keep the number of all, and so move patients in and out.
        """
        if not self.objective.free:
            return schedules
        unbooked = self.objective.session.patients - schedules.sum(1, keepdim=True)
        return torch.cat([schedules, unbooked], dim=1)

    def _happens(self, probability: float, number: int) -> Tensor:
        chance = torch.rand(number, generator=self._generator, device=self.objective.device)
        return chance < probability


def _plain(statistics: dict[str, np.float64]) -> dict[str, float]:
    return {name: float(value) for name, value in statistics.items()}
