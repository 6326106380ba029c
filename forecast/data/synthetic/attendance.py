"""Whether a patient comes: by lead time as published, and by who the patient is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit

from forecast.data.synthetic.patients import AREAS, Patients
from objective import InvalidInput

Array = NDArray[np.float64]


@dataclass(frozen=True)
class AttendanceLaw:
    """The log-odds of missing an appointment are a sum.

    Attributes
    ----------
    rates
        Part that is missed, each from a lead time in days on until the next: NHS England,
        Appointments in General Practice, January 2020 to June 2022.
    spread
        Standard deviation of what stays with a patient, log-odds.
    per_decade
        What ten years of age add.
    reminder, new, telephone
        What a reminder, a first visit and a call instead of a visit add; telephone as published:
        2.0 % of calls are missed and 5.8 % of visits.
    areas
        What the area adds, by its place in `AREAS`.
    cancelled, cancelled_per_day, most_cancelled
        Part that the patient cancels of what is booked for another day, what each day of lead time
        adds, and the most.
    cancelled_by_practice
        Part that the practice cancels of it.
    """

    rates: tuple[tuple[int, float], ...] = (
        (0, 0.018), (1, 0.040), (2, 0.059), (8, 0.076), (15, 0.084), (22, 0.088), (29, 0.109),
    )  # fmt: skip
    spread: float = 0.9
    per_decade: float = -0.12
    reminder: float = -0.4
    new: float = 0.2
    telephone: float = -1.1
    areas: tuple[float, ...] = (0.4, 0.25, 0.1, 0.0, 0.0, -0.1, -0.25, -0.4)
    cancelled: float = 0.03
    cancelled_per_day: float = 0.002
    most_cancelled: float = 0.10
    cancelled_by_practice: float = 0.01

    def __post_init__(self) -> None:
        if self.rates[0][0] != 0 or any(not 0 < rate < 1 for _, rate in self.rates):
            raise InvalidInput("rates", self.rates, "rates between 0 and 1, the first from day 0")
        if len(self.areas) != len(AREAS):
            raise InvalidInput("areas", self.areas, f"{len(AREAS)} numbers")

    def band(self, lead: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the place in ``rates`` of lead times in days."""
        begins = np.array([day for day, _ in self.rates])
        return np.searchsorted(begins, lead, side="right") - 1


def miss_probabilities(
    law: AttendanceLaw,
    patients: Patients,
    who: NDArray[np.int64],
    lead: NDArray[np.int64],
    reminded: NDArray[np.bool_],
    new: NDArray[np.bool_],
    telephone: NDArray[np.bool_],
) -> Array:
    """Return the probability that each appointment is missed, (appointments,).

    In each band of lead times their mean is exactly the published one: what is added for patients
    moves risk between them.
    """
    effects = (
        law.spread * patients.miss[who]
        + law.per_decade * (patients.age[who] - 45) / 10
        + law.reminder * reminded
        + law.new * new
        + law.telephone * telephone
        + np.array(law.areas)[patients.area[who]]
    )
    band = law.band(lead)
    probabilities = np.zeros(len(who))
    for place, (_, rate) in enumerate(law.rates):
        there = band == place
        if there.any():
            own = effects[there]
            level = brentq(lambda at, own=own, rate=rate: expit(at + own).mean() - rate, -30, 30)
            probabilities[there] = expit(level + own)
    return probabilities
