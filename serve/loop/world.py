"""What the service does not know: how patients and consultations really are.

Every draw has a key of its own, so that the same patient asks, comes and stays as long however the
practice plans: common random numbers, by which plans differ and chance does not.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

import numpy as np
from scipy import stats

#: What is drawn, as the first part of a key.
PATIENT, REQUESTS, CONDUCT, WALK_INS, PAST = range(5)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
#: Minutes by which patients come before their time.
EARLY = (2.0, 12.0)
#: Minutes of a session's beginning and end without a walk-in.
MARGIN = (5.0, 30.0)


@dataclass(frozen=True)
class Physician:
    """A provider: consultations in minutes, and when sessions begin, by weekday from 0 and hour."""

    name: str
    minutes: float
    cv: float
    sessions: tuple[tuple[int, int], ...]


PHYSICIANS = (
    Physician("Dr Alder", 9.0, 0.5, ((0, 9), (2, 13))),
    Physician("Dr Birch", 10.5, 0.7, ((0, 13), (3, 9))),
    Physician("Dr Cedar", 12.0, 0.5, ((1, 9), (3, 13))),
    Physician("Dr Dogwood", 12.0, 0.8, ((1, 13), (4, 9))),
    Physician("Dr Elm", 13.5, 0.6, ((2, 9), (4, 13))),
    Physician("Dr Fir", 15.0, 0.6, ((0, 9), (3, 13))),
)


@dataclass(frozen=True)
class Conduct:
    """What becomes of a visit: whether the patient comes, how early, and how long it takes.

    Attributes
    ----------
    quantile
        Where the consultation lies in the law of whoever holds it.
    """

    comes: bool
    early: timedelta
    quantile: float


@dataclass(frozen=True)
class World:
    """The made-up world in which the practice works.

    Attributes
    ----------
    seed
        Of everything that is drawn.
    first
        The quarter's first Monday.
    patients
        How many patients book; as many more as a tenth of them only walk in.
    requests_per_day
        Patients who ask for an appointment on a weekday, on average; a Poisson number.
    walk_ins
        Of a session, on average; a Poisson number.
    forgetful, no_show
        Share of the patients who often stay away; the probabilities that these, and others, do.
    drift_week, drift
        From which week of the quarter on, from 1, consultations take so many times as long.
    """

    seed: int
    first: date
    physicians: tuple[Physician, ...] = PHYSICIANS
    patients: int = 500
    requests_per_day: float = 22.0
    walk_ins: float = 0.6
    forgetful: float = 0.25
    no_show: tuple[float, float] = (0.3, 0.06)
    drift_week: int = 6
    drift: float = 1.3

    @cached_property
    def drifts_on(self) -> date:
        """The first day on which consultations take longer."""
        return self.first + timedelta(weeks=self.drift_week - 1)

    @property
    def mean_no_show(self) -> float:
        """The share of visits that patients miss."""
        often, seldom = self.no_show
        return self.forgetful * often + (1 - self.forgetful) * seldom

    def minutes(self, physician: Physician, day: date) -> float:
        """Return the mean consultation of a provider on a day."""
        return physician.minutes * (self.drift if day >= self.drifts_on else 1.0)

    def consultation(self, physician: Physician, day: date, quantile: float) -> timedelta:
        """Return how long a consultation takes: gamma distributed, whole seconds, at least one."""
        shape = physician.cv**-2
        minutes = stats.gamma.ppf(quantile, shape, scale=self.minutes(physician, day) / shape)
        return timedelta(seconds=max(1, round(60 * float(minutes))))

    def wish(self, patient: int) -> tuple[int | None, tuple[str, ...]]:
        """Return the provider whom a patient prefers, and the weekdays; none for all the same."""
        drawn = self.draw(PATIENT, patient, 1)
        provider = int(drawn.integers(len(self.physicians))) if drawn.random() < 0.5 else None
        days = drawn.choice(WEEKDAYS, 3, replace=False) if drawn.random() < 0.4 else ()
        return provider, tuple(sorted(map(str, days), key=WEEKDAYS.index))

    def requests(self, day: date) -> list[int]:
        """Return who asks for an appointment on a day, by number, each at most once."""
        drawn = self.draw(REQUESTS, day.toordinal())
        asked = min(int(drawn.poisson(self.requests_per_day)), self.patients)
        return [int(one) for one in drawn.choice(self.patients, size=asked, replace=False)]

    def conduct(self, patient: int, asked: date) -> Conduct:
        """Return what becomes of the visit that a patient asked for on a day."""
        drawn = self.draw(CONDUCT, patient, asked.toordinal())
        often, seldom = self.no_show
        forgetful = self.draw(PATIENT, patient, 0).random() < self.forgetful
        comes = drawn.random() >= (often if forgetful else seldom)
        early = timedelta(seconds=round(60 * drawn.uniform(*EARLY)))
        return Conduct(bool(comes), early, float(drawn.random()))

    def walking_in(
        self, provider: int, begins: datetime, minutes: float
    ) -> list[tuple[datetime, int, float]]:
        """Return when somebody walks into a session, who, and the consultation's quantile."""
        drawn = self.draw(WALK_INS, provider, begins.date().toordinal(), begins.hour)
        number = int(drawn.poisson(self.walk_ins))
        low, high = MARGIN
        moments = np.sort(drawn.uniform(low, minutes - high, number))
        spare = max(1, self.patients // 10)
        who = drawn.choice(spare, size=min(number, spare), replace=False)
        return [
            (begins + timedelta(seconds=round(60 * at)), self.patients + int(one), float(quantile))
            for at, one, quantile in zip(moments, who, drawn.random(number), strict=False)
        ]

    def draw(self, *key: int) -> np.random.Generator:
        """Return the generator of what has a key."""
        return np.random.default_rng([self.seed, *key])
