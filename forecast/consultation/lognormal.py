"""Lognormal laws by visit type and provider."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from forecast.consultation.grouped_laws import GroupedLaws, GroupedModel
from objective import ServiceTime
from objective.laws import Array


class FittedLognormal(GroupedLaws):
    """Lognormal laws by visit type and provider."""

    name: ClassVar[str] = "lognormal"


@dataclass(frozen=True)
class Lognormal(GroupedModel):
    """A lognormal law for each group."""

    name: ClassVar[str] = "lognormal"
    fitted: ClassVar[type[GroupedLaws]] = FittedLognormal

    def law(self, minutes: Array) -> ServiceTime:
        """Return the lognormal law of greatest likelihood for minutes (consultations,)."""
        logs = np.log(minutes)
        variance = float(logs.var())
        mean = float(np.exp(logs.mean() + variance / 2))
        return ServiceTime.lognormal(mean, float(np.sqrt(np.expm1(variance))))
