"""A new patient who wants an appointment."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, time
from typing import Any

from objective import InvalidInput, PatientType
from objective.errors import known_keys, non_negative_number
from opt.words import WEEKDAYS


@dataclass(frozen=True)
class Request:
    """Who wants an appointment, from when to when, and what the patient prefers.

    Attributes
    ----------
    patient
        Type of the patient: a `PatientType`, the name of one of the sessions', or None for one like
        the others.
    earliest, latest
        First and last moment at which the appointment may begin; seats outside are not offered.
    providers, weekdays, times
        What is preferred, nothing where empty: names, days like ``monday``, and pairs of times of
        day from when until when. Other seats are offered all the same, further down.
    urgency
        How much each day of waiting counts, as a multiple.

    Raises
    ------
    InvalidInput
        If a field is outside its range.
    """

    patient: PatientType | str | None = None
    earliest: datetime | None = None
    latest: datetime | None = None
    providers: tuple[str, ...] = ()
    weekdays: tuple[str, ...] = ()
    times: tuple[tuple[time, time], ...] = ()
    urgency: float = 1.0

    def __post_init__(self) -> None:
        if self.patient is not None and not isinstance(self.patient, (PatientType, str)):
            allowed = "a PatientType, the name of one, or None"
            raise InvalidInput("request.patient", self.patient, allowed)
        for name in ("earliest", "latest"):
            moment = getattr(self, name)
            if moment is not None and not isinstance(moment, datetime):
                raise InvalidInput(f"request.{name}", moment, "a date with a time, or None")
        if self.earliest and self.latest:
            same_clock("request.latest", self.earliest, self.latest)
            if self.latest < self.earliest:
                raise InvalidInput("request.latest", str(self.latest), f"from {self.earliest} on")
        object.__setattr__(self, "providers", names("request.providers", self.providers))
        weekdays = names("request.weekdays", self.weekdays)
        for day in weekdays:
            if day not in WEEKDAYS:
                raise InvalidInput("request.weekdays", day, "one of " + ", ".join(WEEKDAYS))
        object.__setattr__(self, "weekdays", weekdays)
        self._check_times()
        non_negative_number("request.urgency", self.urgency)

    def _check_times(self) -> None:
        allowed = "pairs of times of day, the second after the first"
        if isinstance(self.times, str) or not isinstance(self.times, Sequence):
            raise InvalidInput("request.times", self.times, allowed)
        pairs = []
        for pair in self.times:
            fits = isinstance(pair, Sequence) and len(pair) == 2
            if not fits or not all(isinstance(one, time) for one in pair) or pair[0] >= pair[1]:
                raise InvalidInput("request.times", pair, allowed)
            pairs.append((pair[0], pair[1]))
        object.__setattr__(self, "times", tuple(pairs))

    def to_dict(self) -> dict[str, Any]:
        """Return the request as plain names, numbers and ISO 8601 times."""
        patient = self.patient
        return {
            "patient": patient.to_dict() if isinstance(patient, PatientType) else patient,
            "earliest": self.earliest and self.earliest.isoformat(),
            "latest": self.latest and self.latest.isoformat(),
            "providers": list(self.providers),
            "weekdays": list(self.weekdays),
            "times": [[one.isoformat("minutes") for one in pair] for pair in self.times],
            "urgency": float(self.urgency),
        }

    @staticmethod
    def from_dict(description: Mapping[str, Any]) -> "Request":
        """Make the request that `to_dict` described; raise `InvalidInput` for what is unknown."""
        known = tuple(field.name for field in fields(Request))
        given = known_keys("request", description, known)
        if isinstance(given.get("patient"), Mapping):
            given["patient"] = PatientType.from_dict(given["patient"])
        for name in ("earliest", "latest"):
            if given.get(name) is not None:
                given[name] = moment(f"request.{name}", given[name])
        if isinstance(given.get("times"), Sequence):
            given["times"] = [_pair(pair) for pair in given["times"]]
        return Request(**given)


def moment(field: str, text: object) -> datetime:
    """Return an ISO 8601 date with a time; raise `InvalidInput` if it is none."""
    try:
        if isinstance(text, str):
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    raise InvalidInput(field, text, "a date with a time like 2026-03-02T09:00")


def names(field: str, value: object) -> tuple[str, ...]:
    """Return names as a tuple; raise `InvalidInput` if they are none."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        found = tuple(one for one in value if isinstance(one, str))
        if len(found) == len(value):
            return found
    raise InvalidInput(field, value, "a list of names")


def same_clock(field: str, one: datetime, other: datetime) -> None:
    """Raise `InvalidInput` if only one of two moments has a time zone, named by the other."""
    if (one.utcoffset() is None) != (other.utcoffset() is None):
        which = "without" if one.utcoffset() is None else "with"
        raise InvalidInput(field, str(other), f"{which} a time zone, as the other moments are")


def _pair(pair: object) -> object:
    """Return two times of day of their text; anything else as it is, to be refused later."""
    try:
        if isinstance(pair, Iterable):
            first, last = pair
            return time.fromisoformat(first), time.fromisoformat(last)
    except (TypeError, ValueError):
        pass
    return pair
