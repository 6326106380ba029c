"""The places that each request may have, what each costs, and which capacities it takes from.

Only a provider who sees the visit type, works in the half-day, within the window, and has the
minutes and resources for one such visit is an option; there is nothing else to decide about.

The objective, in days of waiting of a patient of urgency 1, is the sum over the requests of what
their place costs, and ``fairness`` times the number of requests times the mean access time of the
group that waits longest. A place that is accepted with probability p costs p times urgency times
days waited and the wishes it does not meet, and 1 - p times what no place does: urgency times the
days that a patient without a place is taken to wait.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from objective import InvalidInput
from opt.allocate.clinic import Provider
from opt.allocate.half_day import HalfDay
from opt.allocate.problem import Problem
from opt.allocate.request import Request

#: By how much a capacity may be exceeded, which is what the solver allows for rounding.
ROUNDING = 1e-6
#: Most places that may be decided about: more fit neither memory nor any patience.
MAX_PLACES = 500_000


class Capacity(NamedTuple):
    """Something of which there is so much: a provider's minutes or seats, or a resource.

    ``kind`` is ``minutes``, ``seats``, ``resource`` or ``patient``: nobody is in two places at
    once. ``name`` is the provider's, the resource's or the patient's.
    """

    kind: str
    name: str
    half_day: HalfDay


class Option(NamedTuple):
    """A place that a request may have."""

    provider: str
    half_day: HalfDay
    #: What it costs, and the days of access it is expected to take, refusals included.
    cost: float
    access: float
    #: What it takes of each capacity.
    takes: tuple[tuple[Capacity, float], ...]


@dataclass(frozen=True)
class Options:
    """The options of all requests of a problem."""

    problem: Problem

    @cached_property
    def limits(self) -> dict[Capacity, float]:
        """How much there is of each capacity that any option takes from."""
        limits: dict[Capacity, float] = {}
        for provider in self.problem.providers:
            for half_day in self.problem.half_days:
                if not provider.present(half_day):
                    continue
                minutes = provider.minutes_in(half_day)
                if minutes is not None:
                    limits[Capacity("minutes", provider.name, half_day)] = minutes
                if provider.seats is not None:
                    limits[Capacity("seats", provider.name, half_day)] = float(provider.seats)
        for resource in self.problem.resources:
            for half_day in self.problem.half_days:
                key = Capacity("resource", resource.name, half_day)
                limits[key] = resource.available(half_day)
        for patient in self._several:
            for half_day in self.problem.half_days:
                limits[Capacity("patient", patient, half_day)] = 1.0
        return limits

    @cached_property
    def _several(self) -> frozenset[str]:
        """Patients with more than one request."""
        count = Counter(request.who for request in self.problem.requests)
        return frozenset(patient for patient, number in count.items() if number > 1)

    @cached_property
    def _by_type(self) -> dict[str, list[Provider]]:
        """The providers who see each visit type."""
        found: dict[str, list[Provider]] = defaultdict(list)
        for provider in self.problem.providers:
            for name in provider.visit_types:
                found[name].append(provider)
        return found

    @cached_property
    def of(self) -> list[list[Option]]:
        """The options of each request, by day."""
        alike: dict[object, list[Option]] = {}
        found, places = [], 0
        for request in self.problem.requests:
            key = self.kind(request)
            if key not in alike:
                alike[key] = list(self._options(request))
                places += len(alike[key])
            if places > MAX_PLACES:
                allowed = f"fewer, or with narrower windows: {MAX_PLACES:,} places at most"
                raise InvalidInput("requests", f"{len(self.problem.requests)} requests", allowed)
            found.append(alike[key])
        return found

    def kind(self, request: Request) -> object:
        """Return a key that is equal for requests that need not be told apart."""
        patient = request.who if request.who in self._several else None
        return (
            patient, request.visit_type, request.earliest, request.latest, request.requested,
            request.urgency, request.providers, request.weekdays, request.halves,
            request.continuity, request.acceptance, _places(request), request.group,
            request.must_serve,
        )  # fmt: skip

    @cached_property
    def kinds(self) -> list[list[int]]:
        """The requests that need not be told apart, by number, in the order given."""
        together: dict[object, list[int]] = {}
        for number, request in enumerate(self.problem.requests):
            together.setdefault(self.kind(request), []).append(number)
        return list(together.values())

    def providers_for(self, visit_type: str) -> Sequence[Provider]:
        """Return the providers who see a visit type."""
        return self._by_type.get(visit_type, [])

    def window(self, request: Request) -> list[HalfDay]:
        """Return the half-days of the horizon on which the visit may be."""
        return [
            one for one in self.problem.half_days if request.earliest <= one.day <= request.latest
        ]

    def _options(self, request: Request) -> Iterator[Option]:
        kind = self.problem.type_by_name[request.visit_type]
        for half_day in self.window(request):
            for provider in self.providers_for(request.visit_type):
                if not provider.present(half_day):
                    continue
                wanted = {
                    Capacity("minutes", provider.name, half_day): float(kind.minutes),
                    Capacity("seats", provider.name, half_day): 1.0,
                    Capacity("patient", request.who, half_day): 1.0,
                }
                for name, amount in kind.uses.items():
                    wanted[Capacity("resource", name, half_day)] = float(amount)
                takes = tuple((key, value) for key, value in wanted.items() if key in self.limits)
                if all(value <= self.limits[key] + ROUNDING for key, value in takes):
                    cost, access = self._cost(request, provider.name, half_day)
                    yield Option(provider.name, half_day, cost, access, takes)

    def _cost(self, request: Request, provider: str, half_day: HalfDay) -> tuple[float, float]:
        days = float((half_day.day - self.problem.waits_since(request)).days)
        accepted = request.accepts(provider, half_day)
        without = self.problem.unserved_days(request)
        importance = self.problem.importance
        missed = sum(getattr(importance, wish) for wish in unmet(request, provider, half_day))
        cost = accepted * (request.urgency * days + missed)
        cost += (1 - accepted) * request.urgency * without
        return cost, accepted * days + (1 - accepted) * without

    def unserved(self, number: int) -> tuple[float, float]:
        """Return cost and days of access of a request without a place."""
        request = self.problem.requests[number]
        days = self.problem.unserved_days(request)
        return request.urgency * days, days

    @cached_property
    def groups(self) -> dict[str, list[int]]:
        """The requests of each group."""
        found: dict[str, list[int]] = {}
        for number, request in enumerate(self.problem.requests):
            found.setdefault(request.group, []).append(number)
        return found

    def objective(self, chosen: Sequence[Option | None]) -> float:
        """Return what an option for each request, or none, costs together."""
        if not chosen:
            return 0.0
        costs, access = zip(
            *(
                self.unserved(number) if one is None else (one.cost, one.access)
                for number, one in enumerate(chosen)
            ),
            strict=True,
        )
        means = [sum(access[one] for one in group) / len(group) for group in self.groups.values()]
        return float(sum(costs) + self.problem.importance.fairness * len(chosen) * max(means))

    def room(self, chosen: Sequence[Option | None]) -> dict[Capacity, float]:
        """Return what is left of each capacity."""
        left = dict(self.limits)
        for one in chosen:
            for key, amount in () if one is None else one.takes:
                left[key] -= amount
        return left


def unmet(request: Request, provider: str, half_day: HalfDay) -> list[str]:
    """Return the wishes that a place does not meet, by the names of `Importance`."""
    missed = []
    if request.providers and provider not in request.providers:
        missed.append("provider")
    if request.weekdays and half_day.weekday not in request.weekdays:
        missed.append("weekday")
    if request.halves and half_day.half not in request.halves:
        missed.append("half")
    if request.continuity and provider != request.continuity:
        missed.append("continuity")
    return missed


def _places(request: Request) -> tuple[object, ...]:
    """Return the acceptance of single places as something that can be compared and hashed."""
    return tuple(
        (provider, tuple(sorted(numbers.items())))
        for provider, numbers in sorted(request.acceptance_on.items())
    )


def fits(option: Option, left: Mapping[Capacity, float]) -> bool:
    """Return whether there is room for an option."""
    return all(amount <= left[key] + ROUNDING for key, amount in option.takes)


def take(option: Option, left: dict[Capacity, float]) -> None:
    """Take what an option needs from the room."""
    for key, amount in option.takes:
        left[key] -= amount
