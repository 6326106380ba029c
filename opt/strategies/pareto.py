"""The frontier of several costs: every best compromise, not one.

`exact` sweeps weights and proves the supported points (`opt.strategies.sweep`); NSGA-II spreads a
population over the whole frontier, without proof (`opt.strategies.nsga2`). The result is the best
schedule by the objective's own weights, and the frontier comes with it as a finding.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from objective import InvalidInput, Objective
from objective.errors import probability, whole_number
from opt.certificate import Certificate
from opt.feasible import FeasibleSchedules
from opt.findings import Finding
from opt.frontier import Frontier
from opt.frontier_point import FrontierPoint, costs_of, values_of, vector_of
from opt.run import Candidate, Run, State, generator_of
from opt.strategies.nsga2 import Nsga2, Variation
from opt.strategies.starts import starting_schedules
from opt.strategies.sweep import Choice, WeightSweep
from opt.validity import spaces_by_merit
from opt.workers import Workers

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Pareto:
    """The frontier between waiting and overtime, and idle time where that is a cost of its own.

    Parameters
    ----------
    method
        ``exact``: supported points, proved where the objective allows it; ``nsga2``: a population,
        which proves nothing; ``both``, one after the other and independent of each other.
    weights
        How many weight vectors `exact` solves, the objective's own among them.
    choice
        ``dichotomic``: where there may be more, until there is none (two costs); ``even``; by
        default dichotomic for two costs and even for three.
    side_by_side
        How many weight vectors are solved at a time.
    population, generations
        Of NSGA-II.
    halfway_probability, crossover_patients, mutation_probability
        Share of the pairs of parents that meet halfway; how many patients the others hand over to
        each other; share of the children in which a stretch of appointments shifts.
    """

    method: Literal["exact", "nsga2", "both"] = "both"
    weights: int = 200
    choice: Choice | None = None
    side_by_side: int = 32
    population: int = 400
    generations: int = 250
    halfway_probability: float = 0.8
    crossover_patients: int = 1
    mutation_probability: float = 0.7
    name: ClassVar[str] = "pareto"

    def __post_init__(self) -> None:
        if self.method not in ("exact", "nsga2", "both"):
            raise InvalidInput("strategy.method", self.method, "'exact', 'nsga2' or 'both'")
        whole_number("strategy.weights", self.weights, 1, 100_000)
        if self.choice not in (None, "dichotomic", "even"):
            raise InvalidInput("strategy.choice", self.choice, "'dichotomic', 'even' or None")
        whole_number("strategy.side_by_side", self.side_by_side, 1, 10_000)
        whole_number("strategy.population", self.population, 4, 1_000_000)
        whole_number("strategy.generations", self.generations, 1, 10**9)
        whole_number("strategy.crossover_patients", self.crossover_patients, 1, 1_000)
        for name in ("halfway_probability", "mutation_probability"):
            probability(f"strategy.{name}", getattr(self, name))

    def begin(self, objective: Objective, feasible: FeasibleSchedules, seed: int) -> Run:
        """Return a run; only NSGA-II's part of it is random."""
        if objective.free:
            raise InvalidInput(
                "value_per_patient",
                objective.value_per_patient,
                "None for the strategy pareto: with nobody booked nobody waits and nothing is late",
            )
        if self.choice == "dichotomic" and len(costs_of(objective)) > 2:
            allowed = "'even' or None: waiting, idle time and overtime are three costs here"
            raise InvalidInput("strategy.choice", self.choice, allowed)
        return ParetoRun(objective, feasible, self, seed)


