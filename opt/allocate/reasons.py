"""Why a request got no place, in plain words."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from opt.allocate.half_day import HalfDay
from opt.allocate.options import ROUNDING, Capacity, Option, Options
from opt.allocate.request import Request
from opt.words import listed

#: What each reason means, by its name, in the order in which they are looked for.
REASONS = {
    "visit_type": "no provider sees this visit type",
    "window": "the window lies outside the horizon",
    "absent": "no provider who sees this visit type has a long enough session in the window",
    "urgency": "only more urgent requests took the places",
    "provider": "no provider who sees this visit type has time left in the window",
    "resource": "rooms or equipment are full or missing where a provider has time",
    "elsewhere": "the patient has another visit where there is room",
    "weighing": "there is room, but a visit there counts more than none",
    "time": "no place was found before the time limit",
}


@dataclass(frozen=True)
class Unserved:
    """A request without a place: the name of the reason, one of `REASONS`, and a sentence."""

    request: Request
    reason: str
    sentence: str

    def to_dict(self) -> dict[str, Any]:
        """Return the request's id and the reason as plain text."""
        return {
            "request": self.request.id,
            "patient": self.request.who,
            "visit_type": self.request.visit_type,
            "urgency": float(self.request.urgency),
            "group": self.request.group,
            "reason": self.reason,
            "sentence": self.sentence,
        }


def reasons(options: Options, chosen: Sequence[Option | None]) -> list[Unserved]:
    """Return why each request without a place has none."""
    left = options.room(chosen)
    urgency: dict[Capacity, list[float]] = defaultdict(list)
    for request, one in zip(options.problem.requests, chosen, strict=True):
        for key, _ in () if one is None else one.takes:
            urgency[key].append(request.urgency)
    return [
        Unserved(request, *_reason(options, number, left, urgency))
        for number, request in enumerate(options.problem.requests)
        if chosen[number] is None
    ]


def no_option(options: Options, number: int) -> tuple[str, str] | None:
    """Return why a request could not have a place even alone; None if it could."""
    request = options.problem.requests[number]
    providers = options.providers_for(request.visit_type)
    if not providers:
        return "visit_type", f"No provider sees {request.visit_type}."
    window = options.window(request)
    if not window:
        first, last = options.problem.days[0], options.problem.days[-1]
        between = f"from {_day(request.earliest)} to {_day(request.latest)}"
        return "window", (
            f"None of the days planned, {_day(first)} to {_day(last)}, is in the window {between}."
        )
    if options.of[number]:
        return None
    kind = options.problem.type_by_name[request.visit_type]
    long_enough = [
        (provider, one)
        for one in window
        for provider in providers
        if provider.present(one) and _long_enough(options, provider.name, one, kind.minutes)
    ]
    names = listed(provider.name for provider in providers)
    if not long_enough:
        return "absent", (
            f"{names} {'sees' if len(providers) == 1 else 'see'} {request.visit_type}, but "
            f"{'has' if len(providers) == 1 else 'have'} no session of {kind.minutes:g} minutes "
            f"from {_day(request.earliest)} to {_day(request.latest)}."
        )
    missing = sorted(
        name
        for name, amount in kind.uses.items()
        if all(
            options.limits[Capacity("resource", name, one)] + ROUNDING < amount
            for _, one in long_enough
        )
    )
    what = listed(missing or sorted(kind.uses))
    return "resource", (
        f"There is not enough of {what} on any of the {_number(long_enough)} in the window on "
        f"which a provider could see {request.visit_type}."
    )


def _reason(
    options: Options,
    number: int,
    left: Mapping[Capacity, float],
    urgency: Mapping[Capacity, Sequence[float]],
) -> tuple[str, str]:
    alone = no_option(options, number)
    if alone is not None:
        return alone
    request, places = options.problem.requests[number], options.of[number]
    blocked = [
        (one, [key for key, amount in one.takes if amount > left[key] + ROUNDING]) for one in places
    ]
    free = [one for one, keys in blocked if not keys]
    if free and request.must_serve:
        return "time", "No plan that serves it was found before the time limit."
    if free:
        where = f"{free[0].half_day.words} with {free[0].provider}"
        return "weighing", (
            f"There is room on {where}, but a visit there would count more than none does."
        )
    count = f"{len(places)} possible place{'s' * (len(places) > 1)} in the window"
    sentence = f"Of the {count} none is left: {'; '.join(_taken(blocked))}."
    by_more_urgent = all(
        any(
            urgency[key] and min(urgency[key]) > request.urgency
            for key in keys
            if key.kind != "patient"
        )
        for _, keys in blocked
    )
    if by_more_urgent:
        return "urgency", f"{sentence} More urgent requests alone took them."
    # A place is first of all its provider's: what else it lacks matters where there is time.
    ways = {_first_lack(keys) for _, keys in blocked}
    return next(way for way in ("elsewhere", "resource", "provider") if way in ways), sentence


def _first_lack(keys: Sequence[Capacity]) -> str:
    """Return what stands in the way of a place before anything else."""
    kinds = {key.kind for key in keys}
    if kinds & {"minutes", "seats"}:
        return "provider"
    return "resource" if "resource" in kinds else "elsewhere"


def _taken(blocked: Sequence[tuple[Option, Sequence[Capacity]]]) -> list[str]:
    """Return in words what stands in the way of places, given with the capacities they lack."""
    busy: dict[str, None] = {}
    resources: dict[str, set[HalfDay]] = defaultdict(set)
    elsewhere = False
    for one, keys in blocked:
        way = _first_lack(keys)
        if way == "provider":
            busy[one.provider] = None
        elif way == "resource":
            for key in keys:
                if key.kind == "resource":
                    resources[key.name].add(key.half_day)
        else:
            elsewhere = True
    parts = []
    if busy:
        parts.append(f"{listed(busy)} {'has' if len(busy) == 1 else 'have'} no time left")
    for name, half_days in sorted(resources.items()):
        parts.append(f"{name} is full on {_some(sorted(half_days))}")
    if elsewhere:
        parts.append("the patient has another visit at the same time")
    return parts


def _long_enough(options: Options, provider: str, half_day: HalfDay, minutes: float) -> bool:
    limit = options.limits.get(Capacity("minutes", provider, half_day), minutes)
    return minutes <= limit and options.limits.get(Capacity("seats", provider, half_day), 1) >= 1


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _some(half_days: Sequence[HalfDay], most: int = 4) -> str:
    """Return half-days by name, or their number and ends where there are many."""
    if len(half_days) <= most:
        return listed(one.words for one in half_days)
    return f"{len(half_days)} half-days from {half_days[0].words} to {half_days[-1].words}"


def _number(places: Sequence[tuple[object, HalfDay]]) -> str:
    number = len({one for _, one in places})
    return f"{number} half-day{'s' * (number > 1)}"
