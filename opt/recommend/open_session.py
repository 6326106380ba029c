"""A published session with seats in which one more patient may be booked."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from objective import InvalidInput, Objective
from objective.errors import known_keys, probability, whole_number
from objective.session import MAX_PATIENTS
from opt.recommend.request import moment
from opt.result import objective_from_dict

ACCEPTANCE = "a probability from 0 to 1, or one per open interval"


@dataclass(frozen=True)
class OpenSession:
    """A session, who is booked, and where one more patient may be.

    Attributes
    ----------
    name
        What the session is called; no two have the same name.
    objective
        What its schedules cost. Its number of patients is that of ``booked``, whatever it says,
        unless patients differ.
    booked
        Patients booked so far, (intervals,) whole numbers.
    open
        Intervals with an open seat, each once, from 0.
    provider
        Whose session it is.
    starts
        When it begins; None if that is not known, then preferences of time cannot be met.
    acceptance
        Probability that the patient accepts an offer: of every seat, or by interval.

    Raises
    ------
    InvalidInput
        If a field is outside its range.
    """

    name: str
    objective: Objective
    booked: Sequence[int]
    open: Sequence[int]
    provider: str = ""
    starts: datetime | None = None
    acceptance: float | Mapping[int, float] = 1.0

    def __post_init__(self) -> None:
        for field in ("name", "provider"):
            if not isinstance(getattr(self, field), str):
                raise InvalidInput(f"session.{field}", getattr(self, field), "text")
        place = f"session {self.name!r}"
        if not isinstance(self.objective, Objective):
            raise InvalidInput(f"{place}, objective", self.objective, "an Objective")
        if self.starts is not None and not isinstance(self.starts, datetime):
            raise InvalidInput(f"{place}, starts", self.starts, "a date with a time, or None")
        intervals = self.objective.session.intervals
        try:
            self.begins(intervals)
        except OverflowError:
            allowed = f"a date that leaves room for the session before {datetime.max:%Y-%m-%d}"
            raise InvalidInput(f"{place}, starts", str(self.starts), allowed) from None
        booked = _whole(f"{place}, booked", self.booked, MAX_PATIENTS - 1)
        if len(booked) != intervals:
            allowed = f"{intervals} numbers, one per interval"
            raise InvalidInput(f"{place}, booked", f"{len(booked)} numbers", allowed)
        every = _whole(f"{place}, open", self.open, intervals - 1)
        if len(set(every)) < len(every):
            raise InvalidInput(f"{place}, open", list(every), "intervals, each named once")
        object.__setattr__(self, "booked", booked)
        object.__setattr__(self, "open", every)
        self._check_acceptance(place)

    def _check_acceptance(self, place: str) -> None:
        given = self.acceptance
        if not isinstance(given, Mapping):
            probability(f"{place}, acceptance", given, ACCEPTANCE)
            return
        checked = {}
        for key, value in given.items():
            # In a JSON file names are text.
            plain = int(key) if isinstance(key, str) and key.isascii() and key.isdecimal() else key
            if plain not in self.open:
                raise InvalidInput(f"{place}, acceptance", key, "given for open intervals only")
            checked[int(plain)] = probability(f"{place}, acceptance[{key}]", value, ACCEPTANCE)
        object.__setattr__(self, "acceptance", checked)

    def accepted(self, interval: int) -> float:
        """Return the probability that a seat is accepted; 1 where none is given."""
        if isinstance(self.acceptance, Mapping):
            return float(self.acceptance.get(interval, 1.0))
        return float(self.acceptance)

    def begins(self, interval: int) -> datetime | None:
        """Return when an interval begins; None if it is not known when the session does."""
        if self.starts is None:
            return None
        return self.starts + timedelta(minutes=interval * self.objective.session.interval_length)

    def law(self) -> str:
        """Return a text that is equal for sessions whose seats can be priced together."""
        described = self.objective.to_dict()
        if self.objective.session.alike:
            described["session"].update(patients=0, order=None)
        return json.dumps(described, sort_keys=True)

    @staticmethod
    def of_template(
        name: str,
        objective: Objective,
        template: Sequence[int],
        booked: Sequence[int] | None = None,
        provider: str = "",
        starts: datetime | None = None,
        acceptance: float | Mapping[int, float] = 1.0,
    ) -> "OpenSession":
        """Return the session of a template, of which all or some seats are booked.

        Open are the intervals of the template with seats left; where all of them are booked, every
        interval, for an extra patient.
        """
        taken = list(template if booked is None else booked)
        if len(taken) != len(template):
            allowed = f"{len(template)} numbers, one per interval"
            raise InvalidInput(f"session {name!r}, booked", f"{len(taken)} numbers", allowed)
        taken = list(_whole(f"session {name!r}, booked", taken, MAX_PATIENTS - 1))
        left = np.flatnonzero(np.array(template) > np.array(taken)).tolist()
        seats = left or range(len(template))
        return OpenSession(name, objective, taken, list(seats), provider, starts, acceptance)

    def to_dict(self) -> dict[str, Any]:
        """Return the session as plain names and numbers."""
        acceptance = self.acceptance
        return {
            "name": self.name,
            "objective": self.objective.to_dict(),
            "booked": list(self.booked),
            "open": list(self.open),
            "provider": self.provider,
            "starts": self.starts and self.starts.isoformat(),
            "acceptance": dict(acceptance) if isinstance(acceptance, Mapping) else acceptance,
        }

    @staticmethod
    def from_dict(description: Mapping[str, Any]) -> "OpenSession":
        """Make the session that `to_dict` described; raise `InvalidInput` for what is unknown."""
        required = ("name", "objective", "booked", "open")
        known = (*required, "provider", "starts", "acceptance")
        given = known_keys("session", description, known, required)
        if not isinstance(given["objective"], Mapping):
            raise InvalidInput("session.objective", given["objective"], "a mapping")
        given["objective"] = objective_from_dict(given["objective"])
        if given.get("starts") is not None:
            given["starts"] = moment("session.starts", given["starts"])
        return OpenSession(**given)


def _whole(field: str, values: object, most: int) -> tuple[int, ...]:
    if isinstance(values, (str, Mapping)) or not hasattr(values, "__iter__"):
        raise InvalidInput(field, values, "a list of whole numbers")
    listed = values.tolist() if hasattr(values, "tolist") else values
    return tuple(whole_number(field, value, 0, most) for value in listed)
