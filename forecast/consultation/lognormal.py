"""Lognormal laws by visit type and provider."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from forecast.consultation.encoding import Covariates
from forecast.consultation.grouped_laws import FEWEST, GroupedLaws, checked_fewest
from forecast.network import Trainer
from objective import ServiceTime
from objective.laws import Array


class FittedLognormal(GroupedLaws):
    """Lognormal laws by visit type and provider."""

    name: ClassVar[str] = "lognormal"


@dataclass(frozen=True)
class Lognormal:
    """A lognormal law for each group.

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
    name: ClassVar[str] = "lognormal"
    promotable: ClassVar[bool] = True

    def __post_init__(self) -> None:
        checked_fewest(self.fewest)

    def fit(
        self, consultations: pd.DataFrame, covariates: Covariates, trainer: Trainer
    ) -> FittedLognormal:
        """Return the law of each group, by maximum likelihood."""
        return FittedLognormal.of(consultations, self.fewest, lognormal_law)


def lognormal_law(minutes: Array) -> ServiceTime:
    """Return the lognormal law of greatest likelihood for minutes (consultations,)."""
    logs = np.log(minutes)
    variance = float(logs.var())
    mean = float(np.exp(logs.mean() + variance / 2))
    return ServiceTime.lognormal(mean, float(np.sqrt(np.expm1(variance))))
