"""Whether a table is what `forecast.data.tables` describes: every problem of every row, at once."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.data.coercion import coerce
from forecast.data.problems import found_problems, no_problems
from forecast.data.rules import broken_rules
from forecast.data.tables import Table
from objective import InvalidInput


@dataclass(frozen=True)
class Checked:
    """A table and what is wrong with it.

    Attributes
    ----------
    frame
        All rows, with the columns of the table first and as they should be, as far as they can.
    problems
        Each with table, row, column, value and what is allowed; in the order of the rows. Row 0 is
        the whole table: it lacks a column.
    """

    frame: pd.DataFrame
    problems: pd.DataFrame


def checked_zone(zone: object) -> str | None:
    """Return the name of a zone, or None; raise `InvalidInput` if there is no such zone."""
    if zone is None:
        return None
    try:
        return ZoneInfo(str(zone)).key
    except (KeyError, OSError, ValueError):
        raise InvalidInput("data.zone", zone, "a zone such as Europe/London, or null") from None


def check_table(frame: pd.DataFrame, table: Table, zone: str | None = None) -> Checked:
    """Return a table with its columns as they should be, and every problem it has.

    Parameters
    ----------
    frame
        As it was read.
    table
        What it should be.
    zone
        On whose wall clock times that have a zone are told; None if none may have one.
    """
    frame = frame.reset_index(drop=True)
    made: dict[str, pd.Series] = {}
    bad = np.zeros(len(frame), bool)
    problems = []

    def tell(where: NDArray[np.bool_], column: str, allowed: object) -> None:
        rows = np.flatnonzero(where)
        values = frame[column].iloc[rows].astype(object).tolist()
        problems.append(found_problems(table.name, rows + 1, column, values, allowed))

    for column in table.columns:
        if column.name not in frame:
            if column.required:
                nowhere, there = np.zeros(1, np.int64), f"there: {column.about}"
                problems.append(found_problems(table.name, nowhere, column.name, [None], there))
            continue
        found = coerce(frame[column.name], column, zone)
        made[column.name] = found.values
        if found.wrong.any():
            tell(found.wrong, column.name, found.allowed)
            bad |= found.wrong
        if not column.empty and found.empty.any():
            tell(found.empty, column.name, "given")
            bad |= found.empty
    checked = pd.DataFrame(made, index=frame.index)
    for name in frame.columns:
        if name not in made:
            checked[name] = frame[name]
            if pd.api.types.is_float_dtype(frame[name].dtype):
                infinite = np.isinf(frame[name].to_numpy(np.float64, na_value=np.nan))
                if infinite.any():
                    tell(infinite, str(name), "a finite number, or empty")

    if all(name in made for name in table.key):
        first = _first_rows(checked, table, ~bad)
        what = ", ".join(table.key)
        allowed = [f"no other row's {what}: row {row} has it" for row in first[first > 0]]
        if allowed:
            tell(first > 0, table.key[0], allowed)
    for broken in broken_rules(table.name, checked):
        tell(broken.where, broken.column, broken.allowed)
    if not problems:
        return Checked(checked, no_problems())
    every = pd.concat(problems, ignore_index=True)
    return Checked(checked, every.sort_values("row", kind="stable", ignore_index=True))


def _first_rows(frame: pd.DataFrame, table: Table, sound: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return for each row the earlier one that has its key, counted from 1, or 0, (rows,)."""
    key = list(table.key)
    first = np.zeros(len(frame), np.int64)
    among = frame.loc[sound, key]
    twice = among[among.duplicated(keep=False)]
    if len(twice):
        numbers = pd.Series(twice.index.to_numpy() + 1, index=twice.index)
        earliest = numbers.groupby([twice[name] for name in key]).transform("first")
        first[twice.index] = np.where(earliest == numbers, 0, earliest)
    return first
