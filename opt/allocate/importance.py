"""What counts when places are given: days of waiting, wishes, and fairness between groups."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from objective.errors import known_keys, non_negative_number


@dataclass(frozen=True)
class Importance:
    """What is charged, in days of waiting of a patient of urgency 1.

    Attributes
    ----------
    unserved
        Days after the last of the horizon that a patient who gets no place is taken to wait.
    provider, weekday, half
        A visit with another provider, on another weekday or in another half of the day than
        preferred.
    continuity
        A visit with another provider than the one who knows the patient.
    fairness
        A day of the mean access time of the group that waits longest, for every request: 0 looks at
        the sum alone; 1 counts that group's mean like a second sum.
    """

    unserved: float = 14.0
    provider: float = 2.0
    weekday: float = 1.0
    half: float = 1.0
    continuity: float = 4.0
    fairness: float = 0.5

    def __post_init__(self) -> None:
        for one in fields(self):
            non_negative_number(f"importance.{one.name}", getattr(self, one.name))

    def to_dict(self) -> dict[str, float]:
        """Return the numbers by name."""
        return {name: float(value) for name, value in asdict(self).items()}

    @staticmethod
    def from_dict(description: Mapping[str, Any]) -> "Importance":
        """Make what `to_dict` described."""
        known = tuple(one.name for one in fields(Importance))
        return Importance(**known_keys("importance", description, known))
