"""History from a file: tables of `forecast.data.tables`, checked as the forecasts check them."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from forecast.data.assembly import with_their_occasion
from forecast.data.columns import with_types
from forecast.data.tables import Table
from forecast.data.validation import check_table
from serve.api.fields import FIRST_YEAR, LAST_YEAR
from serve.clock import at_wall_clock
from serve.imports.fields import LONGEST
from serve.imports.outcome import Outcome
from serve.imports.place import Place
from serve.imports.report import Problem
from serve.imports.sheet import Sheet
from serve.imports.writing import Writer, locked, together
from serve.models import HistoryRow

#: What stands between the values of a key; no cell has it.
BETWEEN = "\x1f"
#: Longest key that is kept as it is.
LONGEST_KEY = 500
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")


def import_history(
    sheet: Sheet, table: Table, place: Place, writer: Writer
) -> tuple[Outcome, list[Problem]]:
    """Add and change rows of history; return what became of them and what is wrong with others."""
    frame, problems = checked(sheet, table, place.zone)
    rows = values_of(frame)
    keys = [key_of(row, table) for row in rows]
    there = _there(writer.session, place.practice_id, table.name, keys)
    added, changed = [], []
    for key, values in zip(keys, rows, strict=True):
        time = pd.Timestamp(values[table.time]).to_pydatetime()
        at = at_wall_clock(time.date(), time.time(), place.zone)
        found = there.get(key)
        if found is None:
            added.append(
                {
                    "practice_id": place.practice_id,
                    "table": table.name,
                    "key": key,
                    "at": at,
                    "values": values,
                    "version": 1,
                }
            )
        elif found.values != values:
            changed.append((found, {"values": values, "at": at}))
    writer.add(HistoryRow, added)
    writer.change(HistoryRow, changed)
    return Outcome(len(added), len(changed), len(rows) - len(added) - len(changed)), problems


def checked(sheet: Sheet, table: Table, zone: str) -> tuple[pd.DataFrame, list[Problem]]:
    """Return the rows of a sheet that are what the table describes, and the problems of others."""
    if not sheet.rows:
        return pd.DataFrame(columns=sheet.columns), list(sheet.problems)
    sheet = _with_decimal_points(sheet, table)
    cells = [[cell or None for cell in row] for row in sheet.rows]
    texts = pd.DataFrame(cells, columns=sheet.columns, dtype=object)
    found = check_table(with_types(texts, table.name), table, zone)
    told = found.problems
    if table.name == "offers" and len(told):
        told = with_their_occasion(found.frame, told)
    problems = [
        Problem(sheet.lines[row - 1], column, _message(str(allowed), sheet.lines))
        for row, column, allowed in told[["row", "column", "allowed"]].itertuples(index=False)
    ]
    problems += _outside(found.frame, table, sheet.lines)
    bad = {one.line for one in problems}
    good = np.array([line not in bad for line in sheet.lines])
    return found.frame[good], sorted({*problems, *sheet.problems})


def _message(allowed: str, lines: list[int]) -> str:
    """Return what would be right, with lines of the file where rows of the table are named."""
    told = re.sub(
        r"row (\d+) has it$", lambda row: f"line {lines[int(row[1]) - 1]} has it", allowed
    )
    return f"must be {told}"


def _outside(frame: pd.DataFrame, table: Table, lines: list[int]) -> list[Problem]:
    """Return the problems of times and texts that are out of bounds."""
    found = []
    for column in table.columns:
        if column.name not in frame:
            continue
        values = frame[column.name]
        if column.kind == "time":
            years = values.dt.year
            wrong = (years < FIRST_YEAR) | (years >= LAST_YEAR)
            message = f"must be between {FIRST_YEAR} and {LAST_YEAR}"
        elif column.kind == "text":
            wrong = values.str.len() > LONGEST
            message = f"must have at most {LONGEST} characters"
        else:
            continue
        found += [Problem(lines[row], column.name, message) for row in np.flatnonzero(wrong)]
    return found


def _with_decimal_points(sheet: Sheet, table: Table) -> Sheet:
    """Return a sheet whose numbers have points; where a comma stands between cells it has."""
    numbers = {one.name for one in table.columns if one.kind == "number"}
    places = [place for place, name in enumerate(sheet.columns) if name in numbers]
    if sheet.separator == "," or not places:
        return sheet
    rows = [list(row) for row in sheet.rows]
    for row in rows:
        for place in places:
            if DECIMAL_COMMA.fullmatch(row[place]):
                row[place] = row[place].replace(",", ".")
    return replace(sheet, rows=rows)


def values_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as JSON has them; what is missing is left out."""
    columns = {str(name): _plain(frame[name]) for name in frame}
    return [
        {name: value for name, value in zip(columns, row, strict=True) if value is not None}
        for row in zip(*columns.values(), strict=True)
    ]


def _plain(values: pd.Series) -> list[Any]:
    missing = values.isna().to_numpy()
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        made: list[Any] = [one.isoformat() for one in values]
    else:
        made = values.tolist()
    return [None if gone else one for one, gone in zip(made, missing, strict=True)]


def key_of(values: Mapping[str, Any], table: Table) -> str:
    """Return the values by which a row differs from all others of its table."""
    key = BETWEEN.join(str(values[name]) for name in table.key)
    return key if len(key) <= LONGEST_KEY else hashlib.sha256(key.encode()).hexdigest()


def _there(
    session: Session, practice_id: UUID, table: str, keys: list[str]
) -> dict[str, HistoryRow]:
    found: dict[str, HistoryRow] = {}
    for part in together(sorted(keys)):
        query = select(HistoryRow).where(
            HistoryRow.practice_id == practice_id,
            HistoryRow.table == table,
            HistoryRow.key.in_(part),
        )
        found.update({one.key: one for one in session.scalars(locked(query))})
    return found
