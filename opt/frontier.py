"""The frontier between what patients wait and how late the session ends, as a finding."""

from dataclasses import dataclass
from functools import cached_property
from math import isclose
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from objective.pages.figure import Figure
from opt.frontier_measures import (
    excess,
    hypervolume,
    knee,
    lower_hull,
    not_dominated,
    reference_point,
)
from opt.frontier_point import FrontierPoint, Source
from opt.report.frontier_figure import frontier_figure

if TYPE_CHECKING:
    from opt.result import Result

Array = NDArray[np.float64]

#: What the costs are called, and the minutes that belong to them.
WORDS = {
    "waiting_penalty": ("waiting", "waiting"),
    "idle": ("idle", "idle"),
    "tardiness_penalty": ("tardiness", "overtime"),
}
COLUMNS = [
    "source", "waiting", "idle", "tardiness", "waiting_penalty", "tardiness_penalty",
    "weight_waiting", "weight_idle", "weight_tardiness", "status", "supported", "lower_bound",
    "on_front", "knee", "schedule",
]  # fmt: skip


@dataclass(frozen=True)
class Frontier:
    """Schedules none of which is better than another in every cost.

    Attributes
    ----------
    costs
        The parts of a performance that are all to be small.
    points
        All that was found: one for each weight vector solved, and the last front of NSGA-II.
    own
        The best of them by the weights of the search.
    depth
        How far below the lines between the proved points a schedule may lie at most, in units of
        the last cost; None where that is not known.
    exhausted
        Whether the proved points are known to be all corners of the frontier.
    """

    costs: tuple[str, ...]
    points: tuple[FrontierPoint, ...]
    own: FrontierPoint
    depth: float | None
    exhausted: bool

    @property
    def name(self) -> str:
        """Its key in result.json, and the name of its table's file."""
        return "frontier"

    def of(self, source: Source) -> list[FrontierPoint]:
        """Return the points that one search found and none of its others dominates."""
        found = [point for point in self.points if point.source == source]
        if not found:
            return []
        kept = not_dominated(self.values(found))
        return [point for point, keep in zip(found, kept, strict=True) if keep]

    def values(self, points: list[FrontierPoint]) -> Array:
        """Return the costs of points, (points, costs)."""
        return np.array([point.values(self.costs) for point in points]).reshape(-1, len(self.costs))

    @cached_property
    def front(self) -> list[FrontierPoint]:
        """The frontier to choose from, by waiting: the exact one, or that of NSGA-II without it.

        For two costs an exact one has its corners alone.
        """
        front = self.of("exact") or self.of("nsga2")
        if len(self.costs) == 2 and front[0].source == "exact":
            return [front[place] for place in lower_hull(self.values(front))]
        return sorted(front, key=lambda point: point.values(self.costs))

    @cached_property
    def knee(self) -> FrontierPoint | None:
        """Where the frontier bulges most: beyond it a little of one cost takes much of another."""
        place = knee(self.values(self.front))
        return None if place is None else self.front[place]

    @cached_property
    def reference(self) -> Array:
        """The point up to which hypervolumes are measured, (costs,): the same for all fronts."""
        return reference_point(self.values([*self.of("exact"), *self.of("nsga2")]))

    def hypervolume(self, source: Source) -> float:
        """Return how much the front of one search dominates, up to the reference point."""
        return hypervolume(self.values(self.of(source)), self.reference)

    @cached_property
    def excess(self) -> float | None:
        """By what share at most a schedule of NSGA-II is worse in all costs than a proved one."""
        proved = [point for point in self.of("exact") if point.supported]
        evolved = self.of("nsga2")
        return excess(self.values(evolved), self.values(proved)) if proved and evolved else None

    def price_of_a_minute(self, waiting: float, change: float) -> float | None:
        """Return by how much overtime rises if patients wait so much more, None beyond the ends.

        Between two neighbours both are used, each on its share of the days. For two costs.
        """
        across, up = self.values(self.front).T
        if not across[0] <= waiting + min(change, 0) <= waiting + max(change, 0) <= across[-1]:
            return None
        here, there = np.interp([waiting, waiting + change], across, up)
        return float(there - here)

    @property
    def sentence(self) -> str:
        """What it says, for people."""
        return " ".join([self._extent(), self.exchange, self._measures()])

    @property
    def exchange(self) -> str:
        """What a minute is worth at the schedule of one's own weights, in words."""
        words = [f"Your weights lead to {minutes_of(self.own, self.costs)}."]
        if len(self.costs) == 2 and self.in_minutes:
            waiting = self.own.values(self.costs)[0]
            less, more = (self.price_of_a_minute(waiting, change) for change in (-1.0, 1.0))
            if less is not None:
                words.append(f"One minute less waiting costs {less:.2f} min more overtime.")
            if more is not None:
                words.append(f"One minute more waiting saves {-more:.2f} min of overtime.")
        if self.knee is not None:
            bend = minutes_of(self.knee, self.costs)
            words.append(f"The knee, where the frontier bends most, is at {bend}.")
        return " ".join(words)

    @cached_property
    def in_minutes(self) -> bool:
        """Whether the costs are minutes, and not penalties or weighted minutes of the patients."""
        return all(
            isclose(point.performance[name], point.performance[f"{name}_penalty"], abs_tol=1e-9)
            for point in self.points
            for name in ("waiting", "tardiness")
        )

    def _extent(self) -> str:
        ends = (minutes_of(point, self.costs) for point in (self.front[0], self.front[-1]))
        proved = all(point.supported for point in self.front)
        some = any(point.supported for point in self.front)
        known = "not all proved" if some else "none proved"
        if proved:
            known = "each proved to be the best by some weights"
        words = f"Frontier: {len(self.front)} schedules from {' to '.join(ends)}, {known}"
        if proved and self.exhausted:
            return f"{words}; between these ends there are no others."
        if proved and self.depth is not None:
            unit = " min of overtime" if self.in_minutes else ""
            return f"{words}; no schedule lies more than {self.depth:.2g}{unit} below it."
        return words + "."

    def _measures(self) -> str:
        reference = ", ".join(f"{value:.1f}" for value in self.reference)
        names: dict[Source, str] = {"exact": "the exact frontier", "nsga2": "NSGA-II"}
        volumes = [
            f"{self.hypervolume(source):.6g} by {called}"
            for source, called in names.items()
            if self.of(source)
        ]
        words = f"Hypervolume up to ({reference}): {', '.join(volumes)}."
        if self.excess is not None:
            share = 100 * self.excess
            words += f" No schedule of NSGA-II is worse in every cost by more than {share:.2g} %."
        return words

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain names and numbers; the points are in its table."""
        return {
            "costs": list(self.costs),
            "points": len(self.front),
            "weight_vectors": sum(point.weights is not None for point in self.points),
            "supported": sum(point.supported for point in self.points),
            "depth": self.depth,
            "exhausted": self.exhausted,
            "knee": self.knee.to_dict() if self.knee else None,
            "reference_point": self.reference.tolist(),
            "hypervolume": {
                source: self.hypervolume(source) for source in ("exact", "nsga2") if self.of(source)
            },
            "excess_of_nsga2": self.excess,
            "sentence": self.sentence,
        }

    def table(self) -> tuple[list[str], list[list[Any]]]:
        """Return columns and rows, one for each weight vector and each schedule of NSGA-II."""
        front = {id(point) for source in ("exact", "nsga2") for point in self.of(source)}
        return COLUMNS, [self._row(point, id(point) in front) for point in self.points]

    def _row(self, point: FrontierPoint, on_front: bool) -> list[Any]:
        names = ("waiting", "idle", "tardiness", "waiting_penalty", "tardiness_penalty")
        weights = point.weights.to_dict().values() if point.weights else ("", "", "")
        return [
            point.source,
            *(point.performance[name] for name in names),
            *weights,
            point.status,
            point.supported,
            "" if point.lower_bound is None else point.lower_bound,
            on_front,
            point is self.knee,
            " ".join(map(str, point.schedule)),
        ]

    def figures(self, result: "Result") -> list[Figure]:
        """Return how the report shows it."""
        return [frontier_figure(self, result)]


def minutes_of(point: FrontierPoint, costs: tuple[str, ...]) -> str:
    """Return the minutes of a schedule in words."""
    parts = (WORDS[name] for name in costs)
    return ", ".join(f"{point.performance[part]:.1f} min {called}" for part, called in parts)
