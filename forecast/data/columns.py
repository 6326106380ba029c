"""A clinic's own names of columns, and what further columns of text are."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from forecast.data.coercion import exact_numbers, like_iso_times, texts
from forecast.data.tables import TABLES
from objective import InvalidInput


def renamed(frames: Mapping[str, pd.DataFrame], columns: object) -> dict[str, pd.DataFrame]:
    """Return tables whose columns are called as `forecast.data.tables` calls them.

    Parameters
    ----------
    frames
        Tables by name.
    columns
        What a column is called in the clinic's own table, by its name here, such as
        ``{scheduled_at: AppointmentDay}``: in every table that has it. Or such a mapping for each
        table, ``{visits: {scheduled_at: AppointmentDay}}``.

    Raises
    ------
    InvalidInput
        If a column named is in none of the tables, or one would be there twice.
    """
    given = {} if columns is None else columns
    if not isinstance(given, Mapping):
        raise InvalidInput("data.columns", columns, "columns by name, such as {status: Outcome}")
    made = dict(frames)
    for name, value in given.items():
        if isinstance(value, Mapping):
            if name not in frames:
                raise InvalidInput(f"data.columns.{name}", value, f"of {', '.join(frames)}")
            for ours, theirs in value.items():
                made = _rename(made, str(ours), theirs, [str(name)])
        else:
            made = _rename(made, str(name), value, list(frames))
    return made


def with_types(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """Return a table of text whose further columns are flags, times, numbers or text.

    A column is one of these if all its values are. Numbers that begin with 0, such as 007, are
    text.
    """
    known = {column.name for column in TABLES[table].columns}
    return frame.assign(
        **{str(name): _typed(frame[name]) for name in frame.columns if name not in known}
    )


def _rename(
    frames: dict[str, pd.DataFrame], ours: str, theirs: Any, tables: list[str]
) -> dict[str, pd.DataFrame]:
    there = [name for name in tables if theirs in frames[name]]
    if not there:
        found = "; ".join(f"{name}: {', '.join(map(str, frames[name]))}" for name in tables)
        raise InvalidInput(f"data.columns.{ours}", theirs, f"a column of {found}")
    for name in there:
        if ours != theirs and ours in frames[name]:
            allowed = f"{ours} itself: {name} has a column of that name already"
            raise InvalidInput(f"data.columns.{ours}", theirs, allowed)
    return {
        name: frame.rename(columns={theirs: ours}) if name in there else frame
        for name, frame in frames.items()
    }


def _typed(values: pd.Series) -> pd.Series:
    text = texts(values)
    given = text.dropna()
    if given.empty:
        return text
    lower = given.str.lower()
    if lower.isin(["true", "false"]).all() and len(given) == len(text):
        return lower == "true"
    if like_iso_times(given).all():
        times = pd.to_datetime(text, format="ISO8601", errors="coerce", utc=True)
        naive = times.dt.tz_localize(None).astype("datetime64[ns]")
        return naive if naive.notna().sum() == len(given) else text
    if given.str.match(r"^[+-]?0\d").any():
        return text
    try:
        numbers = pd.to_numeric(given)
    except (ValueError, TypeError):
        return text
    if pd.api.types.is_integer_dtype(numbers.dtype) and len(given) == len(text):
        return numbers.astype("int64")
    return pd.Series(exact_numbers(text), index=text.index)
