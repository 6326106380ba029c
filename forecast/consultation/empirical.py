"""The durations that were measured, by visit type and provider."""

from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from forecast.consultation.encoding import Covariates
from forecast.consultation.grouped_laws import FEWEST, GroupedLaws, checked_fewest
from forecast.network import Trainer
from objective import ServiceTime


class FittedEmpirical(GroupedLaws):
    """Measured durations by visit type and provider."""

    name: ClassVar[str] = "empirical"


@dataclass(frozen=True)
class Empirical:
    """Every measured duration of a group is equally likely.

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
    name: ClassVar[str] = "empirical"
    promotable: ClassVar[bool] = True

    def __post_init__(self) -> None:
        checked_fewest(self.fewest)

    def fit(
        self, consultations: pd.DataFrame, covariates: Covariates, trainer: Trainer
    ) -> FittedEmpirical:
        """Return the measured durations of each group."""
        return FittedEmpirical.of(consultations, self.fewest, ServiceTime.empirical)
