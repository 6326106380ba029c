"""The rules by which clinics book without computing: baselines beside every result."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from objective import Objective
from objective.errors import positive_number
from opt.feasible import FeasibleSchedules
from opt.run import Run, State


@dataclass(frozen=True)
class BaileyWelch:
    """Two patients at the start, then one at a time.

    ``spacing`` is the time between two, in minutes; by default the mean consultation time, as in
    Bailey (1952), doi:10.1111/j.2517-6161.1952.tb00112.x.
    """

    spacing: float | None = None
    name: ClassVar[str] = "bailey_welch"
    deterministic: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _check_spacing(self.spacing)

    def begin(self, objective: Objective, feasible: FeasibleSchedules, seed: int) -> Run:
        """Return the run that prices the rule's schedule."""
        gap = self.spacing or mean_service_time(objective)
        return _RuleRun(objective, feasible, lambda rank, patients: max(rank - 1, 0) * gap)


@dataclass(frozen=True)
class Individual:
    """One patient at a time; ``spacing`` in minutes, by default the mean consultation time."""

    spacing: float | None = None
    name: ClassVar[str] = "individual"
    deterministic: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _check_spacing(self.spacing)

    def begin(self, objective: Objective, feasible: FeasibleSchedules, seed: int) -> Run:
        """Return the run that prices the rule's schedule."""
        gap = self.spacing or mean_service_time(objective)
        return _RuleRun(objective, feasible, lambda rank, patients: rank * gap)


@dataclass(frozen=True)
class TwoAtATime:
    """Two patients at a time; ``spacing`` in minutes, by default two mean consultation times."""

    spacing: float | None = None
    name: ClassVar[str] = "two_at_a_time"
    deterministic: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _check_spacing(self.spacing)

    def begin(self, objective: Objective, feasible: FeasibleSchedules, seed: int) -> Run:
        """Return the run that prices the rule's schedule."""
        gap = self.spacing or 2 * mean_service_time(objective)
        return _RuleRun(objective, feasible, lambda rank, patients: rank // 2 * gap)


@dataclass(frozen=True)
class Equispaced:
    """One patient at a time, spread evenly over the session."""

    name: ClassVar[str] = "equispaced"
    deterministic: ClassVar[bool] = True

    def begin(self, objective: Objective, feasible: FeasibleSchedules, seed: int) -> Run:
        """Return the run that prices the rule's schedule."""
        length = objective.session.length
        return _RuleRun(objective, feasible, lambda rank, patients: rank * length / patients)


def mean_service_time(objective: Objective) -> float:
    """Return the mean consultation time over the booked patients, minutes."""
    return float(objective.session.mean_service_times.mean())


def equispaced_times(objective: Objective) -> list[float]:
    """Return evenly spread appointment times, minutes."""
    session = objective.session
    return [rank * session.length / session.patients for rank in range(session.patients)]


def schedule_at(objective: Objective, times: list[float]) -> Tensor:
    """Return the schedule with patients in the intervals that hold the times, or in the last.

    ``times`` are minutes from the start of the session.
    """
    session = objective.session
    schedule = torch.zeros(session.intervals, dtype=torch.int64)
    for time in times:
        # A time on the boundary but for rounding belongs to the interval that starts there.
        interval = int(time / session.interval_length + 1e-9)
        schedule[min(interval, session.intervals - 1)] += 1
    return schedule


class _RuleRun(Run):
    """Prices one schedule, or one per number of patients where that is free, and is done.

    ``time`` gives the appointment of a patient of so many, minutes; constraints move it to a
    schedule that meets them.
    """

    def __init__(
        self,
        objective: Objective,
        feasible: FeasibleSchedules,
        time: Callable[[int, int], float],
    ) -> None:
        super().__init__(objective, feasible)
        most = objective.session.patients
        wished = [
            schedule_at(objective, [time(rank, of) for rank in range(of)])
            for of in range(0 if objective.free else most, most + 1)
        ]
        if objective.free:
            self._schedules = feasible.repaired(torch.stack(wished))
        else:
            self._schedules = feasible.nearest(wished[0])[None]

    def step(self) -> None:
        """Price the schedules."""
        costs = self.price(self._schedules)
        least = int(costs.argmin())
        self.offer(self._schedules[least], float(costs[least]))
        self.finished = "rule applied"

    def own_state(self) -> State:
        """Return nothing: the schedules follow from the rule."""
        return {}

    def restore_own(self, state: State) -> None:
        """Nothing to restore."""


def _check_spacing(spacing: float | None) -> None:
    if spacing is not None:
        positive_number("strategy.spacing", spacing)
