"""The patients of the clinic: who they are, and what stays with them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

AREAS = ("harbour", "hillside", "market", "mill", "old town", "park", "riverside", "station")
#: Part of the patients who want to be reminded.
REMINDED = 0.7
#: Part of the patients who are women.
WOMEN = 0.57


@dataclass(frozen=True)
class Patients:
    """Attributes of every patient, each (patients,).

    Attributes
    ----------
    weight
        How often the patient is seen beside others; sums to 1.
    age
        Years.
    woman, reminded
        Whether.
    area
        Place in `AREAS`.
    provider
        The number of the patient's usual provider.
    miss, pace
        Standard normal: how prone the patient is to miss appointments, and to take long, beyond
        what the attributes say. Nobody records it; earlier visits tell of it.
    """

    weight: Array
    age: NDArray[np.int64]
    woman: NDArray[np.bool_]
    reminded: NDArray[np.bool_]
    area: NDArray[np.int64]
    provider: NDArray[np.int64]
    miss: Array
    pace: Array

    def draw(self, count: int, generator: np.random.Generator) -> NDArray[np.int64]:
        """Draw whose visits so many are, (count,)."""
        # By the inverse of the cumulated weights: much faster than choice() for many patients.
        cumulated = np.cumsum(self.weight)
        places = np.searchsorted(cumulated, generator.random(count) * cumulated[-1], side="right")
        return np.asarray(np.minimum(places, len(cumulated) - 1), np.int64)


def draw_patients(count: int, providers: int, generator: np.random.Generator) -> Patients:
    """Draw the patients of a clinic."""
    weight = generator.gamma(1.0, 1.0, count)
    age = np.where(
        generator.random(count) < 0.2,
        generator.integers(0, 18, count),
        np.clip(generator.normal(52, 19, count), 18, 100),
    )
    return Patients(
        weight=weight / weight.sum(),
        age=age.astype(np.int64),
        woman=generator.random(count) < WOMEN,
        reminded=generator.random(count) < REMINDED,
        area=generator.integers(0, len(AREAS), count),
        provider=generator.integers(0, providers, count),
        miss=generator.standard_normal(count),
        pace=generator.standard_normal(count),
    )
