"""Booked requests and walk-ins, counted from a clinic's visits."""

import numpy as np
import pandas as pd

#: The names of the series that are counted from visits.
REQUESTS, WALK_INS = "requests", "walk_ins"
#: Days without any visit after which nothing was recorded, rather than nobody came.
LONGEST_PAUSE = 7


def arrivals_of_visits(
    visits: pd.DataFrame, minutes: int, until: pd.Timestamp | None = None
) -> pd.DataFrame:
    """Return how many asked for an appointment, and how many came without one, per period.

    Parameters
    ----------
    visits
        Visits as `forecast.data.tables` describes them.
    minutes
        Length of a period; it divides a day.
    until
        Up to where nobody is counted as 0; None for the end of the last visit's day.

    Returns
    -------
    DataFrame
        Columns ``series`` (``requests`` by the time of booking, ``walk_ins`` by the time of
        arrival), ``start`` and ``count``. A series has every period from its first day on, but not
        those of a pause of more than a week without anybody.
    """
    walk_in = visits["walk_in"].fillna(False).astype(bool) if "walk_in" in visits else False
    walk_in = pd.Series(walk_in, index=visits.index)
    times = {
        REQUESTS: pd.DatetimeIndex(visits.loc[~walk_in, "booked_at"]),
        WALK_INS: pd.DatetimeIndex(visits.loc[walk_in, "scheduled_at"]),
    }
    made = [_counts(name, one, minutes, until) for name, one in times.items() if len(one)]
    if not made:
        return pd.DataFrame(columns=["series", "start", "count"])
    return pd.concat(made, ignore_index=True)


def _counts(
    name: str, times: pd.DatetimeIndex, minutes: int, until: pd.Timestamp | None
) -> pd.DataFrame:
    length = pd.Timedelta(minutes=minutes)
    end = times.max().normalize() + pd.Timedelta(days=1)
    if until is not None:
        times, end = times[times < until], min(until, end + pd.Timedelta(days=LONGEST_PAUSE))
    if not len(times):
        return pd.DataFrame(columns=["series", "start", "count"])
    grid = pd.date_range(times.min().normalize(), end - length, freq=length)
    counts = times.floor(f"{minutes}min").value_counts().reindex(grid, fill_value=0)
    days = counts.groupby(grid.normalize()).sum()
    busy = days.index[days > 0]
    places = np.searchsorted(busy, days.index)
    before = busy[np.maximum(np.searchsorted(busy, days.index, side="right") - 1, 0)]
    after = busy[np.minimum(places, len(busy) - 1)]
    pause = pd.Series((after - before) > pd.Timedelta(days=LONGEST_PAUSE), index=days.index)
    recorded = ~pause[grid.normalize()].to_numpy() | (counts.to_numpy() > 0)
    return pd.DataFrame({"series": name, "start": grid, "count": counts.to_numpy()})[recorded]
