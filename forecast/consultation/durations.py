"""Forecasts of consultation times: a law of positive minutes for each of several cases."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from objective import InvalidInput, ServiceTime
from objective.laws import Array, Continuous, Discrete, Histogram

#: Cases, levels and components that are worked on at one time.
BATCH_NUMBERS = 4_000_000
#: Classes of the histogram by which a law without a name is handed on.
CLASSES = 120
#: Probability beyond each end of that histogram.
TAIL = 1e-6
#: A quantile is sought between these minutes, until their logarithms agree to about 1e-9.
SHORTEST, LONGEST, HALVINGS = 1e-6, 1e7, 36


class DurationForecast(ABC):
    """Laws of the consultation times of several cases, minutes."""

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of cases."""

    @abstractmethod
    def mean(self) -> Array:
        """Return the mean of each law, (cases,) minutes."""

    @abstractmethod
    def cdf(self, minutes: ArrayLike) -> Array:
        """Return the probability of at most so many minutes, (cases, points).

        Parameters
        ----------
        minutes
            (points,), the same for all cases, or (cases, points).
        """

    @abstractmethod
    def part(self, cases: NDArray[np.intp]) -> "DurationForecast":
        """Return the forecast of some of the cases, by their numbers."""

    def quantiles(self, levels: ArrayLike) -> Array:
        """Return the minutes that are not exceeded with each probability, (cases, levels).

        Raises
        ------
        InvalidInput
            If a level is not above 0 and below 1.
        """
        wanted = checked_levels(levels)
        found = np.empty((len(self), wanted.size))
        for some in self._batches(wanted.size):
            found[some] = self.part(some)._quantiles(wanted)
        return found

    def _batches(self, width: int) -> Iterator[NDArray[np.intp]]:
        """Yield the numbers of cases in groups for which so many numbers each fit in memory."""
        size = max(1, BATCH_NUMBERS // max(1, width))
        for first in range(0, len(self), size):
            yield np.arange(first, min(first + size, len(self)))

    def _quantiles(self, levels: Array) -> Array:
        """Return quantiles by bisection of the logarithm, (cases, levels)."""
        low = np.full((len(self), levels.size), np.log(SHORTEST))
        high = np.full_like(low, np.log(LONGEST))
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            above = self.cdf(np.exp(middle)) >= levels
            high = np.where(above, middle, high)
            low = np.where(above, low, middle)
        return np.asarray(np.exp(high), np.float64)

    @property
    def alike(self) -> bool:
        """Whether all cases have the same law."""
        return len(self) == 1

    def service_time(self, case: int) -> ServiceTime:
        """Return the law of one case as sessions take it; its mean is that of the forecast."""
        return self.part(np.array([case]))._histogram()

    def mixture(self) -> ServiceTime:
        """Return the law of a case drawn from all with equal chances; its mean is theirs.

        Raises
        ------
        InvalidInput
            If there is no case.
        """
        if not len(self):
            raise InvalidInput("cases", 0, "at least one")
        return self.service_time(0) if self.alike else self._histogram()

    def _histogram(self) -> ServiceTime:
        """Return the mixture of the laws as a histogram of equal classes that has its mean."""
        ends = self.quantiles([TAIL, 1 - TAIL])
        edges = np.linspace(0.0, float(ends[:, 1].max()), CLASSES + 1)
        edges[0] = min(float(ends[:, 0].min()), edges[1] / 2)
        upto = np.zeros(edges.size)
        for some in self._batches(edges.size):
            upto += self.part(some).cdf(edges).sum(axis=0)
        shares = np.clip(np.diff(upto), 0.0, None)
        # The means of the classes are not quite their middles: the whole is stretched by what is
        # missing, a share of the squared width of a class, so that the mean is exact.
        rough = float(shares @ (edges[:-1] + edges[1:]) / 2 / shares.sum())
        return ServiceTime.histogram(
            (edges * (float(self.mean().mean()) / rough)).tolist(), (shares / shares.sum()).tolist()
        )


@dataclass(frozen=True)
class LognormalMixture(DurationForecast):
    """Mixtures of lognormal laws.

    Attributes
    ----------
    weights, locations, scales
        Of each component, (cases, components): its share, and the mean and the standard deviation
        of the logarithm of the minutes.
    """

    weights: Array
    locations: Array
    scales: Array

    def __len__(self) -> int:
        """Return the number of cases."""
        return len(self.weights)

    def mean(self) -> Array:
        """Return the mean of each law, (cases,) minutes."""
        means = np.exp(self.locations + self.scales**2 / 2)
        return np.asarray((self.weights * means).sum(axis=1), np.float64)

    def cdf(self, minutes: ArrayLike) -> Array:
        """Return the probability of at most so many minutes, (cases, points)."""
        with np.errstate(divide="ignore"):
            logs = np.atleast_2d(np.log(np.maximum(np.asarray(minutes, np.float64), 0.0)))
        total = np.zeros((len(self), logs.shape[1]))
        for k in range(self.weights.shape[1]):
            standard = (logs - self.locations[:, [k]]) / self.scales[:, [k]]
            total += self.weights[:, [k]] * special.ndtr(standard)
        return total

    def part(self, cases: NDArray[np.intp]) -> "LognormalMixture":
        """Return the forecast of some of the cases, by their numbers."""
        return LognormalMixture(self.weights[cases], self.locations[cases], self.scales[cases])

    def _quantiles(self, levels: Array) -> Array:
        if self.weights.shape[1] > 1:
            return super()._quantiles(levels)
        return np.asarray(np.exp(self.locations + self.scales * special.ndtri(levels)), np.float64)

    @property
    def alike(self) -> bool:
        """Whether all cases have the same law."""
        parts = (self.weights, self.locations, self.scales)
        return all(bool((one == one[:1]).all()) for one in parts)

    def service_time(self, case: int) -> ServiceTime:
        """Return the law of one case: lognormal where it is, else a histogram of its mean."""
        if self.weights.shape[1] > 1:
            return super().service_time(case)
        cv = float(np.sqrt(np.expm1(self.scales[case, 0] ** 2)))
        return ServiceTime.lognormal(float(self.mean()[case]), cv)


@dataclass(frozen=True)
class ScaledLaws(DurationForecast):
    """Laws that are multiples of a few laws: minutes = scale x a draw of the law.

    Attributes
    ----------
    laws
        The few laws.
    which, scales
        Which of them each case has, and how many times it, (cases,).
    """

    laws: tuple[ServiceTime, ...]
    which: NDArray[np.intp]
    scales: Array

    def __len__(self) -> int:
        """Return the number of cases."""
        return len(self.which)

    def mean(self) -> Array:
        """Return the mean of each law, (cases,) minutes."""
        means = np.array([law.mean for law in self.laws], np.float64)
        return np.asarray(means[self.which] * self.scales, np.float64)

    def cdf(self, minutes: ArrayLike) -> Array:
        """Return the probability of at most so many minutes, (cases, points)."""
        points = np.atleast_2d(np.asarray(minutes, np.float64))
        points = np.broadcast_to(points, (len(self), points.shape[1]))
        found = np.empty(points.shape)
        for number in np.unique(self.which):
            rows = self.which == number
            found[rows] = _upto(self.laws[number], points[rows] / self.scales[rows, None])
        return found

    def part(self, cases: NDArray[np.intp]) -> "ScaledLaws":
        """Return the forecast of some of the cases, by their numbers."""
        return ScaledLaws(self.laws, self.which[cases], self.scales[cases])

    def _quantiles(self, levels: Array) -> Array:
        each = np.array([law.quantile(levels) for law in self.laws])
        return np.asarray(each[self.which] * self.scales[:, None], np.float64)

    @property
    def alike(self) -> bool:
        """Whether all cases have the same law."""
        return bool((self.which == self.which[:1]).all() and (self.scales == self.scales[:1]).all())

    def service_time(self, case: int) -> ServiceTime:
        """Return the law of one case, of the same name as the law it is a multiple of."""
        description = self.laws[self.which[case]].to_dict()
        scale = float(self.scales[case])
        for name in ("mean", "durations", "edges"):
            if name in description:
                description[name] = (scale * np.asarray(description[name], np.float64)).tolist()
        return ServiceTime.from_dict(description)


@dataclass(frozen=True)
class Pool(DurationForecast):
    """Mixtures of several forecasts of the same cases, with equal weights (a linear pool).

    Attributes
    ----------
    members
        The forecasts, at least one.
    """

    members: tuple[DurationForecast, ...]

    def __len__(self) -> int:
        """Return the number of cases."""
        return len(self.members[0])

    def mean(self) -> Array:
        """Return the mean of each law, (cases,) minutes."""
        return np.asarray(np.mean([one.mean() for one in self.members], axis=0), np.float64)

    def cdf(self, minutes: ArrayLike) -> Array:
        """Return the probability of at most so many minutes, (cases, points)."""
        return np.asarray(np.mean([one.cdf(minutes) for one in self.members], axis=0), np.float64)

    def part(self, cases: NDArray[np.intp]) -> "Pool":
        """Return the forecast of some of the cases, by their numbers."""
        return Pool(tuple(one.part(cases) for one in self.members))

    @property
    def alike(self) -> bool:
        """Whether all cases have the same law."""
        return all(one.alike for one in self.members)


def checked_levels(levels: ArrayLike) -> Array:
    """Return levels as an array; raise `InvalidInput` unless all are above 0 and below 1."""
    wanted = np.atleast_1d(np.asarray(levels, np.float64))
    if not ((wanted > 0) & (wanted < 1)).all():
        raise InvalidInput("levels", levels, "above 0 and below 1")
    return wanted


def _upto(law: ServiceTime, minutes: Array) -> Array:
    """Return the probability of at most so many minutes by one law, as the minutes are shaped."""
    match law.distribution:
        case Continuous(distribution=continuous):
            return np.asarray(continuous.cdf(minutes), np.float64)
        case Histogram(edges=edges, shares=shares):
            # Without the clip, a sum of shares that is 1 but for rounding would be passed on.
            upto = np.append(0.0, shares.cumsum()).clip(max=1.0)
            return np.asarray(np.interp(minutes, edges, upto), np.float64)
        case Discrete(values=values, weights=weights):
            place = np.searchsorted(values, minutes, side="right")
            return np.asarray(np.append(0.0, weights.cumsum().clip(max=1.0))[place], np.float64)
    raise InvalidInput("service_time", law.law, "a law with a distribution function")
