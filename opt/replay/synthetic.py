"""Made-up past sessions, so that a replay can be tried without data of one's own."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from objective import InvalidInput, ServiceTime
from objective.errors import non_negative_number
from opt.replay.made_up import MadeUpClinic

#: The clinic's own way of booking: so many patients together, and so many minutes for each of them.
TOGETHER, SPACING = 3, 15


@dataclass(frozen=True)
class SyntheticSessions(MadeUpClinic):
    """A made-up clinic that books three patients together, every three quarters of an hour.

    Attributes
    ----------
    day_cv
        Coefficient of variation of a factor of mean 1 that all consultations of a session share.

    Raises
    ------
    InvalidInput
        If a field is outside its range.
    """

    day_cv: float = 0.08

    def __post_init__(self) -> None:
        super().__post_init__()
        if non_negative_number("synthetic.day_cv", self.day_cv) > 1:
            raise InvalidInput("synthetic.day_cv", self.day_cv, "from 0 to 1")

    def table(self, seed: int) -> pd.DataFrame:
        """Return its sessions as `opt.replay.past_sessions` reads them; times to a second."""
        random = np.random.default_rng(seed)
        new = ServiceTime.lognormal(self.new_mean, self.cv)
        known = ServiceTime.lognormal(self.return_mean, self.cv)
        parts = []
        for day in self.days:
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
