"""What a forecast of demand is: the laws of the counts of coming periods, and of their totals.

The counts of a day share a gamma distributed effect of mean 1: a gamma-mixed Poisson model, as
Whitt & Kim (2014), Are call center and hospital arrivals well modeled by nonhomogeneous Poisson
processes?, DOI 10.1287/msom.2014.0490, find it for hospitals. Given the effect of the day, the
counts are independent.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.demand.law import Array, CountLaw, matching_dispersion
from objective import InvalidInput
from objective.errors import whole_number


@dataclass(frozen=True)
class CountForecast:
    """Laws of the counts of coming periods of one series.

    Attributes
    ----------
    starts
        When the periods begin, (periods,).
    minutes
        How long a period is.
    mean
        Expected counts, (periods,).
    dispersion
        Of the negative binomial law of each period, with the effect of the day, (periods,).
    day_dispersion
        Variance of the effect that the periods of a day share; 0 if they are independent.
    """

    starts: pd.DatetimeIndex
    minutes: int
    mean: Array
    dispersion: Array
    day_dispersion: float = 0.0

    def __post_init__(self) -> None:
        # A period cannot vary less than the effect of its day makes it.
        least = np.maximum(self.dispersion, self.day_dispersion)
        object.__setattr__(self, "dispersion", least)

    @property
    def law(self) -> CountLaw:
        """The law of each period by itself."""
        return CountLaw(self.mean, self.dispersion)

    def quantiles(self, levels: Array) -> Array:
        """Return the counts that are not exceeded with the levels, (periods, levels)."""
        return self.law.quantiles(levels)

    def mass(self, counts: Array) -> Array:
        """Return the probabilities of the counts in every period, (periods, counts)."""
        return self.law.mass(counts)

    def sample(self, size: int, generator: np.random.Generator) -> Array:
        """Draw counts of all periods, (size, periods)."""
        days, place = np.unique(self.starts.normalize(), return_inverse=True)
        day = _effect(np.asarray(self.day_dispersion), (size, len(days)), generator)
        own = (self.dispersion - self.day_dispersion) / (1 + self.day_dispersion)
        period = _effect(own, (size, len(self.mean)), generator)
        return generator.poisson(self.mean * day[:, place] * period).astype(float)

    def day_total(self) -> tuple[pd.DatetimeIndex, CountLaw]:
        """Return the days and the law of the total of each day's periods."""
        days = self.starts.normalize()
        distinct = days.unique()
        laws = [self._total((days == day).astype(float)) for day in distinct]
        mean, dispersion = (np.array(values) for values in zip(*laws, strict=True))
        return distinct, CountLaw(mean, dispersion)

    def session_total(self, first: pd.Timestamp, until: pd.Timestamp) -> CountLaw:
        """Return the law of how many come from one moment to another.

        A period that lies only partly between them counts with that part of its patients.

        Raises
        ------
        InvalidInput
            If the moments are not in order, of two days, or outside the periods forecast.
        """
        length = pd.Timedelta(minutes=self.minutes)
        if not first < until or (until - pd.Timedelta(1)).normalize() != first.normalize():
            raise InvalidInput("until", str(until), f"after {first} and on the same day")
        begins = np.maximum(self.starts.to_numpy(), first.to_datetime64())
        ends = np.minimum((self.starts + length).to_numpy(), until.to_datetime64())
        share = np.maximum((ends - begins) / length.to_timedelta64(), 0.0)
        if not np.isclose(share.sum() * length / (until - first), 1.0):
            raise InvalidInput("first", f"{first} to {until}", "within the periods forecast")
        mean, dispersion = self._total(share)
        return CountLaw(np.array([mean]), np.array([dispersion]))

    def split(self, parts: int) -> "CountForecast":
        """Return the forecast for as many equal parts of each period, at an even rate."""
        whole_number("parts", parts, 1, self.minutes)
        if self.minutes % parts:
            raise InvalidInput("parts", parts, f"a divisor of {self.minutes} minutes")
        minutes = self.minutes // parts
        steps = np.tile(np.arange(parts) * minutes, len(self.starts))
        starts = self.starts.repeat(parts) + pd.to_timedelta(steps, unit="min")
        return CountForecast(
            starts,
            minutes,
            np.repeat(self.mean / parts, parts),
            np.repeat(self.dispersion, parts),
            self.day_dispersion,
        )

    def _total(self, share: Array) -> tuple[float, float]:
        """Return mean and dispersion of the total of the shares of periods of one day.

        With no more than the effect of the day the total is negative binomial itself; otherwise
        the negative binomial law of the same mean and variance stands for it.
        """
        means = share * self.mean
        total = float(means.sum())
        own = (self.dispersion - self.day_dispersion) @ means**2
        dispersion = self.day_dispersion + own / max(total, 1e-9) ** 2
        return total, float(dispersion)


@dataclass(frozen=True)
class QuantileForecast(CountForecast):
    """A forecast whose quantiles are known, and not from a law with a name.

    Its probabilities and totals are those of the negative binomial law with its mean and variance.

    Attributes
    ----------
    levels, table
        Levels in ascending order, (levels,), and the quantiles, (periods, levels).
    """

    levels: Array | None = None
    table: Array | None = None

    def quantiles(self, levels: Array) -> Array:
        """Return the counts that are not exceeded with the levels, (periods, levels)."""
        assert self.levels is not None
        assert self.table is not None
        return np.stack([np.interp(levels, self.levels, row) for row in self.table])


def quantile_mean(forecasts: list[CountForecast], levels: Array) -> QuantileForecast:
    """Return the forecast whose quantiles are the means of those of several forecasts.

    Vincent's average: it keeps the shape of its members where a mixture would be wider, see
    Lichtendahl, Grushka-Cockayne & Winkler (2013), DOI 10.1287/mnsc.1120.1667.
    """
    first = forecasts[0]
    mean = np.mean([one.mean for one in forecasts], axis=0)
    deviation = np.mean([np.sqrt(one.law.variance) for one in forecasts], axis=0)
    return QuantileForecast(
        starts=first.starts,
        minutes=first.minutes,
        mean=mean,
        dispersion=matching_dispersion(mean, deviation**2),
        day_dispersion=float(np.mean([one.day_dispersion for one in forecasts])),
        levels=levels,
        table=np.mean([one.quantiles(levels) for one in forecasts], axis=0),
    )


def _effect(dispersion: Array, shape: tuple[int, int], generator: np.random.Generator) -> Array:
    """Draw gamma distributed effects of mean 1 and a variance; 1 where that is 0."""
    spread = np.maximum(dispersion, 1e-12)
    drawn = generator.gamma(1 / spread, spread, shape)
    return np.asarray(np.where(dispersion > 0, drawn, 1.0))
