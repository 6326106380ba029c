"""Counts of one series, on a grid of equally long periods, as far as they are known."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from forecast.data.derived import arrivals_of_visits
from forecast.data.history import History
from forecast.demand.calendar import cells
from forecast.demand.law import Array
from forecast.demand.options import DAY, FEWEST_DAYS, Options
from objective import InvalidInput


@dataclass(frozen=True)
class CountSeries:
    """The counts of a series.

    Attributes
    ----------
    name
        What is counted.
    starts
        When the periods begin, without gaps, (periods,).
    counts
        How many came in each, (periods,); NaN where it is not known.
    factors
        The external factors of the periods, (periods, factors); NaN where they are not known.
    country
        Whose bank holidays are kept; None for nobody's.
    """

    name: str
    starts: pd.DatetimeIndex
    counts: Array
    factors: Array
    country: str | None

    def last(self, periods: int) -> "CountSeries":
        """Return the last periods, or all if there are fewer."""
        if periods >= len(self.counts):
            return self
        return replace(
            self,
            starts=self.starts[-periods:],
            counts=self.counts[-periods:],
            factors=self.factors[-periods:],
        )


#: Everything that is known of the demand at an origin, by the name of the series.
Known = Mapping[str, CountSeries]


def known_series(
    history: History, options: Options, until: pd.Timestamp, only: str | None = None
) -> dict[str, CountSeries]:
    """Return the counts of the periods that ended before a moment, by the name of the series.

    Counts come from the history's arrivals and, where it has none, from its visits. A period of
    which fewer rows are there than usual is not known; neither is one without rows.

    Raises
    ------
    InvalidInput
        Naming what is missing, not a count, or too little to learn from.
    """
    table = history.arrivals
    if not len(table):
        period = pd.Timedelta(minutes=options.period)
        known = history.visits[history.visits["booked_at"] < until]
        table = arrivals_of_visits(known, period, period)
    wanted = (only,) if only is not None else options.series
    present = pd.unique(table["series"])
    for name in wanted:
        if name not in present:
            names = ", ".join(map(str, present[:20])) or "(the history has no arrivals)"
            raise InvalidInput("series", name, f"one of {names}")
    if not len(present):
        raise InvalidInput("arrivals", "no rows", "counts of arrivals, or visits")
    missing = [name for name in options.factors if name not in table.columns]
    if missing:
        raise InvalidInput("model.options.factors", missing[0], "a column of the arrivals")
    groups = table.groupby("series", sort=True, observed=True)
    found = {
        str(name): _one(str(name), rows, options, until)
        for name, rows in groups
        if not wanted or name in wanted
    }
    return {name: replace(one, country=history.country) for name, one in found.items()}


def _one(name: str, rows: pd.DataFrame, options: Options, until: pd.Timestamp) -> CountSeries:
    times = pd.DatetimeIndex(rows["start"])
    counts = pd.to_numeric(rows["count"], errors="coerce").to_numpy(float)
    field = f"arrivals.count of {name}"
    bad = ~np.isfinite(counts) | (counts < 0) | (counts != np.floor(counts))
    if bad.any():
        value = rows["count"].iloc[int(bad.argmax())]
        raise InvalidInput(field, value, "a whole number from 0 in every row")
    if times.hasnans or times.has_duplicates:
        raise InvalidInput(f"arrivals.start of {name}", "twice or missing", "once per period")
    length = pd.Timedelta(minutes=options.period)
    own = _own_period(times)
    if length % own:
        minutes = own // pd.Timedelta(minutes=1)
        raise InvalidInput(
            "model.options.period", options.period, f"a multiple of the {minutes} minutes of {name}"
        )
    periods = times.floor(f"{options.period}min")
    table = pd.DataFrame({"period": periods, "count": counts, "rows": 1})
    factors = [*options.factors]
    for factor in factors:
        table[factor] = pd.to_numeric(rows[factor], errors="coerce").to_numpy(float)
    rules = {"count": "sum", "rows": "sum", **dict.fromkeys(factors, "mean")}
    totals = table.groupby("period").agg(rules)
    totals = totals[totals.index + length <= until]
    days = len(totals) * options.period / DAY
    if not len(totals) or totals.index[-1] - totals.index[0] < pd.Timedelta(days=FEWEST_DAYS - 1):
        raise InvalidInput(
            f"arrivals of {name}", f"{days:g} days", f"at least {FEWEST_DAYS} days before {until}"
        )
    if length != own:
        cell = cells(pd.DatetimeIndex(totals.index), options.period)
        usual = totals["rows"].groupby(cell).transform("median")
        totals.loc[totals["rows"] < usual, "count"] = np.nan
    grid = pd.date_range(totals.index[0], totals.index[-1], freq=length)
    whole = totals.reindex(grid)
    return CountSeries(
        name, grid, whole["count"].to_numpy(float), whole[factors].to_numpy(float), None
    )


def _own_period(times: pd.DatetimeIndex) -> pd.Timedelta:
    """Return the period of the history itself: the shortest time between two of its rows."""
    ordered = times.sort_values()
    if len(ordered) < 2:
        return pd.Timedelta(minutes=DAY)
    return min(pd.Timedelta((ordered[1:] - ordered[:-1]).min()), pd.Timedelta(minutes=DAY))
