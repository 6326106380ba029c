"""The provably best schedule: steepest descent with a minimum-norm-point certificate.

Where the cost g is L-natural-convex in some coordinates z, a schedule is optimal if no z + 1_S and
no z - 1_S costs less. Both neighbourhoods are searched at once: the subgradients of g at z form a
g-polymatroid, and minus the point of least norm in it plus the normal cone of the constraints that
are tight at z is the steepest feasible direction, or 0 at the optimum (Fujishige 2005, Submodular
Functions and Optimization; Murota 2003, Discrete Convex Analysis). Each iteration turns
a direction into a greedy chain, which is one batch of n schedules: either one of them is better,
and the search moves there, or the chain adds a subgradient, and with it a better bound.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from objective import InvalidInput, Objective
from objective.errors import non_negative_number
from opt.certificate import Certificate, chain_points, scale_of, subgradient
from opt.coordinates import Coordinates
from opt.demands import Space
from opt.difference import DifferenceSystem, Points
from opt.feasible import FeasibleSchedules
from opt.greedy_chain import greedy_chain
from opt.lower_bound import lower_bound, quick_bound
from opt.minimum_norm import minimum_norm_point
from opt.result import optimal_gap
from opt.run import IMPROVEMENT, Run, State
from opt.strategies.local_search import LocalSearch, LocalSearchRun
from opt.strategies.rules import equispaced_times, schedule_at
from opt.validity import not_expressed, reasons_against, spaces_by_merit

Array = NDArray[np.float64]

#: Of so many subgradients under constraints one is followed by the linear program of the bound.
LINEAR_PROGRAM_EVERY = 16
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
    deterministic: ClassVar[bool] = True

    def __post_init__(self) -> None:
        non_negative_number("strategy.target_gap", self.target_gap)
        if self.space not in (None, "a", "p"):
            raise InvalidInput("strategy.space", self.space, "'a', 'p' or None")

    def begin(self, objective: Objective, feasible: FeasibleSchedules, seed: int) -> Run:
        """Return a run from evenly spread appointments; nothing in it is random."""
        return ExactRun(objective, feasible, self, seed)


class ExactRun(Run):
    """The descent: a point, a direction, and the subgradients found at the point.

    Where no coordinates express all constraints, the descent leaves some of them out, which gives
    a bound; then a local search among the feasible schedules goes on from its end.
    """

    def __init__(
        self, objective: Objective, feasible: FeasibleSchedules, strategy: Exact, seed: int
    ) -> None:
        super().__init__(objective, feasible)
        self._target_gap, self._seed = strategy.target_gap, seed
        session, constraints = objective.session, feasible.constraints
        if strategy.space == "a" and objective.free:
            allowed = "'p' or None where the number of patients is free"
            raise InvalidInput("strategy.space", strategy.space, allowed)
        space = strategy.space or spaces_by_merit(objective, constraints)[0]
        against = reasons_against(objective, space)
        self._certifies = not against
        self._left_out = tuple(not_expressed(session, space, constraints))
        notes = []
        if against:
            notes.append(f"nothing is proved in {space}-space: " + "; ".join(against))
            other: Space = "p" if space == "a" else "a"
            against_other = reasons_against(objective, other)
            if strategy.space is None and against_other:
                notes.append(f"nor in {other}-space: " + "; ".join(against_other))
        if self._left_out:
            bound = "the bound is without: " if self._certifies else "searched without at first: "
            notes.append(bound + "; ".join(self._left_out))
        self.note = "; ".join(notes)
        self._coordinates = Coordinates.of(session, space, constraints, objective.free)
        even = feasible.nearest(schedule_at(objective, equispaced_times(objective)))
        self._point = self._coordinates.point(even.numpy())
        self._cost = float("nan")
        self._direction = np.ones(self._coordinates.dimension)
        self._chains: list[tuple[int, ...]] = []
        self._slopes: list[Array] = []
        self._weights: Array | None = None
        self._multipliers = np.zeros(0)
        self._polish: Run | None = None

    def step(self) -> None:
        """Follow one chain: move to a better schedule on it, or learn a subgradient from it."""
        if self._polish is not None:
            self._search_on(self._polish)
            return
        if self.best is None:
            self._cost = float(self._price(self._point[None])[0])
            self._offer()
        if not self._coordinates.dimension:
            self._weights = np.zeros(0)
            self.lower_bound = self._cost if self._certifies else None
            self._end("only one schedule")
            return
        chain = greedy_chain(self._coordinates.system, self._point, self._direction)
        path = chain_points(self._point, chain)
        costs = self._price(path)
        least = int(costs.argmin())
        scale = scale_of(self.objective, self._cost, self._booked)
        if costs[least] < self._cost - IMPROVEMENT * scale:
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
            "weights": None if self._weights is None else torch.from_numpy(self._weights),
            "multipliers": torch.from_numpy(self._multipliers),
            "polish": self._polish.state() if self._polish else None,
        }

    def restore_own(self, state: State) -> None:
        """Go on from `own_state`."""
        self._point = state["point"].numpy()
        self._cost = state["cost"]
        self._direction = state["direction"].numpy()
        self._chains = [tuple(chain) for chain in state["chains"]]
        self._slopes = [slopes.numpy() for slopes in state["slopes"]]
        weights = state["weights"]
        self._weights = None if weights is None else weights.numpy()
        self._multipliers = state["multipliers"].numpy()
        if state["polish"] is not None:
            self._polish = self._local_search()
            self._polish.restore(state["polish"])

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
        self._chains, self._slopes, self._weights = [], [], None
        self.lower_bound = None

    def _learn(self, chain: tuple[int, ...], slopes: Array) -> None:
        """Add a subgradient; finish at the optimum, else turn to the steepest direction."""
        if chain in self._chains:
            # The same chain twice: rounding hides what is left to gain.
            self._end("no better direction")
            return
        self._chains.append(chain)
        self._slopes.append(slopes)
        normals = active_normals(self._coordinates.system, self._point)
        residual, solution = minimum_norm_point(np.array(self._slopes), normals, self._start())
        self._weights, self._multipliers = np.split(solution, [len(self._slopes)])
        self._direction = -residual
        bound = self._bound(residual)
        self.lower_bound = bound if self._certifies else None
        gap = self._cost - bound
        if gap <= optimal_gap(self.objective, self._cost, self._booked):
            self._end("proved optimal" if self._certifies else "local optimum")
        elif self._certifies and gap <= self._target_gap:
            self._end("gap")

    def _end(self, reason: str) -> None:
        """Finish the descent; a search among the feasible schedules follows one that left some out.

        A point that meets the constraints left out needs no such search.
        """
        if bool(self.feasible.contains(self._schedule[None])[0]):
            self.finished = reason
        else:
            self._polish = self._local_search()

    def _local_search(self) -> Run:
        start = self.feasible.nearest(self._schedule)[None].to(self.objective.device)
        return LocalSearchRun(self.objective, self.feasible, LocalSearch(), self._seed, start)

    def _search_on(self, polish: Run) -> None:
        before = polish.evaluations
        polish.step()
        self.evaluations += polish.evaluations - before
        assert polish.best is not None
        self.offer(polish.best.schedule, polish.best.cost)
        self.finished = polish.finished

    def _bound(self, residual: Array) -> float:
        """Return a bound by the weights; under constraints a quick one, the best now and then."""
        coordinates = self._coordinates
        if coordinates.plain or len(self._chains) % LINEAR_PROGRAM_EVERY == 0:
            return lower_bound(self._cost, self._point, self._mean_slopes(), coordinates)
        return quick_bound(self._cost, self._point, residual, coordinates.system)

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
            return np.zeros(self._coordinates.dimension)
        return np.asarray(self._weights @ np.array(self._slopes), np.float64)

    def certify(self) -> Certificate | None:
        """Return the certificate of the best bound by the subgradients at the point."""
        if self._weights is None or not self._certifies:
            return None
        slopes = self._mean_slopes()
        used = [index for index, weight in enumerate(self._weights) if weight > 0]
        return Certificate(
            space=self._coordinates.space,
            point=tuple(self._point.tolist()),
            chains=tuple(self._chains[index] for index in used),
            weights=tuple(float(self._weights[index]) for index in used),
            cost=self._cost,
            lower_bound=lower_bound(self._cost, self._point, slopes, self._coordinates),
            left_out=self._left_out,
        )

    @property
    def _schedule(self) -> Tensor:
        """The schedule of the point, (intervals,)."""
        return torch.from_numpy(self._coordinates.schedules(self._point[None])[0])

    @property
    def _booked(self) -> int:
        """Number of patients that the point books."""
        return int(self._schedule.sum())

    def _price(self, points: Points) -> Array:
        schedules = torch.from_numpy(self._coordinates.schedules(points))
        return self.price(schedules).cpu().numpy().astype(np.float64)

    def _offer(self) -> None:
        schedule = self._schedule
        if bool(self.feasible.contains(schedule[None])[0]):
            self.offer(schedule, self._cost)


def active_normals(system: DifferenceSystem, point: Points) -> Array:
    """Return the normals of the constraints that are tight at a point, (constraints, dimension)."""
    tail, head, _ = system.tight(point).T
    normals = np.zeros((len(tail), system.dimension + 1))
    rows = np.arange(len(tail))
    normals[rows, head] += 1
    normals[rows, tail] -= 1
    return normals[:, 1:]
