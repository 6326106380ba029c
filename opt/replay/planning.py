"""The schedules that sessions would have been booked by."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from objective import ClinicSession, InvalidInput
from objective.errors import positive_number
from objective.laws import Array
from objective.session import MAX_INTERVAL_LENGTH, MAX_INTERVALS
from opt.constraints import Constraints
from opt.optimise import optimise
from opt.replay.valuation import Valuation
from opt.result import Status
from opt.workers import Workers

Key = TypeVar("Key", bound=Hashable)


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


def book(
    requests: Mapping[Key, Request],
    planner: Planner,
    workers: Workers,
    on_progress: Callable[[int, int], None] | None = None,
) -> dict[Key, list[Plan]]:
    """Return the plans of each request, computed by the workers.

    ``on_progress`` is called with the number of requests booked so far, and their number.
    """
    work = workers.map(planner, list(requests.values()))
    booked: dict[Key, list[Plan]] = {}
    for key, plans in zip(requests, work, strict=True):
        booked[key] = plans
        if on_progress:
            on_progress(len(booked), len(requests))
    return booked


def check_lengths(group: str, interval_length: float, length_factor: float) -> None:
    """Raise `InvalidInput`, naming the group of settings, for lengths outside their range."""
    if positive_number(f"{group}.interval_length", interval_length) > MAX_INTERVAL_LENGTH:
        allowed = f"at most {MAX_INTERVAL_LENGTH} minutes"
        raise InvalidInput(f"{group}.interval_length", interval_length, allowed)
    if positive_number(f"{group}.length_factor", length_factor) > 10:
        raise InvalidInput(f"{group}.length_factor", length_factor, "at most 10")


def with_length(group: str, session: ClinicSession, minutes: float) -> ClinicSession:
    """Return a session with as many intervals as hold a planned length, at least one.

    Raises
    ------
    InvalidInput
        Naming the group of settings, if there would be too many.
    """
    # A length that is a whole number of intervals but for rounding is no interval more.
    intervals = max(1, int(np.ceil(minutes / session.interval_length - 1e-9)))
    if intervals > MAX_INTERVALS:
        allowed = f"such that a session has at most {MAX_INTERVALS} intervals"
        raise InvalidInput(f"{group}.interval_length", session.interval_length, allowed)
    return replace(session, intervals=intervals)


def proved(plans: Sequence[Plan]) -> str:
    """Return in words how many of some plans are proved optimal."""
    optimal = sum(plan.status == "optimal" for plan in plans)
    many = f"all {optimal}" if optimal == len(plans) else f"{optimal} of {len(plans)}"
    return f"{many} are proved optimal for what was expected of the session"
