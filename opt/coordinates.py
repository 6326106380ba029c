"""The two coordinate systems in which a schedule is a point of {0 <= z_1 <= .. <= z_n <= H}.

In a-space z_k is the interval of the k-th patient: n = N, H = T - 1. In p-space z_t is the number
of patients booked up to interval t: n = T - 1, H = N.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from objective import ClinicSession

Space = Literal["a", "p"]
Points = NDArray[np.int64]


@dataclass(frozen=True)
class Coordinates:
    """A coordinate system for the schedules of one session."""

    space: Space
    patients: int
    intervals: int

    @staticmethod
    def of(session: ClinicSession, space: Space) -> "Coordinates":
        """Return the coordinate system for a session."""
        return Coordinates(space, int(session.patients), int(session.intervals))

    @property
    def dimension(self) -> int:
        """Number of coordinates, n."""
        return self.patients if self.space == "a" else self.intervals - 1

    @property
    def height(self) -> int:
        """Largest value of a coordinate, H."""
        return self.intervals - 1 if self.space == "a" else self.patients

    def point(self, schedule: Points) -> Points:
        """Return the point of a schedule (intervals,)."""
        if self.space == "a":
            return np.repeat(np.arange(self.intervals), schedule)
        return np.cumsum(schedule, dtype=np.int64)[:-1]

    def schedules(self, points: Points) -> Points:
        """Return the schedules (batch, intervals) of points (batch, dimension)."""
        if self.space == "a":
            counts = np.zeros((len(points), self.intervals), dtype=np.int64)
            rows = np.repeat(np.arange(len(points)), self.patients)
            np.add.at(counts, (rows, points.ravel()), 1)
            return counts
        ends = np.full((len(points), 1), self.patients, dtype=np.int64)
        return np.diff(np.hstack([np.zeros_like(ends), points, ends]), axis=1)

    def contains(self, points: Points) -> NDArray[np.bool_]:
        """Return whether each point (batch, dimension) is a schedule."""
        inside = (points >= 0).all(1) & (points <= self.height).all(1)
        return np.asarray(inside & (np.diff(points, axis=1) >= 0).all(1))
