"""Steepest descent with a minimum-norm-point certificate, which asks for costs and is told them.

Where the cost g is L-natural-convex in some coordinates z, a schedule is optimal if no z + 1_S and
no z - 1_S costs less. Both neighbourhoods are searched at once: the subgradients of g at z form a
g-polymatroid, and minus the point of least norm in it plus the normal cone of the constraints that
are tight at z is the steepest feasible direction, or 0 at the optimum (Fujishige 2005, Submodular
Functions and Optimization; Murota 2003, Discrete Convex Analysis). Each iteration turns
a direction into a greedy chain, which is one batch of n schedules: either one of them is better,
and the search moves there, or the chain adds a subgradient, and with it a better bound.

The descent prices nothing itself, so that many of them can share one batch.
"""

import numpy as np
import torch
from numpy.typing import NDArray

from objective import Objective
from opt.certificate import Certificate, chain_points, scale_of, subgradient
from opt.coordinates import Coordinates
from opt.difference import DifferenceSystem, Points
from opt.greedy_chain import greedy_chain
from opt.lower_bound import lower_bound, quick_bound
from opt.minimum_norm import minimum_norm_point
from opt.result import optimal_gap
from opt.run import IMPROVEMENT, State
from opt.validity import reasons_against

Array = NDArray[np.float64]

#: Of so many subgradients under constraints one is followed by the linear program of the bound.
LINEAR_PROGRAM_EVERY = 16
#: After an improvement, multiples of the same step that are tried at once.
LONGEST_STEP = 16


