"""The weeks before the service was there: a history in the tables that imports read."""

from datetime import datetime, time, timedelta
from typing import Any

import pandas as pd

from serve.loop.session import END, START, Visit, steps_of
from serve.loop.world import PAST, World

#: Days ahead at most that appointments were booked.
AHEAD = 10


def past_visits(
    world: World, visit_type: str, weeks: int, patients: int, minutes: int
) -> pd.DataFrame:
    """Return the visits of the weeks before the quarter, as `forecast.data.tables.VISITS` has them.

    Times are on the practice's wall clock; patients are called ``P1`` and so on. The practice gave
    every patient the same time: ``patients`` evenly over the ``minutes`` of a session.
    """
    rows: list[dict[str, Any]] = []
    for week in range(-weeks, 0):
        for number, physician in enumerate(world.physicians):
            for weekday, hour in physician.sessions:
                day = world.first + timedelta(weeks=week, days=weekday)
                begins = datetime.combine(day, time(hour))
                rows += _session(world, number, begins, visit_type, patients, minutes)
    for number, row in enumerate(rows, start=1):
        row["visit_id"] = f"V{number}"
    return pd.DataFrame(rows)


def _session(
    world: World, provider: int, begins: datetime, visit_type: str, patients: int, minutes: int
) -> list[dict[str, Any]]:
    """Return the visits of a session."""
    day, physician = begins.date(), world.physicians[provider]
    drawn = world.draw(PAST, provider, day.toordinal(), begins.hour)
    who = drawn.choice(world.patients, size=patients, replace=False)
    rows, visits = {}, []
    for place, patient in enumerate(who):
        due = begins + place * timedelta(minutes=minutes / patients)
        asked = due - timedelta(days=int(drawn.integers(1, AHEAD + 1)), hours=2)
        conduct = world.conduct(int(patient), asked.date())
        takes = world.consultation(physician, day, conduct.quantile)
        arrives = due - conduct.early if conduct.comes else None
        visits.append(Visit(f"P{patient + 1}", due, arrives, takes))
        rows[visits[-1].name] = _row(f"P{patient + 1}", asked, due, arrives)
    for at, patient, quantile in world.walking_in(provider, begins, minutes):
        takes = world.consultation(physician, day, quantile)
        visits.append(Visit(f"P{patient + 1}", at, at, takes, walk_in=True))
        rows[visits[-1].name] = _row(f"P{patient + 1}", at, at, at, walk_in=True)
    for step in steps_of(visits, begins):
        if step.kind == START:
            rows[step.visit.name] |= {"status": "completed", "started_at": step.at}
        if step.kind == END:
            rows[step.visit.name]["ended_at"] = step.at
    return [{**row, "provider": physician.name, "visit_type": visit_type} for row in rows.values()]


def _row(
    patient: str, asked: datetime, due: datetime, arrives: datetime | None, walk_in: bool = False
) -> dict[str, Any]:
    """Return a visit as it is before anybody is called."""
    return {
        "patient_id": patient,
        "booked_at": asked,
        "scheduled_at": due,
        "walk_in": walk_in,
        "status": "no_show",
        "arrived_at": arrives,
        "started_at": None,
        "ended_at": None,
    }
