"""The provably best schedule: steepest descent with a minimum-norm-point certificate.

Where the cost g is L-natural-convex in some coordinates z, a schedule is optimal if no z + 1_S and
no z - 1_S costs less. Both neighbourhoods are searched at once: the subgradients of g at z form a
g-polymatroid, and minus the point of least norm in it plus the normal cone of
0 <= z_1 <= .. <= z_n <= H is the steepest feasible direction, or 0 at the optimum (Fujishige 2005,
Submodular Functions and Optimization; Murota 2003, Discrete Convex Analysis). Each iteration turns
a direction into a greedy chain, which is one batch of n schedules: either one of them is better,
and the search moves there, or the chain adds a subgradient, and with it a better bound.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from objective import InvalidInput, Objective
from objective.errors import non_negative_number
from opt.certificate import Certificate, chain_points, lower_bound, subgradient
from opt.coordinates import Coordinates, Points, Space
from opt.minimum_norm import minimum_norm_point
from opt.result import optimal_gap
from opt.run import IMPROVEMENT, Run, State
from opt.strategies.rules import equispaced_times, schedule_at
from opt.validity import certifying_space, reasons_against

Array = NDArray[np.float64]

#: After an improvement, multiples of the same step that are tried at once.
LONGEST_STEP = 16


@dataclass(frozen=True)
class Exact:
    """Steepest descent to the proved optimum.

    Parameters
    ----------
    target_gap
        Stop once no schedule can be better by more than this, in units of the cost; 0 goes on to
        the proof of optimality.
    space
        ``a`` or ``p``; by default coordinates that can certify the objective. Where they cannot,
        the search runs all the same and its result is called heuristic.
    """

    target_gap: float = 0.0
    space: Space | None = None
    name: ClassVar[str] = "exact"

    def __post_init__(self) -> None:
        non_negative_number("strategy.target_gap", self.target_gap)
        if self.space not in (None, "a", "p"):
            raise InvalidInput("strategy.space", self.space, "'a', 'p' or None")

    def begin(self, objective: Objective, seed: int) -> Run:
        """Return a run from evenly spread appointments; nothing in it is random."""
        return ExactRun(objective, self)


class ExactRun(Run):
    """The descent: a point, a direction, and the subgradients found at the point."""

    def __init__(self, objective: Objective, strategy: Exact) -> None:
        super().__init__(objective)
        self._target_gap = strategy.target_gap
        space = strategy.space or certifying_space(objective)
        if space is None:
            space = "p" if objective.session.walk_ins is not None else "a"
        against = reasons_against(objective, space)
        self._certifies = not against
        if against:
            self.note = f"nothing is proved in {space}-space: " + "; ".join(against)
        self._coordinates = Coordinates.of(objective.session, space)
        start = schedule_at(objective, equispaced_times(objective)).numpy()
        self._point = self._coordinates.point(start)
        self._cost = float("nan")
        self._direction = np.ones(self._coordinates.dimension)
        self._chains: list[tuple[int, ...]] = []
        self._slopes: list[Array] = []

    def step(self) -> None:
        """Follow one chain: move to a better schedule on it, or learn a subgradient from it."""
        if self.best is None:
            self._cost = float(self._price(self._point[None])[0])
            self._offer()
        if self._coordinates.height == 0 or self._coordinates.dimension == 0:
            self._prove(np.zeros(0), np.zeros(self._coordinates.dimension))
            self.finished = "only one schedule"
            return
        chain = greedy_chain(self._point, self._coordinates.height, self._direction)
        path = chain_points(self._point, chain)
        costs = self._price(path)
        least = int(costs.argmin())
        minute = self.objective.weights.minute
        if costs[least] < self._cost - IMPROVEMENT * max(minute, abs(self._cost)):
            self._move(path[least] - self._point, float(costs[least]))
        else:
            self._learn(chain, subgradient(chain, costs, self._cost))
        self._offer()

    def own_state(self) -> State:
        """Return point, direction and subgradients."""
        return {
            "point": torch.from_numpy(self._point),
            "cost": self._cost,
            "direction": torch.from_numpy(self._direction),
            "chains": [list(chain) for chain in self._chains],
            "slopes": [torch.from_numpy(slopes) for slopes in self._slopes],
        }

    def restore_own(self, state: State) -> None:
        """Go on from `own_state`."""
        self._point = state["point"].numpy()
        self._cost = state["cost"]
        self._direction = state["direction"].numpy()
        self._chains = [tuple(chain) for chain in state["chains"]]
        self._slopes = [slopes.numpy() for slopes in state["slopes"]]

    def _move(self, step: Points, cost: float) -> None:
        """Go as far along an improving step as it pays, and forget the old subgradients."""
        multiples = np.arange(2, LONGEST_STEP + 1)[:, None] * step + self._point
        feasible = multiples[self._coordinates.contains(multiples)]
        self._point = self._point + step
        if len(feasible):
            costs = self._price(feasible)
            least = int(costs.argmin())
            if costs[least] < cost:
                self._point, cost = feasible[least], float(costs[least])
        self._cost = cost
        self._chains, self._slopes = [], []
        self.certificate = None

    def _learn(self, chain: tuple[int, ...], slopes: Array) -> None:
        """Add a subgradient; finish at the optimum, else turn to the steepest direction."""
        if chain in self._chains:
            # The same chain twice: rounding hides what is left to gain.
            self.finished = "no better direction"
            return
        self._chains.append(chain)
        self._slopes.append(slopes)
        normals = active_normals(self._point, self._coordinates.height)
        residual, weights = minimum_norm_point(np.array(self._slopes), normals)
        self._direction = -residual
        self._prove(weights, weights @ np.array(self._slopes))
        gap = self._cost - self._bound
        if gap <= optimal_gap(self.objective, self._cost):
            self.finished = "proved optimal" if self._certifies else "local optimum"
        elif gap <= self._target_gap:
            self.finished = "gap"

    def _prove(self, weights: Array, slopes: Array) -> None:
        self._bound = lower_bound(self._cost, self._point, slopes, self._coordinates.height)
        if not self._certifies:
            return
        used = [index for index, weight in enumerate(weights) if weight > 0]
        self.certificate = Certificate(
            space=self._coordinates.space,
            point=tuple(self._point.tolist()),
            chains=tuple(self._chains[index] for index in used),
            weights=tuple(float(weights[index]) for index in used),
            cost=self._cost,
            lower_bound=self._bound,
        )

    def _price(self, points: Points) -> Array:
        schedules = torch.from_numpy(self._coordinates.schedules(points))
        return self.price(schedules).cpu().numpy().astype(np.float64)

    def _offer(self) -> None:
        schedule = torch.from_numpy(self._coordinates.schedules(self._point[None])[0])
        self.offer(schedule, self._cost)


def greedy_chain(point: Points, height: int, direction: Array) -> tuple[int, ...]:
    """Return the chain along a direction, as coordinates counted from 1, negative if lowered.

    Coordinates that may rise do so in decreasing order of the direction, the others fall in
    increasing order; among equals the later rises first and the earlier falls first, so that every
    point of the chain is a schedule.
    """
    feasible = feasible_direction(point, height, direction)
    index = np.arange(len(point))
    rising = (feasible >= 0) & (point < height)
    up = index[rising][np.lexsort((-index[rising], -feasible[rising]))]
    down = index[~rising][np.lexsort((index[~rising], feasible[~rising]))]
    return (*(up + 1).tolist(), *(-(down + 1)).tolist())


def feasible_direction(point: Points, height: int, direction: Array) -> Array:
    """Return the nearest direction that leads nowhere outside: equal coordinates stay in order."""
    feasible = direction.astype(np.float64).copy()
    starts = np.flatnonzero(np.diff(point, prepend=-1))
    for first, last in zip(starts, [*starts[1:], len(point)], strict=True):
        if last - first > 1:
            feasible[first:last] = isotonic_regression(feasible[first:last]).x
    feasible[point == 0] = np.maximum(feasible[point == 0], 0.0)
    feasible[point == height] = np.minimum(feasible[point == height], 0.0)
    return feasible


def active_normals(point: Points, height: int) -> Array:
    """Return the normals of the constraints that are tight, (constraints, dimension)."""
    dimension = len(point)
    unit = np.eye(dimension)
    tied = np.flatnonzero(np.diff(point) == 0)
    normals = [unit[tied] - unit[tied + 1]]
    if dimension and point[0] == 0:
        normals.append(-unit[:1])
    if dimension and point[-1] == height:
        normals.append(unit[-1:])
    return np.concatenate(normals)
