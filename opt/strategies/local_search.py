"""Local search from one or many starts, all in one batch.

Two neighbourhoods: moving one patient to another interval, priced by `Objective.moves` without
evaluating the schedules; and the shift vectors of Kaandorp & Koole (2007),
doi:10.1007/s10729-007-9015-x, whose sums over all subsets of intervals are 2^T neighbours, for
short sessions. A schedule without a better neighbour is a local optimum, not proved to be a global
one.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from objective import InvalidInput, Objective
from objective.errors import whole_number
from opt.certificate import scale_of
from opt.feasible import FeasibleSchedules
from opt.run import IMPROVEMENT, Run, State, generator_of
from opt.strategies.starts import starting_schedules

#: Longest session, in intervals, for the shift vectors: 65,534 neighbours.
LONGEST_FOR_SHIFTS = 16


@dataclass(frozen=True)
class LocalSearch:
    """Descent to local optima.

    Parameters
    ----------
    starts
        Number of starting schedules: evenly spread appointments, and random ones beyond the first.
    improvement
        ``best``: go to the best neighbour; ``first``: to the first better one in a random order.
    neighbourhood
        ``moves``: one patient moves; ``shift_vectors``: Kaandorp & Koole's, up to 16 intervals.
    """

    starts: int = 1
    improvement: Literal["best", "first"] = "best"
    neighbourhood: Literal["moves", "shift_vectors"] = "moves"
    name: ClassVar[str] = "local_search"

    def __post_init__(self) -> None:
        whole_number("strategy.starts", self.starts, 1, 100_000)
        if self.improvement not in ("best", "first"):
            raise InvalidInput("strategy.improvement", self.improvement, "'best' or 'first'")
        if self.neighbourhood not in ("moves", "shift_vectors"):
            raise InvalidInput(
                "strategy.neighbourhood", self.neighbourhood, "'moves' or 'shift_vectors'"
            )

    @property
    def deterministic(self) -> bool:
        """Whether every seed gives the same run: only further starts and the order are random."""
        return self.starts == 1 and self.improvement == "best"

    def begin(self, objective: Objective, feasible: FeasibleSchedules, seed: int) -> Run:
        """Return a run from the starts."""
        if self.neighbourhood == "shift_vectors":
            whole_number(
                "session.intervals (for strategy.neighbourhood shift_vectors)",
                objective.session.intervals,
                1,
                LONGEST_FOR_SHIFTS,
            )
            neighbours = self.starts * 2**objective.session.intervals
            whole_number(
                "strategy.starts times 2^intervals", neighbours, 1, 2**LONGEST_FOR_SHIFTS * 100
            )
            if objective.free:
                raise InvalidInput(
                    "strategy.neighbourhood",
                    self.neighbourhood,
                    "'moves' where the number of patients is free",
                )
        return LocalSearchRun(objective, feasible, self, seed)


class LocalSearchRun(Run):
    """Schedules that each go down until none of them has a better neighbour.

    ``schedules`` (starts, intervals) are where to begin, if not at the strategy's own starts.
    """

    def __init__(
        self,
        objective: Objective,
        feasible: FeasibleSchedules,
        strategy: LocalSearch,
        seed: int,
        schedules: Tensor | None = None,
    ) -> None:
        super().__init__(objective, feasible)
        self._strategy = strategy
        self._generator = generator_of(objective, seed)
        if schedules is None:
            schedules = starting_schedules(objective, feasible, strategy.starts, self._generator)
        self._schedules = schedules
        self._costs = torch.empty(0)
        self._searching = torch.ones(strategy.starts, dtype=torch.bool)

    def step(self) -> None:
        """Move every schedule that can still improve to a better neighbour."""
        if self.best is None:
            self._costs = self.price(self._schedules).to("cpu", torch.float64)
        active = self._searching.nonzero()[:, 0]
        chosen = active.to(self._schedules.device)
        by_moves = self._strategy.neighbourhood == "moves"
        explore = self._best_moves if by_moves else self._best_shifts
        enough = self._enough(self._costs[active], self._schedules[chosen])
        schedules, costs = explore(self._schedules[chosen], enough)
        better = costs < enough
        self._schedules[chosen[better.to(chosen.device)]] = schedules[better.to(chosen.device)]
        self._costs[active[better]] = costs[better]
        self._searching[active[~better]] = False
        least = int(self._costs.argmin())
        self.offer(self._schedules[least], float(self._costs[least]))
        if not self._searching.any():
            self.finished = "local optimum"

    def own_state(self) -> State:
        """Return the schedules, their costs, which still improve, and the generator."""
        return {
            "schedules": self._schedules.cpu(),
            "costs": self._costs,
            "searching": self._searching,
            "generator": self._generator.get_state(),
        }

    def restore_own(self, state: State) -> None:
        """Go on from `own_state`."""
        self._schedules = state["schedules"].to(self.objective.device)
        self._costs, self._searching = state["costs"], state["searching"]
        self._generator.set_state(state["generator"])

    def _enough(self, costs: Tensor, schedules: Tensor) -> Tensor:
        """Return below what a neighbour's cost must lie to be better, rounding aside.

        ``costs`` (batch,) are those of the ``schedules`` (batch, intervals).
        """
        scales = [
            scale_of(self.objective, cost, booked)
            for cost, booked in zip(costs.tolist(), schedules.sum(1).tolist(), strict=True)
        ]
        return costs - IMPROVEMENT * torch.tensor(scales, dtype=torch.float64)

    def _best_moves(self, schedules: Tensor, enough: Tensor) -> tuple[Tensor, Tensor]:
        """Return the chosen neighbour of each schedule by moving one patient, and its cost.

        Where the number of patients is free, one may also be added or left out.
        """
        batch, intervals = schedules.shape
        here = schedules.cpu()
        priced = self.objective.moves(schedules).cpu().flatten(1)
        self.evaluations += int((here > 0).sum()) * (intervals - 1)
        if self.objective.free:
            priced = torch.cat([priced, self._others_by_number(here)], dim=1)
        if self.feasible:
            self._forbid(priced, here, enough)
        index = self._choose(priced, enough)
        rows = torch.arange(batch)
        return _neighbours(here, rows, index).to(schedules.device), priced[rows, index]

    def _others_by_number(self, schedules: Tensor) -> Tensor:
        """Return the cost with one patient more or less in each interval, (batch, 2 intervals)."""
        batch, intervals = schedules.shape
        codes = torch.arange(2 * intervals) + intervals * intervals
        rows = torch.arange(batch).repeat_interleave(2 * intervals)
        others = _neighbours(schedules, rows, codes.repeat(batch))
        most = self.objective.session.patients
        exists = (others >= 0).all(1) & (others.sum(1) <= most)
        costs = torch.full((len(others),), torch.inf, dtype=torch.float64)
        costs[exists] = self.price(others[exists].to(self.objective.device)).double().cpu()
        return costs.reshape(batch, -1)

    def _forbid(self, priced: Tensor, schedules: Tensor, enough: Tensor) -> None:
        """Set the cost of neighbours that do not meet the constraints to infinity.

        Only those that would be better than ``enough`` (batch,) are looked at.
        """
        for row in range(len(priced)):
            better = (priced[row] < enough[row]).nonzero()[:, 0]
            others = _neighbours(schedules, torch.full_like(better, row), better)
            kept = better[self.feasible.contains(others)]
            allowed = priced[row, kept]
            priced[row] = torch.inf
            priced[row, kept] = allowed

    def _best_shifts(self, schedules: Tensor, enough: Tensor) -> tuple[Tensor, Tensor]:
        """Return the chosen neighbour of each schedule by a sum of shift vectors, and its cost."""
        shifts = shift_vectors(schedules.shape[1]).to(schedules.device)
        if not len(shifts):
            # In a single interval there is nowhere to go.
            return schedules, torch.full_like(enough, torch.inf)
        neighbours = schedules[:, None] + shifts
        allowed = (neighbours >= 0).all(2)
        met = self.feasible.contains(neighbours[allowed])
        allowed[allowed.clone()] = met
        priced = torch.full(allowed.shape, torch.inf, dtype=torch.float64)
        priced[allowed.cpu()] = self.price(neighbours[allowed]).to("cpu", torch.float64)
        index = self._choose(priced, enough)
        rows = torch.arange(len(schedules))
        return neighbours[rows.to(neighbours.device), index.to(neighbours.device)], priced[
            rows, index
        ]

    def _choose(self, priced: Tensor, enough: Tensor) -> Tensor:
        """Return the neighbour to go to, for each row of neighbours' costs.

        Those below ``enough`` (batch,) are better than the schedule itself.
        """
        if self._strategy.improvement == "best":
            return priced.argmin(1)
        order = torch.randperm(
            priced.shape[1], generator=self._generator, device=self._generator.device
        ).cpu()
        better = priced[:, order] < enough[:, None]
        # argmax of a row without any better neighbour is 0: some neighbour that is not taken.
        return order[better.to(torch.int8).argmax(1)]


def _neighbours(schedules: Tensor, rows: Tensor, codes: Tensor) -> Tensor:
    """Return the neighbours (codes, intervals) of some rows of the schedules by their codes.

    Code i T + j moves a patient from interval i to j, T T + t adds one in t, T T + T + t leaves one
    out there.
    """
    intervals = schedules.shape[1]
    neighbours = schedules[rows].clone()
    place = torch.arange(len(codes))
    moves, code = codes < intervals * intervals, codes - intervals * intervals
    neighbours[place[moves], codes[moves] // intervals] -= 1
    neighbours[place[moves], codes[moves] % intervals] += 1
    sign = torch.where(code < intervals, 1, -1)
    neighbours[place[~moves], code[~moves] % intervals] += sign[~moves]
    return neighbours


def shift_vectors(intervals: int) -> Tensor:
    """Return the sums of all proper subsets of the shift vectors, (2^T - 2, T).

    The vector of interval t moves a patient from t to t - 1, that of the first to the last.
    """
    codes = torch.arange(1, 2**intervals - 1)
    chosen = (codes[:, None] >> torch.arange(intervals)) & 1
    return chosen.roll(-1, dims=1) - chosen
