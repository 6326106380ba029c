"""A clinic's visits made up from a known law, to compare what is forecast of a session with."""

import numpy as np
import pandas as pd

from forecast.data.history import History

#: A Monday; the history has whole weeks from then on.
FIRST = pd.Timestamp("2025-09-01")
NO_SHOW = {"Dr A": 0.10, "Dr B": 0.25}
MINUTES = {"new": 20.0, "return": 10.0}
#: Walk-ins per session of three hours, mornings only.
WALK_INS = 1.5


def made_up_history(
    weeks: int = 20,
    seed: int = 0,
    tempo: float = 0.15,
    daily: float = 0.3,
    ahead: int = 0,
    country: str | None = None,
) -> History:
    """Return visits of two providers, on weekdays but not on Fridays, from 9 to 12.

    Parameters
    ----------
    weeks
        How many.
    tempo
        Standard deviation of the logarithm of a factor that consultations of a session share.
    daily
        Variance of a factor of mean 1 that the walk-ins of a session share.
    ahead
        Appointments of Dr A that are booked for the Monday after.
    """
    random = np.random.default_rng(seed)
    rows = []
    for day in pd.date_range(FIRST, periods=7 * weeks):
        if day.dayofweek > 3:
            continue
        for provider, no_show in NO_SHOW.items():
            pace = np.exp(random.normal(-(tempo**2) / 2, tempo))
            busy = random.gamma(1 / daily, daily) if daily else 1.0
            planned = [(day + pd.Timedelta(minutes=540 + 15 * k), False) for k in range(12)]
            coming = random.uniform(540, 720, size=random.poisson(WALK_INS * busy))
            planned += [(day + pd.Timedelta(minutes=float(m)), True) for m in sorted(coming)]
            for at, walk_in in planned:
                came = walk_in or random.random() >= no_show
                kind = "new" if random.random() < 0.3 else "return"
                minutes = MINUTES[kind] * pace * random.gamma(4.0, 0.25)
                booked = at if walk_in else at - pd.Timedelta(days=int(random.integers(1, 30)))
                rows.append((provider, kind, booked, at, came, walk_in, minutes))
    nine = FIRST + pd.Timedelta(weeks=weeks, hours=9)
    week_before = nine - pd.Timedelta(weeks=1)
    rows += [
        ("Dr A", "new", week_before, nine + pd.Timedelta(hours=k / 4), None, False, np.nan)
        for k in range(ahead)
    ]  # fmt: skip
    names = ["provider", "visit_type", "booked_at", "scheduled_at", "came", "walk_in", "minutes"]
    table = pd.DataFrame(rows, columns=names)
    status = table["came"].map({True: "completed", False: "no_show"}).fillna("booked")
    started = table["scheduled_at"].where(status == "completed")
    visits = table.assign(
        visit_id=[f"V{number}" for number in range(len(table))],
        patient_id=[f"P{number}" for number in random.integers(0, 500, len(table))],
        status=status,
        arrived_at=started,
        started_at=started,
        ended_at=started + pd.to_timedelta(table["minutes"], unit="min"),
    ).drop(columns=["came", "minutes"])
    ordered = visits.sort_values("scheduled_at", kind="stable").reset_index(drop=True)
    return History(visits=ordered, country=country)
