"""How patients and the provider keep to the plan: what a simulated day adds to the chains."""

from dataclasses import dataclass
from typing import Literal

from objective.errors import InvalidInput, finite_number
from objective.service_time import ServiceTime

#: Most minutes that patients may deviate on average, and standard deviation of that: a day.
MAX_DEVIATION = 1_440
#: Range of a positive coefficient of variation of days.
DAY_CV = (1e-3, 10.0)


@dataclass(frozen=True)
class Behaviour:
    """How a day departs from the plan; by default not at all.

    Attributes
    ----------
    punctuality_mean, punctuality_sd
        Mean and standard deviation of the normal law of arrival minus appointment, minutes; a
        negative mean is early. Nobody is served before the session begins.
    service_order
        ``appointment``: in the order of the appointments, so that the provider waits for the next
        patient who will come, whoever else is there; the arrival of a walk-in and the beginning of
        an interruption count as their appointments. ``arrival``: first come, first served. No-shows
        are skipped at once.
    late_start
        By how much the provider begins late, or None. It counts as an interruption in interval 0.
    day_cv
        Coefficient of variation of a gamma factor of mean 1 by which all consultations of a day
        are multiplied; 0 is none.

    Raises
    ------
    InvalidInput
        If a field is outside its range.
    """

    punctuality_mean: float = 0.0
    punctuality_sd: float = 0.0
    service_order: Literal["appointment", "arrival"] = "appointment"
    late_start: ServiceTime | None = None
    day_cv: float = 0.0

    def __post_init__(self) -> None:
        _within("behaviour.punctuality_mean", self.punctuality_mean, -MAX_DEVIATION, MAX_DEVIATION)
        _within("behaviour.punctuality_sd", self.punctuality_sd, 0, MAX_DEVIATION)
        if self.service_order not in ("appointment", "arrival"):
            allowed = "'appointment' or 'arrival'"
            raise InvalidInput("behaviour.service_order", self.service_order, allowed)
        if self.late_start is not None and not isinstance(self.late_start, ServiceTime):
            allowed = "a ServiceTime or None"
            raise InvalidInput("behaviour.late_start", self.late_start, allowed)
        allowed = f"0, or a number from {DAY_CV[0]:g} to {DAY_CV[1]:g}"
        day_cv = finite_number("behaviour.day_cv", self.day_cv, allowed)
        if day_cv != 0 and not DAY_CV[0] <= day_cv <= DAY_CV[1]:
            raise InvalidInput("behaviour.day_cv", self.day_cv, allowed)

    @property
    def punctual(self) -> bool:
        """Whether everybody comes at the time of the appointment."""
        return self.punctuality_mean == 0 and self.punctuality_sd == 0


def _within(field: str, value: object, low: float, high: float) -> None:
    allowed = f"a number of minutes from {low:g} to {high:g}"
    if not low <= finite_number(field, value, allowed) <= high:
        raise InvalidInput(field, value, allowed)
