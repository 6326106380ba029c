"""A schedule as a point of the plane, or the space, of what schedules cost."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from objective import Mean, Objective, Performance, Weights
from opt.result import Status

Array = NDArray[np.float64]
Source = Literal["exact", "nsga2"]


@dataclass(frozen=True)
class FrontierPoint:
    """A schedule, its performance, and what is known of it.

    Attributes
    ----------
    schedule
        Patients per interval.
    performance
        By name, as of `Performance.row`.
    source
        The search that found it.
    status
        Of the schedule under its weights; ``optimal`` says that it is a supported point.
    weights, lower_bound
        By which weights it was searched, and what every schedule costs by them at least; None where
        it was not, and where nothing is proved.
    """

    schedule: tuple[int, ...]
    performance: dict[str, float]
    source: Source
    status: Status = "heuristic"
    weights: Weights | None = None
    lower_bound: float | None = None

    @property
    def supported(self) -> bool:
        """Whether it is proved that no schedule costs less by the weights."""
        return self.status == "optimal"

    def values(self, costs: tuple[str, ...]) -> tuple[float, ...]:
        """Return some parts of the performance."""
        return tuple(self.performance[name] for name in costs)

    def to_dict(self) -> dict[str, Any]:
        """Return the point as plain names and numbers."""
        return {**asdict(self), "schedule": list(self.schedule)}

    @staticmethod
    def from_dict(description: dict[str, Any]) -> "FrontierPoint":
        """Make the point that `to_dict` described."""
        weights = description["weights"]
        return FrontierPoint(
            **{
                **description,
                "schedule": tuple(description["schedule"]),
                "weights": None if weights is None else Weights.from_dict(weights),
            }
        )


def costs_of(objective: Objective) -> tuple[str, ...]:
    """Return the parts of a performance between which an objective's weights choose.

    Session idle time is tardiness plus a constant, so that it is no cost of its own; makespan idle
    time is one, and so is any where what is charged for tardiness are not its minutes.
    """
    same = objective.idle == "session" and isinstance(objective.tardiness_penalty, Mean)
    middle = () if same else ("idle",)
    return ("waiting_penalty", *middle, "tardiness_penalty")


def values_of(performance: Performance, costs: tuple[str, ...]) -> Array:
    """Return some parts of a batch's performance, (batch, costs)."""
    parts = [getattr(performance, name).cpu().double().numpy() for name in costs]
    return np.asarray(np.stack(parts, axis=1), np.float64)


def vector_of(weights: Weights, costs: tuple[str, ...]) -> Array:
    """Return weights as a vector over the costs, of sum 1.

    Where idle time is tardiness plus a constant their weights add up.
    """
    parts = [weights.waiting, weights.idle, weights.tardiness]
    if len(costs) == 2:
        parts = [weights.waiting, weights.idle + weights.tardiness]
    return np.array(parts, np.float64) / weights.minute


def weights_of(vector: Array) -> Weights:
    """Return a vector over the costs as weights."""
    first, *middle, last = map(float, vector)
    return Weights(first, middle[0] if middle else 0.0, last)
