"""Reading tables, measured consultation times and schedules from files; errors name the place.

Rows are numbered as an editor numbers lines: the header is line 1.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from objective import ClinicSession, InvalidInput


def read_durations(path: Path, column: str) -> list[float]:
    """Return the consultation times of a column, minutes.

    Raises
    ------
    InvalidInput
        If the file cannot be read or is empty, the column is not there, or an entry is missing, not
        a number or negative.
    """
    table = _read(path, header=True)
    if column not in table.columns:
        allowed = "one of its columns: " + ", ".join(map(str, table.columns))
        raise InvalidInput(f"column of {path}", column, allowed)
    numbers = pd.to_numeric(table[column], errors="coerce")
    wrong = ~np.isfinite(numbers) | (numbers < 0)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InvalidInput(
            f"{path}, line {row + 2}, column {column}",
            table[column].iloc[row],
            "a finite number of minutes, at least 0",
        )
    return [float(number) for number in numbers]


def read_schedules(path: Path, session: ClinicSession) -> tuple[list[str], list[list[int]]]:
    """Return names and schedules of a file with one schedule per row, one column per interval.

    A first column of names is allowed, and so is a header.

    Raises
    ------
    InvalidInput
        If the file cannot be read or is empty, a row has the wrong number of columns, or an entry
        is not a whole number of patients. That the patients sum to the session's is checked later.
    """
    table = _read(path, header=False)
    first = table.iloc[0]
    has_header = pd.to_numeric(first.iloc[1:], errors="coerce").isna().all()
    names_first = table.shape[1] == session.intervals + 1
    if table.shape[1] - names_first != session.intervals:
        allowed = f"{session.intervals} columns, one per interval, and perhaps one of names"
        raise InvalidInput(str(path), f"{table.shape[1]} columns", allowed)
    names, schedules = [], []
    for line, row in enumerate(table.itertuples(index=False), start=1):
        if line == 1 and has_header:
            continue
        entries = [str(entry) for entry in row]
        name = entries[0] if names_first else f"line {line}"
        if name in names:
            raise InvalidInput(f"{path}, line {line}, column 1", name, "a name of its own")
        names.append(name)
        schedules.append(
            [
                _count(entry, f"{path}, line {line}, column {column}")
                for column, entry in enumerate(entries[names_first:], start=names_first + 1)
            ]
        )
    if not schedules:
        raise InvalidInput(str(path), "only a header", "at least one schedule")
    return names, schedules


def read_table(path: Path) -> pd.DataFrame:
    """Return a CSV file with a header, or a Parquet file, as text; what is missing is empty.

    Raises
    ------
    InvalidInput
        If the file cannot be read or is empty.
    """
    return _read_parquet(path) if path.suffix == ".parquet" else _read(path, header=True)


def _count(entry: str, place: str) -> int:
    try:
        count = int(entry)
    except ValueError:
        raise InvalidInput(place, entry, "a whole number of patients") from None
    if count < 0:
        raise InvalidInput(place, entry, "a whole number of patients, at least 0")
    return count


def _read(path: Path, header: bool) -> pd.DataFrame:
    """Return a CSV file as text; nothing in it is interpreted yet."""
    try:
        table = pd.read_csv(
            path,
            header=0 if header else None,
            dtype=str,
            keep_default_na=False,
            skip_blank_lines=False,
            skipinitialspace=True,
        )
    except OSError as error:
        raise InvalidInput("file", str(path), f"readable ({error.strerror})") from None
    except (pd.errors.EmptyDataError, UnicodeDecodeError, pd.errors.ParserError) as error:
        raise InvalidInput("file", str(path), f"a CSV file ({error})".strip()) from None
    if not isinstance(table.index, pd.RangeIndex):
        # Rows with more fields than the header, for example by a decimal comma.
        allowed = "a CSV file without more fields in a row than in its header"
        raise InvalidInput("file", str(path), allowed)
    return _not_empty(table, path)


def _read_parquet(path: Path) -> pd.DataFrame:
    """Return a Parquet file as text; dates as 2019-03-21."""
    try:
        table = pd.read_parquet(path)
    except OSError as error:
        raise InvalidInput("file", str(path), f"readable ({error.strerror or error})") from None
    except ValueError as error:
        raise InvalidInput("file", str(path), f"a Parquet file ({error})") from None
    text = {}
    for column in table.columns:
        values = table[column]
        if pd.api.types.is_datetime64_any_dtype(values):
            values = values.dt.strftime("%Y-%m-%d")
        text[str(column)] = values.astype(object).where(values.notna(), "").map(str)
    return _not_empty(pd.DataFrame(text), path)


def _not_empty(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    # Blank lines at the end of a file are no rows.
    blank = (table == "").all(axis=1)
    table = table.loc[: blank[~blank].index.max()] if not blank.all() else table.iloc[:0]
    if table.empty:
        raise InvalidInput("file", str(path), "one with at least one row of data")
    return table
