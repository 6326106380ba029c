"""Seats within half-days: where in the provider's session each patient of an allocation is booked.

An allocation says in which half-day a patient comes. The provider's sessions follow a template, an
optimised schedule; its seats are filled one patient after the other, the more urgent first, each
with the seat that `opt.recommend` finds to cost everybody least. Nothing is known of what a patient
prefers within a half-day, so that all half-days of a provider are filled in the same order. Where
more patients come than the template has seats, any interval may take an extra one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from objective import InvalidInput, Objective
from opt.allocate.allocation import Allocation, Assignment
from opt.allocate.half_day import HalfDay
from opt.recommend import OpenSession, RankedSeat, Request, recommend


@dataclass(frozen=True)
class Template:
    """What sessions cost, and how many patients are booked in each interval, (intervals,).

    Raises
    ------
    InvalidInput
        If it is no schedule of the session, or the session's patients differ: then their order is
        that of a schedule, and nobody can be booked one after the other.
    """

    objective: Objective
    schedule: Sequence[int]

    def __post_init__(self) -> None:
        if not self.objective.session.alike:
            raise InvalidInput("template", "patients that differ", "a session of patients alike")
        self.objective([list(self.schedule)])


@dataclass(frozen=True)
class Seat:
    """An assignment with its seat; the seat's numbers are those of the moment it was chosen."""

    assignment: Assignment
    seat: RankedSeat

    def to_dict(self) -> dict[str, Any]:
        """Return the seat as plain names and numbers; minutes count from the session's begin."""
        place, seat = self.assignment, self.seat
        return {
            "request": place.request.id,
            "patient": place.request.who,
            "visit_type": place.request.visit_type,
            "provider": place.provider,
            "day": place.half_day.day.isoformat(),
            "half": place.half_day.half,
            "interval": seat.interval,
            "minute": seat.minute,
            "cost": seat.cost,
            "others_wait": seat.others_wait,
            "own_wait": seat.own_wait,
            "idle": seat.idle,
            "tardiness": seat.tardiness,
        }


def seats_of(allocation: Allocation, templates: Mapping[str, Template]) -> tuple[Seat, ...]:
    """Return a seat for every assignment, by half-day, provider and time.

    Parameters
    ----------
    allocation
        Who comes in which half-day to whom.
    templates
        How the sessions of each provider are booked, by the provider's name.

    Raises
    ------
    InvalidInput
        If a provider has patients and no template.
    """
    orders: dict[str, Iterator[RankedSeat]] = {}
    filled: dict[str, list[RankedSeat]] = {}
    found = []

    def session(one: Assignment) -> tuple[HalfDay, str]:
        return one.half_day, one.provider

    for (_, provider), patients in groupby(sorted(allocation.assignments, key=session), session):
        if provider not in templates:
            allowed = "one for every provider with patients"
            raise InvalidInput(f"template of {provider!r}", None, allowed)
        order = orders.setdefault(provider, _filled(provider, templates[provider]))
        seats = filled.setdefault(provider, [])
        # Sorting keeps the order given among the equally urgent.
        urgent = sorted(patients, key=lambda one: -one.request.urgency)
        while len(seats) < len(urgent):
            seats.append(next(order))
        booked = [Seat(one, seat) for one, seat in zip(urgent, seats, strict=False)]
        found += sorted(booked, key=lambda one: one.seat.interval)
    return tuple(found)


def _filled(name: str, template: Template) -> Iterator[RankedSeat]:
    """Yield the seats of a session in the order in which they are best booked."""
    booked = [0] * len(template.schedule)
    while True:
        session = OpenSession.of_template(name, template.objective, template.schedule, booked)
        best = recommend(Request(), [session]).seats[0]
        booked[best.interval] += 1
        yield best
