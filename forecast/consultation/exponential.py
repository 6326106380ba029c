"""Exponential laws by visit type and provider: to show what it costs to assume them.

Queueing formulas are easiest with them, and no clinic that was measured is like them: consultations
vary half as much, and very short ones are rare.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from forecast.consultation.encoding import Covariates
from forecast.consultation.grouped_laws import FEWEST, GroupedLaws, checked_fewest
from forecast.network import Trainer
from objective import ServiceTime
from objective.laws import Array


class FittedExponential(GroupedLaws):
    """Exponential laws by visit type and provider."""

    name: ClassVar[str] = "exponential"


@dataclass(frozen=True)
class Exponential:
    """An exponential law for each group; for comparison only.

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
    name: ClassVar[str] = "exponential"
    promotable: ClassVar[bool] = False

    def __post_init__(self) -> None:
        checked_fewest(self.fewest)

    def fit(
        self, consultations: pd.DataFrame, covariates: Covariates, trainer: Trainer
    ) -> FittedExponential:
        """Return the law of each group, by its mean."""
        return FittedExponential.of(consultations, self.fewest, exponential_law)


def exponential_law(minutes: Array) -> ServiceTime:
    """Return the exponential law of greatest likelihood for minutes (consultations,)."""
    return ServiceTime.exponential(float(np.mean(minutes)))
