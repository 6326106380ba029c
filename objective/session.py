"""A clinic session, its walk-ins, and what the clinic values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from objective.errors import (
    InvalidInput,
    finite_number,
    non_negative_number,
    positive_number,
    whole_number,
)
from objective.laws import Array, poisson_mass
from objective.service_time import ServiceTime, probability_vector

#: Capacity of the engine; a session of this size still fits in memory.
MAX_PATIENTS = 1_000
MAX_INTERVALS = 2_000
MAX_WALK_INS = 100
#: Longest interval: a day, in minutes.
MAX_INTERVAL_LENGTH = 1_440


@dataclass(frozen=True)
class WalkIns:
    """Patients without an appointment, who come at the starts of intervals.

    Attributes
    ----------
    service_time
        Their consultation time.
    rate
        Expected number per interval, Poisson distributed: one number, or one per interval.
    counts
        Instead of ``rate``: the law of the number per interval, ``counts[k]`` the probability of
        k walk-ins; one law, or one per interval.
    discipline
        ``fcfs``: walk-ins of an interval are served before the patients booked into it and after
        everyone who was there before.

    Raises
    ------
    InvalidInput
        If a field is outside its range, or not exactly one of ``rate`` and ``counts`` is given.
    """

    service_time: ServiceTime
    rate: float | Sequence[float] | None = None
    counts: Sequence[float] | Sequence[Sequence[float]] | None = None
    discipline: Literal["fcfs"] = "fcfs"

    def __post_init__(self) -> None:
        if not isinstance(self.service_time, ServiceTime):
            raise InvalidInput("walk_ins.service_time", self.service_time, "a ServiceTime")
        if self.discipline != "fcfs":
            raise InvalidInput("walk_ins.discipline", self.discipline, "'fcfs'")
        if (self.rate is None) == (self.counts is None):
            both = {"rate": self.rate, "counts": self.counts}
            raise InvalidInput("walk_ins", both, "given by exactly one of rate and counts")
        self._laws()

    def _laws(self) -> list[Array]:
        if self.rate is not None:
            rates = self.rate if isinstance(self.rate, Sequence) else [self.rate]
            if not rates:
                raise InvalidInput("walk_ins.rate", self.rate, "a number or one per interval")
            for rate in rates:
                if non_negative_number("walk_ins.rate", rate) > MAX_WALK_INS:
                    allowed = f"at most {MAX_WALK_INS} per interval"
                    raise InvalidInput("walk_ins.rate", rate, allowed)
            return [poisson_mass(float(rate)) for rate in rates]
        counts = self.counts
        if not isinstance(counts, Sequence) or not len(counts):
            raise InvalidInput("walk_ins.counts", counts, "a law or one law per interval")
        nested = counts if isinstance(counts[0], Sequence) else [counts]
        return [probability_vector("walk_ins.counts", law) for law in nested]

    def count_laws(self, intervals: int) -> list[Array]:
        """Return the law of the number of walk-ins for each interval."""
        laws = self._laws()
        if len(laws) == 1:
            return laws * intervals
        if len(laws) != intervals:
            field = "rate" if self.rate is not None else "counts"
            raise InvalidInput(f"walk_ins.{field}", len(laws), f"one, or one per {intervals}")
        return laws

    def to_dict(self) -> dict[str, Any]:
        """Return the walk-ins as plain names and numbers."""
        given = {"rate": self.rate} if self.rate is not None else {"counts": self.counts}
        return {
            "service_time": self.service_time.to_dict(),
            **{name: _plain(value) for name, value in given.items()},
            "discipline": self.discipline,
        }

    @staticmethod
    def from_dict(description: Mapping[str, Any]) -> "WalkIns":
        """Make the walk-ins that `to_dict` described."""
        known = ("service_time", "rate", "counts", "discipline")
        arguments = known_keys("walk_ins", description, known, required=("service_time",))
        arguments["service_time"] = ServiceTime.from_dict(arguments["service_time"])
        return WalkIns(**arguments)


@dataclass(frozen=True)
class ClinicSession:
    """One provider's block of intervals in which patients are to be seen.

    Attributes
    ----------
    patients
        Number of patients to book, 1 to 1,000.
    intervals
        Number of intervals, 1 to 2,000.
    interval_length
        Minutes per interval.
    service_time
        Consultation time of a booked patient.
    no_show
        Probability that a booked patient does not come, 0 <= no_show < 1.
    walk_ins
        Patients without an appointment, or None.

    Raises
    ------
    InvalidInput
        If a field is outside its range.
    """

    patients: int
    intervals: int
    interval_length: float
    service_time: ServiceTime
    no_show: float = 0.0
    walk_ins: WalkIns | None = None

    def __post_init__(self) -> None:
        whole_number("session.patients", self.patients, 1, MAX_PATIENTS)
        whole_number("session.intervals", self.intervals, 1, MAX_INTERVALS)
        length = positive_number("session.interval_length", self.interval_length)
        if length > MAX_INTERVAL_LENGTH:
            allowed = f"at most {MAX_INTERVAL_LENGTH} minutes"
            raise InvalidInput("session.interval_length", self.interval_length, allowed)
        if not isinstance(self.service_time, ServiceTime):
            raise InvalidInput("session.service_time", self.service_time, "a ServiceTime")
        allowed = "a probability, at least 0 and less than 1"
        if not 0 <= finite_number("session.no_show", self.no_show, allowed) < 1:
            raise InvalidInput("session.no_show", self.no_show, allowed)
        if self.walk_ins is not None:
            if not isinstance(self.walk_ins, WalkIns):
                raise InvalidInput("session.walk_ins", self.walk_ins, "a WalkIns or None")
            self.walk_ins.count_laws(self.intervals)

    @property
    def length(self) -> float:
        """Planned length of the session, minutes."""
        return self.intervals * self.interval_length

    @property
    def show(self) -> float:
        """Probability that a booked patient comes."""
        return 1.0 - self.no_show

    @cached_property
    def expected_work(self) -> float:
        """Expected consultation time of all who come, booked or not, minutes."""
        work = self.patients * self.show * self.service_time.mean
        if self.walk_ins is not None:
            work += self.expected_walk_ins * self.walk_ins.service_time.mean
        return work

    @cached_property
    def expected_walk_ins(self) -> float:
        """Expected number of walk-ins in the session."""
        if self.walk_ins is None:
            return 0.0
        laws = self.walk_ins.count_laws(self.intervals)
        return float(sum(np.arange(law.size) @ law for law in laws))

    def to_dict(self) -> dict[str, Any]:
        """Return the session as plain names and numbers."""
        return {
            "patients": int(self.patients),
            "intervals": int(self.intervals),
            "interval_length": float(self.interval_length),
            "service_time": self.service_time.to_dict(),
            "no_show": float(self.no_show),
            "walk_ins": self.walk_ins.to_dict() if self.walk_ins else None,
        }

    @staticmethod
    def from_dict(description: Mapping[str, Any]) -> "ClinicSession":
        """Make the session that `to_dict` described; raise `InvalidInput` for unknown fields."""
        required = ("patients", "intervals", "interval_length", "service_time")
        known = (*required, "no_show", "walk_ins")
        arguments = known_keys("session", description, known, required)
        arguments["service_time"] = ServiceTime.from_dict(arguments["service_time"])
        if arguments.get("walk_ins") is not None:
            arguments["walk_ins"] = WalkIns.from_dict(arguments["walk_ins"])
        return ClinicSession(**arguments)


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


def known_keys(
    name: str, description: Mapping[str, Any], known: Sequence[str], required: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the mapping as a dict; raise `InvalidInput` for unknown or missing keys."""
    if not isinstance(description, Mapping):
        raise InvalidInput(name, description, "a mapping with " + ", ".join(known))
    for key in description:
        if key not in known:
            raise InvalidInput(f"{name}.{key}", description[key], "one of " + ", ".join(known))
    for key in required:
        if key not in description:
            raise InvalidInput(f"{name}.{key}", None, "given")
    return dict(description)


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, Sequence) else float(value)
