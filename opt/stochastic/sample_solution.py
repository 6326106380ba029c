"""The best times that were found for a sample, and what is proved of them."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class SampleSolution:
    """What is known of a sample's best times.

    Attributes
    ----------
    times
        Appointment times, (patients,) minutes.
    kinds
        Kind of the patient at each place, (patients,).
    cost
        Their cost on the sample.
    lower_bound
        What all times cost at least on the sample; None if nothing is proved.
    ended
        ``optimal``; ``limit``: the best within the time limit; ``nothing found`` within it, so that
        the times are those that the program was given.
    """

    times: tuple[float, ...]
    kinds: tuple[int, ...]
    cost: float
    lower_bound: float | None
    ended: Literal["optimal", "limit", "nothing found"]

    @property
    def gap(self) -> float | None:
        """By how much other times can be better on the sample at most."""
        return None if self.lower_bound is None else max(self.cost - self.lower_bound, 0.0)
