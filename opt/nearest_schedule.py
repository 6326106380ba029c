"""The schedule nearest to a wished one among those that meet constraints, whatever they are.

Every demand is about one interval, one patient, or a patient and the next one. So patients can be
placed interval by interval, by dynamic programming over the number booked so far and the last
interval with a patient; unlike the sets of `opt.coordinates` this needs no convexity.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from objective import ClinicSession
from opt.demands import Limits, Piece
from opt.difference import Points

Array = NDArray[np.float64]


def nearest_schedule(
    session: ClinicSession, pieces: Sequence[Piece], free: bool, schedule: Points
) -> Points | None:
    """Return the schedule (intervals,) that meets all pieces with the nearest cumulative bookings.

    The distance to the wished ``schedule`` is the sum over intervals of the difference between the
    numbers booked up to them. Where the number of patients is ``free`` the session's is the
    largest. None if no schedule meets the pieces.
    """
    limits = Limits.of(session, pieces)
    search = _Search(limits, schedule)
    for interval in range(session.intervals):
        search.place(interval)
    return search.nearest(limits.fewest if free else session.patients)


class _Search:
    """Least distances of schedules whose last patient so far is in a certain interval.

    ``placed[t, k]`` is the least distance over the intervals before t where k patients are booked
    up to t, at least one of them in t; ``before[t, k]`` the last interval with a patient before it
    (-1 if there is none), and ``count[t, k]`` the number in t.
    """

    def __init__(self, limits: Limits, schedule: Points) -> None:
        self.limits = limits
        self.intervals, self.patients = len(limits.most), len(limits.latest)
        number = np.arange(self.patients + 1)
        distance = np.abs(number - schedule.cumsum()[:, None])
        #: Distance over the intervals before t if k are booked up to each of them.
        self.spent = np.vstack([np.zeros(self.patients + 1), distance.cumsum(0)])
        shape = (self.intervals, self.patients + 1)
        self.placed = np.full(shape, np.inf)
        self.before, self.count = np.full(shape, -1), np.zeros(shape, dtype=np.int64)
        self._last_needed = -1
        self._window = (0, 0)
        self._forget()

    def place(self, interval: int) -> None:
        """Place every number of patients that may come into an interval."""
        limits = self.limits
        best, last = self._look_back(interval)
        start = 0.0 if self._last_needed < 0 else np.inf
        best, last = best.copy(), last.copy()
        # Nobody is booked before the first patient, whatever the gaps.
        best[0], last[0] = start, -1
        allowed = (limits.earliest <= interval) & (interval <= limits.latest)
        refused = np.append(0, (~allowed).cumsum())
        most = min(int(limits.most[interval]), 1 if limits.minimum_gap else self.patients)
        for count in range(max(int(limits.least[interval]), 1), most + 1):
            stop = self.patients + 1 - count
            distance = best[:stop] + self.spent[interval, :stop]
            distance[refused[count:] > refused[:stop]] = np.inf
            better = np.flatnonzero(distance < self.placed[interval, count:])
            self.placed[interval, better + count] = distance[better]
            self.before[interval, better + count] = last[better]
            self.count[interval, better + count] = count
        if limits.least[interval] > 0:
            self._last_needed = interval

    def nearest(self, fewest: int) -> Points | None:
        """Return the nearest schedule of at least so many patients; None if there is none."""
        last = self.placed + self.spent[-1] - self.spent[:-1]
        last[: max(self._last_needed, 0)] = np.inf
        last[:, :fewest] = np.inf
        nobody = self.spent[-1, 0] if fewest == 0 and self._last_needed < 0 else np.inf
        interval, booked = np.unravel_index(int(last.argmin()), last.shape)
        if min(nobody, last[interval, booked]) == np.inf:
            return None
        found = np.zeros(self.intervals, dtype=np.int64)
        if nobody <= last[interval, booked]:
            return found
        while interval >= 0:
            found[interval] = self.count[interval, booked]
            interval, booked = self.before[interval, booked], booked - found[interval]
        return found

    def _look_back(self, interval: int) -> tuple[Array, Points]:
        """Return the least distance, less what is spent later, of the intervals to come from.

        And which interval it is; for each number booked, (patients + 1,) both.
        """
        first = max(self._last_needed, interval - self.limits.maximum_gap, 0)
        stop = max(interval - max(self.limits.minimum_gap, 1) + 1, 0)
        begin, end = self._window
        if first != begin or stop < end:
            self._forget()
            end = first
        for earlier in range(end, stop):
            distance = self.placed[earlier] - self.spent[earlier]
            better = distance < self._best
            self._best[better], self._last[better] = distance[better], earlier
        self._window = (first, max(stop, end))
        return self._best, self._last

    def _forget(self) -> None:
        self._best = np.full(self.patients + 1, np.inf)
        self._last = np.full(self.patients + 1, -1)
