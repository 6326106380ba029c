"""What sessions were to be, by the objective, with the patients that are booked into them."""

import json
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from objective import InvalidInput, Objective
from opt.result import objective_from_dict
from serve.figures.days import Day

logger = logging.getLogger(__name__)

#: Groups of sessions whose figures are kept: some practices' of half a year.
KEPT = 2_000

#: Idle time as it is measured, and all patients who are booked, whatever the schedule was for.
ALIKE: Mapping[str, Any] = {"idle_definition": "session", "value_per_patient": None}


@dataclass(frozen=True)
class Planned:
    """What is expected of a session; minutes.

    Attributes
    ----------
    waiting
        Mean wait of a booked patient who comes.
    seen
        Expected number of booked patients who come.
    idle, overtime
        Of the provider.
    work
        Consultations of all who are expected.
    """

    waiting: float
    seen: float
    idle: float
    overtime: float
    work: float


def planned_figures(days: Sequence[Day]) -> list[Planned | None]:
    """Return what was to be expected of each session, as it is booked.

    It is None of a session without a booked patient, and of one whose objective cannot price what
    is booked. Sessions with the same objective and number of patients are priced together.
    """
    found: list[Planned | None] = [None] * len(days)
    alike: dict[tuple[str, int], list[int]] = defaultdict(list)
    for place, day in enumerate(days):
        booked = sum(not visit.walk_in for visit in day.visits)
        if booked:
            alike[json.dumps(day.objective, sort_keys=True), booked].append(place)
    for (description, booked), places in alike.items():
        booked_at = tuple(_intervals(days[place]) for place in places)
        for place, one in zip(places, _priced(description, booked, booked_at), strict=True):
            found[place] = one
    return found


@lru_cache(maxsize=KEPT)
def _priced(
    description: str, booked: int, booked_at: tuple[tuple[int, ...], ...]
) -> tuple[Planned | None, ...]:
    """Return what is expected of sessions with one objective and number of patients.

    Most sessions are over, and cost what they cost when they were last asked for.
    """
    try:
        told = {**json.loads(description), **ALIKE}
        objective = _for_patients(objective_from_dict(told), booked)
        performance = objective([_schedule(one, objective.session.intervals) for one in booked_at])
    except (InvalidInput, IndexError) as error:
        field = error.field if isinstance(error, InvalidInput) else "interval"
        logger.warning("%d sessions cannot be priced: %s", len(booked_at), field)
        return (None,) * len(booked_at)
    work = objective.session.expected_consultations
    rows = (performance.row(row) for row in range(len(booked_at)))
    return tuple(
        Planned(one["waiting"], one["seen"], one["idle"], one["tardiness"], work) for one in rows
    )


def _intervals(day: Day) -> tuple[int, ...]:
    """Return the intervals into which the patients of a session are booked, in order."""
    return tuple(sorted(visit.interval for visit in day.visits if not visit.walk_in))


def _schedule(booked_at: Sequence[int], intervals: int) -> list[int]:
    """Return how many patients are booked into each interval."""
    schedule = [0] * intervals
    for interval in booked_at:
        schedule[interval] += 1
    return schedule


def _for_patients(objective: Objective, patients: int) -> Objective:
    """Return the objective for another number of patients; further ones are as the last."""
    session = objective.session
    order = session.order
    if order is not None:
        order = [*order, *[order[-1]] * max(0, patients - len(order))][:patients]
    return objective.with_session(replace(session, patients=patients, order=order))
