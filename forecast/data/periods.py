"""How time divides a history: what models learn from, and what they are tested on after it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.data.moments import moment_text
from forecast.data.tables import TABLES
from objective import InvalidInput

DAY = pd.Timedelta(days=1)
#: Statuses of visits whose patient came or did not: all others may be of days still to come.
TOOK_PLACE = ("arrived", "in_consultation", "completed", "no_show")


@dataclass(frozen=True)
class Split:
    """Models learn from what was known before ``train_until``; the test is from ``first``.

    Attributes
    ----------
    train_until
        The first moment of which nothing is learned.
    first, until
        The held-out period: from ``first``, and before ``until``.

    Raises
    ------
    InvalidInput
        If the periods overlap or the held-out one is empty.
    """

    train_until: pd.Timestamp
    first: pd.Timestamp
    until: pd.Timestamp

    def __post_init__(self) -> None:
        if self.first < self.train_until:
            allowed = f"not before train_until, {self.train_until}"
            raise InvalidInput("split.first", str(self.first), allowed)
        if self.until <= self.first:
            raise InvalidInput("split.until", str(self.until), f"after first, {self.first}")

    @property
    def words(self) -> str:
        """The held-out period, as it is told."""
        return f"from {moment_text(self.first)} until {moment_text(self.until)}"


def last_days(table: pd.DataFrame, name: str, days: int) -> Split:
    """Hold out the last days on which a table has rows; the others are learned from.

    Parameters
    ----------
    table, name
        One of `forecast.data.tables.TABLES`, and its name.
    days
        How many, at least 1.

    Raises
    ------
    InvalidInput
        If there would be no day left to learn from.
    """
    there = _days(table, name)
    if not 1 <= days < len(there):
        few = f"at least 1 and fewer than the {len(there)} days of {name}"
        raise InvalidInput("split.held_out_days", days, few)
    return Split(there[-days], there[-days], there[-1] + DAY)


def first_part(table: pd.DataFrame, name: str, fraction: float) -> Split:
    """Learn from the first part of the sessions of a table, or of its days; hold out the others.

    Sessions are in the order in which they begin. Where there are none, days with rows are taken.

    Raises
    ------
    InvalidInput
        If the fraction is not between 0 and 1, or would leave one of both without a session.
    """
    if not 0 < fraction < 1:
        raise InvalidInput("split.fraction", fraction, "between 0 and 1")
    time = TABLES[name].time
    if "session" in table:
        begins = pd.DatetimeIndex(table.groupby("session", observed=True)[time].min())
        begins = begins.sort_values()
    else:
        begins = _days(table, name)
    # Rounded first: 0.7 of 10 is 7, and not 6 because 0.7 is slightly less than it looks.
    count = int(np.floor(round(fraction * len(begins), 9)))
    if not 0 < count < len(begins):
        what = "sessions" if "session" in table else "days"
        allowed = f"one that divides the {len(begins)} {what} of {name}"
        raise InvalidInput("split.fraction", fraction, allowed)
    return Split(begins[count], begins[count], _days(table, name)[-1] + DAY)


def check_split(split: Split, table: pd.DataFrame, name: str) -> None:
    """Raise `InvalidInput` unless a table has rows to learn from and rows to test on."""
    times = settled(table, name)[TABLES[name].time]
    if not len(times):
        raise InvalidInput(name, "no rows", "a table with rows")
    period = f"{name} are from {times.min()} to {times.max()}"
    if not (times < split.train_until).any():
        raise InvalidInput("split.train_until", str(split.train_until), f"later: {period}")
    if not ((times >= split.first) & (times < split.until)).any():
        given = f"from {split.first} until {split.until}"
        raise InvalidInput("split", given, f"a period with rows: {period}")


def settled(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the rows of what took place: all but visits that were cancelled or are to come."""
    return table[table["status"].isin(TOOK_PLACE)] if name == "visits" else table


def rolling_origins(
    first: pd.Timestamp, until: pd.Timestamp, every: pd.Timedelta, horizon: pd.Timedelta
) -> pd.DatetimeIndex:
    """Return the moments at which forecasts are made, so that each can be compared with all of it.

    Parameters
    ----------
    first
        The first moment.
    until
        The end of what is known: every ``origin + horizon`` is at or before it.
    every, horizon
        Time between two moments, and how far each forecast reaches.

    Raises
    ------
    InvalidInput
        If a length is not positive, or there is no such moment.
    """
    for name, length in (("every", every), ("horizon", horizon)):
        if not length > pd.Timedelta(0):
            raise InvalidInput(name, str(length), "longer than nothing")
    if first + horizon > until:
        allowed = f"at least the horizon of {horizon} after {first}"
        raise InvalidInput("until", str(until), allowed)
    return pd.date_range(first, until - horizon, freq=every)


def _days(table: pd.DataFrame, name: str) -> pd.DatetimeIndex:
    """Return the days on which something of a table took place, in order."""
    times = settled(table, name)[TABLES[name].time]
    if not len(times):
        raise InvalidInput(name, "no rows", "a table with rows")
    return pd.DatetimeIndex(times.dt.normalize().unique()).sort_values()
