"""What a clinic demands of a schedule, whatever it costs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from objective import ClinicSession, InvalidInput
from objective.errors import known_keys, whole_number
from objective.session import MAX_INTERVALS, MAX_PATIENTS
from opt.demands import (
    BY_PATIENT,
    Piece,
    at_least,
    at_most,
    at_most_everywhere,
    maximum_gap,
    minimum_gap,
)


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
    blocked: Iterable[int] | None = ()
    minimum: Mapping[int, int] | None = None
    minimum_gap: int | None = None
    maximum_gap: int | None = None
    earliest: Mapping[int, int] | None = None
    latest: Mapping[int, int] | None = None
    fixed: Mapping[int, int] | None = None

    def __post_init__(self) -> None:
        """Check everything, and keep plain whole numbers whatever kind was given."""
        self._keep("capacity", self._checked_capacity())
        self._keep("blocked", self._checked_blocked())
        for name, least in (("minimum_gap", 1), ("maximum_gap", 0)):
            if getattr(self, name) is not None:
                gap = whole_number(f"constraints.{name}", getattr(self, name), least, MAX_INTERVALS)
                self._keep(name, gap)
        interval = (0, MAX_INTERVALS - 1)
        self._keep("minimum", self._checked("minimum", interval, (1, MAX_PATIENTS)))
        for name in BY_PATIENT:
            self._keep(name, self._checked(name, (1, MAX_PATIENTS), interval))

    def __bool__(self) -> bool:
        given = (getattr(self, field.name) for field in fields(self))
        return any(one is not None and one != () for one in given)

    def _keep(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _checked_capacity(self) -> int | list[int] | None:
        capacity, field = self.capacity, "constraints.capacity"
        if isinstance(capacity, Sequence) and not isinstance(capacity, str):
            if not capacity:
                raise InvalidInput(field, capacity, "a number, or one per interval")
            return [whole_number(field, most, 0, MAX_PATIENTS) for most in capacity]
        return None if capacity is None else whole_number(field, capacity, 1, MAX_PATIENTS)

    def _checked_blocked(self) -> tuple[int, ...]:
        blocked = () if self.blocked is None else self.blocked
        if isinstance(blocked, (str, Mapping)) or not isinstance(blocked, Iterable):
            raise InvalidInput("constraints.blocked", blocked, "a list of intervals")
        last = MAX_INTERVALS - 1
        return tuple(sorted({whole_number("constraints.blocked", t, 0, last) for t in blocked}))

    def _checked(
        self, name: str, keys: tuple[int, int], values: tuple[int, int]
    ) -> dict[int, int] | None:
        """Return a mapping of whole numbers within their ranges; None for one without entries."""
        field, given = f"constraints.{name}", getattr(self, name)
        if given is None:
            return None
        if not isinstance(given, Mapping):
            raise InvalidInput(field, given, "numbers by number, for example {3: 1}")
        checked: dict[int, int] = {}
        for key, value in given.items():
            # In a JSON file names are text.
            plain = int(key) if isinstance(key, str) and key.isascii() and key.isdecimal() else key
            number = whole_number(field, plain, *keys)
            if number in checked:
                raise InvalidInput(field, number, "named once")
            checked[number] = whole_number(f"{field}[{number}]", value, *values)
        return checked or None

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
            made += [at_most(interval, most) for interval, most in enumerate(self.capacity)]
        elif self.capacity is not None:
            made.append(at_most_everywhere(self.capacity, patients, intervals))
        for interval in self.blocked or ():
            whole_number("constraints.blocked", interval, 0, intervals - 1)
            made.append(replace(at_most(interval, 0), text=f"interval {interval} is blocked"))
        for interval, least in (self.minimum or {}).items():
            whole_number("constraints.minimum", interval, 0, intervals - 1)
            made.append(at_least(interval, least))
        if self.minimum_gap is not None:
            made.append(minimum_gap(self.minimum_gap, patients, intervals))
        if self.maximum_gap is not None:
            made.append(maximum_gap(self.maximum_gap, patients))
        for name, make in BY_PATIENT.items():
            for patient, interval in (getattr(self, name) or {}).items():
                whole_number(f"constraints.{name}", patient, 1, patients)
                whole_number(f"constraints.{name}[{patient}]", interval, 0, intervals - 1)
                made.append(make(patient, interval))
        return made

    def to_dict(self) -> dict[str, Any]:
        """Return the constraints as plain names and numbers."""
        described = {field.name: getattr(self, field.name) for field in fields(self)}
        return {**described, "blocked": list(self.blocked or ())}

    @staticmethod
    def from_dict(description: Mapping[str, Any] | None) -> "Constraints":
        """Make the constraints that `to_dict` described; None is none."""
        names = tuple(field.name for field in fields(Constraints))
        return Constraints(**known_keys("constraints", description or {}, names))
