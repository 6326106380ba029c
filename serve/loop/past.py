"""The weeks before the service was there: a history in the tables that imports read."""

from datetime import date, datetime, time, timedelta

import numpy as np
import pandas as pd

from serve.loop.truth import Truth

#: When the provider began, and how long an appointment was.
BEGAN, EVERY = time(9), timedelta(minutes=15)
#: Appointments of a day, and days ahead that they were booked.
A_DAY, AHEAD = 14, 7


def past_visits(
    truth: Truth, provider: str, visit_type: str, monday: date, weeks: int, seed: int
) -> pd.DataFrame:
    """Return the visits of the weeks before a Monday, as `forecast.data.tables.VISITS` has them.

    Times are on the practice's wall clock; patients are called ``P1`` and so on.
    """
    generator = np.random.default_rng([seed, 1])
    visits = []
    for day in _weekdays(monday, weeks):
        free = begins = datetime.combine(day, BEGAN)
        who = generator.choice(truth.patients, size=A_DAY, replace=False)
        for place, patient in enumerate(who):
            planned = begins + place * EVERY
            days = int(generator.integers(1, AHEAD + 1))
            visit = {
                "visit_id": f"V{len(visits) + 1}",
                "patient_id": f"P{patient + 1}",
                "provider": provider,
                "visit_type": visit_type,
                "booked_at": planned - timedelta(days=days, hours=int(generator.integers(0, 3))),
                "scheduled_at": planned,
                "status": "no_show",
                "arrived_at": None,
                "started_at": None,
                "ended_at": None,
            }
            length = truth.consultation(generator)
            arrival = truth.arrival(planned, generator)
            if truth.comes(generator):
                start = max(free, arrival, planned)
                free = start + length
                visit |= {
                    "status": "completed",
                    "arrived_at": arrival,
                    "started_at": start,
                    "ended_at": free,
                }
            visits.append(visit)
    return pd.DataFrame(visits)


def _weekdays(monday: date, weeks: int) -> list[date]:
    days = [monday - timedelta(days=back) for back in range(7 * weeks, 0, -1)]
    return [day for day in days if day.weekday() < 5]
