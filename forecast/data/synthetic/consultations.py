"""How long consultations take: lognormal, with what stays with patients and providers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast.data.synthetic.patients import Patients

Array = NDArray[np.float64]

#: The kinds of visits; the last is that of patients without an appointment.
VISIT_TYPES = ("new", "return", "telephone", "urgent")
#: Standard deviation of the ages that are drawn, years.
AGE_SPREAD = 24.0
SHORTEST = 60


@dataclass(frozen=True)
class ConsultationLaw:
    """The logarithm of the minutes is normal.

    Attributes
    ----------
    means
        Mean of each of `VISIT_TYPES`, minutes.
    shares
        Part of each in what is booked; nobody books an urgent visit.
    patient, provider, residual
        Standard deviations of what stays with a patient, with a provider, and with nobody. With the
        differences of the types they make a coefficient of variation of about 0.45.
    per_decade
        What ten years of age add.
    """

    means: tuple[float, ...] = (15.2, 12.3, 9.0, 11.0)
    shares: tuple[float, ...] = (0.32, 0.55, 0.13)
    patient: float = 0.17
    provider: float = 0.06
    residual: float = 0.36
    per_decade: float = 0.03

    @property
    def variance(self) -> float:
        """Variance of the logarithm within a visit type."""
        age = self.per_decade * AGE_SPREAD / 10
        return self.patient**2 + self.provider**2 + self.residual**2 + age**2


def log_means(
    law: ConsultationLaw,
    patients: Patients,
    paces: Array,
    who: NDArray[np.int64],
    provider: NDArray[np.int64],
    visit_type: NDArray[np.int64],
) -> Array:
    """Return the mean of the logarithm of the minutes of each visit, (visits,).

    ``paces`` are standard normal, one for each provider; ``visit_type`` is a place in
    `VISIT_TYPES`.
    """
    return np.asarray(
        np.log(law.means)[visit_type]
        - law.variance / 2
        + law.patient * patients.pace[who]
        + law.provider * paces[provider]
        + law.per_decade * (patients.age[who] - 45) / 10,
        np.float64,
    )


def draw_seconds(
    law: ConsultationLaw, log_mean: Array, generator: np.random.Generator
) -> NDArray[np.int64]:
    """Draw how long visits take, whole seconds."""
    minutes = np.exp(log_mean + law.residual * generator.standard_normal(len(log_mean)))
    return np.asarray(np.maximum(np.rint(60 * minutes), SHORTEST), np.int64)
