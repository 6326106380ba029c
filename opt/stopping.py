"""When to stop a search: small rules that compose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from objective.errors import (
    finite_number,
    known_keys,
    non_negative_number,
    positive_number,
    whole_number,
)


@dataclass(frozen=True)
class Progress:
    """Where a search stands after an iteration.

    ``stalled`` counts the iterations since the best cost last improved; ``lower_bound`` and ``gap``
    are None while nothing is proved.
    """

    iteration: int
    evaluations: int
    seconds: float
    best_cost: float
    stalled: int
    lower_bound: float | None
    gap: float | None


class Stopping(Protocol):
    """A rule: the reason to stop now, or None to go on."""

    def __call__(self, progress: Progress) -> str | None:
        """Return why to stop, or None."""


@dataclass(frozen=True)
class MaximumEvaluations:
    """Stop once so many schedules have been priced."""

    evaluations: int

    def __post_init__(self) -> None:
        whole_number("stopping.evaluations", self.evaluations, 1, 10**15)

    def __call__(self, progress: Progress) -> str | None:
        """Return why to stop, or None."""
        return "evaluations" if progress.evaluations >= self.evaluations else None


@dataclass(frozen=True)
class MaximumSeconds:
    """Stop once the search has taken so long."""

    seconds: float

    def __post_init__(self) -> None:
        positive_number("stopping.seconds", self.seconds)

    def __call__(self, progress: Progress) -> str | None:
        """Return why to stop, or None."""
        return "seconds" if progress.seconds >= self.seconds else None


@dataclass(frozen=True)
class Stall:
    """Stop after so many iterations without a better schedule."""

    iterations: int

    def __post_init__(self) -> None:
        whole_number("stopping.stall", self.iterations, 1, 10**12)

    def __call__(self, progress: Progress) -> str | None:
        """Return why to stop, or None."""
        return "stall" if progress.stalled >= self.iterations else None


@dataclass(frozen=True)
class TargetGap:
    """Stop once it is proved that no schedule is better by more than this, in units of the cost."""

    gap: float

    def __post_init__(self) -> None:
        non_negative_number("stopping.gap", self.gap)

    def __call__(self, progress: Progress) -> str | None:
        """Return why to stop, or None."""
        return "gap" if progress.gap is not None and progress.gap <= self.gap else None


@dataclass(frozen=True)
class LowerBoundAbove:
    """Stop once it is proved that every schedule costs more than this.

    So a search is given up early where a better schedule is known for another objective, for
    example for another order of the patients.
    """

    cost: float

    def __post_init__(self) -> None:
        finite_number("stopping.cost", self.cost, "a finite number")

    def __call__(self, progress: Progress) -> str | None:
        """Return why to stop, or None."""
        bound = progress.lower_bound
        return "lower bound" if bound is not None and bound > self.cost else None


@dataclass(frozen=True)
class AnyOf:
    """Stop as soon as one of several rules says so."""

    rules: Sequence[Stopping] = ()

    def __call__(self, progress: Progress) -> str | None:
        """Return the first reason to stop, or None."""
        return next((reason for rule in self.rules if (reason := rule(progress))), None)


def stopping_from_dict(description: Mapping[str, Any]) -> AnyOf:
    """Make a rule of ``evaluations``, ``seconds``, ``stall`` and ``gap``; None is no limit."""
    kinds: dict[str, Any] = {
        "evaluations": MaximumEvaluations,
        "seconds": MaximumSeconds,
        "stall": Stall,
        "gap": TargetGap,
    }
    limits = known_keys("stopping", description, tuple(kinds))
    return AnyOf([kinds[name](limit) for name, limit in limits.items() if limit is not None])
