"""Patients without an appointment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from objective.errors import InvalidInput, known_keys, non_negative_number
from objective.laws import Array, poisson_mass
from objective.service_time import ServiceTime, probability_vector

#: Most walk-ins per interval that may be expected.
MAX_WALK_INS = 100


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
        everyone who was there before. ``priority``: before every booked patient who waits, also
        those of earlier intervals (Koeleman & Koole 2012); a consultation that runs is not broken
        off. Then walk-ins come up to and including the end of the session, where they still delay
        who waits, by the law of the last interval.

    Raises
    ------
    InvalidInput
        If a field is outside its range, or not exactly one of ``rate`` and ``counts`` is given.
    """

    service_time: ServiceTime
    rate: float | Sequence[float] | None = None
    counts: Sequence[float] | Sequence[Sequence[float]] | None = None
    discipline: Literal["fcfs", "priority"] = "fcfs"

    def __post_init__(self) -> None:
        if not isinstance(self.service_time, ServiceTime):
            raise InvalidInput("walk_ins.service_time", self.service_time, "a ServiceTime")
        if self.discipline not in ("fcfs", "priority"):
            raise InvalidInput("walk_ins.discipline", self.discipline, "'fcfs' or 'priority'")
        if (self.rate is None) == (self.counts is None):
            both = {"rate": self.rate, "counts": self.counts}
            raise InvalidInput("walk_ins", both, "given by exactly one of rate and counts")
        _ = self._laws

    @cached_property
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
        laws = self._laws
        if len(laws) == 1:
            return laws * intervals
        if len(laws) != intervals:
            field = "rate" if self.rate is not None else "counts"
            raise InvalidInput(f"walk_ins.{field}", len(laws), f"one, or one per {intervals}")
        return laws

    @property
    def priority(self) -> bool:
        """Whether walk-ins go before every booked patient who waits."""
        return self.discipline == "priority"

    def epoch_laws(self, intervals: int) -> list[Array]:
        """Return the law of the number of walk-ins at each moment at which some may come.

        These are the starts of the intervals and, with priority, the end of the session.
        """
        laws = self.count_laws(intervals)
        return [*laws, laws[-1]] if self.priority else laws

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


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, Sequence) else float(value)


def mean_number(law: Array) -> float:
    """Return the mean of a law of a number, ``law[k]`` the probability of k."""
    return float(np.arange(law.size) @ law)
