"""The supported points of the exact frontier: `exact` for one weight vector after the other.

A schedule is supported if it is the best by some weights. Many weight vectors are solved side by
side, each from the schedule that costs least by it among those known.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from objective import Objective
from opt.feasible import FeasibleSchedules
from opt.frontier_point import FrontierPoint, costs_of, vector_of, weights_of
from opt.result import Result
from opt.run import State
from opt.side_by_side import SideBySide
from opt.strategies.exact import Exact, ExactRun
from opt.strategies.weight_choice import ENDS, Doubt, doubts, even_weights
from opt.workers import LocalWorkers, Workers

Array = NDArray[np.float64]
Choice = Literal["dichotomic", "even"]


class WeightSweep:
    """Weight vectors solved batch by batch, the objective's own first.

    Parameters
    ----------
    objective, feasible
        What schedules cost, and which may be chosen.
    number
        How many weight vectors at most.
    choice
        How they are chosen; ``dichotomic`` for two costs only.
    together
        How many are solved side by side.
    seed
        Of all randomness.

    Attributes
    ----------
    points
        One for each weight vector solved so far, the objective's own first.
    own
        The run by the objective's own weights.
    exhausted
        Whether it is known that no weights between the ends of the frontier lead to more points;
        for dichotomic choice.
    """

    def __init__(
        self,
        objective: Objective,
        feasible: FeasibleSchedules,
        number: int,
        choice: Choice,
        together: int,
        seed: int,
    ) -> None:
        self._objective, self._feasible, self._seed = objective, feasible, seed
        self._number, self._choice, self._together = number, choice, together
        self._costs = costs_of(objective)
        beside = number if choice == "even" else min(number, together)
        self._lattice = even_weights(len(self._costs), beside - 1)
        self._workers: Workers = LocalWorkers()
        self._before = 0
        self.points: list[FrontierPoint] = []
        self.exhausted = False
        self._solved = np.zeros((0, len(self._costs)))
        self._vectors = self._next()
        self._batch: SideBySide | None = self._begin()
        self.own: ExactRun = self._batch.runs[0]

    @property
    def evaluations(self) -> int:
        """Number of schedules whose performance was computed."""
        return self._before + (self._batch.evaluations if self._batch else 0)

    @property
    def finished(self) -> bool:
        """Whether there is nothing more to do."""
        return self._batch is None

    @property
    def depth(self) -> float:
        """How far below the lines between the points a schedule may lie at most, for two costs.

        In units of the second cost; it is proved where all points are.
        """
        found = self._doubts()
        return found[0].depth if found else 0.0

    def employ(self, workers: Workers) -> None:
        """Have schedules priced by these, before the first step."""
        self._workers = workers
        if self._batch:
            self._batch.employ(workers)

    def step(self) -> list[FrontierPoint]:
        """Do one iteration of every search under way; return the points that ended with it."""
        if self._batch is None or self._batch.round():
            return []
        results = self._batch.results()
        ended = [_point(result) for result in results]
        self.points += ended
        self._solved = np.vstack([self._solved, self._vectors])
        self._before = self.evaluations
        self._vectors = self._next()
        self._batch = self._begin() if len(self._vectors) else None
        return ended

    def state(self) -> State:
        """Return everything needed to go on exactly."""
        return {
            "points": [point.to_dict() for point in self.points],
            "solved": self._solved.tolist(),
            "before": self._before,
            "exhausted": self.exhausted,
            "vectors": self._vectors.tolist(),
            "batch": self._batch.state() if self._batch else None,
            "own": self.own.state(),
        }

    def restore(self, state: State) -> None:
        """Go on from `state`."""
        costs = len(self._costs)
        self.points = [FrontierPoint.from_dict(point) for point in state["points"]]
        self._solved = np.array(state["solved"], np.float64).reshape(-1, costs)
        self._vectors = np.array(state["vectors"], np.float64).reshape(-1, costs)
        self._before, self.exhausted = state["before"], state["exhausted"]
        self._batch = self._begin() if len(self._vectors) else None
        if self._batch is not None:
            self._batch.restore(state["batch"])
        if self._batch is not None and not self.points:
            self.own = self._batch.runs[0]
        else:
            self.own = ExactRun(self._objective, self._feasible, Exact(), self._seed)
            self.own.restore(state["own"])

    def _next(self) -> Array:
        """Return the weight vectors of the next batch, (vectors, costs)."""
        done = len(self.points)
        number = min(self._together, self._number - done)
        if not done:
            own = vector_of(self._objective.weights, self._costs)
            return np.vstack([own, self._lattice[: number - 1]])
        if self._choice == "even":
            return self._lattice[done - 1 : done - 1 + number]
        found = self._doubts()
        self.exhausted = not found
        vectors = [doubt.weights for doubt in found[:number]]
        return np.array(vectors, np.float64).reshape(-1, 2)

    def _begin(self) -> SideBySide:
        """Return the searches of the next batch, each from the best schedule known for it."""
        objectives = [self._objective.with_weights(weights_of(vector)) for vector in self._vectors]
        starts = None
        if self.points:
            best = (self._vectors @ self._values().T).argmin(1)
            starts = [self.points[place].schedule for place in best]
        else:
            objectives[0] = self._objective
        batch = SideBySide(objectives, Exact(), starts, self._feasible.constraints, self._seed)
        batch.employ(self._workers)
        return batch

    def _values(self) -> Array:
        """Return the costs of the points, (points, costs)."""
        return np.array([point.values(self._costs) for point in self.points])

    def _doubts(self) -> list[Doubt]:
        """Return where there may be more between the ends of the frontier, for two costs.

        The objective's own weights may lie beyond those at which the others end.
        """
        first = self._solved[:, 0]
        ends = min(ENDS[0], float(first.min())), max(ENDS[1], float(first.max()))
        positive = self._solved[self._solved.min(1) > 0]
        return doubts(self._values(), positive, ends)


def _point(result: Result) -> FrontierPoint:
    return FrontierPoint(
        schedule=tuple(result.schedule),
        performance=result.performance.row(0),
        source="exact",
        status=result.status,
        weights=result.objective.weights,
        lower_bound=result.lower_bound,
    )
