"""The rest of one day on a grid of moments.

The state of the chain is the moment from which the provider is free for the next in line. In this
form a patient who comes at t moves the mass before t to t, and a consultation is a convolution; no
law is ever shifted, and the state that a patient finds is the moment at which it is called.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from objective.laws import Array, mass_from_stop_loss
from objective.live.arrivals import Arrival, arrivals
from objective.live.day import LiveDay
from objective.service_time import ServiceTime

#: The grid ends where the day ends later with at most the probability exp(-CERTAINTY), 4e-18.
CERTAINTY = 40.0
#: Laws that are kept at most; then they are made anew.
MOST_LAWS = 256
#: Exponents per step of the grid at which the tails are bounded.
EXPONENTS = np.geomspace(1e-6, 4.0, 45)


class Masses:
    """Laws of consultation times on grids, each made once; laws are told apart by identity.

    It may be kept from one moment to the next, and be used by several threads.
    """

    def __init__(self) -> None:
        self._made: dict[tuple[int, float], tuple[ServiceTime, Array, Array]] = {}

    def mass(self, law: ServiceTime, step: float) -> Array:
        """Return the mass on the grid of ``step`` minutes."""
        return self._entry(law, step)[1]

    def growth(self, law: ServiceTime, step: float) -> Array:
        """Return E[exp(theta S / step)] for each of the `EXPONENTS`."""
        return self._entry(law, step)[2]

    def _entry(self, law: ServiceTime, step: float) -> tuple[ServiceTime, Array, Array]:
        # The law itself is kept, so that no other can get its identity meanwhile.
        key = (id(law), step)
        found = self._made.get(key)
        if found is None:
            mass = law.mass(step)
            found = (law, mass, growth_of(mass))
            if len(self._made) >= MOST_LAWS:
                self._made.clear()
            self._made[key] = found
        return found


def growth_of(mass: Array) -> Array:
    """Return E[exp(theta k)] for each of the `EXPONENTS`, infinite where it may overflow."""
    usable = EXPONENTS * mass.size < 600
    growth = np.full(EXPONENTS.size, np.inf)
    growth[usable] = np.exp(np.outer(EXPONENTS[usable], np.arange(mass.size))) @ mass
    return growth


@dataclass(frozen=True)
class DayGrid:
    """A day's arrivals on the grid ``origin + k * step``, k = 0, 1, ...

    Attributes
    ----------
    day
        The day.
    step
        Minutes; the interval length is a multiple of it.
    masses
        Where the masses of the laws come from.
    until
        Only arrivals before this moment, and those present, are followed; None for all of them.
    """

    day: LiveDay
    step: float
    masses: Masses
    until: float | None = None

    @cached_property
    def arrivals(self) -> list[Arrival]:
        """What may come, in the order of service."""
        coming = arrivals(self.day)
        if self.until is None:
            return coming
        return [one for one in coming if one.time <= self.day.now or one.time < self.until]

    @cached_property
    def available(self) -> float:
        """First moment at which a consultation may begin, minutes: not before the session does."""
        away = self.day.away_until
        return max(0.0, self.day.now, -math.inf if away is None else away)

    @cached_property
    def origin(self) -> float:
        """First point of the grid, minutes; the starts of intervals are points of it."""
        # While a consultation runs its end, before the provider goes away, is to be on the grid.
        first = self.available if self.day.since is None else self.day.now
        return self.step * math.floor(first / self.step + 1e-9)

    def point(self, minute: float) -> int:
        """Return the number of the grid point at a moment, at least 0; rounded up between two."""
        return max(0, math.ceil((minute - self.origin) / self.step - 1e-6))

    @cached_property
    def points(self) -> list[int]:
        """Grid point of each arrival, (arrivals,)."""
        return [self.point(one.time) if one.time > self.day.now else 0 for one in self.arrivals]

    @cached_property
    def breaks(self) -> list[tuple[int, int]]:
        """First grid point of each break, and the first after it, in the order of time."""
        return [(self.point(first), self.point(last)) for first, last in sorted(self.day.breaks)]

    @cached_property
    def free(self) -> Array:
        """Law of the moment from which the provider is free, (points,)."""
        return self._end_or(self.available - self.origin)

    @cached_property
    def end_of_current(self) -> Array | None:
        """Law of the end of the consultation that runs, (points,); None if none runs."""
        if self.day.remaining is None:
            return None
        return self._end_or(self._elapsed)

    @cached_property
    def certain(self) -> bool:
        """Whether the provider is free from a certain moment on, or certainly not before one."""
        return self.day.since is None or self.available > self.day.now

    @cached_property
    def on_grid(self) -> bool:
        """Whether every moment at which something may happen is a point of the grid."""
        moments = [] if self.day.since is None else [self.day.since]
        if self.certain:
            moments.append(self.available)
        laws = [one.service_time.distribution for one in self.arrivals]
        if self.day.remaining is not None:
            laws.append(self.day.remaining.law)
        distinct = {id(law): law for law in laws}.values()
        positions = np.array(moments) / self.step
        return bool((np.abs(positions - np.rint(positions)) < 1e-9).all()) and all(
            law.lies_on(self.step) for law in distinct
        )

    @cached_property
    def size(self) -> int:
        """Points that the grid needs, by Chernoff's bound on the end of the day.

        The day ends at the latest of the moments t plus all work that comes from t on, and later
        by all breaks at most.
        """
        logs = [np.log(growth_of(self.free))]
        for one in self.arrivals:
            growth = self.masses.growth(one.service_time, self.step)
            # Infinite or undefined where an exponent is too large to be of use.
            with np.errstate(over="ignore", invalid="ignore"):
                logs.append(np.log(np.polynomial.polynomial.polyval(growth, one.counts)))
        work = np.cumsum(np.array(logs)[::-1], axis=0)[::-1]
        beyond = np.nanmin((work + CERTAINTY) / EXPONENTS, axis=1)
        away = sum(last - first for first, last in self.breaks)
        latest = max([0, *(last for _, last in self.breaks)])
        return max(int(np.ceil((np.array([0, *self.points]) + beyond).max())) + away, latest) + 2

    @property
    def _elapsed(self) -> float:
        """From the origin to now, minutes."""
        return max(self.day.now - self.origin, 0.0)

    def _end_or(self, earliest: float) -> Array:
        """Return the law of the end of what runs, or of ``earliest`` if that is later.

        ``earliest`` counts from the origin. One discretisation of the sum keeps its mean, where
        that of the remaining time and then that of now would spread it twice.
        """
        remaining = self.day.remaining

        def stop_loss(x: Array) -> Array:
            late = np.clip(earliest - x, 0.0, None)
            if remaining is None:
                return late
            return late + remaining.stop_loss(np.maximum(x, earliest) - self._elapsed)

        if remaining is None and earliest < 1e-9 * self.step:
            return np.ones(1)
        return mass_from_stop_loss(stop_loss, self.step)


def step_of(day: LiveDay, step: float) -> float:
    """Return the largest width, at most ``step``, of which the interval length is a multiple."""
    length = day.session.interval_length
    return length / math.ceil(length / step - 1e-9)
