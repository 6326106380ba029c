"""The provably best schedule: steepest descent to the optimum and its certificate.

The algorithm is that of `opt.strategies.descent`; here are its parameters, the choice of
coordinates, and what follows where no coordinates express everything.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from objective import InvalidInput, Objective
from objective.errors import non_negative_number
from objective.schedules import ScheduleBatch, as_schedules
from opt.certificate import Certificate
from opt.coordinates import Coordinates
from opt.demands import Space
from opt.feasible import FeasibleSchedules
from opt.run import Run, State
from opt.strategies.descent import Descent
from opt.strategies.local_search import LocalSearch, LocalSearchRun
from opt.strategies.rules import equispaced_times, schedule_at
from opt.validity import not_expressed, reasons_against, spaces_by_merit


@dataclass(frozen=True)
class Exact:
    """Steepest descent to the proved optimum, with the patients in the session's order.

    For another order of patients who differ, see `opt.strategies.order_search`.

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

    def begin(self, objective: Objective, feasible: FeasibleSchedules, seed: int) -> "ExactRun":
        """Return a run from evenly spread appointments; nothing in it is random."""
        return ExactRun(objective, feasible, self, seed)


class ExactRun(Run):
    """A descent and, where it left some constraints out, a local search after it.

    Where no coordinates express all constraints, the descent leaves some of them out, which gives
    a bound; then a local search among the feasible schedules goes on from its end. The descent
    starts at the feasible schedule nearest to ``start``, one of the session's schedules, or to
    evenly spread appointments.

    ``left_out`` are the constraints that the coordinates do not express.

    A step prices what the descent asks for. Instead of `step`, a driver may price what several runs
    `ask` for together, and `tell` them.
    """

    def __init__(
        self,
        objective: Objective,
        feasible: FeasibleSchedules,
        strategy: Exact,
        seed: int,
        start: ScheduleBatch | None = None,
    ) -> None:
        super().__init__(objective, feasible)
        self._seed = seed
        session, constraints = objective.session, feasible.constraints
        if strategy.space == "a" and objective.free:
            allowed = "'p' or None where the number of patients is free"
            raise InvalidInput("strategy.space", strategy.space, allowed)
        space = strategy.space or spaces_by_merit(objective, constraints)[0]
        self.left_out = tuple(not_expressed(session, space, constraints))
        self.note = self._notes(strategy, space)
        coordinates = Coordinates.of(session, space, constraints, objective.free)
        wished = schedule_at(objective, equispaced_times(objective))
        if start is not None:
            wished = as_schedules(start, session, torch.device("cpu"), objective.free)[0]
        nearest = feasible.nearest(wished.to(torch.int64))
        self._descent = Descent(objective, coordinates, nearest.numpy(), strategy.target_gap)
        self._polish: Run | None = None

    @property
    def asks(self) -> bool:
        """Whether the run goes on by `ask` and `tell`; otherwise by `step`, if it goes on."""
        return self.finished is None and self._polish is None

    def ask(self) -> Tensor:
        """Return the schedules whose costs are needed next, (batch, intervals)."""
        return torch.from_numpy(self._descent.ask())

    def tell(self, costs: Tensor) -> bool:
        """Go on with the costs, (batch,), of what was asked for; return whether a step is over."""
        over = self._descent.tell(costs.cpu().numpy().astype(np.float64))
        self.lower_bound = self._descent.lower_bound
        schedule = torch.from_numpy(self._descent.schedule)
        feasible = bool(self.feasible.contains(schedule[None])[0])
        if feasible:
            self.offer(schedule, self._descent.cost)
        if self._descent.finished is not None:
            # A point that meets the constraints left out needs no search after it.
            self.finished = self._descent.finished if feasible else None
            self._polish = None if feasible else self._local_search()
        return over

    def step(self) -> None:
        """Follow one chain: move to a better schedule on it, or learn a subgradient from it."""
        if self._polish is not None:
            self._search_on(self._polish)
            return
        while not self.tell(self.price(self.ask())):
            pass

    def own_state(self) -> State:
        """Return the descent and what follows it."""
        return {
            "descent": self._descent.state(),
            "polish": self._polish.state() if self._polish else None,
        }

    def restore_own(self, state: State) -> None:
        """Go on from `own_state`."""
        self._descent.restore(state["descent"])
        if state["polish"] is not None:
            self._polish = self._local_search()
            self._polish.restore(state["polish"])

    def certify(self) -> Certificate | None:
        """Return the certificate of the best bound by the subgradients at the point."""
        return self._descent.certificate(self.left_out)

    def _notes(self, strategy: Exact, space: Space) -> str:
        """Return what the coordinates cannot do, in words."""
        notes = []
        against = reasons_against(self.objective, space)
        if against:
            notes.append(f"nothing is proved in {space}-space: " + "; ".join(against))
            other: Space = "p" if space == "a" else "a"
            against_other = reasons_against(self.objective, other)
            if strategy.space is None and against_other:
                notes.append(f"nor in {other}-space: " + "; ".join(against_other))
        if self.left_out:
            bound = "searched without at first: " if against else "the bound is without: "
            notes.append(bound + "; ".join(self.left_out))
        return "; ".join(notes)

    def _local_search(self) -> Run:
        schedule = torch.from_numpy(self._descent.schedule)
        start = self.feasible.nearest(schedule)[None].to(self.objective.device)
        run = LocalSearchRun(self.objective, self.feasible, LocalSearch(), self._seed, start)
        run.employ(self.workers)
        return run

    def _search_on(self, polish: Run) -> None:
        before = polish.evaluations
        polish.step()
        self.evaluations += polish.evaluations - before
        assert polish.best is not None
        self.offer(polish.best.schedule, polish.best.cost)
        self.finished = polish.finished
