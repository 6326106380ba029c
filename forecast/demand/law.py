"""The negative binomial law of a count: Poisson, with a rate that is gamma distributed.

With mean m and dispersion a its variance is m + a m^2; a = 0 is the Poisson law. It is the law that
Cameron & Trivedi, Regression Analysis of Count Data (2013), call NB2, DOI 10.1017/CBO9781139013567.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import minimize_scalar
from scipy.special import gammaln, xlogy

Array = NDArray[np.float64]

#: Dispersions below it are Poisson's: their gamma functions would cancel each other's digits.
SMALLEST, LARGEST = 1e-7, 1e3


@dataclass(frozen=True)
class CountLaw:
    """Laws of counts, one per element.

    Attributes
    ----------
    mean, dispersion
        Mean and dispersion of each law, (laws,).
    """

    mean: Array
    dispersion: Array

    @property
    def variance(self) -> Array:
        """Variances, (laws,)."""
        return self.mean + self.dispersion * self.mean**2

    def log_mass(self, counts: Array) -> Array:
        """Return the logarithm of the probability of a count under each law, (laws,)."""
        return log_mass(counts, self.mean, self.dispersion)

    def mass(self, counts: Array) -> Array:
        """Return the probabilities of the same counts under every law, (laws, counts)."""
        one = np.asarray(counts, float)[None, :]
        return np.exp(log_mass(one, self.mean[:, None], self.dispersion[:, None]))

    def quantiles(self, levels: Array) -> Array:
        """Return the smallest counts that are not exceeded with the levels, (laws, levels)."""
        levels = np.asarray(levels, float)[None, :]
        mean = self.mean[:, None]
        shape = 1 / np.maximum(self.dispersion, SMALLEST)[:, None]
        mixed = stats.nbinom.ppf(levels, shape, shape / (shape + mean))
        plain = stats.poisson.ppf(levels, mean)
        return np.where(self.dispersion[:, None] >= SMALLEST, mixed, plain)


def log_mass(counts: Array, mean: Array, dispersion: Array) -> Array:
    """Return log P(count) under the negative binomial law, for arrays that broadcast."""
    poisson = xlogy(counts, mean) - mean - gammaln(counts + 1)
    shape = 1 / np.maximum(dispersion, SMALLEST)
    mixed = (
        gammaln(counts + shape)
        - gammaln(shape)
        - gammaln(counts + 1)
        - shape * np.log1p(mean / shape)
        + xlogy(counts, mean / (shape + mean))
    )
    return np.asarray(np.where(dispersion >= SMALLEST, mixed, poisson), float)


def likely_dispersion(counts: Array, mean: Array) -> float:
    """Return the dispersion under which counts about known means are most likely.

    0 if the Poisson law explains them as well.
    """

    def unlikelihood(logarithm: float) -> float:
        return -float(log_mass(counts, mean, np.asarray(np.exp(logarithm))).sum())

    bounds = (np.log(SMALLEST), np.log(LARGEST))
    found = minimize_scalar(unlikelihood, bounds=bounds, method="bounded")
    poisson = -float(log_mass(counts, mean, np.asarray(0.0)).sum())
    return 0.0 if found.fun >= poisson else float(np.exp(found.x))


def matching_dispersion(mean: Array, variance: Array) -> Array:
    """Return the dispersion that gives a variance; 0 where the variance is below the mean."""
    return np.asarray(np.maximum(variance - mean, 0.0) / np.maximum(mean, 1e-9) ** 2)
