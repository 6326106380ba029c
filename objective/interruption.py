"""Time in which the provider does not see patients though the session runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from objective.errors import InvalidInput, finite_number, known_keys, whole_number
from objective.service_time import ServiceTime


@dataclass(frozen=True)
class Interruption:
    """A late start, a breakdown or an errand of random length: a walk-in without a patient.

    Attributes
    ----------
    interval
        The interval at whose start it comes, from 0; in interval 0 the provider begins late. It
        comes before all arrivals of that interval and after (with priority walk-ins: before)
        everyone who waits by then.
    work
        How long it takes, if it comes.
    probability
        That it comes at all, 0 < probability <= 1.

    Raises
    ------
    InvalidInput
        If a field is outside its range.
    """

    interval: int
    work: ServiceTime
    probability: float = 1.0

    def __post_init__(self) -> None:
        whole_number("interruption.interval", self.interval, 0, 10**6)
        if not isinstance(self.work, ServiceTime):
            raise InvalidInput("interruption.work", self.work, "a ServiceTime")
        allowed = "a probability, more than 0 and at most 1"
        if not 0 < finite_number("interruption.probability", self.probability, allowed) <= 1:
            raise InvalidInput("interruption.probability", self.probability, allowed)

    @property
    def mean(self) -> float:
        """Expected length, minutes."""
        return self.probability * self.work.mean

    def to_dict(self) -> dict[str, Any]:
        """Return the interruption as plain names and numbers."""
        return {
            "interval": int(self.interval),
            "work": self.work.to_dict(),
            "probability": float(self.probability),
        }

    @staticmethod
    def from_dict(description: Mapping[str, Any]) -> "Interruption":
        """Make the interruption that `to_dict` described."""
        names = ("interval", "work", "probability")
        arguments = known_keys("interruption", description, names, required=names[:2])
        arguments["work"] = ServiceTime.from_dict(arguments["work"])
        return Interruption(**arguments)
