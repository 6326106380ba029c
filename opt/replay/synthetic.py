"""Made-up past sessions, so that a replay can be tried without data of one's own.

Nothing here comes from a clinic. The means by visit type and the spread are near those published
for one physician's outpatient sessions (Feng et al. 2023, Data 8(3):47).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from objective import InvalidInput, ServiceTime
from objective.errors import known_keys, non_negative_number, positive_number, whole_number
from objective.patients import probability_to_miss

#: The clinic's own way of booking: so many patients together, and so many minutes for each of them.
TOGETHER, SPACING = 3, 15
FIRST_DAY = "2024-01-02"


@dataclass(frozen=True)
class SyntheticSessions:
    """A made-up clinic that books three patients together, every three quarters of an hour.

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
        Coefficient of variation of a patient's consultation; the law is lognormal.
    day_cv
        Coefficient of variation of a factor of mean 1 that all consultations of a session share.
    no_show
        Probability that a patient does not come.

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
    day_cv: float = 0.08
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
        if not positive_number("synthetic.cv", self.cv) <= 2:
            raise InvalidInput("synthetic.cv", self.cv, "at most 2")
        if non_negative_number("synthetic.day_cv", self.day_cv) > 1:
            raise InvalidInput("synthetic.day_cv", self.day_cv, "from 0 to 1")

    @staticmethod
    def from_dict(description: Mapping[str, Any]) -> "SyntheticSessions":
        """Make the clinic that a mapping describes."""
        names = [field.name for field in fields(SyntheticSessions)]
        return SyntheticSessions(**known_keys("synthetic", description, names))

    def table(self, seed: int) -> pd.DataFrame:
        """Return its sessions as `opt.replay.past_sessions` reads them; times to a second."""
        random = np.random.default_rng(seed)
        days = pd.bdate_range(FIRST_DAY, periods=self.sessions).strftime("%Y-%m-%d")
        new = ServiceTime.lognormal(self.new_mean, self.cv)
        known = ServiceTime.lognormal(self.return_mean, self.cv)
        parts = []
        for day in days:
            patients = int(random.integers(self.fewest, self.most, endpoint=True))
            is_new = random.random(patients) < self.new_share
            minutes = np.where(
                is_new, new.sample((patients,), random), known.sample((patients,), random)
            )
            if self.day_cv:
                minutes = minutes * random.gamma(self.day_cv**-2, self.day_cv**2)
            came = random.random(patients) >= self.no_show
            rank = np.arange(patients)
            parts.append(
                pd.DataFrame(
                    {
                        "session": day,
                        "date": day,
                        "patient": rank + 1,
                        # To a second, and no longer than any consultation is.
                        "minutes": np.where(came, minutes.clip(1 / 60, 600).round(2), np.nan),
                        "appointment": SPACING * (rank - rank % TOGETHER),
                        "came": came.astype(int),
                        "session_minutes": SPACING * patients,
                        "visit_type": np.where(is_new, "new", "return"),
                    }
                )
            )
        return pd.concat(parts, ignore_index=True)
