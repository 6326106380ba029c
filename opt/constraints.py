"""What a clinic demands of a schedule, whatever it costs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from objective import ClinicSession, InvalidInput
from objective.errors import known_keys, whole_number
from objective.session import MAX_INTERVALS, MAX_PATIENTS
from opt.difference import Edge

#: Coordinates of a schedule: the intervals of the patients, or cumulative bookings.
Space = Literal["a", "p"]


@dataclass(frozen=True)
class Piece:
    """One demand: what it says, and its constraints in the coordinates that can express it.

    In a-space coordinate k is the interval of patient k (of 1..N); in p-space coordinate t is the
    number of patients booked before interval t (of 1..T).
    """

    text: str
    edges: Mapping[Space, list[Edge]]
    #: Most intervals between consecutive patients, which p-space cannot express.
    maximum_gap: int | None = None


@dataclass(frozen=True)
class Constraints:
    """Demands on a schedule; intervals count from 0, patients from 1 in their order.

    Attributes
    ----------
    capacity
        Most patients per interval: one number, or one per interval; None is no limit.
    blocked
        Intervals in which nobody may be booked, for example breaks.
    minimum
        Patients that must be booked at least, by interval: pinned appointments.
    minimum_gap, maximum_gap
        Fewest and most intervals from one patient's appointment to the next one's.
    earliest, latest, fixed
        The first and the last interval that a patient may have, and the one that it must have, by
        the patient's place in the order.

    Raises
    ------
    InvalidInput
        If a field is outside its range; if it does not fit a session, from `pieces`.
    """

    capacity: int | Sequence[int] | None = None
    blocked: Sequence[int] = ()
    minimum: Mapping[int, int] | None = None
    minimum_gap: int | None = None
    maximum_gap: int | None = None
    earliest: Mapping[int, int] | None = None
    latest: Mapping[int, int] | None = None
    fixed: Mapping[int, int] | None = None

    def __post_init__(self) -> None:
        if self.capacity is not None and not isinstance(self.capacity, Sequence):
            whole_number("constraints.capacity", self.capacity, 1, MAX_PATIENTS)
        for most in self._capacities():
            whole_number("constraints.capacity", most, 0, MAX_PATIENTS)
        if isinstance(self.blocked, str) or not isinstance(self.blocked, Sequence):
            raise InvalidInput("constraints.blocked", self.blocked, "a list of intervals")
        for interval in self.blocked:
            whole_number("constraints.blocked", interval, 0, MAX_INTERVALS - 1)
        for interval, least in _mapping("constraints.minimum", self.minimum).items():
            whole_number("constraints.minimum", interval, 0, MAX_INTERVALS - 1)
            whole_number(f"constraints.minimum[{interval}]", least, 1, MAX_PATIENTS)
        for name in BY_PATIENT:
            for patient, interval in _mapping(f"constraints.{name}", getattr(self, name)).items():
                whole_number(f"constraints.{name}", patient, 1, MAX_PATIENTS)
                whole_number(f"constraints.{name}[{patient}]", interval, 0, MAX_INTERVALS - 1)
        for name in ("minimum_gap", "maximum_gap"):
            if getattr(self, name) is not None:
                least = 1 if name == "minimum_gap" else 0
                whole_number(f"constraints.{name}", getattr(self, name), least, MAX_INTERVALS)

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) not in (None, (), [], {}) for field in fields(self))

    def pieces(self, session: ClinicSession) -> list[Piece]:
        """Return the single demands on the schedules of a session.

        Raises
        ------
        InvalidInput
            If an interval or a patient is not one of the session's.
        """
        intervals, patients = session.intervals, session.patients
        made: list[Piece] = []
        if isinstance(self.capacity, Sequence):
            if len(self.capacity) != intervals:
                allowed = f"one number, or one per each of the {intervals} intervals"
                raise InvalidInput("constraints.capacity", f"{len(self.capacity)} numbers", allowed)
            made += [_at_most(interval, most) for interval, most in enumerate(self.capacity)]
        elif self.capacity is not None:
            made.append(_at_most_everywhere(self.capacity, patients, intervals))
        for interval in self.blocked:
            whole_number("constraints.blocked", interval, 0, intervals - 1)
            made.append(replace(_at_most(interval, 0), text=f"interval {interval} is blocked"))
        for interval, least in (self.minimum or {}).items():
            whole_number("constraints.minimum", interval, 0, intervals - 1)
            made.append(_at_least(interval, least))
        if self.minimum_gap is not None:
            made.append(_minimum_gap(self.minimum_gap, patients, intervals))
        if self.maximum_gap is not None:
            made.append(_maximum_gap(self.maximum_gap, patients))
        for name, make in BY_PATIENT.items():
            for patient, interval in (getattr(self, name) or {}).items():
                whole_number(f"constraints.{name}", patient, 1, patients)
                whole_number(f"constraints.{name}[{patient}]", interval, 0, intervals - 1)
                made.append(make(patient, interval))
        return made

    def to_dict(self) -> dict[str, Any]:
        """Return the constraints as plain names and numbers."""
        uniform = self.capacity is None or not isinstance(self.capacity, Sequence)
        return {
            "capacity": self.capacity if uniform else self._capacities(),
            "blocked": list(self.blocked),
            "minimum": dict(self.minimum or {}),
            "minimum_gap": self.minimum_gap,
            "maximum_gap": self.maximum_gap,
            **{name: dict(getattr(self, name) or {}) for name in BY_PATIENT},
        }

    @staticmethod
    def from_dict(description: Mapping[str, Any] | None) -> "Constraints":
        """Make the constraints that `to_dict` described; None is none."""
        names = tuple(field.name for field in fields(Constraints))
        given = known_keys("constraints", description or {}, names)
        for name in ("minimum", *BY_PATIENT):
            if given.get(name) is not None:
                given[name] = _with_whole_keys(f"constraints.{name}", given[name])
        if given.get("blocked") is None:
            given["blocked"] = ()
        return Constraints(**given)

    def _capacities(self) -> list[int]:
        return list(self.capacity) if isinstance(self.capacity, Sequence) else []


def _at_most(interval: int, most: int) -> Piece:
    text = f"at most {most} in interval {interval}"
    return Piece(text, {"p": [(interval, interval + 1, most)]})


def _at_most_everywhere(most: int, patients: int, intervals: int) -> Piece:
    return Piece(
        f"at most {most} in every interval",
        {
            # The patient after ``most`` others comes at least one interval later.
            "a": [(k + most, k, -1) for k in range(1, patients - most + 1)],
            "p": [(t, t + 1, most) for t in range(intervals)],
        },
    )


def _at_least(interval: int, least: int) -> Piece:
    text = f"at least {least} in interval {interval}"
    return Piece(text, {"p": [(interval + 1, interval, -least)]})


def _minimum_gap(gap: int, patients: int, intervals: int) -> Piece:
    width = min(gap, intervals)
    return Piece(
        f"at least {gap} intervals from a patient to the next",
        {
            "a": [(k + 1, k, -gap) for k in range(1, patients)],
            "p": [(t, t + width, 1) for t in range(intervals - width + 1)],
        },
    )


def _maximum_gap(gap: int, patients: int) -> Piece:
    text = f"at most {gap} intervals from a patient to the next"
    return Piece(text, {"a": [(k, k + 1, gap) for k in range(1, patients)]}, maximum_gap=gap)


def _earliest(patient: int, interval: int) -> Piece:
    return Piece(
        f"patient {patient} not before interval {interval}",
        # Fewer than the patient's place are booked before the interval.
        {"a": [(patient, 0, -interval)], "p": [(0, interval, patient - 1)]},
    )


def _latest(patient: int, interval: int) -> Piece:
    return Piece(
        f"patient {patient} not after interval {interval}",
        # No fewer than the patient's place are booked up to the interval.
        {"a": [(0, patient, interval)], "p": [(interval + 1, 0, -patient)]},
    )


def _fixed(patient: int, interval: int) -> Piece:
    first, last = _earliest(patient, interval).edges, _latest(patient, interval).edges
    text = f"patient {patient} in interval {interval}"
    return Piece(text, {space: [*first[space], *last[space]] for space in first})


#: The demands on single patients by name.
BY_PATIENT: dict[str, Callable[[int, int], Piece]] = {
    "earliest": _earliest,
    "latest": _latest,
    "fixed": _fixed,
}


def _mapping(field: str, value: object) -> Mapping[Any, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidInput(field, value, "numbers by number, for example {3: 1}")
    return value


def _with_whole_keys(field: str, value: object) -> dict[int, Any]:
    """Return a mapping with its keys as whole numbers; in a JSON file they are text."""
    return {
        int(key) if isinstance(key, str) and key.isdigit() else key: entry
        for key, entry in _mapping(field, value).items()
    }
