"""How much busier or quieter the periods of a day are together."""

import numpy as np
import pandas as pd

from forecast.demand.law import Array


def day_dispersion(starts: pd.DatetimeIndex, counts: Array, mean: Array) -> float:
    """Return the variance of the effect of mean 1 that the counts of a day share.

    Given the effect, two counts of a day have no other covariance, so that the products of the
    residuals of all pairs of periods of a day, over those of their means, estimate it by moments:
    what the periods vary by themselves does not enter.

    Parameters
    ----------
    starts, counts, mean
        When the periods begin, what was counted, and what was expected, (periods,).

    Returns
    -------
    float
        0 if a day has one period only, or its periods vary apart.
    """
    _, day = np.unique(starts.normalize(), return_inverse=True)
    residual = counts - mean
    pairs = np.bincount(day, residual) ** 2 - np.bincount(day, residual**2)
    weight = np.bincount(day, mean) ** 2 - np.bincount(day, mean**2)
    total = weight.sum()
    return max(0.0, float(pairs.sum() / total)) if total > 0 else 0.0
