"""Gaps in a history: told in words, since models learn from what is there and can do no more."""

import pandas as pd

from forecast.data.history import History
from forecast.data.periods import settled
from forecast.data.rules import usual_periods
from forecast.data.tables import TABLES

#: Days between two days with rows that are a gap.
GAP_DAYS = 14
#: Gaps that are told of a table; the others are counted.
SHOWN = 3


def gap_sentences(history: History) -> list[str]:
    """Return what is missing in the middle of each table, in sentences.

    Of visits, consultations and offers: more than two weeks without any. Of arrivals: periods of a
    series without a row, which is not the same as a count of 0.
    """
    sentences = []
    for name in TABLES:
        table: pd.DataFrame = getattr(history, name)
        if len(table):
            told = _missing_periods(table) if name == "arrivals" else _empty_weeks(table, name)
            sentences += told[:SHOWN]
            if len(told) > SHOWN:
                sentences.append(f"{name}: {len(told) - SHOWN} more gaps.")
    return sentences


def _empty_weeks(table: pd.DataFrame, name: str) -> list[str]:
    times = settled(table, name)[TABLES[name].time]
    days = pd.Series(times.dt.normalize().unique()).sort_values(ignore_index=True)
    between = days.diff()
    return [
        f"{name}: nothing from {days[row - 1]:%Y-%m-%d} to {days[row]:%Y-%m-%d}, "
        f"{between[row].days} days."
        for row in between.index[between > pd.Timedelta(days=GAP_DAYS)]
    ]


def _missing_periods(arrivals: pd.DataFrame) -> list[str]:
    ordered = arrivals.sort_values(["series", "start"], kind="stable", ignore_index=True)
    lengths = usual_periods(arrivals)
    step = ordered.groupby("series", sort=False)["start"].diff()
    length = ordered["series"].map(lengths)
    sentences = []
    for row in step.index[step > length]:
        missing = step[row] // length[row] - 1
        first, last = ordered["start"][row - 1] + length[row], ordered["start"][row] - length[row]
        what = "1 period is" if missing == 1 else f"{missing:,} periods are"
        sentences.append(
            f"arrivals of {ordered['series'][row]}: {what} not there, from {first} to {last}."
        )
    return sentences
