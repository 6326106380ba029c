"""The proved optimum by way of an atlas: recalled where it is known, else found from near ones.

A session that the atlas holds is answered at once: the schedule is priced and its proof evaluated
again, in one batch. Any other begins where the optima of the nearest instances say, whatever their
size, and goes on as `exact`, which proves the optimum.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch

from objective import InvalidInput, Objective
from objective.errors import non_negative_number, whole_number
from opt.atlas.finding import AtlasFinding
from opt.atlas.lookup import Atlas, Neighbour, atlas_at
from opt.atlas.query import Query, departures
from opt.certificate import Certificate, evaluated, malformed
from opt.coordinates import Coordinates
from opt.difference import Points
from opt.feasible import FeasibleSchedules
from opt.findings import Finding
from opt.result import optimal_gap
from opt.run import Run, State
from opt.strategies.exact import Exact, ExactRun
from opt.validity import reasons_against
from opt.workers import Workers


@dataclass(frozen=True)
class FromAtlas:
    """Search from an atlas.

    Parameters
    ----------
    path
        Folder of the atlas, as ``python -m opt.atlas`` makes it; without one the search is that of
        ``exact``.
    neighbours
        How many of the nearest optima the start lies between.
    target_gap
        Stop once no schedule can be better by more than this, in units of the cost.
    """

    path: str | None = None
    neighbours: int = 1
    target_gap: float = 0.0
    name: ClassVar[str] = "atlas"
    deterministic: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.path is not None and not isinstance(self.path, str):
            raise InvalidInput("strategy.path", self.path, "the folder of an atlas, or None")
        whole_number("strategy.neighbours", self.neighbours, 1, 100)
        non_negative_number("strategy.target_gap", self.target_gap)

    def begin(self, objective: Objective, feasible: FeasibleSchedules, seed: int) -> Run:
        """Return a run from the atlas; nothing in it is random."""
        return _AtlasRun(objective, feasible, self, seed)


class _AtlasRun(Run):
    """One batch that evaluates a known proof again, or a descent from near optima."""

    def __init__(
        self, objective: Objective, feasible: FeasibleSchedules, strategy: FromAtlas, seed: int
    ) -> None:
        super().__init__(objective, feasible)
        self._strategy, self._seed = strategy, seed
        self._departures = departures(objective, feasible.constraints)
        self._atlas: Atlas | None = None
        self._known: int | None = None
        self._neighbours: list[Neighbour] = []
        self._query = Query.of(objective)
        if strategy.path is not None:
            self._atlas = atlas_at(strategy.path)
            if not self._departures:
                self._known = self._atlas.find(self._query)
            if self._known is not None:
                self._neighbours = [Neighbour(self._atlas[self._known], 0.0)]
            else:
                self._neighbours = self._atlas.nearest(self._query, strategy.neighbours)
        self._recalled: Certificate | None = None
        self._exact = self._descent() if self._known is None else None

    def employ(self, workers: Workers) -> None:
        """Have work done by these, before the first step."""
        super().employ(workers)
        if self._exact is not None:
            self._exact.employ(workers)

    def step(self) -> None:
        """Recall the proof of this session, or do a step of the descent."""
        if self._exact is None and self._known is not None:
            self._recall(self._neighbours[0])
            if self.finished:
                return
        if self._exact is None:
            self._exact = self._descent()
        before = self._exact.evaluations
        self._exact.step()
        self.evaluations += self._exact.evaluations - before
        assert self._exact.current is not None
        self.offer(self._exact.current.schedule, self._exact.current.cost)
        self.lower_bound, self.finished = self._exact.lower_bound, self._exact.finished
        self.note = self._exact.note

    def certify(self) -> Certificate | None:
        """Return the proof that was recalled, or that of the descent."""
        if self._recalled is not None or self._exact is None:
            return self._recalled
        return self._exact.certify()

    def findings(self) -> tuple[Finding, ...]:
        """Return which optima the search began with."""
        return (
            AtlasFinding(
                path=self._strategy.path,
                optima=len(self._atlas) if self._atlas else 0,
                found=self._recalled is not None,
                neighbours=self._neighbours,
                departures=self._departures,
            ),
        )

    def own_state(self) -> State:
        """Return the proof that was recalled and the descent."""
        return {
            "recalled": self._recalled.to_dict() if self._recalled else None,
            "exact": self._exact.state() if self._exact else None,
        }

    def restore_own(self, state: State) -> None:
        """Go on from `own_state`."""
        if state["recalled"] is not None:
            self._recalled = Certificate.from_dict(state["recalled"])
        if state["exact"] is not None:
            self._exact = self._descent()
            self._exact.restore(state["exact"])

    def _recall(self, known: Neighbour) -> None:
        """Evaluate the proof of this session again; finish if it proves the schedule optimal."""
        claim = known.optimum.certificate()
        coordinates = Coordinates.of(self.objective.session, "a")
        if reasons_against(self.objective, "a") or malformed(claim, coordinates):
            return
        cost, bound = evaluated(claim, coordinates, self._costs)
        if cost - bound > optimal_gap(self.objective, cost, self.objective.session.patients):
            return
        self._recalled = known.optimum.certificate(cost, bound)
        self.lower_bound, self.finished = bound, "found in the atlas"
        self.offer(torch.tensor(known.optimum.schedule), cost)

    def _costs(self, schedules: Points) -> list[float]:
        costs: list[float] = self.price(torch.from_numpy(schedules)).tolist()
        return costs

    def _descent(self) -> ExactRun:
        """Return a descent from between the nearest optima, or from spread appointments."""
        start = None
        if self._atlas is not None:
            start = self._atlas.start(self._query, self._strategy.neighbours).astype(np.int64)
        exact = Exact(target_gap=self._strategy.target_gap)
        run = ExactRun(self.objective, self.feasible, exact, self._seed, start)
        run.employ(self.workers)
        return run
