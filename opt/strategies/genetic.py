"""A genetic algorithm on tensors: DEAP drives, a population is one tensor.

One population, or islands of them with migration (Whitley, Rana & Heckendorn 1999, The island model
genetic algorithm: on separability, population size and convergence). DEAP's logbook keeps the
record and its hall of fame the best schedules; only the best few of a generation ever become DEAP
individuals.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import ClassVar, Literal

import torch
from deap import base, tools

from objective import InvalidInput, Objective
from objective.errors import positive_number, probability, whole_number
from opt.feasible import FeasibleSchedules
from opt.run import Run, State
from opt.strategies.course import Parameter, checked
from opt.strategies.genetic_evolution import LEADERS, Evolution, Generation
from opt.strategies.genetic_island import Island, migrate, settle

#: Largest number of schedules on all islands together.
MOST = 10_000_000


@dataclass(frozen=True)
class Genetic:
    """Evolution of a population of schedules.

    Pressure, size of tournaments, probabilities and the number of patients that cross may change in
    the course of the generations: then they are a `Course`, or a mapping like
    ``{"first": 0.5, "last": 0.05, "shape": "geometric"}``.

    Parameters
    ----------
    population
        Number of schedules, on each island.
    generations
        After how many generations the search ends.
    elite
        How many of the best survive unchanged.
    selection
        How parents are chosen: ``fitness``, with probabilities shaped by it, or ``tournament``.
    pressure
        How strongly the probability to become a parent falls with the cost, for ``fitness``.
    tournament_size
        Of how many schedules drawn evenly the best becomes a parent, for ``tournament``.
    crossover_probability, crossover_patients
        Share of the pairs that cross, and how many patients move each way.
    mutation_probability
        Share of the children in which two intervals swap.
    shift_probability
        Share of the children in which the patients of a stretch of intervals move to the
        neighbouring interval.
    restart_after
        After how many generations without a better schedule an island starts afresh, keeping its
        best; None for never.
    islands, migration_every, migrants
        Number of populations that evolve apart, after how many generations each sends its best to
        the next one in a ring, and how many of them.
    """

    population: int = 100
    generations: int = 300
    elite: int = 5
    selection: Literal["fitness", "tournament"] = "fitness"
    pressure: Parameter = 16.0
    tournament_size: Parameter = 5
    crossover_probability: Parameter = 0.9
    crossover_patients: Parameter = 1
    mutation_probability: Parameter = 0.3
    shift_probability: Parameter = 0.3
    restart_after: int | None = None
    islands: int = 1
    migration_every: int = 25
    migrants: int = 1
    name: ClassVar[str] = "genetic"

    def __post_init__(self) -> None:
        whole_number("strategy.population", self.population, 4, MOST)
        whole_number("strategy.generations", self.generations, 1, 10**9)
        whole_number("strategy.elite", self.elite, 0, self.population - 1)
        if self.selection not in ("fitness", "tournament"):
            raise InvalidInput("strategy.selection", self.selection, "'fitness' or 'tournament'")
        if self.restart_after is not None:
            whole_number("strategy.restart_after", self.restart_after, 1, 10**9)
        whole_number("strategy.islands", self.islands, 1, 10_000)
        whole_number("strategy.islands times population", self.islands * self.population, 4, MOST)
        whole_number("strategy.migration_every", self.migration_every, 1, 10**6)
        whole_number("strategy.migrants", self.migrants, 0, self.population - 1)
        for name, check in (
            ("pressure", positive_number),
            ("tournament_size", _size),
            ("crossover_probability", probability),
            ("crossover_patients", _patients),
            ("mutation_probability", probability),
            ("shift_probability", probability),
        ):
            value = checked(f"strategy.{name}", getattr(self, name), check)
            object.__setattr__(self, name, value)

    def begin(self, objective: Objective, feasible: FeasibleSchedules, seed: int) -> Run:
        """Return a run from random populations that hold evenly spread appointments too."""
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
    """The islands and their record."""

    def __init__(
        self, objective: Objective, feasible: FeasibleSchedules, strategy: Genetic, seed: int
    ) -> None:
        super().__init__(objective, feasible)
        self._strategy = strategy
        self._islands = settle(objective, feasible, strategy.islands, strategy.population, seed)
        self.hall_of_fame = tools.HallOfFame(LEADERS)
        self.logbook = tools.Logbook()

    @cached_property
    def evolution(self) -> Evolution:
        """How islands evolve.

        The workers price the schedules of a single island, and do the whole of several islands.
        """
        alone = self._strategy.islands == 1
        evaluator = self.workers.evaluator(self.objective) if alone else self.objective
        return Evolution(self.objective, self.feasible, self._strategy, evaluator)

    def step(self) -> None:
        """Breed one generation; or on several islands all generations up to a migration."""
        strategy = self._strategy
        done = self._islands[0].generation
        if strategy.islands == 1:
            outcomes = [self.evolution.evolve(self._islands[0], 1)]
        else:
            epoch = min(strategy.migration_every, strategy.generations - done)
            task = partial(self.evolution.evolve, generations=epoch)
            outcomes = list(self.workers.map(task, self._islands))
        self._islands = [island for island, _ in outcomes]
        self._record(done, [epoch for _, epoch in outcomes])
        if self._islands[0].generation >= strategy.generations:
            self.finished = "generations"
        elif strategy.islands > 1:
            self._islands = migrate(self._islands, strategy.migrants)

    def own_state(self) -> State:
        """Return the islands and the record."""
        return {
            "islands": [island.state() for island in self._islands],
            "hall_of_fame": [(list(one), one.fitness.values[0]) for one in self.hall_of_fame],
            "logbook": [dict(line) for line in self.logbook],
        }

    def restore_own(self, state: State) -> None:
        """Go on from `own_state`."""
        device = self.objective.device
        self._islands = [Island.from_state(one, device) for one in state["islands"]]
        self.hall_of_fame.clear()
        self.hall_of_fame.update([_Individual(one, cost) for one, cost in state["hall_of_fame"]])
        self.logbook.clear()
        self.logbook.extend(state["logbook"])

    def _record(self, done: int, epochs: Sequence[list[Generation]]) -> None:
        """Write down the generations after those ``done``, of every island, and offer the best."""
        for island, epoch in enumerate(epochs):
            for number, generation in enumerate(epoch, start=done):
                self.evaluations += generation.evaluations
                self.logbook.record(
                    generation=number,
                    island=island,
                    evaluations=generation.evaluations,
                    **generation.statistics,
                )
                leaders = zip(generation.leaders, generation.costs, strict=True)
                self.hall_of_fame.update([_Individual(one, cost) for one, cost in leaders])
        best = min((one for epoch in epochs for one in epoch), key=lambda one: one.costs[0])
        self.offer(torch.tensor(best.leaders[0]), best.costs[0])


def _size(field: str, value: object) -> int:
    return whole_number(field, value, 1, 100)


def _patients(field: str, value: object) -> int:
    return whole_number(field, value, 1, 1_000)
