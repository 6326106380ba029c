"""What the service does not know: how patients and consultations really are."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np


@dataclass(frozen=True)
class Truth:
    """The made-up world in which a practice works.

    Attributes
    ----------
    requests_per_day
        Patients who ask for an appointment on a day, on average; a Poisson number.
    no_show
        Probability that a patient does not come.
    minutes, cv
        Mean and coefficient of variation of consultations, which are gamma distributed.
    early, early_spread
        Mean and standard deviation of the minutes by which patients come before their time.
    patients
        How many patients the practice has.
    """

    requests_per_day: float = 18.0
    no_show: float = 0.12
    minutes: float = 11.0
    cv: float = 0.6
    early: float = 8.0
    early_spread: float = 5.0
    patients: int = 400

    def requests(self, generator: np.random.Generator) -> list[int]:
        """Return who asks for an appointment today, by number, each at most once."""
        asked = min(int(generator.poisson(self.requests_per_day)), self.patients)
        return [int(one) for one in generator.choice(self.patients, size=asked, replace=False)]

    def comes(self, generator: np.random.Generator) -> bool:
        """Return whether a patient comes."""
        return bool(generator.random() >= self.no_show)

    def arrival(self, appointment: datetime, generator: np.random.Generator) -> datetime:
        """Return when a patient comes who does."""
        early = max(0.0, generator.normal(self.early, self.early_spread))
        return appointment - timedelta(seconds=round(60 * early))

    def consultation(self, generator: np.random.Generator) -> timedelta:
        """Return how long a consultation takes: whole seconds, at least one."""
        shape = 1 / self.cv**2
        minutes = generator.gamma(shape, self.minutes / shape)
        return timedelta(seconds=max(1, round(60 * minutes)))
