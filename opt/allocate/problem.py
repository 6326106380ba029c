"""Everything that an allocation is made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import Any

from objective import InvalidInput
from objective.errors import known_keys
from opt.allocate.checks import by_name, texts
from opt.allocate.clinic import Provider, Resource, VisitType
from opt.allocate.half_day import HALVES, HalfDay, a_date
from opt.allocate.importance import Importance
from opt.allocate.request import Request

#: Most days of a horizon, and most requests.
MAX_DAYS, MAX_REQUESTS = 366, 5_000


@dataclass(frozen=True)
class Problem:
    """Requests, the providers and resources to serve them, and the days on which they may.

    Attributes
    ----------
    days
        The working days of the horizon, at least one, each once.
    visit_types, providers, resources
        What the clinic offers; at least one visit type and one provider.
    requests
        Who asks; without any request the allocation is empty.
    importance
        What counts.

    Raises
    ------
    InvalidInput
        If a part is not what it should be, if two have the same name, if one is named that is not
        there, or if an absence, a capacity or an acceptance of a single half-day is outside the
        horizon. A request whose window is outside the horizon is allowed: it is not served, and
        told why.
    """

    days: tuple[date, ...]
    visit_types: tuple[VisitType, ...]
    providers: tuple[Provider, ...]
    requests: tuple[Request, ...]
    resources: tuple[Resource, ...] = ()
    importance: Importance = field(default_factory=Importance)

    def __post_init__(self) -> None:
        self._keep("days", self._checked_days())
        types = by_name("visit_types", VisitType, self.visit_types)
        providers = by_name("providers", Provider, self.providers)
        resources = by_name("resources", Resource, self.resources)
        for name in ("visit_types", "providers"):
            if not getattr(self, name):
                raise InvalidInput(name, [], "a list of at least one")
        for name in ("visit_types", "providers", "resources", "requests"):
            self._keep(name, tuple(getattr(self, name)))
        for kind in types.values():
            texts(f"visit type {kind.name!r}, uses", tuple(kind.uses), resources)
        for provider in providers.values():
            place = f"provider {provider.name!r}"
            texts(f"{place}, visit_types", provider.visit_types, types)
            self._inside(f"{place}, absences", provider.absences)
            self._inside(f"{place}, minutes_on", provider.minutes_on)
        for resource in resources.values():
            self._inside(f"resource {resource.name!r}, capacity_on", resource.capacity_on)
        self._check_requests(types, providers)
        if not isinstance(self.importance, Importance):
            raise InvalidInput("importance", self.importance, "an Importance")

    def _keep(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _checked_days(self) -> tuple[date, ...]:
        listed = isinstance(self.days, Sequence) and not isinstance(self.days, str)
        if not listed or not 1 <= len(self.days) <= MAX_DAYS:
            raise InvalidInput("days", self.days, f"a list of 1 to {MAX_DAYS} dates")
        days = tuple(sorted(a_date("days", day) for day in self.days))
        for one, other in pairwise(days):
            if one == other:
                raise InvalidInput("days", str(one), "named once")
        return days

    def _inside(self, field: str, half_days: Sequence[HalfDay] | Mapping[HalfDay, float]) -> None:
        for one in half_days:
            if one.day not in self.days:
                allowed = f"on one of the {len(self.days)} days from {self.days[0]} on"
                raise InvalidInput(field, str(one), allowed)

    def _check_requests(
        self, types: Mapping[str, VisitType], providers: Mapping[str, Provider]
    ) -> None:
        if len(self.requests) > MAX_REQUESTS:
            raise InvalidInput(
                "requests", f"{len(self.requests)} requests", f"{MAX_REQUESTS} at most"
            )
        ids = set()
        for request in self.requests:
            if not isinstance(request, Request):
                raise InvalidInput("requests", request, "a list of Request")
            place = f"request {request.id!r}"
            if request.id in ids:
                raise InvalidInput("requests", request.id, "named once")
            ids.add(request.id)
            texts(f"{place}, visit_type", [request.visit_type], types)
            texts(f"{place}, providers", request.providers, providers)
            if request.continuity:
                texts(f"{place}, continuity", [request.continuity], providers)
            texts(f"{place}, acceptance_on", tuple(request.acceptance_on), providers)
            for name, numbers in request.acceptance_on.items():
                self._inside(f"{place}, acceptance_on[{name}]", numbers)

    @cached_property
    def half_days(self) -> tuple[HalfDay, ...]:
        """All half-days of the horizon, in order."""
        return tuple(HalfDay(day, half) for day in self.days for half in HALVES)

    @cached_property
    def type_by_name(self) -> dict[str, VisitType]:
        """The visit types by name."""
        return {kind.name: kind for kind in self.visit_types}

    def waits_since(self, request: Request) -> date:
        """Return since when a patient waits."""
        return request.requested or self.days[0]

    def unserved_days(self, request: Request) -> float:
        """Return the days that a patient without a place is taken to wait."""
        left = max((self.days[-1] - self.waits_since(request)).days, 0)
        return left + self.importance.unserved

    def to_dict(self) -> dict[str, Any]:
        """Return the problem as plain names and numbers."""
        return {
            "days": [day.isoformat() for day in self.days],
            "visit_types": [one.to_dict() for one in self.visit_types],
            "providers": [one.to_dict() for one in self.providers],
            "resources": [one.to_dict() for one in self.resources],
            "requests": [one.to_dict() for one in self.requests],
            "importance": self.importance.to_dict(),
        }

    @staticmethod
    def from_dict(description: Mapping[str, Any]) -> "Problem":
        """Make the problem that `to_dict` described; raise `InvalidInput` for what is unknown."""
        required = ("days", "visit_types", "providers", "requests")
        known = (*required, "resources", "importance")
        given = known_keys("problem", description, known, required)
        made: dict[str, Any] = {"days": given["days"]}
        kinds = {
            "visit_types": VisitType.from_dict,
            "providers": Provider.from_dict,
            "resources": Resource.from_dict,
            "requests": Request.from_dict,
        }
        for name, make in kinds.items():
            listed = given.get(name) or []
            if isinstance(listed, (str, Mapping)) or not isinstance(listed, Sequence):
                raise InvalidInput(name, listed, "a list")
            made[name] = tuple(make(one) for one in listed)
        made["importance"] = Importance.from_dict(given.get("importance") or {})
        return Problem(**made)
