"""What recent counts say of a period to come, by nothing but what is known at the origin.

Counts are compared with what was expected of them, so that one network serves series of any size.
The lags are whole weeks and not shorter than the horizon: the same for every lead.
"""

import numpy as np

from forecast.demand.fitted import days
from forecast.demand.law import Array
from forecast.demand.options import Options

#: Days whose level before the origin is told, and the weeks whose same period is.
LEVEL_DAYS = (7, 28, 84)
LAGS = 2


def recent_columns(
    counts: Array, expected: Array, places: np.ndarray, origins: np.ndarray, options: Options
) -> Array:
    """Return logarithms of how much more came lately than was expected.

    Parameters
    ----------
    counts, expected
        What was counted, NaN where it is not known, and what was expected, (known,).
    places
        Places of the periods on the grid of the counts, (periods,); it may end before them.
    origins
        The first place of which nothing is known when each period is forecast, (periods,).
    options
        Of the quantity.

    Returns
    -------
    ndarray
        Levels of the last week, four and twelve weeks before the origin, and of the same period of
        earlier weeks, (periods, 5).
    """
    seen = np.isfinite(counts)
    came = np.concatenate([[0.0], np.cumsum(np.where(seen, counts, 0.0))])
    usual = np.concatenate([[0.0], np.cumsum(np.where(seen, expected, 0.0))])
    columns = []
    until = np.minimum(origins, len(counts))
    for length in LEVEL_DAYS:
        since = np.maximum(until - days(length, options), 0)
        columns.append(np.log((came[until] - came[since] + 1) / (usual[until] - usual[since] + 1)))
    for week in range(LAGS):
        at = places - options.safe_lag - week * options.season
        usable = (at >= 0) & (at < until)
        at = np.where(usable, at, 0)
        usable &= seen[at]
        ratio = np.log((np.where(usable, counts[at], 0.0) + 1) / (expected[at] + 1))
        columns.append(np.where(usable, ratio, 0.0))
    return np.stack(columns, axis=1)


def drawn_origins(
    places: np.ndarray, options: Options, generator: np.random.Generator
) -> np.ndarray:
    """Return an origin before each place, at a lead from 1 to the horizon drawn at random."""
    lead = generator.integers(1, options.ahead + 1, len(places))
    return np.maximum(places - lead + 1, 0)


def memory(options: Options) -> int:
    """Return how many of the last periods the columns look back at."""
    return max(days(max(LEVEL_DAYS), options), options.safe_lag + LAGS * options.season)
