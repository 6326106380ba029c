"""The grid of an atlas: which sessions and weights are solved, in units without minutes.

An optimum does not depend on the length of an interval if everything else is measured in it: with
intervals of d minutes and a mean consultation of m intervals, waiting, idle time and tardiness are
d times those with intervals of length 1 and a mean of m, schedule by schedule, on a grid of d times
the step. So an atlas knows no minutes. Nor does it need three weights: idle time in the session is
tardiness plus a constant, so the optimum depends on one number alone, the share of waiting in the
sum of the weights.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import product
from typing import Any, Literal

from objective import ClinicSession, InvalidInput, ServiceTime
from objective.errors import known_keys, positive_number, probability, whole_number
from objective.patients import probability_to_miss
from objective.session import MAX_INTERVALS, MAX_PATIENTS

#: Laws of the consultation time by which a grid can vary the coefficient of variation.
LawName = Literal["gamma", "lognormal"]
#: Most instances of one atlas, all of which are held in memory when it is read.
MAX_INSTANCES = 1_000_000


@dataclass(frozen=True)
class Tile:
    """A part of the grid that is solved and stored as one: a size, a law and a no-show rate.

    Attributes
    ----------
    number
        Its place among the tiles of the grid, from 0.
    patients, intervals, law, cv, no_show, step
        What its sessions have in common; the step, in intervals, is None where no grid is needed.
    means, waiting_shares
        What is solved: each mean (intervals) with each share of waiting.
    """

    number: int
    patients: int
    intervals: int
    law: str
    cv: float
    no_show: float
    step: float | None
    means: tuple[float, ...]
    waiting_shares: tuple[float, ...]

    def session(self, mean: float) -> ClinicSession:
        """Return the session of a mean consultation of so many intervals."""
        return session_of(self.patients, self.intervals, 1.0, self.law, mean, self.cv, self.no_show)

    @property
    def instances(self) -> int:
        """Number of optima in it."""
        return len(self.means) * len(self.waiting_shares)


@dataclass(frozen=True)
class Grid:
    """The sessions and weights of an atlas: every combination of the values.

    Attributes
    ----------
    patients, intervals
        Sizes of the sessions.
    mean
        Mean consultation times, in intervals.
    cv
        Coefficients of variation of the consultation time.
    no_show
        Probabilities of a booked patient not to come.
    waiting_share
        Weights of waiting; the rest up to 1 is the weight of tardiness, or of idle time in the
        session, which is tardiness plus a constant.
    law
        ``gamma`` or ``lognormal``. A gamma law of coefficient 1 is exponential, and solved exactly.
    step
        Width of the grid on which other laws are followed, in intervals.

    Raises
    ------
    InvalidInput
        If a value is outside its range, given twice, or there are none.
    """

    patients: Sequence[int]
    intervals: Sequence[int]
    mean: Sequence[float]
    cv: Sequence[float] = (1.0,)
    no_show: Sequence[float] = (0.0,)
    waiting_share: Sequence[float] = (0.5,)
    law: LawName = "gamma"
    step: float = 0.2

    def __post_init__(self) -> None:
        for name, most in (("patients", MAX_PATIENTS), ("intervals", MAX_INTERVALS)):
            self._keep(name, lambda field, one, most=most: whole_number(field, one, 1, most))
        self._keep("mean", positive_number)
        self._keep("cv", positive_number)
        self._keep("no_show", probability_to_miss)
        self._keep("waiting_share", share_of_waiting)
        if self.law not in ("gamma", "lognormal"):
            raise InvalidInput("grid.law", self.law, "'gamma' or 'lognormal'")
        object.__setattr__(self, "step", positive_number("grid.step", self.step))
        if self.instances > MAX_INSTANCES:
            allowed = f"of at most {MAX_INSTANCES:,} instances"
            raise InvalidInput("grid", f"of {self.instances:,} instances", allowed)

    def _keep(self, name: str, check: Any) -> None:
        """Check the values of an axis, and keep them in rising order."""
        field, given = f"grid.{name}", getattr(self, name)
        if isinstance(given, (str, Mapping)) or not isinstance(given, Sequence) or not given:
            raise InvalidInput(field, given, "a list of at least one number")
        values = sorted(check(field, one) for one in given)
        if len(set(values)) < len(values):
            raise InvalidInput(field, list(given), "a list of different numbers")
        object.__setattr__(self, name, tuple(values))

    @property
    def instances(self) -> int:
        """Number of optima of the whole atlas."""
        number = 1
        for axis in (self.patients, self.intervals, self.mean, self.cv, self.no_show):
            number *= len(axis)
        return number * len(self.waiting_share)

    def tiles(self) -> list[Tile]:
        """Return the tiles, in the order of the table."""
        sizes = product(self.patients, self.intervals, self.cv, self.no_show)
        return [
            Tile(
                number,
                patients,
                intervals,
                law_of(self.law, cv),
                cv,
                no_show,
                step_of(law_of(self.law, cv), self.step),
                tuple(self.mean),
                tuple(self.waiting_share),
            )
            for number, (patients, intervals, cv, no_show) in enumerate(sizes)
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return the grid as plain names and numbers."""
        plain = asdict(self)
        return {key: list(one) if isinstance(one, tuple) else one for key, one in plain.items()}

    @staticmethod
    def from_dict(description: Mapping[str, Any]) -> "Grid":
        """Make the grid that `to_dict` described; raise `InvalidInput` for what is unknown."""
        names = [field.name for field in fields(Grid)]
        return Grid(**known_keys("grid", description, names, required=names[:3]))


def law_of(law: str, cv: float) -> str:
    """Return the law's own name: a gamma law of coefficient 1 is exponential."""
    return "exponential" if law == "gamma" and cv == 1 else law


def step_of(law: str, step: float) -> float | None:
    """Return the step of a law's workload grid; None where the queue length is followed."""
    return None if law == "exponential" else step


def session_of(
    patients: int,
    intervals: int,
    interval_length: float,
    law: str,
    mean: float,
    cv: float,
    no_show: float,
) -> ClinicSession:
    """Return the session with a mean consultation of so many intervals."""
    minutes = mean * interval_length
    if law == "exponential":
        service_time = ServiceTime.exponential(minutes)
    elif law == "gamma":
        service_time = ServiceTime.gamma(minutes, cv)
    else:
        service_time = ServiceTime.lognormal(minutes, cv)
    return ClinicSession(patients, intervals, interval_length, service_time, no_show)


def share_of_waiting(field: str, value: object) -> float:
    """Return a share of waiting as a float; raise `InvalidInput` unless it is one."""
    return probability(field, value, "a share from 0 to 1")
