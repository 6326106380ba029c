"""Several schedules for each of the same sessions, and how they compare."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from objective.laws import Array
from opt.replay.bootstrap import Bootstrap, Interval
from opt.replay.valuation import MEASURES


@dataclass(frozen=True)
class Comparison:
    """What each schedule comes to on each of the sessions.

    Attributes
    ----------
    sessions, dates
        The sessions compared, in order.
    patients
        Number of booked patients in each, (sessions,).
    measured
        What happened, by schedule and measure, (sessions,) each.
    expected
        What was expected to be the cost, by schedule, (sessions,); not there for schedules that
        nothing was expected of.
    bootstrap, seed
        How intervals are made.
    """

    sessions: tuple[str, ...]
    dates: tuple[str, ...]
    patients: tuple[int, ...]
    measured: Mapping[str, Mapping[str, Array]]
    expected: Mapping[str, Array]
    bootstrap: Bootstrap
    seed: int

    @property
    def names(self) -> list[str]:
        """The schedules."""
        return list(self.measured)

    def mean(self, name: str, measure: str = "cost") -> Interval:
        """Return a schedule's mean with its interval."""
        return self.bootstrap.interval(self.measured[name][measure], self.seed)

    def differences(self, name: str, other: str, measure: str = "cost") -> Array:
        """Return by how much a schedule's measure exceeds another's on each day, (sessions,)."""
        return np.asarray(self.measured[name][measure] - self.measured[other][measure], np.float64)

    def difference(self, name: str, other: str, measure: str = "cost") -> Interval:
        """Return the mean of `differences` with its interval, paired by session."""
        return self.bootstrap.interval(self.differences(name, other, measure), self.seed)

    def per_cent(self, name: str, other: str) -> Interval | None:
        """Return the difference in cost as a percentage of the other's cost, with its interval.

        None where the other costs nothing on so many sessions that there is no such percentage.
        """
        change = 100 * self.differences(name, other)
        share = self.bootstrap.interval(change, self.seed, self.measured[other]["cost"])
        return share if np.isfinite([share.mean, share.low, share.high]).all() else None

    def best(self, names: list[str]) -> str:
        """Return the schedule of least mean cost."""
        return min(names, key=lambda name: float(self.measured[name]["cost"].mean()))

    def rows(self) -> Iterator[list[Any]]:
        """Yield the numbers of each session and schedule, as `columns` names them."""
        for place, session in enumerate(self.sessions):
            for name in self.names:
                expected = self.expected.get(name)
                yield [
                    session,
                    self.dates[place],
                    self.patients[place],
                    name,
                    *(float(self.measured[name][measure][place]) for measure in MEASURES),
                    "" if expected is None else float(expected[place]),
                ]

    @property
    def columns(self) -> list[str]:
        """The columns of `rows`."""
        return ["session", "date", "patients", "schedule", *MEASURES, "expected_cost"]

    def to_dict(self) -> dict[str, Any]:
        """Return means and intervals of all schedules as plain names and numbers."""
        schedules = {}
        for name in self.names:
            expected = self.expected.get(name)
            schedules[name] = {
                **{measure: _plain(self.mean(name, measure)) for measure in MEASURES},
                "expected_cost": None if expected is None else float(expected.mean()),
            }
        return {"sessions": len(self.sessions), "schedules": schedules}


def _plain(interval: Interval) -> dict[str, float]:
    return {"mean": interval.mean, "low": interval.low, "high": interval.high}
