"""What the calendar says of a period: its place in the week, the season, the bank holidays."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from forecast.data.bank_holidays import kept_holidays
from forecast.demand.law import Array
from forecast.demand.options import DAY


def cells(starts: pd.DatetimeIndex, minutes: int) -> np.ndarray:
    """Return the place of each period in its week, from Monday's first on, (periods,)."""
    minute = starts.hour * 60 + starts.minute
    return np.asarray(starts.dayofweek * (DAY // minutes) + minute // minutes)


def annual_waves(starts: pd.DatetimeIndex, harmonics: int) -> Array:
    """Return sines and cosines of the time of the year, (periods, 2 harmonics)."""
    angle = np.asarray(starts.dayofyear - 1 + starts.hour / 24, float) * (2 * np.pi / 365.25)
    waves = [wave(k * angle) for k in range(1, harmonics + 1) for wave in (np.sin, np.cos)]
    return np.stack(waves, axis=1) if waves else np.zeros((len(starts), 0))


def holiday_names(starts: pd.DatetimeIndex, country: str | None) -> np.ndarray:
    """Return the name of the bank holiday of each period, empty on other days, (periods,).

    Raises
    ------
    InvalidInput
        If the holidays of the country are not known.
    """
    days, place = np.unique(starts.normalize(), return_inverse=True)
    if country is None:
        return np.full(len(starts), "", dtype=object)
    kept = dict(_kept_holidays(country, tuple(np.unique(pd.DatetimeIndex(days).year))))
    names = [kept.get(day, "") for day in pd.DatetimeIndex(days)]
    return np.array(names, dtype=object)[place]


@lru_cache(maxsize=64)
def _kept_holidays(country: str, years: tuple[int, ...]) -> tuple[tuple[pd.Timestamp, str], ...]:
    kept = kept_holidays(country, years)
    return tuple((pd.Timestamp(day), _plain(text)) for day, text in kept.items())


def _plain(name: str) -> str:
    """Return the name of a holiday without saying that another day is kept for it."""
    return name.split(" (")[0].split(";")[0]


@dataclass(frozen=True)
class Calendar:
    """What is told of a period beside its place in the week: columns with names.

    Attributes
    ----------
    country
        Whose bank holidays are told; None for none.
    names
        The bank holidays that have a column of their own, beside the one of all of them.
    harmonics
        Waves of the year.
    """

    country: str | None
    names: tuple[str, ...]
    harmonics: int

    @staticmethod
    def of(starts: pd.DatetimeIndex, country: str | None, harmonics: int) -> "Calendar":
        """Return a calendar with a column for each holiday that occurred in some periods."""
        names = sorted(set(holiday_names(starts, country)) - {""})
        return Calendar(country, tuple(names), harmonics)

    def columns(self, starts: pd.DatetimeIndex) -> Array:
        """Return waves of the year, whether it is a bank holiday, and which, (periods, columns)."""
        waves = annual_waves(starts, self.harmonics)
        if self.country is None:
            return waves
        names = holiday_names(starts, self.country)
        which = [(names == name).astype(float) for name in self.names]
        return np.column_stack([waves, (names != "").astype(float), *which])
