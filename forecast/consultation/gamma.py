"""Gamma laws by visit type and provider."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from scipy import optimize, special

from forecast.consultation.encoding import Covariates
from forecast.consultation.grouped_laws import FEWEST, GroupedLaws, checked_fewest
from forecast.network import Trainer
from objective import ServiceTime
from objective.laws import Array


class FittedGamma(GroupedLaws):
    """Gamma laws by visit type and provider."""

    name: ClassVar[str] = "gamma"


@dataclass(frozen=True)
class Gamma:
    """A gamma law for each group.

    Attributes
    ----------
    fewest
        How many consultations a group needs for a law of its own.

    Raises
    ------
    InvalidInput
        If that is not a whole number of at least 2.
    """

    fewest: int = FEWEST
    name: ClassVar[str] = "gamma"
    promotable: ClassVar[bool] = True

    def __post_init__(self) -> None:
        checked_fewest(self.fewest)

    def fit(
        self, consultations: pd.DataFrame, covariates: Covariates, trainer: Trainer
    ) -> FittedGamma:
        """Return the law of each group, by maximum likelihood."""
        return FittedGamma.of(consultations, self.fewest, gamma_law)


def gamma_law(minutes: Array) -> ServiceTime:
    """Return the gamma law of greatest likelihood for minutes (consultations,).

    Its mean is the sample's, and its shape k solves log k - digamma(k) = log of the mean - mean of
    the logs.
    """
    mean = float(minutes.mean())
    difference = float(np.log(mean) - np.log(minutes).mean())
    # For every shape 1/(2k) < log k - digamma(k) < 1/k, so that this holds the root.
    low, high = 0.49 / difference, 1.01 / difference

    def excess(shape: float) -> float:
        return float(np.log(shape) - special.digamma(shape)) - difference

    shape = float(optimize.brentq(excess, low, high))
    return ServiceTime.gamma(mean, shape**-0.5)
