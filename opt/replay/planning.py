"""The schedules that a session would have been booked by."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from objective import ClinicSession
from objective.laws import Array
from opt.constraints import Constraints
from opt.optimise import optimise
from opt.replay.valuation import Valuation
from opt.result import Status


@dataclass(frozen=True)
class Request:
    """A session to book, the number that its waits are divided by, and strategies to book it by."""

    session: ClinicSession
    shows: float
    strategies: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """A schedule, what it was expected to cost, and what is known of it."""

    schedule: tuple[int, ...]
    interval_length: float
    expected_cost: float
    status: Status

    @property
    def appointments(self) -> Array:
        """When each patient is told to come, (patients,) minutes after the session begins."""
        interval = np.repeat(np.arange(len(self.schedule)), self.schedule)
        return np.asarray(interval * self.interval_length, np.float64)


@dataclass(frozen=True)
class Planner:
    """Books sessions, one independently of another, under what is valued and demanded."""

    valuation: Valuation
    constraints: Constraints

    def __call__(self, request: Request) -> list[Plan]:
        """Return a plan by each of the strategies asked for."""
        objective = self.valuation.objective(request.session, request.shows)
        plans = []
        for strategy in request.strategies:
            result = optimise(objective, strategy, constraints=self.constraints)
            length = request.session.interval_length
            plans.append(Plan(tuple(result.schedule), length, result.cost, result.status))
        return plans


def intervals_of(minutes: float, interval_length: float) -> int:
    """Return how many intervals hold a planned length, at least one."""
    # A length that is a whole number of intervals but for rounding is no interval more.
    return max(1, int(np.ceil(minutes / interval_length - 1e-9)))


def proved(plans: Sequence[Plan]) -> str:
    """Return in words how many of some plans are proved optimal."""
    optimal = sum(plan.status == "optimal" for plan in plans)
    many = f"all {optimal}" if optimal == len(plans) else f"{optimal} of {len(plans)}"
    return f"{many} are proved optimal for what was expected of the session"
