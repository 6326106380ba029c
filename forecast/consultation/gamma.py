"""Gamma laws by visit type and provider."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import optimize, special

from forecast.consultation.grouped_laws import GroupedLaws, GroupedModel
from objective import ServiceTime
from objective.laws import Array


class FittedGamma(GroupedLaws):
    """Gamma laws by visit type and provider."""

    name: ClassVar[str] = "gamma"


@dataclass(frozen=True)
class Gamma(GroupedModel):
    """A gamma law for each group."""

    name: ClassVar[str] = "gamma"
    fitted: ClassVar[type[GroupedLaws]] = FittedGamma

    def law(self, minutes: Array) -> ServiceTime:
        """Return the gamma law of greatest likelihood for minutes (consultations,).

        Its mean is the sample's, and its shape k solves log k - digamma(k) = log of the mean - mean
        of the logs.
        """
        mean = float(minutes.mean())
        difference = float(np.log(mean) - np.log(minutes).mean())
        # For every shape 1/(2k) < log k - digamma(k) < 1/k, so that this holds the root.
        low, high = 0.49 / difference, 1.01 / difference

        def excess(shape: float) -> float:
            return float(np.log(shape) - special.digamma(shape)) - difference

        shape = float(optimize.brentq(excess, low, high))
        return ServiceTime.gamma(mean, shape**-0.5)
