"""What a patient's preferences count for beside the minutes of everybody."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from objective.errors import known_keys, non_negative_number


@dataclass(frozen=True)
class Importance:
    """What is added to the cost of a seat, in weighted minutes, for what it does not fulfil.

    Attributes
    ----------
    day
        Each day from the earliest date that the patient may come to the seat, times the urgency.
    provider, weekday, time
        A seat with another provider, on another weekday or at another time than preferred.
    refusal
        An offer that is refused, times the probability that it is.

    Raises
    ------
    InvalidInput
        If a field is negative or not a number.
    """

    day: float = 1.0
    provider: float = 5.0
    weekday: float = 3.0
    time: float = 3.0
    refusal: float = 5.0

    def __post_init__(self) -> None:
        for field in fields(self):
            non_negative_number(f"importance.{field.name}", getattr(self, field.name))

    def to_dict(self) -> dict[str, float]:
        """Return the numbers by name."""
        return {name: float(value) for name, value in asdict(self).items()}

    @staticmethod
    def from_dict(description: Mapping[str, Any]) -> "Importance":
        """Make what `to_dict` described."""
        names = tuple(field.name for field in fields(Importance))
        return Importance(**known_keys("importance", description, names))
