"""What a clinic values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from objective.errors import InvalidInput, known_keys, non_negative_number


@dataclass(frozen=True)
class Weights:
    """What a minute of waiting, idle time and tardiness is worth; none negative, not all zero."""

    waiting: float
    idle: float
    tardiness: float

    def __post_init__(self) -> None:
        for name in ("waiting", "idle", "tardiness"):
            non_negative_number(f"weights.{name}", getattr(self, name))
        if not (self.waiting or self.idle or self.tardiness):
            raise InvalidInput("weights", (0.0, 0.0, 0.0), "positive in at least one part")

    @property
    def minute(self) -> float:
        """What one minute of everything costs: the unit in which a cost is large or small."""
        return float(self.waiting + self.idle + self.tardiness)

    def to_dict(self) -> dict[str, float]:
        """Return the weights by name."""
        return {
            "waiting": float(self.waiting),
            "idle": float(self.idle),
            "tardiness": float(self.tardiness),
        }

    @staticmethod
    def from_dict(description: Mapping[str, Any]) -> "Weights":
        """Make the weights that `to_dict` described."""
        names = ("waiting", "idle", "tardiness")
        return Weights(**known_keys("weights", description, names, required=names))