class ParetoRun(Run):
    """A sweep of weights, then a population."""

    def __init__(
        self, objective: Objective, feasible: FeasibleSchedules, strategy: Pareto, seed: int
    ) -> None:
        super().__init__(objective, feasible)
        self._strategy, self._costs = strategy, costs_of(objective)
        self._generator = generator_of(objective, seed)
        self._sweep: WeightSweep | None = None
        if strategy.method != "nsga2":
            choice = strategy.choice or ("dichotomic" if len(self._costs) == 2 else "even")
            self._sweep = WeightSweep(
                objective, feasible, strategy.weights, choice, strategy.side_by_side, seed
            )
            self.note = self._sweep.own.note
        self._generation = 0
        self._evolution: Nsga2 | None = None
        if strategy.method != "exact":
            space = spaces_by_merit(objective, feasible.constraints)[0]
            variation = Variation(
                space,
                strategy.halfway_probability,
                strategy.crossover_patients,
                strategy.mutation_probability,
            )
            start = starting_schedules(objective, feasible, strategy.population, self._generator)
            self._evolution = Nsga2(start, self._values, feasible, variation, self._generator)

    def step(self) -> None:
        """Do one iteration of all exact searches under way, or breed one generation."""
        if self._sweep is not None and not self._sweep.finished:
            self._search_on(self._sweep)
        elif self._evolution is not None:
            self._evolve(self._evolution)
        done = self._sweep is None or self._sweep.finished
        if done and (self._evolution is None or self._generation >= self._strategy.generations):
            self.finished = "generations" if self._evolution else "weights"

    def employ(self, workers: Workers) -> None:
        """Have work done by these, before the first step."""
        super().employ(workers)
        if self._sweep is not None:
            self._sweep.employ(workers)

    def own_state(self) -> State:
        """Return sweep, population and generator."""
        return {
            "sweep": self._sweep.state() if self._sweep else None,
            "evolution": self._evolution.state() if self._evolution else None,
            "generation": self._generation,
            "generator": self._generator.get_state(),
        }

    def restore_own(self, state: State) -> None:
        """Go on from `own_state`."""
        if self._sweep is not None:
            self._sweep.restore(state["sweep"])
        if self._evolution is not None:
            self._evolution.restore(state["evolution"])
        self._generation = state["generation"]
        self._generator.set_state(state["generator"])

    def certify(self) -> Certificate | None:
        """Return the proof for the objective's own weights."""
        return self._sweep.own.certify() if self._sweep else None

    def findings(self) -> tuple[Finding, ...]:
        """Return the frontier as far as it has been found."""
        points = list(self._sweep.points) if self._sweep else []
        if self._evolution is not None and self._generation:
            points += self._points(self._evolution.population[self._evolution.front()])
        if not points or self.best is None:
            return ()
        schedule = tuple(self.best.schedule.tolist())
        own = next((point for point in points if point.schedule == schedule), None)
        if own is None:
            # NSGA-II keeps a front, not the best by any weights.
            [own] = self._points(self.best.schedule[None])
            points.append(own)
        proved = self._sweep is not None and all(point.supported for point in self._sweep.points)
        known = self._sweep if proved and len(self._costs) == 2 else None
        return (
            Frontier(
                costs=self._costs,
                points=tuple(points),
                own=own,
                depth=known.depth if known else None,
                exhausted=bool(known and known.exhausted),
            ),
        )

    def _search_on(self, sweep: WeightSweep) -> None:
        """Do one iteration of the searches under way, and offer the best of what ended."""
        before = sweep.evaluations
        ended = sweep.step()
        self.evaluations += sweep.evaluations - before
        best = sweep.own.best
        assert best is not None
        self.lower_bound = sweep.own.lower_bound
        self.offer(best.schedule, best.cost)
        if ended and not self._proved:
            self._offer_best(torch.tensor([point.schedule for point in ended]))

    def _evolve(self, evolution: Nsga2) -> None:
        """Breed one generation, and offer its best schedule."""
        evolution.step()
        self._generation += 1
        charged = evolution.values @ vector_of(self.objective.weights, self._costs)
        self._offer_best(evolution.population[int(charged.argmin())][None])

    def _offer_best(self, schedules: Tensor) -> None:
        """Offer the best schedule by the objective's own weights, unless a better one is proved."""
        costs = self.objective(schedules.to(self.objective.device)).cost
        least = int(costs.argmin())
        schedule, cost = schedules[least].cpu().to(torch.int64), float(costs[least])
        if self._proved:
            # What is cheaper than the proved optimum is so by rounding.
            self.current = Candidate(schedule, cost)
        else:
            self.offer(schedule, cost)

    @property
    def _proved(self) -> bool:
        """Whether the sweep has proved the best schedule by the objective's own weights."""
        if self._sweep is None or not self._sweep.points:
            return False
        return self._sweep.own.lower_bound is not None and not self._sweep.own.left_out

    def _values(self, schedules: Tensor) -> Array:
        """Return the costs of schedules, (batch, costs), and count them."""
        self.evaluations += len(schedules)
        return values_of(self._evaluator(schedules), self._costs)

    def _points(self, schedules: Tensor) -> list[FrontierPoint]:
        """Return schedules (batch, intervals) of the population as points."""
        performance = self.objective(schedules)
        return [
            FrontierPoint(tuple(schedule), performance.row(row), "nsga2")
            for row, schedule in enumerate(schedules.tolist())
        ]
