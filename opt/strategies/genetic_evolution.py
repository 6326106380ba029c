"""How a population evolves: a pure function of an island, which may run anywhere.

DEAP's toolbox names the operators and its statistics describe a generation; every operator works on
the whole population at once.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from deap import base, tools
from torch import Tensor

from objective import Objective
from opt.duplicates import price_once
from opt.feasible import FeasibleSchedules
from opt.strategies.course import Parameter, value_at
from opt.strategies.genetic_island import Island, newcomers
from opt.strategies.genetic_operators import (
    select_by_fitness,
    select_by_tournament,
    shift_intervals,
    swap_intervals,
    transfer_patients,
    with_unbooked,
)
from opt.workers import Evaluator

if TYPE_CHECKING:
    from opt.strategies.genetic import Genetic

#: How many of the best of a generation are told of.
LEADERS = 10


@dataclass(frozen=True)
class Generation:
    """What is told of a generation.

    ``evaluations`` counts the schedules priced for it, ``leaders`` and ``costs`` are its best
    schedules and what they cost, best first, and ``statistics`` are those of all costs.
    """

    evaluations: int
    leaders: list[list[int]]
    costs: list[float]
    statistics: dict[str, float]


class Evolution:
    """Breeds the generations of islands; can be pickled where the evaluator can."""

    def __init__(
        self,
        objective: Objective,
        feasible: FeasibleSchedules,
        strategy: "Genetic",
        evaluator: Evaluator,
    ) -> None:
        self._objective, self._feasible, self._strategy = objective, feasible, strategy
        self._evaluator = evaluator
        self.toolbox = base.Toolbox()
        self.toolbox.register("evaluate", self._price)
        self.toolbox.register("select", self._select)
        self.toolbox.register("mate", transfer_patients)
        self.toolbox.register("swap", swap_intervals)
        self.toolbox.register("shift", shift_intervals)
        # One call per statistic on all costs, not one per individual.
        self.statistics = tools.Statistics()
        for name, function in (("best", np.min), ("mean", np.mean), ("worst", np.max)):
            self.statistics.register(name, function)

    def evolve(self, island: Island, generations: int) -> tuple[Island, list[Generation]]:
        """Return the island after so many generations, and what is told of each of them.

        The first generation of all is the population that the island begins with.
        """
        generator = torch.Generator(device=self._objective.device)
        generator.set_state(island.generator)
        told = []
        for _ in range(generations):
            island, generation = self._next(island, generator)
            told.append(generation)
        return replace(island, generator=generator.get_state()), told

    def _next(self, island: Island, generator: torch.Generator) -> tuple[Island, Generation]:
        strategy = self._strategy
        restarts = strategy.restart_after is not None and island.stalled >= strategy.restart_after
        if island.generation == 0:
            survivors, children = 0, island.population
        elif restarts:
            survivors, children = 1, self._afresh(generator)
        else:
            survivors, children = strategy.elite, self._bred(island, generator)
        known = island.population[: len(island.costs)]
        priced, evaluations = price_once(known, island.costs, children, self.toolbox.evaluate)
        elite = island.costs.topk(survivors, largest=False).indices
        costs = torch.cat([island.costs[elite], priced])
        population = torch.cat([island.population[elite], children])
        best = float(costs.min())
        advanced = replace(
            island,
            population=population,
            costs=costs,
            generation=island.generation + 1,
            best=min(best, island.best),
            stalled=0 if restarts or best < island.best else island.stalled + 1,
        )
        return advanced, self._describe(advanced, evaluations)

    def _bred(self, island: Island, generator: torch.Generator) -> Tensor:
        """Return children of the island's population."""
        strategy = self._strategy
        share = island.generation / max(strategy.generations - 1, 1)
        number = strategy.population - strategy.elite
        pairs = (number + 1) // 2

        def happens(probability: Parameter, rows: int) -> Tensor:
            chance = torch.rand(rows, generator=generator, device=self._objective.device)
            return chance < value_at(probability, share)

        parents = island.population[self.toolbox.select(island.costs, 2 * pairs, share, generator)]
        if self._objective.free:
            parents = with_unbooked(parents, self._objective.session.patients)
        patients = round(value_at(strategy.crossover_patients, share))
        crossed = self.toolbox.mate(
            parents[:pairs],
            parents[pairs:],
            patients=min(patients, self._objective.session.patients),
            crossing=happens(strategy.crossover_probability, pairs),
            generator=generator,
        )
        children = torch.cat(crossed)[:number]
        swapping = happens(strategy.mutation_probability, number)
        children = self.toolbox.swap(children, swapping, generator=generator)
        # Without those who are not booked again: the neighbour of the last interval is not theirs.
        children = children[:, : self._objective.session.intervals]
        shifting = happens(strategy.shift_probability, number)
        children = self.toolbox.shift(children, shifting, generator=generator)
        return self._feasible.repaired(children)

    def _afresh(self, generator: torch.Generator) -> Tensor:
        """Return a new population but for one schedule."""
        number = self._strategy.population - 1
        return newcomers(self._objective, self._feasible, number, generator)

    def _select(
        self, costs: Tensor, number: int, share: float, generator: torch.Generator
    ) -> Tensor:
        """Return the rows (number,) of parents after a share of the generations."""
        strategy = self._strategy
        if strategy.selection == "tournament":
            size = round(value_at(strategy.tournament_size, share))
            return select_by_tournament(costs, number, size, generator)
        return select_by_fitness(costs, number, value_at(strategy.pressure, share), generator)

    def _price(self, schedules: Tensor) -> Tensor:
        return self._evaluator(schedules).cost

    def _describe(self, island: Island, evaluations: int) -> Generation:
        top = island.costs.topk(min(LEADERS, len(island.costs)), largest=False)
        statistics = self.statistics.compile([island.costs.cpu().numpy()])
        return Generation(
            evaluations=evaluations,
            leaders=island.population[top.indices].tolist(),
            costs=top.values.tolist(),
            statistics={name: float(value) for name, value in statistics.items()},
        )
