"""Values of a column as what they should be: text, times, numbers and flags."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from forecast.data.tables import Column

Mask = NDArray[np.bool_]

#: A time as ISO 8601 has it: a date, a date with a time of day, and perhaps a zone.
ZONE = r"\s?(?:[Zz]|[+-]\d{2}(?::?\d{2})?)"
TIME_OF_DAY = rf"[T ]\d{{2}}:\d{{2}}(?::\d{{2}}(?:\.\d{{1,9}})?)?(?:{ZONE})?"
ISO_TIME = rf"^\d{{4}}-\d{{2}}-\d{{2}}(?:{TIME_OF_DAY})?$"
ZONED = rf":\d{{2}}(?:\.\d{{1,9}})?{ZONE}$"
FLAGS = {"true": 1, "yes": 1, "1": 1, "1.0": 1, "false": 0, "no": 0, "0": 0, "0.0": 0}


@dataclass(frozen=True)
class Coerced:
    """A column whose values are what they should be, as far as they can.

    Attributes
    ----------
    values
        The values: object text, datetime64[ns], int64, float64 or bool; where one is empty or
        wrong, whatever stands for missing (False for a flag).
    empty
        Where there is none, (rows,).
    wrong
        Where it is something else, (rows,).
    allowed
        What would be right there.
    """

    values: pd.Series
    empty: Mask
    wrong: Mask
    allowed: str


def coerce(values: pd.Series, column: Column, zone: str | None) -> Coerced:
    """Return the values of a column as its kind.

    Parameters
    ----------
    values
        As a file, a database or a caller has them.
    column
        What they should be.
    zone
        The clinic's zone, such as Europe/London: times with a zone are told on its wall clock. With
        None they are wrong.
    """
    if column.kind == "time":
        return _times(values, zone)
    if column.kind == "text":
        return _texts(values, column)
    if column.kind == "flag":
        return _flags(values)
    return _numbers(values, column)


def texts(values: pd.Series) -> pd.Series:
    """Return values as text without spaces around it; what is missing or nothing is None.

    Whole numbers have no decimals, also where a column of floats holds them; times are written as
    ISO 8601 has them.
    """
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(object)
    missing = values.isna().to_numpy()
    if pd.api.types.is_float_dtype(values.dtype):
        numbers = values.to_numpy(np.float64, na_value=np.nan)
        whole = np.isfinite(numbers) & (numbers == np.floor(numbers)) & (abs(numbers) < 2**63)
        made = values.astype(object)
        made[whole] = numbers[whole].astype(np.int64)
        text = made.map(str)
    elif pd.api.types.infer_dtype(values, skipna=True) in ("string", "empty"):
        text = values.astype(object)
    else:
        text = values.astype(object).map(_one_text)
    stripped = text.where(~missing, "").str.strip()
    made_text: pd.Series = stripped.where(stripped != "")
    return made_text


def like_iso_times(text: pd.Series) -> Mask:
    """Return where a text is a time as ISO 8601 has it, (rows,)."""
    return _matches(text, ISO_TIME)


def exact_numbers(text: pd.Series) -> NDArray[np.float64]:
    """Return texts as the nearest numbers, (rows,); NaN where a text is none."""
    rough = pd.to_numeric(text, errors="coerce").to_numpy(np.float64)
    finite = np.isfinite(rough)
    # The parser of whole columns may be off by the last digit; Python's is not.
    rough[finite] = text[finite].to_numpy(object).astype(np.float64)
    return rough


def _one_text(value: object) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _matches(text: pd.Series, pattern: str) -> Mask:
    array = pa.array(text, pa.string(), from_pandas=True)
    return np.asarray(pc.match_substring_regex(array, pattern).fill_null(False), bool)


def _times(values: pd.Series, zone: str | None) -> Coerced:
    allowed = "a date, or a date with a time, as 2019-03-21T08:00"
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        empty = values.isna().to_numpy()
        if zone is None:
            return _zoneless(values, empty)
        made = values.dt.tz_convert(zone).dt.tz_localize(None)
        return Coerced(made.astype("datetime64[ns]"), empty, np.zeros(len(values), bool), allowed)
    if pd.api.types.is_datetime64_dtype(values.dtype):
        empty = values.isna().to_numpy()
        made = values.astype("datetime64[ns]")
        return Coerced(made, empty, np.zeros(len(values), bool), allowed)
    text = texts(values)
    empty = text.isna().to_numpy()
    # A plain number would be read as nanoseconds or as a year.
    known, zoned = _matches(text, ISO_TIME), _matches(text, ZONED)
    plain = pd.to_datetime(text.where(known & ~zoned), format="ISO8601", errors="coerce")
    made = plain.astype("datetime64[ns]")
    if zoned.any():
        if zone is None:
            made = made.where(~zoned)
            allowed += ", without a zone (or set data.zone)"
        else:
            told = pd.to_datetime(text[zoned], format="ISO8601", errors="coerce", utc=True)
            made[zoned] = told.dt.tz_convert(zone).dt.tz_localize(None).astype("datetime64[ns]")
    return Coerced(made, empty, made.isna().to_numpy() & ~empty, allowed)


def _zoneless(values: pd.Series, empty: Mask) -> Coerced:
    nothing = pd.Series(pd.NaT, index=values.index, dtype="datetime64[ns]")
    return Coerced(nothing, empty, ~empty, "a time without a zone, or set data.zone")


def _texts(values: pd.Series, column: Column) -> Coerced:
    text = texts(values)
    empty = text.isna().to_numpy()
    if not column.choices:
        return Coerced(text, empty, np.zeros(len(text), bool), "a text")
    lower = text.str.lower()
    wrong = ~lower.isin(column.choices).to_numpy() & ~empty
    return Coerced(lower, empty, wrong, "one of " + ", ".join(column.choices))


def _flags(values: pd.Series) -> Coerced:
    if pd.api.types.is_bool_dtype(values.dtype) and not values.isna().any():
        nowhere = np.zeros(len(values), bool)
        return Coerced(values.astype(bool), nowhere, nowhere, "true or false")
    text = texts(values)
    empty = text.isna().to_numpy()
    found = text.str.lower().map(FLAGS)
    wrong = found.isna().to_numpy() & ~empty
    return Coerced(found.fillna(0).astype(bool), empty, wrong, "true or false, yes or no, 1 or 0")


def _numbers(values: pd.Series, column: Column) -> Coerced:
    whole = column.kind == "whole"
    allowed = ("a whole number" if whole else "a finite number") + _range(column)
    if pd.api.types.is_bool_dtype(values.dtype):
        nothing = pd.Series(np.nan, index=values.index)
        return Coerced(nothing, values.isna().to_numpy(), values.notna().to_numpy(), allowed)
    if pd.api.types.is_numeric_dtype(values.dtype):
        empty = values.isna().to_numpy()
        numbers = values.to_numpy(np.float64, na_value=np.nan)
    else:
        text = texts(values)
        empty = text.isna().to_numpy()
        numbers = exact_numbers(text)
    wrong = ~np.isfinite(numbers) & ~empty
    with np.errstate(invalid="ignore"):
        if whole:
            wrong |= numbers != np.floor(numbers)
        if column.low is not None:
            wrong |= numbers < column.low
        if column.high is not None:
            wrong |= numbers > column.high
    wrong &= ~empty
    usable = np.where(wrong, np.nan, numbers)
    if whole and not (empty | wrong).any():
        usable = usable.astype(np.int64)
    return Coerced(pd.Series(usable, index=values.index), empty, wrong, allowed)


def _range(column: Column) -> str:
    if column.low is None and column.high is None:
        return ""
    low = "" if column.low is None else f" from {column.low:g}"
    return low + ("" if column.high is None else f" to {column.high:,.0f}")
