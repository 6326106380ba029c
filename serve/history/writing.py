"""A table of history as pages of JSON, as CSV and as Parquet."""

import base64
import binascii
import io
import json
from bisect import bisect_right
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pandas as pd

from forecast.data.tables import Table
from objective import InvalidInput
from serve.spreadsheets import guarded_table

#: Rows that are written at one time.
TOGETHER = 10_000


def within(
    frame: pd.DataFrame, table: Table, first: date | None, last: date | None
) -> pd.DataFrame:
    """Return the rows from the first date to the last."""
    if not len(frame):
        return frame
    times = frame[table.time]
    keep = times.notna()
    if first is not None:
        keep &= times >= pd.Timestamp(first)
    if last is not None:
        keep &= times < pd.Timestamp(last + timedelta(days=1))
    return frame[keep].reset_index(drop=True)


def csv_parts(frame: pd.DataFrame) -> Iterator[str]:
    """Yield a table as CSV, in parts; texts that a spreadsheet would run are guarded."""
    for first in range(0, max(len(frame), 1), TOGETHER):
        part = guarded_table(frame.iloc[first : first + TOGETHER])
        yield part.to_csv(index=False, header=first == 0, lineterminator="\r\n")


def parquet_bytes(frame: pd.DataFrame) -> bytes:
    """Return a table as a Parquet file."""
    stream = io.BytesIO()
    frame.to_parquet(stream, index=False)
    return stream.getvalue()


def page_of(frame: pd.DataFrame, table: Table, limit: int, cursor: str | None) -> dict[str, Any]:
    """Return a page of rows as ``items``, and the cursor of the next one.

    Raises
    ------
    InvalidInput
        If the cursor is none of this table.
    """
    columns = [table.time, *(one for one in table.key if one != table.time)]
    places = list(zip(*(frame[one].map(_text) for one in columns), strict=True))
    first = 0 if cursor is None else bisect_right(places, _place(cursor, len(columns)))
    part = frame.iloc[first : first + limit]
    more = first + limit < len(frame)
    last = json.dumps(places[first + limit - 1]) if more else ""
    after = base64.urlsafe_b64encode(last.encode()).decode().rstrip("=")
    return {"items": _rows(part), "next": after if more else None}


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    columns = {str(name): _plain(frame[name]) for name in frame}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _plain(values: pd.Series) -> list[Any]:
    missing = values.isna()
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        values = values.map(_text, na_action="ignore").astype(object)
    return [None if gone else one for one, gone in zip(values.tolist(), missing, strict=True)]


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, pd.Timestamp) else str(value)


def _place(cursor: str, columns: int) -> tuple[str, ...]:
    wrong = InvalidInput("cursor", "the cursor", "the `next` of a page of this table")
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        found = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise wrong from None
    if not isinstance(found, list) or len(found) != columns:
        raise wrong
    if not all(isinstance(one, str) for one in found):
        raise wrong
    return tuple(found)
