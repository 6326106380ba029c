"""Rules across the columns of a table, on values that are what they should be.

A rule returns where it is broken; a value that is missing breaks none.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

DAY = pd.Timedelta(days=1)
MIDNIGHT = pd.Timedelta(0)


@dataclass(frozen=True)
class Broken:
    """Where a rule is broken, (rows,), in which column, and what would be allowed there."""

    where: Mask
    column: str
    allowed: str


def broken_rules(table: str, frame: pd.DataFrame) -> list[Broken]:
    """Return what is broken of the rules of a table; columns that it lacks break nothing."""
    found = RULES[table](_Columns(frame))
    return [one for one in found if one.where.any()]


class _Columns:
    """Columns of a table; those that are not there are missing in every row."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame

    def times(self, name: str) -> pd.Series:
        if name in self.frame:
            return self.frame[name]
        return pd.Series(pd.NaT, index=self.frame.index, dtype="datetime64[ns]")

    def texts(self, name: str) -> pd.Series:
        if name in self.frame:
            return self.frame[name]
        return pd.Series(None, index=self.frame.index, dtype=object)

    def flags(self, name: str) -> Mask:
        if name in self.frame:
            return self.frame[name].to_numpy(bool)
        return np.zeros(len(self.frame), bool)


def _visits(columns: _Columns) -> list[Broken]:
    booked, scheduled = columns.times("booked_at"), columns.times("scheduled_at")
    arrived, started = columns.times("arrived_at"), columns.times("started_at")
    ended, status = columns.times("ended_at"), columns.texts("status")
    walk_in = columns.flags("walk_in")
    # Of an appointment at midnight only the day is known, and a booking of that day is before it.
    only_day = (scheduled - scheduled.dt.normalize() == MIDNIGHT).to_numpy()
    latest = scheduled.where(~only_day, scheduled + DAY - pd.Timedelta(1, "ns"))
    other_day = (booked.dt.normalize() != scheduled.dt.normalize()).to_numpy()
    both = (booked.notna() & scheduled.notna()).to_numpy()
    missed = (status == "no_show").to_numpy()
    seen = started.notna().to_numpy() | ended.notna().to_numpy()
    return [
        Broken((booked > latest).to_numpy() & ~walk_in, "booked_at", "not after scheduled_at"),
        Broken(walk_in & both & other_day, "booked_at", "on the day of a walk-in's arrival"),
        Broken((started < arrived).to_numpy(), "started_at", "not before arrived_at"),
        Broken((ended < started).to_numpy(), "ended_at", "not before started_at"),
        Broken(
            (ended < arrived).to_numpy() & started.isna().to_numpy(),
            "ended_at",
            "not before arrived_at",
        ),
        Broken((ended > started + DAY).to_numpy(), "ended_at", "within a day of started_at"),
        Broken(missed & seen, "status", "another one: a visit that was missed was not begun"),
        Broken(
            (columns.times("cancelled_at") < booked).to_numpy(),
            "cancelled_at",
            "not before booked_at",
        ),
    ]


def _arrivals(columns: _Columns) -> list[Broken]:
    frame = columns.frame
    if "series" not in frame or "start" not in frame:
        return []
    off = np.zeros(len(frame), bool)
    told = frame.dropna(subset=["series", "start"])
    if told.empty:
        return []
    lengths = usual_periods(told)
    nanoseconds = told["start"].astype("int64")
    residue = nanoseconds % told["series"].map(lengths).astype("int64")
    usual = residue.groupby(told["series"]).agg(lambda one: one.mode().iloc[0])
    off[frame.index.get_indexer(told.index)] = (residue != told["series"].map(usual)).to_numpy()
    allowed = "a whole number of periods from the others of its series"
    return [Broken(off, "start", allowed)]


def usual_periods(arrivals: pd.DataFrame) -> pd.Series:
    """Return the length of the periods of each series: the most frequent time between two.

    It is a day where a series has a single period.
    """
    ordered = arrivals[["series", "start"]].drop_duplicates().sort_values(["series", "start"])
    between = ordered.groupby("series", sort=False)["start"].diff()
    usual = between.dropna().groupby(ordered["series"], sort=False).agg(lambda one: one.mode()[0])
    return usual.reindex(ordered["series"].unique()).fillna(DAY)


def _consultations(columns: _Columns) -> list[Broken]:
    if "minutes" not in columns.frame:
        return []
    return [Broken((columns.frame["minutes"] <= 0).to_numpy(), "minutes", "more than 0")]


def _offers(columns: _Columns) -> list[Broken]:
    frame = columns.frame
    late = columns.times("offered_at") > columns.times("seat_at")
    found = [Broken(late.to_numpy(), "offered_at", "not after seat_at")]
    if "offer_id" not in frame:
        return found
    offer = frame["offer_id"]
    if "chosen" in frame:
        taken = frame["chosen"].astype("int64").groupby(offer).cumsum().to_numpy()
        again = frame["chosen"].to_numpy(bool) & (taken > 1)
        found.append(Broken(again, "chosen", "false: another seat of the occasion was chosen"))
    for name in ("patient_id", "offered_at"):
        if name in frame:
            first = frame[name].groupby(offer).transform("first")
            other = frame[name].notna() & first.notna() & (frame[name] != first)
            found.append(Broken(other.to_numpy(), name, "the same in all rows of an occasion"))
    return found


RULES: dict[str, Callable[[_Columns], list[Broken]]] = {
    "visits": _visits,
    "arrivals": _arrivals,
    "consultations": _consultations,
    "offers": _offers,
}
