"""Booked patients: what each brings, and the types in which they differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from objective.errors import InvalidInput, finite_number, known_keys, non_negative_number
from objective.service_time import ServiceTime


@dataclass(frozen=True)
class Patient:
    """A booked patient: consultation time, probability not to come, and worth of its waiting."""

    service_time: ServiceTime
    no_show: float
    waiting_weight: float = 1.0


@dataclass(frozen=True)
class PatientType:
    """A kind of booked patients; what it leaves out is as the session says.

    Attributes
    ----------
    service_time
        Consultation time.
    no_show
        Probability not to come, 0 <= no_show < 1.
    waiting_weight
        What a minute of their waiting is worth, as a multiple of the weight of waiting.

    Raises
    ------
    InvalidInput
        If a field is outside its range.
    """

    service_time: ServiceTime | None = None
    no_show: float | None = None
    waiting_weight: float = 1.0

    def __post_init__(self) -> None:
        if self.service_time is not None and not isinstance(self.service_time, ServiceTime):
            raise InvalidInput("patient_type.service_time", self.service_time, "a ServiceTime")
        if self.no_show is not None:
            probability_to_miss("patient_type.no_show", self.no_show)
        non_negative_number("patient_type.waiting_weight", self.waiting_weight)

    def patient(self, service_time: ServiceTime, no_show: float) -> Patient:
        """Return a patient of this type, with what the session says for what is left out."""
        return Patient(
            self.service_time or service_time,
            no_show if self.no_show is None else self.no_show,
            self.waiting_weight,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the type as plain names and numbers."""
        return {
            "service_time": self.service_time.to_dict() if self.service_time else None,
            "no_show": None if self.no_show is None else float(self.no_show),
            "waiting_weight": float(self.waiting_weight),
        }

    @staticmethod
    def from_dict(description: Mapping[str, Any]) -> "PatientType":
        """Make the type that `to_dict` described."""
        names = ("service_time", "no_show", "waiting_weight")
        arguments = known_keys("patient_type", description, names)
        if arguments.get("service_time") is not None:
            arguments["service_time"] = ServiceTime.from_dict(arguments["service_time"])
        return PatientType(**arguments)


def probability_to_miss(field: str, value: object) -> float:
    """Return a no-show probability; raise `InvalidInput` unless it is in [0, 1)."""
    allowed = "a probability, at least 0 and less than 1"
    number = finite_number(field, value, allowed)
    if not 0 <= number < 1:
        raise InvalidInput(field, value, allowed)
    return number
