"""How many ask for an appointment, and come without one: a gamma effect of the day on a profile."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from objective import InvalidInput

Array = NDArray[np.float64]


@dataclass(frozen=True)
class DemandLaw:
    """Counts are Poisson given the day, and days differ by a gamma factor of mean 1.

    So the number of a whole day is negative binomial, and the hours of a day are dependent.

    Attributes
    ----------
    weekdays
        How busy Monday to Friday are beside the average of 1.
    hours
        The part of a day that comes in each hour, by the hour at which it begins; those who ask for
        an appointment and those who come without one alike.
    requests_effect, walk_ins_effect
        Variance of the day's factor.
    """

    weekdays: tuple[float, ...] = (1.10, 1.02, 0.98, 0.97, 0.93)
    hours: tuple[tuple[int, float], ...] = (
        (8, 0.22), (9, 0.18), (10, 0.14), (11, 0.11),
        (13, 0.12), (14, 0.10), (15, 0.08), (16, 0.05),
    )  # fmt: skip
    requests_effect: float = 0.01
    walk_ins_effect: float = 0.04

    def __post_init__(self) -> None:
        if len(self.weekdays) != 5 or min(self.weekdays) < 0:
            raise InvalidInput("weekdays", self.weekdays, "five factors, none negative")
        if abs(sum(share for _, share in self.hours) - 1) > 1e-9:
            raise InvalidInput("hours", self.hours, "shares that sum to 1")
        for name in ("requests_effect", "walk_ins_effect"):
            if not 0 < getattr(self, name) <= 10:
                raise InvalidInput(name, getattr(self, name), "greater than 0, at most 10")

    def means(self, days: pd.DatetimeIndex, per_day: float) -> Array:
        """Return the expected number of each open day, (days,)."""
        return per_day * np.array(self.weekdays)[days.dayofweek]


def draw_times(
    law: DemandLaw,
    days: pd.DatetimeIndex,
    per_day: float,
    effect: float,
    generator: np.random.Generator,
) -> NDArray[np.int64]:
    """Draw when people come on open days, in order.

    Parameters
    ----------
    law
        How days and hours differ.
    days
        The open days, (days,).
    per_day
        The expected number of an average day.
    effect
        Variance of the day's factor.
    generator
        Where draws come from.

    Returns
    -------
    ndarray
        Seconds since 1970, rising, (people,).
    """
    factors = generator.gamma(1 / effect, effect, len(days))
    hours, shares = np.array(law.hours).T
    means = np.outer(law.means(days, per_day) * factors, shares)
    counts = generator.poisson(means).ravel()
    midnights = days.to_numpy("datetime64[s]").astype(np.int64)
    begins = (midnights[:, None] + 3_600 * hours.astype(np.int64)).ravel()
    return np.sort(np.repeat(begins, counts) + generator.integers(0, 3_600, counts.sum()))
