"""What made-up clinics have in common: how many patients of two kinds come, and for how long.

The means by visit type and the spread are near those published for one physician's outpatient
sessions (Feng et al. 2023, Data 8(3):47); nothing comes from a clinic.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import pandas as pd

from objective import InvalidInput
from objective.errors import known_keys, positive_number, whole_number
from objective.patients import probability_to_miss

FIRST_DAY = "2024-01-02"


@dataclass(frozen=True)
class MadeUpClinic:
    """A made-up clinic with new and returning patients.

    Attributes
    ----------
    sessions
        Number of sessions, one per working day, 4 to 10,000.
    fewest, most
        Patients booked into a session: every number between is equally likely.
    new_share
        Probability that a patient comes for the first time.
    new_mean, return_mean
        Mean consultation of new and of returning patients, minutes.
    cv
        Coefficient of variation of the lognormal consultations of each of the two kinds.
    no_show
        Probability that a patient does not come, the mean where it differs.

    Raises
    ------
    InvalidInput
        If a field is outside its range.
    """

    sessions: int = 120
    fewest: int = 13
    most: int = 17
    new_share: float = 0.35
    new_mean: float = 15.0
    return_mean: float = 12.0
    cv: float = 0.45
    no_show: float = 0.06

    def __post_init__(self) -> None:
        whole_number("synthetic.sessions", self.sessions, 4, 10_000)
        whole_number("synthetic.fewest", self.fewest, 1, 60)
        whole_number("synthetic.most", self.most, self.fewest, 60)
        for name in ("new_share", "no_show"):
            probability_to_miss(f"synthetic.{name}", getattr(self, name))
        for name in ("new_mean", "return_mean"):
            if positive_number(f"synthetic.{name}", getattr(self, name)) > 120:
                raise InvalidInput(f"synthetic.{name}", getattr(self, name), "at most 120 minutes")
        if positive_number("synthetic.cv", self.cv) > 2:
            raise InvalidInput("synthetic.cv", self.cv, "at most 2")

    @classmethod
    def from_dict(cls, description: Mapping[str, Any]) -> Self:
        """Make the clinic that a mapping describes; raise `InvalidInput` for unknown fields."""
        names = [field.name for field in fields(cls)]
        return cls(**known_keys("synthetic", description, names))

    @property
    def days(self) -> list[str]:
        """The dates of its sessions, in order."""
        return list(pd.bdate_range(FIRST_DAY, periods=self.sessions).strftime("%Y-%m-%d"))
