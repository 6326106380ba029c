"""A patient who asks for a visit."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any

from objective import InvalidInput
from objective.errors import finite_number, known_keys, positive_number
from opt.allocate.checks import numbers_by_half_day, text, texts
from opt.allocate.half_day import HALVES, HalfDay, a_date
from opt.words import WEEKDAYS

ACCEPTANCE = "a probability, more than 0 and at most 1"


@dataclass(frozen=True)
class Request:
    """Who asks for what, when, and how urgent it is.

    Attributes
    ----------
    id
        What the request is called; no two are called the same.
    visit_type
        Name of the kind of visit.
    earliest, latest
        First and last date on which the visit may be.
    patient
        Who asks; the id where empty. Nobody has two visits in one half-day.
    requested
        Since when the patient waits; None for the first day of the horizon.
    urgency
        How much a day of waiting counts, as a multiple of the least urgent's.
    providers, weekdays, halves
        What is preferred, nothing where empty: names, days like ``monday``, ``am`` or ``pm``.
    continuity
        Provider who has treated the patient before; empty for none.
    acceptance
        Probability that the patient accepts what is offered, more than 0.
    acceptance_on
        That probability for single places instead, by the provider's name and then by half-day,
        such as a forecast of choices gives it.
    group
        Whose waits are compared for fairness.
    must_serve
        Whether the request has to get a place.

    Raises
    ------
    InvalidInput
        If a field is outside its range.
    """

    id: str
    visit_type: str
    earliest: date
    latest: date
    patient: str = ""
    requested: date | None = None
    urgency: float = 1.0
    providers: tuple[str, ...] = ()
    weekdays: tuple[str, ...] = ()
    halves: tuple[str, ...] = ()
    continuity: str = ""
    acceptance: float = 1.0
    acceptance_on: Mapping[str, Mapping[HalfDay, float]] = field(default_factory=dict)
    group: str = "everyone"
    must_serve: bool = False

    def __post_init__(self) -> None:
        text("request.id", self.id)
        place = f"request {self.id!r}"
        text(f"{place}, visit_type", self.visit_type)
        text(f"{place}, group", self.group)
        for name in ("patient", "continuity"):
            if not isinstance(getattr(self, name), str):
                raise InvalidInput(f"{place}, {name}", getattr(self, name), "text")
        for name in ("earliest", "latest"):
            self._keep(name, a_date(f"{place}, {name}", getattr(self, name)))
        if self.latest < self.earliest:
            allowed = f"a date from {self.earliest} on"
            raise InvalidInput(f"{place}, latest", str(self.latest), allowed)
        if self.requested is not None:
            self._keep("requested", a_date(f"{place}, requested", self.requested))
        if self.requested is not None and self.requested > self.earliest:
            allowed = f"a date up to {self.earliest}, the earliest of the visit"
            raise InvalidInput(f"{place}, requested", str(self.requested), allowed)
        positive_number(f"{place}, urgency", self.urgency)
        self._keep("providers", texts(f"{place}, providers", self.providers))
        self._keep("weekdays", texts(f"{place}, weekdays", self.weekdays, WEEKDAYS))
        self._keep("halves", texts(f"{place}, halves", self.halves, HALVES))
        _more_than_0(f"{place}, acceptance", self.acceptance)
        self._keep("acceptance_on", _by_place(f"{place}, acceptance_on", self.acceptance_on))
        if not isinstance(self.must_serve, bool):
            raise InvalidInput(f"{place}, must_serve", self.must_serve, "true or false")

    def _keep(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def accepts(self, provider: str, half_day: HalfDay) -> float:
        """Return the probability that a place is accepted."""
        return self.acceptance_on.get(provider, {}).get(half_day, float(self.acceptance))

    @property
    def who(self) -> str:
        """The patient, or where none is named the request."""
        return self.patient or self.id

    def to_dict(self) -> dict[str, Any]:
        """Return the request as plain names and numbers."""
        return {
            **{one.name: getattr(self, one.name) for one in fields(self)},
            "earliest": self.earliest.isoformat(),
            "latest": self.latest.isoformat(),
            "requested": self.requested and self.requested.isoformat(),
            "providers": list(self.providers),
            "weekdays": list(self.weekdays),
            "halves": list(self.halves),
            "acceptance_on": {
                provider: {str(half_day): number for half_day, number in numbers.items()}
                for provider, numbers in self.acceptance_on.items()
            },
        }

    @staticmethod
    def from_dict(description: Mapping[str, Any]) -> "Request":
        """Make the request that `to_dict` described; raise `InvalidInput` for what is unknown."""
        known = tuple(one.name for one in fields(Request))
        return Request(**known_keys("request", description, known, known[:4]))


def _more_than_0(field: str, value: object) -> float:
    number = finite_number(field, value, ACCEPTANCE)
    if not 0 < number <= 1:
        raise InvalidInput(field, value, ACCEPTANCE)
    return number


def _by_place(field: str, value: object) -> dict[str, dict[HalfDay, float]]:
    """Return probabilities by provider and half-day, checked."""
    if not isinstance(value, Mapping):
        allowed = "probabilities by provider and half-day like {'Dr A': {'2026-03-02 am': 0.8}}"
        raise InvalidInput(field, value, allowed)
    checked = {}
    for provider, numbers in value.items():
        place = f"{field}[{text(field, provider)}]"
        checked[provider] = numbers_by_half_day(place, numbers)
        for half_day, number in checked[provider].items():
            _more_than_0(f"{place}[{half_day}]", number)
    return checked
