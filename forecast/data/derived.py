"""Consultations and arrivals as they follow from visits, for clinics that keep nothing else."""

import numpy as np
import pandas as pd

from forecast.data.tables import CONSULTATIONS
from objective import InvalidInput

#: The series that are counted from visits.
REQUESTS, WALK_INS = "requests", "walk_ins"
DAY, HOUR = pd.Timedelta(days=1), pd.Timedelta(hours=1)
#: Days without any visit after which nothing was recorded, rather than nobody came.
LONGEST_PAUSE = 7
NOON = 12
#: Columns of visits that consultations do not have, or have by another name.
OF_VISITS = (
    "booked_at", "scheduled_at", "status", "arrived_at", "ended_at", "cancelled_at", "walk_in",
)  # fmt: skip


def consultations_of_visits(visits: pd.DataFrame) -> pd.DataFrame:
    """Return the consultations of completed visits whose beginning and end are known.

    The session is the provider, the date and the half-day of the appointment. Attributes of
    patients and all other further columns are kept.
    """
    needed = [column.name for column in CONSULTATIONS.columns]
    if "started_at" not in visits or "ended_at" not in visits:
        return pd.DataFrame(columns=needed)
    seen = visits[(visits["status"] == "completed") & (visits["ended_at"] > visits["started_at"])]
    minutes = (seen["ended_at"] - seen["started_at"]).dt.total_seconds() / 60
    made = seen.drop(columns=[name for name in OF_VISITS if name in seen])
    made = made.assign(session=_sessions(seen), minutes=minutes)
    made = made[[*needed, *(name for name in made if name not in needed)]]
    return made.sort_values("started_at", kind="stable").reset_index(drop=True)


def arrivals_of_visits(
    visits: pd.DataFrame,
    requests: pd.Timedelta = DAY,
    walk_ins: pd.Timedelta = HOUR,
) -> pd.DataFrame:
    """Return how many asked for an appointment, and how many came without one, per period.

    Parameters
    ----------
    visits
        The visits. A clinic's table usually has all visits from a day on: who asked before that day
        is in it only if booked far ahead, so both series begin with the first day of a visit. They
        end with the last day on which somebody asked or came.
    requests, walk_ins
        Lengths of the periods of both series; each divides a day.

    Returns
    -------
    DataFrame
        Columns ``series`` (`REQUESTS`, by the time of booking, and `WALK_INS`, by the time of
        arrival), ``start`` and ``count``, with 0 where nobody came. Days of a pause of more than
        a week, in which nobody asked or came, are left out: nothing was recorded. A series of
        which there is nobody at all has no rows.

    Raises
    ------
    InvalidInput
        If a length does not divide a day.
    """
    for name, length in ((REQUESTS, requests), (WALK_INS, walk_ins)):
        if length <= pd.Timedelta(0) or DAY % length:
            raise InvalidInput(f"period of {name}", str(length), "a part of a day, such as 1h")
    nothing = pd.DataFrame({"series": [], "start": pd.to_datetime([]), "count": []})
    if not len(visits):
        return nothing.astype({"series": object, "count": "int64"})
    first = visits["scheduled_at"].min().normalize()
    walk_in = np.zeros(len(visits), bool)
    if "walk_in" in visits:
        walk_in = visits["walk_in"].fillna(False).to_numpy(bool)
    arrived = visits["scheduled_at"]
    if "arrived_at" in visits:
        arrived = visits["arrived_at"].fillna(arrived)
    asked, came = visits["booked_at"][~walk_in], arrived[walk_in]
    asked, came = asked[asked >= first], came[came >= first]
    if not len(asked) and not len(came):
        return nothing.astype({"series": object, "count": "int64"})
    days = _recorded_days(first, pd.concat([asked, came]))
    both = ((REQUESTS, asked, requests), (WALK_INS, came, walk_ins))
    counted = [_counts(name, times, length, days) for name, times, length in both if len(times)]
    made = pd.concat(counted, ignore_index=True)
    return made.sort_values("start", kind="stable").reset_index(drop=True)


def _sessions(visits: pd.DataFrame) -> pd.Series:
    scheduled = visits["scheduled_at"]
    half = pd.Series(np.where(scheduled.dt.hour < NOON, "am", "pm"), index=visits.index)
    days = scheduled.dt.normalize().astype("category")
    # A date is written once, not for every visit.
    dates = days.cat.rename_categories(lambda day: day.strftime("%Y-%m-%d")).astype(object)
    sessions: pd.Series = visits["provider"].astype(object) + " " + dates + " " + half
    return sessions


def _recorded_days(first: pd.Timestamp, times: pd.Series) -> pd.DatetimeIndex:
    """Return the days from the first to the last of times, without long pauses."""
    busy = pd.DatetimeIndex(times.dt.normalize().unique()).sort_values()
    days = pd.date_range(first, busy[-1])
    before = busy[np.maximum(np.searchsorted(busy, days, side="right") - 1, 0)]
    after = busy[np.searchsorted(busy, days)]
    return days[(after - before) <= pd.Timedelta(days=LONGEST_PAUSE)]


def _counts(
    name: str, times: pd.Series, length: pd.Timedelta, days: pd.DatetimeIndex
) -> pd.DataFrame:
    offsets = pd.timedelta_range(0, periods=DAY // length, freq=length)
    grid = pd.DatetimeIndex((days.to_numpy()[:, None] + offsets.to_numpy()).ravel())
    counts = times.dt.floor(length).value_counts().reindex(grid, fill_value=0)
    return pd.DataFrame({"series": name, "start": grid, "count": counts.to_numpy("int64")})
