"""Exponential laws by visit type and provider: to show what it costs to assume them.

Queueing formulas are easiest with them, and no clinic that was measured is like them: consultations
vary half as much, and very short ones are rare.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from forecast.consultation.grouped_laws import GroupedLaws, GroupedModel
from objective import ServiceTime
from objective.laws import Array


class FittedExponential(GroupedLaws):
    """Exponential laws by visit type and provider."""

    name: ClassVar[str] = "exponential"


@dataclass(frozen=True)
class Exponential(GroupedModel):
    """An exponential law for each group; for comparison only."""

    name: ClassVar[str] = "exponential"
    promotable: ClassVar[bool] = False
    fitted: ClassVar[type[GroupedLaws]] = FittedExponential

    def law(self, minutes: Array) -> ServiceTime:
        """Return the exponential law of greatest likelihood for minutes (consultations,)."""
        return ServiceTime.exponential(float(np.mean(minutes)))
