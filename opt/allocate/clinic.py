"""What a clinic offers: visit types, providers, and the rooms and equipment that they share."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from objective.errors import (
    InvalidInput,
    known_keys,
    non_negative_number,
    positive_number,
    whole_number,
)
from opt.allocate.checks import half_days, numbers_by_half_day, text, texts
from opt.allocate.half_day import HALVES, HalfDay
from opt.words import WEEKDAYS

#: Most seats of a half-day.
MAX_SEATS = 10_000
WEEK = tuple(f"{day} {half}" for day in WEEKDAYS for half in HALVES)


@dataclass(frozen=True)
class VisitType:
    """A kind of visit.

    Attributes
    ----------
    name
        What it is called.
    minutes
        How long it takes of a provider's half-day.
    uses
        How much it takes of each room or equipment, by name, in the unit of its capacity.
    """

    name: str
    minutes: float
    uses: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        text("visit_type.name", self.name)
        place = f"visit type {self.name!r}"
        positive_number(f"{place}, minutes", self.minutes)
        if not isinstance(self.uses, Mapping):
            raise InvalidInput(f"{place}, uses", self.uses, "amounts by name of room or equipment")
        for name, amount in self.uses.items():
            positive_number(f"{place}, uses[{name}]", amount)

    def to_dict(self) -> dict[str, Any]:
        """Return the visit type as plain names and numbers."""
        return {"name": self.name, "minutes": float(self.minutes), "uses": dict(self.uses)}

    @staticmethod
    def from_dict(description: Mapping[str, Any]) -> "VisitType":
        """Make the visit type that `to_dict` described."""
        known = tuple(one.name for one in fields(VisitType))
        return VisitType(**known_keys("visit_type", description, known, known[:2]))


@dataclass(frozen=True)
class Resource:
    """Rooms or equipment that several providers share.

    Attributes
    ----------
    name
        What it is called.
    capacity
        What there is of it in each half-day, for example the minutes of all rooms.
    capacity_on
        What there is in single half-days instead, 0 where it is not available.
    """

    name: str
    capacity: float
    capacity_on: Mapping[HalfDay, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        text("resource.name", self.name)
        place = f"resource {self.name!r}"
        non_negative_number(f"{place}, capacity", self.capacity)
        checked = numbers_by_half_day(f"{place}, capacity_on", self.capacity_on)
        object.__setattr__(self, "capacity_on", checked)

    def available(self, half_day: HalfDay) -> float:
        """Return what there is in a half-day."""
        return float(self.capacity_on.get(half_day, self.capacity))

    def to_dict(self) -> dict[str, Any]:
        """Return the resource as plain names and numbers."""
        single = {str(one): number for one, number in self.capacity_on.items()}
        return {"name": self.name, "capacity": float(self.capacity), "capacity_on": single}

    @staticmethod
    def from_dict(description: Mapping[str, Any]) -> "Resource":
        """Make the resource that `to_dict` described."""
        known = tuple(one.name for one in fields(Resource))
        return Resource(**known_keys("resource", description, known, known[:2]))


@dataclass(frozen=True)
class Provider:
    """Somebody who sees patients.

    Attributes
    ----------
    name
        Who it is.
    visit_types
        Names of the visit types that the provider sees.
    minutes, seats
        Capacity of a half-day: minutes that its visits may take together, number of visits; None
        for no limit of that kind. At least one is given.
    works
        Half-days of the week on which the provider works, like ``monday am``; None for all of the
        horizon.
    absences
        Half-days on which the provider does not work.
    minutes_on
        Minutes of single half-days instead, for example what is left of one partly booked.
    """

    name: str
    visit_types: tuple[str, ...]
    minutes: float | None = None
    seats: int | None = None
    works: tuple[str, ...] | None = None
    absences: tuple[HalfDay, ...] = ()
    minutes_on: Mapping[HalfDay, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        text("provider.name", self.name)
        place = f"provider {self.name!r}"
        self._keep("visit_types", texts(f"{place}, visit_types", self.visit_types))
        if self.minutes is None and self.seats is None:
            raise InvalidInput(f"{place}, minutes", None, "given, or seats, or both")
        if self.minutes is not None:
            non_negative_number(f"{place}, minutes", self.minutes)
        if self.seats is not None:
            whole_number(f"{place}, seats", self.seats, 0, MAX_SEATS)
        if self.works is not None:
            self._keep("works", texts(f"{place}, works", self.works, WEEK))
        self._keep("absences", half_days(f"{place}, absences", self.absences))
        self._keep("minutes_on", numbers_by_half_day(f"{place}, minutes_on", self.minutes_on))

    def _keep(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def present(self, half_day: HalfDay) -> bool:
        """Return whether the provider works in a half-day."""
        usual = self.works is None or f"{half_day.weekday} {half_day.half}" in self.works
        return (usual or half_day in self.minutes_on) and half_day not in self.absences

    def minutes_in(self, half_day: HalfDay) -> float | None:
        """Return the minutes of a half-day on which the provider works; None for no limit."""
        if half_day in self.minutes_on:
            return float(self.minutes_on[half_day])
        return None if self.minutes is None else float(self.minutes)

    def to_dict(self) -> dict[str, Any]:
        """Return the provider as plain names and numbers."""
        return {
            "name": self.name,
            "visit_types": list(self.visit_types),
            "minutes": self.minutes,
            "seats": self.seats,
            "works": None if self.works is None else list(self.works),
            "absences": [str(one) for one in self.absences],
            "minutes_on": {str(one): number for one, number in self.minutes_on.items()},
        }

    @staticmethod
    def from_dict(description: Mapping[str, Any]) -> "Provider":
        """Make the provider that `to_dict` described."""
        known = tuple(one.name for one in fields(Provider))
        return Provider(**known_keys("provider", description, known, known[:2]))
