"""What sessions were to be, by the objective, with the patients that are booked into them."""

import json
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from objective import InvalidInput, Objective
from opt.result import objective_from_dict
from serve.figures.days import Day

logger = logging.getLogger(__name__)

#: Idle time as it is measured, and all patients who are booked, whatever the schedule was for.
ALIKE = {"idle_definition": "session", "value_per_patient": None}


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
        try:
            told = json.loads(description) | ALIKE
            objective = _for_patients(objective_from_dict(told), booked)
            schedules = [_schedule(days[place], objective.session.intervals) for place in places]
            performance = objective(schedules)
        except (InvalidInput, IndexError) as error:
            field = error.field if isinstance(error, InvalidInput) else "interval"
            logger.warning("%d sessions cannot be priced: %s", len(places), field)
            continue
        work = objective.session.expected_consultations
        for row, place in enumerate(places):
            one = performance.row(row)
            found[place] = Planned(one["waiting"], one["seen"], one["idle"], one["tardiness"], work)
    return found


def _schedule(day: Day, intervals: int) -> list[int]:
    """Return how many patients are booked into each interval."""
    schedule = [0] * intervals
    for visit in day.visits:
        if not visit.walk_in:
            schedule[visit.interval] += 1
    return schedule


def _for_patients(objective: Objective, patients: int) -> Objective:
    """Return the objective for another number of patients; further ones are as the last."""
    session = objective.session
    order = session.order
    if order is not None:
        order = [*order, *[order[-1]] * max(0, patients - len(order))][:patients]
    return objective.with_session(replace(session, patients=patients, order=order))
