"""Sampled days that a program plans for: who comes, and how long everything takes.

Every patient takes one uniform number, which the quantile function of its consultation time, 0 for
those who do not come, turns into minutes. At one place in the order patients of every kind take the
same number, so that orders are compared on the same days.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from objective import Interruption, ServiceTime
from objective.laws import Array
from objective.patients import Patient

#: ``latin_hypercube`` spreads the numbers of each patient evenly over the scenarios (McKay, Beckman
#: & Conover 1979, doi:10.1080/00401706.1979.10489755): each scenario alone has the right law, and
#: means over them vary less. ``independent`` draws them independently.
Sampling = Literal["latin_hypercube", "independent"]


@dataclass(frozen=True)
class Scenarios:
    """Sampled days; durations in minutes.

    Attributes
    ----------
    duration, shown
        Consultation time, 0 where the patient does not come, and whether the patient comes, if a
        patient of this kind has this place in the order, (kinds, patients, scenarios).
    opening
        By how much the provider begins late, (scenarios,).
    """

    duration: Array
    shown: NDArray[np.bool_]
    opening: Array

    @property
    def number(self) -> int:
        """Number of scenarios."""
        return len(self.opening)


def draw_scenarios(
    kinds: Sequence[Sequence[Patient]],
    interruptions: Sequence[Interruption],
    number: int,
    sampling: Sampling,
    seed: np.random.SeedSequence,
) -> Scenarios:
    """Draw a number of days.

    Parameters
    ----------
    kinds
        For each kind the patient that it would be at each place in the order, (kinds, patients).
    interruptions
        Those that make the provider begin late.
    """
    patients, random = len(kinds[0]), np.random.default_rng(seed)
    size = (patients + len(interruptions), number)
    uniform = random.random(size)
    if sampling == "latin_hypercube":
        stratum = random.permuted(np.tile(np.arange(number), (len(uniform), 1)), axis=1)
        uniform = (stratum + uniform) / number
    drawn = [
        [
            _with_zero(patient.service_time, patient.no_show, uniform[place])
            for place, patient in enumerate(row)
        ]
        for row in kinds
    ]
    opening = np.zeros(number)
    for one, numbers in zip(interruptions, uniform[patients:], strict=True):
        opening += _with_zero(one.work, 1 - one.probability, numbers)[0]
    return Scenarios(
        duration=np.array([[minutes for minutes, _ in row] for row in drawn]),
        shown=np.array([[comes for _, comes in row] for row in drawn]),
        opening=opening,
    )


def _with_zero(law: ServiceTime, zero: float, uniform: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Return durations by a law, but 0 with the given probability, and which are by the law."""
    by_law = uniform >= zero
    # Rounding may lift a number just below 1 to 1, where a law without an end is infinite.
    within = np.clip((uniform - zero) / (1 - zero), 0.0, 1 - 1e-15)
    return np.where(by_law, law.quantile(within), 0.0), by_law
