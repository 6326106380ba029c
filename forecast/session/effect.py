"""How much the means of sessions differ beyond chance.

The one-way random-effects model: a value is the mean, an effect that all values of its session
share, and an error of its own. The variances are those of the analysis of variance (Searle, Casella
& McCulloch 1992, Variance Components, section 3.6, doi:10.1002/9780470316856), not below 0.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]

#: Variances below this share of the squared mean are as good as none.
SMALLEST = 1e-8


@dataclass(frozen=True)
class Effect:
    """Variance of the effect of a session, and of the mean as it is estimated.

    Attributes
    ----------
    between
        Variance of what the values of a session share.
    of_mean
        Squared standard error of the mean over all.
    sessions
        How many there were.
    """

    between: float
    of_mean: float
    sessions: int

    @property
    def variance(self) -> float:
        """Variance of the mean of a session to come: its effect, and not knowing the mean."""
        return self.between + self.of_mean


def session_effect(values: Array, sessions: pd.Series | NDArray[np.object_]) -> Effect:
    """Return how much the means of sessions differ.

    Parameters
    ----------
    values
        At least one, (values,); what is known to differ between them is taken off before.
    sessions
        The session of each, (values,).
    """
    codes, names = pd.factorize(np.asarray(sessions, object))
    groups, total = len(names), len(values)
    if total < 2:
        return Effect(0.0, 0.0, groups)
    sizes = np.bincount(codes).astype(np.float64)
    means = np.bincount(codes, values) / sizes
    if groups < 2 or groups == total:
        # One session, or one value in each, tells nothing of what values share.
        return Effect(0.0, float(values.var(ddof=1)) / total, groups)
    within = float(((values - means[codes]) ** 2).sum()) / (total - groups)
    among = float((sizes * (means - values.mean()) ** 2).sum()) / (groups - 1)
    typical = (total - float((sizes**2).sum()) / total) / (groups - 1)
    between = max((among - within) / typical, 0.0)
    of_mean = between * float((sizes**2).sum()) / total**2 + within / total
    return Effect(between, of_mean, groups)


def gamma_quantiles(variance: float, levels: Array) -> Array:
    """Return quantiles of a gamma law of mean 1, (levels,)."""
    if variance < SMALLEST:
        return np.ones(len(levels))
    return np.asarray(stats.gamma.ppf(levels, 1 / variance, scale=variance), np.float64)


def beta_quantiles(mean: float, variance: float, levels: Array) -> Array:
    """Return quantiles of a beta law, (levels,); its mean is above 0 and below 1."""
    if variance < SMALLEST * mean**2:
        return np.full(len(levels), mean)
    # A beta law varies less than one that is 0 or 1.
    spread = min(variance, 0.99 * mean * (1 - mean))
    both = mean * (1 - mean) / spread - 1
    return np.asarray(stats.beta.ppf(levels, mean * both, (1 - mean) * both), np.float64)