class Descent:
    """A point, a direction, and the subgradients found at the point.

    Parameters
    ----------
    objective
        What schedules cost.
    coordinates
        Those of the schedules among which to search.
    schedule
        Where to begin, (intervals,).
    target_gap
        End once no schedule can be better by more than this, in units of the cost.

    Attributes
    ----------
    point, cost
        Where the descent is, (dimension,), and what that costs; nan before it is priced.
    lower_bound
        What every schedule costs at least, as proved at the point; None if nothing is.
    finished
        Why there is nothing more to do; None while there is.
    """

    def __init__(
        self, objective: Objective, coordinates: Coordinates, schedule: Points, target_gap: float
    ) -> None:
        self.coordinates = coordinates
        self.certifies = not reasons_against(objective, coordinates.space)
        self.point = coordinates.point(schedule)
        self.cost = float("nan")
        self.lower_bound: float | None = None
        self.finished: str | None = None
        self._objective, self._target_gap = objective, target_gap
        self._direction = np.ones(coordinates.dimension)
        self._chain: tuple[int, ...] = ()
        self._ahead: Points | None = None
        self._chains: list[tuple[int, ...]] = []
        self._slopes: list[Array] = []
        self._weights: Array | None = None
        self._multipliers = np.zeros(0)

    @property
    def schedule(self) -> Points:
        """The schedule of the point, (intervals,)."""
        return np.asarray(self.coordinates.schedules(self.point[None])[0], np.int64)

    def ask(self) -> Points:
        """Return the schedules whose costs the descent needs next, (batch, intervals)."""
        return self.coordinates.schedules(self._asked())

    def tell(self, costs: Array) -> bool:
        """Go on with the costs (batch,) of the schedules asked for.

        Return whether that ends an iteration, which takes up to three batches.
        """
        asked = self._asked()
        if np.isnan(self.cost):
            self._begin(float(costs[0]))
            return self.finished is not None
        if self._ahead is not None:
            self._go_far(asked, costs)
        else:
            self._follow(asked, costs)
        return self._ahead is None

    def state(self) -> State:
        """Return everything needed to go on exactly."""
        return {
            "point": torch.from_numpy(self.point),
            "cost": self.cost,
            "lower_bound": self.lower_bound,
            "finished": self.finished,
            "direction": torch.from_numpy(self._direction),
            "ahead": None if self._ahead is None else torch.from_numpy(self._ahead),
            "chains": [list(chain) for chain in self._chains],
            "slopes": [torch.from_numpy(slopes) for slopes in self._slopes],
            "weights": None if self._weights is None else torch.from_numpy(self._weights),
            "multipliers": torch.from_numpy(self._multipliers),
        }

    def restore(self, state: State) -> None:
        """Go on from `state`."""
        self.point, self.cost = state["point"].numpy(), state["cost"]
        self.lower_bound, self.finished = state["lower_bound"], state["finished"]
        self._direction = state["direction"].numpy()
        ahead, weights = state["ahead"], state["weights"]
        self._ahead = None if ahead is None else ahead.numpy()
        self._chains = [tuple(chain) for chain in state["chains"]]
        self._slopes = [slopes.numpy() for slopes in state["slopes"]]
        self._weights = None if weights is None else weights.numpy()
        self._multipliers = state["multipliers"].numpy()

    def certificate(self, left_out: tuple[str, ...]) -> Certificate | None:
        """Return the proof of the best bound by the subgradients at the point, if there is any.

        ``left_out`` are the demands that the coordinates do not express.
        """
        if self._weights is None or not self.certifies:
            return None
        used = [index for index, weight in enumerate(self._weights) if weight > 0]
        return Certificate(
            space=self.coordinates.space,
            point=tuple(self.point.tolist()),
            chains=tuple(self._chains[index] for index in used),
            weights=tuple(float(self._weights[index]) for index in used),
            cost=self.cost,
            lower_bound=lower_bound(self.cost, self.point, self._mean_slopes(), self.coordinates),
            left_out=left_out,
        )

    def _asked(self) -> Points:
        """Return the points whose costs are needed next, (batch, dimension)."""
        if np.isnan(self.cost):
            return self.point[None]
        if self._ahead is not None:
            return self._ahead
        if not self._chain:
            self._chain = greedy_chain(self.coordinates.system, self.point, self._direction)
        return chain_points(self.point, self._chain)

    def _begin(self, cost: float) -> None:
        self.cost = cost
        if not self.coordinates.dimension:
            self._weights = np.zeros(0)
            self.lower_bound = cost if self.certifies else None
            self.finished = "only one schedule"

    def _follow(self, path: Points, costs: Array) -> None:
        """Move to a better schedule on the chain, or learn a subgradient from it."""
        chain, self._chain = self._chain, ()
        least = int(costs.argmin())
        scale = scale_of(self._objective, self.cost, self._booked)
        if costs[least] < self.cost - IMPROVEMENT * scale:
            self._move(path[least], float(costs[least]))
        else:
            self._learn(chain, subgradient(chain, costs, self.cost))

    def _move(self, point: Points, cost: float) -> None:
        """Go to a better point, forget the old subgradients, and look further the same way."""
        multiples = np.arange(2, LONGEST_STEP + 1)[:, None] * (point - self.point) + self.point
        feasible = multiples[self.coordinates.contains(multiples)]
        self._ahead = feasible if len(feasible) else None
        self.point, self.cost = point, cost
        self._chains, self._slopes, self._weights = [], [], None
        self.lower_bound = None

    def _go_far(self, ahead: Points, costs: Array) -> None:
        """Go as far along an improving step as it pays."""
        self._ahead = None
        least = int(costs.argmin())
        if costs[least] < self.cost:
            self.point, self.cost = ahead[least], float(costs[least])

    def _learn(self, chain: tuple[int, ...], slopes: Array) -> None:
        """Add a subgradient; finish at the optimum, else turn to the steepest direction."""
        if chain in self._chains:
            # The same chain twice: rounding hides what is left to gain.
            self.finished = "no better direction"
            return
        self._chains.append(chain)
        self._slopes.append(slopes)
        normals = active_normals(self.coordinates.system, self.point)
        residual, solution = minimum_norm_point(np.array(self._slopes), normals, self._start())
        self._weights, self._multipliers = np.split(solution, [len(self._slopes)])
        self._direction = -residual
        bound = self._bound(residual)
        self.lower_bound = bound if self.certifies else None
        gap = self.cost - bound
        if gap <= optimal_gap(self._objective, self.cost, self._booked):
            self.finished = "proved optimal" if self.certifies else "local optimum"
        elif self.certifies and gap <= self._target_gap:
            self.finished = "gap"

    def _bound(self, residual: Array) -> float:
        """Return a bound by the weights; under constraints a quick one, the best now and then."""
        coordinates = self.coordinates
        if coordinates.plain or len(self._chains) % LINEAR_PROGRAM_EVERY == 0:
            return lower_bound(self.cost, self.point, self._mean_slopes(), coordinates)
        return quick_bound(self.cost, self.point, residual, coordinates.system)

    def _start(self) -> list[int]:
        """Return what had a weight before the newest subgradient was there, to go on from."""
        if self._weights is None:
            return []
        before = np.concatenate([self._weights, np.zeros(1), self._multipliers])
        return np.flatnonzero(before).tolist()

    def _mean_slopes(self) -> Array:
        """Return the mean of the subgradients by their weights."""
        assert self._weights is not None
        if not len(self._weights):
            return np.zeros(self.coordinates.dimension)
        return np.asarray(self._weights @ np.array(self._slopes), np.float64)

    @property
    def _booked(self) -> int:
        """Number of patients that the point books."""
        if not self._objective.free:
            return int(self._objective.session.patients)
        return int(self.schedule.sum())


def active_normals(system: DifferenceSystem, point: Points) -> Array:
    """Return the normals of the constraints that are tight at a point, (constraints, dimension)."""
    tail, head, _ = system.tight(point).T
    normals = np.zeros((len(tail), system.dimension + 1))
    rows = np.arange(len(tail))
    normals[rows, head] += 1
    normals[rows, tail] -= 1
    return normals[:, 1:]
