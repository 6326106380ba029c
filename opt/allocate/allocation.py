"""An allocation: who goes where, who gets no place and why, and how fair it is."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from opt.allocate.half_day import HalfDay
from opt.allocate.options import Capacity, Option, Options, unmet
from opt.allocate.problem import Problem
from opt.allocate.reasons import REASONS, Unserved, reasons
from opt.allocate.request import Request


@dataclass(frozen=True)
class Assignment:
    """A request and its place; ``days`` is how long the patient waits for it."""

    request: Request
    provider: str
    half_day: HalfDay
    days: int
    unmet: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the assignment as plain names and numbers."""
        return {
            "request": self.request.id,
            "patient": self.request.who,
            "visit_type": self.request.visit_type,
            "provider": self.provider,
            "day": self.half_day.day.isoformat(),
            "half": self.half_day.half,
            "days_waited": self.days,
            "urgency": float(self.request.urgency),
            "group": self.request.group,
            "acceptance": self.request.accepts(self.provider, self.half_day),
            "unmet": list(self.unmet),
        }


@dataclass(frozen=True)
class Use:
    """How much of a provider's session, or of a resource in a half-day, is used.

    ``kind`` is ``minutes`` or ``seats`` of a provider, or ``resource``; ``visits`` take from it.
    """

    kind: str
    name: str
    half_day: HalfDay
    used: float
    capacity: float
    visits: int

    @property
    def utilisation(self) -> float:
        """Share of the capacity that is used; 0 where there is none."""
        return self.used / self.capacity if self.capacity else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the use as plain names and numbers."""
        return {
            "kind": self.kind,
            "name": self.name,
            "half_day": str(self.half_day),
            "used": self.used,
            "capacity": self.capacity,
            "visits": self.visits,
            "utilisation": self.utilisation,
        }


@dataclass(frozen=True)
class Group:
    """How a group fares.

    ``access`` is its mean access time in days: those without a place are taken to wait as
    `Importance.unserved` says, and so is a patient who does not accept, with that probability.
    ``days_served`` is the mean of those who have a place, None if nobody has.
    """

    name: str
    requests: int
    served: int
    access: float
    days_served: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the group as plain names and numbers."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True)
class Allocation:
    """Which request goes to which provider and half-day.

    Attributes
    ----------
    problem
        What it was made from.
    assignments, unserved
        Requests with a place and without, in the order given.
    use
        Sessions of the providers and resources, per half-day.
    groups
        How the groups fare, the one that waits longest first.
    objective, bound, gap
        What it costs in days (see `opt.allocate.options`), what every allocation costs at least,
        and the difference as a share of the objective.
    greedy
        What places by urgency, one request after the other, cost; infinite where that serves not
        all who must be served.
    termination
        Why the search stopped: ``optimal``, ``gap`` or ``time limit``.
    seconds
        How long it took.
    """

    problem: Problem
    assignments: tuple[Assignment, ...]
    unserved: tuple[Unserved, ...]
    use: tuple[Use, ...]
    groups: tuple[Group, ...]
    objective: float
    bound: float
    gap: float
    greedy: float
    termination: str
    seconds: float

    @property
    def reasons(self) -> dict[str, int]:
        """How many requests are not served for each reason, in words, the most frequent first."""
        count = Counter(one.reason for one in self.unserved)
        return {REASONS[name]: number for name, number in count.most_common()}

    def to_dict(self) -> dict[str, Any]:
        """Return the allocation as plain names and numbers; None for what is infinite."""
        return {
            "requests": len(self.problem.requests),
            "served": len(self.assignments),
            "objective": _finite(self.objective),
            "bound": self.bound,
            "gap": _finite(self.gap),
            "greedy_objective": _finite(self.greedy),
            "termination": self.termination,
            "seconds": self.seconds,
            "assignments": [one.to_dict() for one in self.assignments],
            "unserved": [one.to_dict() for one in self.unserved],
            "groups": [one.to_dict() for one in self.groups],
            "use": [one.to_dict() for one in self.use],
            "importance": self.problem.importance.to_dict(),
        }


def assignments_of(problem: Problem, chosen: Sequence[Option | None]) -> tuple[Assignment, ...]:
    """Return the requests that have a place, in the order given."""
    return tuple(
        Assignment(
            request,
            one.provider,
            one.half_day,
            (one.half_day.day - problem.waits_since(request)).days,
            tuple(unmet(request, one.provider, one.half_day)),
        )
        for request, one in zip(problem.requests, chosen, strict=True)
        if one is not None
    )


def use_of(options: Options, chosen: Sequence[Option | None]) -> tuple[Use, ...]:
    """Return how much of each session and resource is used, by name and half-day."""
    left = options.room(chosen)
    visits: Counter[Capacity] = Counter()
    for one in chosen:
        visits.update(key for key, _ in (() if one is None else one.takes))
    return tuple(
        Use(key.kind, key.name, key.half_day, limit - left[key], limit, visits[key])
        for key, limit in options.limits.items()
        if key.kind != "patient"
    )


def groups_of(options: Options, chosen: Sequence[Option | None]) -> tuple[Group, ...]:
    """Return how the groups fare, the one that waits longest first."""
    problem, found = options.problem, []
    for name, members in options.groups.items():
        access, days = 0.0, []
        for number in members:
            one = chosen[number]
            access += options.unserved(number)[1] if one is None else one.access
            if one is not None:
                since = problem.waits_since(problem.requests[number])
                days.append((one.half_day.day - since).days)
        mean = sum(days) / len(days) if days else None
        found.append(Group(name, len(members), len(days), access / len(members), mean))
    return tuple(sorted(found, key=lambda group: (-group.access, group.name)))


def unserved_of(options: Options, chosen: Sequence[Option | None]) -> tuple[Unserved, ...]:
    """Return the requests without a place and why, in the order given."""
    return tuple(reasons(options, chosen))


def _finite(number: float) -> float | None:
    return number if abs(number) < float("inf") else None
