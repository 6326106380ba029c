"""What a quarter under several plans comes to, with how sure it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import fmean
from typing import Any

import numpy as np
from scipy import stats

from serve.loop.rule_plan import WEIGHTS
from serve.loop.world import World

#: The measures, as the service calls them, and what weighs each.
MEASURES = {"waiting": "waiting", "idle": "idle", "overtime": "tardiness"}
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A mean, its 95 % interval by Student's law, and of how many values."""

    mean: float
    low: float
    high: float
    count: int

    @property
    def sign(self) -> int:
        """Return 1 or -1 where the mean is surely above or below nothing, else 0."""
        return int(self.low > 0) - int(self.high < 0)

    def text(self, signed: bool = False) -> str:
        """Return it with its interval."""
        form = "+.1f" if signed else ".1f"
        return f"{self.mean:{form}} ({self.low:{form}} to {self.high:{form}})"


def estimate(values: Sequence[float]) -> Estimate:
    """Return the mean of some values with its interval; of one value there is none."""
    mean = fmean(values)
    if len(values) < 2:
        return Estimate(mean, mean, mean, len(values))
    error = float(np.std(values, ddof=1)) / len(values) ** 0.5
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, len(values) - 1)) * error
    return Estimate(mean, mean - half, mean + half, len(values))


def cost(group: Any) -> float:
    """Return the weighted minutes of a session on average: waiting, idle time and overtime."""
    return sum(WEIGHTS[weight] * measured(group, name) for name, weight in MEASURES.items())


def measured(group: Any, name: str) -> float:
    """Return what was measured of some sessions, minutes; days for ``access``."""
    return float(group["access"]["mean_days"] if name == "access" else group[name]["measured"])


def valued(group: Any, name: str) -> float:
    """Return a measure of some sessions, or their ``cost``."""
    return cost(group) if name == "cost" else measured(group, name)


@dataclass(frozen=True)
class Phase:
    """Some weeks of the quarter, by their places from 0."""

    name: str
    weeks: range


@dataclass(frozen=True)
class Quarters:
    """The same quarter under each plan, as `serve.loop.quarter.play_quarter` tells it.

    Attributes
    ----------
    played
        By the plan's name, Bailey's first.
    """

    world: World
    played: dict[str, Any]

    @property
    def plans(self) -> list[str]:
        """The names of the plans."""
        return list(self.played)

    @property
    def mondays(self) -> list[date]:
        """When the weeks begin."""
        return [date.fromisoformat(one["monday"]) for one in self._weeks(self.plans[0])]

    def weekly(self, plan: str, name: str) -> list[Estimate]:
        """Return a measure of each week, or the ``cost``, over the providers."""
        return [
            estimate([valued(group, name) for group in week["providers"]])
            for week in self._weeks(plan)
        ]

    def mean(self, plan: str, name: str) -> float:
        """Return a measure over the whole quarter."""
        return fmean(self._totals(plan, name))

    def difference(self, plan: str, name: str, weeks: range | None = None) -> Estimate:
        """Return by how much a plan is above Bailey's, paired by the weeks."""
        pairs = list(zip(self._totals(plan, name), self._totals(self.plans[0], name), strict=True))
        chosen = pairs if weeks is None else [pairs[week] for week in weeks]
        return estimate([theirs - ours for theirs, ours in chosen])

    def promised(self, name: str, phase: Phase) -> tuple[float, float, Estimate]:
        """Return what Bailey's plan promised and what came, and the difference over sessions."""
        groups = [
            group for week in phase.weeks for group in self._weeks(self.plans[0])[week]["providers"]
        ]
        planned = [float(one[name]["planned_where_measured"]) for one in groups]
        came = [measured(one, name) for one in groups]
        gaps = [seen - said for seen, said in zip(came, planned, strict=True)]
        return fmean(planned), fmean(came), estimate(gaps)

    @property
    def alarms(self) -> list[int]:
        """The places of the weeks before which consultation times were seen to be off."""
        return [place for place, one in self._learned() if _off(one["drift"])]

    @property
    def seen(self) -> int | None:
        """The place of the week before which the drift was first seen."""
        return next((one for one in self.alarms if one >= self.world.drift_week), None)

    @property
    def answered(self) -> int | None:
        """The place of the first week that a model planned which learned of the drift alone."""
        return next(
            (
                place for place, one in self._learned()
                if one["since"] and one["promoted"] and place >= self.world.drift_week
            ),
            None,
        )  # fmt: skip

    @property
    def phases(self) -> list[Phase]:
        """The weeks before the drift, until it was answered, and after."""
        last, began = len(self.mondays), min(self.world.drift_week - 1, len(self.mondays))
        answered = last if self.answered is None else max(self.answered, began)
        phases = [
            Phase("before the drift", range(began)),
            Phase("drift not answered yet", range(began, answered)),
            Phase("drift answered", range(answered, last)),
        ]
        return [one for one in phases if one.weeks]

    def _learned(self) -> list[tuple[int, Any]]:
        prepared = [one["prepared"] for one in self._weeks(self.plans[0])]
        return [(place, one["quantities"]["consultation"]) for place, one in enumerate(prepared)]

    def _totals(self, plan: str, name: str) -> list[float]:
        return [valued(one["total"], name) for one in self._weeks(plan)]

    def _weeks(self, plan: str) -> list[Any]:
        weeks: list[Any] = self.played[plan]["weeks"]
        return weeks


def _off(drift: Any) -> bool:
    return bool(drift and drift["off"])
