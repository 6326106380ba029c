"""The coordinate systems in which the schedules of a session are a set of difference constraints.

In a-space coordinate k is the interval of the k-th patient, k = 1..N, with values 0..T-1. In
p-space coordinate t is the number of patients booked before interval t, t = 1..T, with values 0..N;
the last is N unless the number of patients is free. Coordinates that can only move together are
one, and those that cannot move at all are left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from objective import ClinicSession
from opt.constraints import Constraints
from opt.demands import Space
from opt.difference import DifferenceSystem, Edge, Points

#: Coordinate systems that are kept for the next search.
CACHED = 64


@dataclass(frozen=True)
class Coordinates:
    """A coordinate system for the schedules of one session that meet some constraints.

    Attributes
    ----------
    space, patients, intervals
        The kind of coordinates; the most patients, and the intervals, of the session.
    plain
        Whether there are no constraints beside those of every schedule.
    system
        The constraints on the coordinates, (dimension,).
    """

    space: Space
    patients: int
    intervals: int
    plain: bool
    system: DifferenceSystem
    _every: DifferenceSystem = field(repr=False)
    _group: Points = field(repr=False)
    _offset: Points = field(repr=False)

    @staticmethod
    def of(
        session: ClinicSession,
        space: Space,
        constraints: Constraints | None = None,
        free: bool = False,
    ) -> "Coordinates":
        """Return the coordinates; demands that the space cannot express are left out.

        Where the number of patients is ``free`` (p-space only) the session's is the largest.

        Raises
        ------
        EmptyError
            If no schedule meets the constraints.
        """
        pieces = (constraints or Constraints()).pieces(session)
        edges = tuple(edge for piece in pieces for edge in piece.edges.get(space, []))
        return _coordinates(space, int(session.patients), int(session.intervals), edges, free)

    @property
    def dimension(self) -> int:
        """Number of coordinates."""
        return self.system.dimension

    @property
    def height(self) -> int:
        """Largest value of a coordinate without constraints."""
        return self.intervals - 1 if self.space == "a" else self.patients

    def point(self, schedule: Points) -> Points:
        """Return the point of a schedule (intervals,) that meets the constraints."""
        return np.asarray(self._reduced(self._full(schedule[None]))[0], np.int64)

    def repaired(self, schedules: Points) -> Points:
        """Return schedules (batch, intervals) that meet the constraints, the same where they do.

        Others become the point of the set that is largest among those not above them.
        """
        return self._schedules(self._every.below(self._full(schedules)))

    def schedules(self, points: Points) -> Points:
        """Return the schedules (batch, intervals) of points (batch, dimension)."""
        values = np.hstack([np.zeros((len(points), 1), np.int64), points])
        full = values[:, self._group] + self._offset
        return self._schedules(np.asarray(full, np.int64))

    def contains(self, points: Points) -> NDArray[np.bool_]:
        """Return whether each point (batch, dimension) is a schedule that meets the constraints."""
        return self.system.contains(points)

    def _full(self, schedules: Points) -> Points:
        """Return all coordinates of schedules, (batch, N or T)."""
        if self.space == "p":
            return schedules.cumsum(1, dtype=np.int64)
        interval = np.broadcast_to(np.arange(self.intervals), schedules.shape)
        return np.repeat(interval.ravel(), schedules.ravel()).reshape(len(schedules), -1)

    def _reduced(self, full: Points) -> Points:
        first = [int(np.argmax(self._group == one)) for one in range(1, self.dimension + 1)]
        return full[:, first] - self._offset[first]

    def _schedules(self, full: Points) -> Points:
        if self.space == "p":
            return np.diff(full, axis=1, prepend=0)
        counts = np.zeros((len(full), self.intervals), dtype=np.int64)
        rows = np.repeat(np.arange(len(full)), self.patients)
        np.add.at(counts, (rows, full.ravel()), 1)
        return counts


def system_of(
    session: ClinicSession, space: Space, edges: Sequence[Edge], free: bool
) -> DifferenceSystem:
    """Return the constraints of every schedule and some more, in all coordinates of a space."""
    return _system(space, int(session.patients), int(session.intervals), edges, free)


def _system(
    space: Space, patients: int, intervals: int, edges: Sequence[Edge], free: bool
) -> DifferenceSystem:
    size, height = (patients, intervals - 1) if space == "a" else (intervals, patients)
    always = [(k + 1, k, 0) for k in range(size)]
    always.append((0, size, height))
    if space == "p" and not free:
        always.append((intervals, 0, -patients))
    return DifferenceSystem.of(size, [*always, *edges])


@lru_cache(maxsize=CACHED)
def _coordinates(
    space: Space, patients: int, intervals: int, edges: tuple[Edge, ...], free: bool
) -> Coordinates:
    """Return coordinates, which many searches in sessions of one size share."""
    every = _system(space, patients, intervals, edges, free)
    group, offset = every.groups()
    system = every.contracted(group, offset)
    return Coordinates(space, patients, intervals, not edges, system, every, group, offset)
