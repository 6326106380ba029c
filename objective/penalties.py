"""What a wait or an overtime of a given length counts for.

The cost of a schedule is linear in the law of the work that is found, so any function of the wait
can be charged by its expectation per state: the *cost vector*. On the workload chain that is the
function itself; on the queue-length chain the wait behind l patients has the Erlang(l) law and the
vector holds E[f(Erlang_l)].
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from objective.errors import InvalidInput, known_keys, non_negative_number


@runtime_checkable
class Penalty(Protocol):
    """A function f of minutes with its expectation under Erlang laws."""

    @property
    def convex(self) -> bool:
        """Whether f is convex and nondecreasing, so that an optimum can be proved."""

    def of_work(self, work: Tensor) -> Tensor:
        """Return f(work) for each amount of work, minutes."""

    def of_queue(self, present: Tensor, mean: float) -> Tensor:
        """Return E[f(Erlang_l)] for each number present l, consultations exponential of mean."""

    def to_dict(self) -> dict[str, Any]:
        """Return the penalty by name and numbers."""


@dataclass(frozen=True)
class Mean:
    """f(w) = w: minutes."""

    convex = True

    def of_work(self, work: Tensor) -> Tensor:
        """Return the work itself."""
        return work

    def of_queue(self, present: Tensor, mean: float) -> Tensor:
        """Return mean * l."""
        return present * mean

    def to_dict(self) -> dict[str, Any]:
        """Return the name."""
        return {"penalty": "mean"}


@dataclass(frozen=True)
class Square:
    """f(w) = w^2: minutes squared."""

    convex = True

    def of_work(self, work: Tensor) -> Tensor:
        """Return the square of the work."""
        return work * work

    def of_queue(self, present: Tensor, mean: float) -> Tensor:
        """Return the second moment of the Erlang law, mean^2 l (l + 1)."""
        return mean * mean * present * (present + 1)

    def to_dict(self) -> dict[str, Any]:
        """Return the name."""
        return {"penalty": "square"}


@dataclass(frozen=True)
class Excess:
    """f(w) = (w - threshold)^+: minutes beyond the threshold."""

    threshold: float
    convex = True

    def __post_init__(self) -> None:
        non_negative_number("penalty.threshold", self.threshold)

    def of_work(self, work: Tensor) -> Tensor:
        """Return the work beyond the threshold."""
        return (work - self.threshold).clamp(min=0)

    def of_queue(self, present: Tensor, mean: float) -> Tensor:
        """Return mean l P(Erlang_{l+1} > c) - c P(Erlang_l > c)."""
        longer = erlang_tail(present + 1, self.threshold / mean)
        return mean * present * longer - self.threshold * erlang_tail(
            present, self.threshold / mean
        )

    def to_dict(self) -> dict[str, Any]:
        """Return name and threshold."""
        return {"penalty": "excess", "threshold": float(self.threshold)}


@dataclass(frozen=True)
class Tail:
    """f(w) = 1 if w > threshold, else 0: its expectation is a probability; not convex."""

    threshold: float
    convex = False

    def __post_init__(self) -> None:
        non_negative_number("penalty.threshold", self.threshold)

    def of_work(self, work: Tensor) -> Tensor:
        """Return whether the work exceeds the threshold, as 0 or 1."""
        return (work > self.threshold).to(work.dtype)

    def of_queue(self, present: Tensor, mean: float) -> Tensor:
        """Return P(Erlang_l > threshold)."""
        return erlang_tail(present, self.threshold / mean)

    def to_dict(self) -> dict[str, Any]:
        """Return name and threshold."""
        return {"penalty": "tail", "threshold": float(self.threshold)}


PENALTIES: dict[str, type[Mean] | type[Square] | type[Excess] | type[Tail]] = {
    "mean": Mean,
    "square": Square,
    "excess": Excess,
    "tail": Tail,
}


def penalty_from_dict(name: str, description: Mapping[str, Any]) -> Penalty:
    """Make the penalty that `to_dict` described; raise `InvalidInput` for what is unknown."""
    arguments = known_keys(name, description, ("penalty", "threshold"), required=("penalty",))
    if arguments.get("threshold") is None:
        arguments.pop("threshold", None)
    kind = arguments.pop("penalty")
    if not isinstance(kind, str) or kind not in PENALTIES:
        raise InvalidInput(f"{name}.penalty", kind, "one of " + ", ".join(PENALTIES))
    if ("threshold" in arguments) != (kind in ("excess", "tail")):
        raise InvalidInput(f"{name}.threshold", arguments, "given for excess and tail, and only so")
    return PENALTIES[kind](**arguments)


def penalties_from_dict(description: Mapping[str, Any]) -> tuple[Penalty, Penalty]:
    """Return the penalties of waiting and of tardiness; minutes where none is described."""
    parts = known_keys("penalties", description, ("waiting", "tardiness"))
    waiting, tardiness = (
        penalty_from_dict(f"penalties.{part}", parts[part]) if part in parts else Mean()
        for part in ("waiting", "tardiness")
    )
    return waiting, tardiness


def erlang_tail(stages: Tensor, scaled: float | Tensor) -> Tensor:
    """Return P(Erlang > x) for a number of stages (0 allowed) and x in units of the stage mean."""
    # With no stage there is no wait at all; the incomplete gamma function starts at one stage.
    x = torch.as_tensor(scaled, dtype=stages.dtype, device=stages.device)
    tail = torch.special.gammaincc(stages.clamp(min=1), x)
    return torch.where(stages > 0, tail, torch.zeros_like(tail))
