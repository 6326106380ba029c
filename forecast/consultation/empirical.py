"""The durations that were measured, by visit type and provider."""

from dataclasses import dataclass
from typing import ClassVar

from forecast.consultation.grouped_laws import GroupedLaws, GroupedModel
from objective import ServiceTime
from objective.laws import Array


class FittedEmpirical(GroupedLaws):
    """Measured durations by visit type and provider."""

    name: ClassVar[str] = "empirical"


@dataclass(frozen=True)
class Empirical(GroupedModel):
    """Every measured duration of a group is equally likely."""

    name: ClassVar[str] = "empirical"
    fitted: ClassVar[type[GroupedLaws]] = FittedEmpirical

    def law(self, minutes: Array) -> ServiceTime:
        """Return the measured minutes (consultations,) as a law."""
        return ServiceTime.empirical(minutes)
