"""Rows as lines of JSON, the same from both databases, and back."""

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Connection, String, Table, select

from serve.models import Base

#: Rows that are read or written at a time.
AT_ONCE = 1_000
#: From here on JSON in PostgreSQL gives a whole number back for a float.
WHOLE = 1e16


def tables() -> list[Table]:
    """Return all tables, each after those that it refers to."""
    return list(Base.metadata.sorted_tables)


def lines(connection: Connection, table: Table) -> Iterator[bytes]:
    """Return a table's rows as lines, in the order of their key."""
    query = select(table).order_by(*(_plainly(connection, column) for column in table.primary_key))
    result = connection.execution_options(yield_per=AT_ONCE).execute(query)
    names = [column.name for column in table.columns]
    for row in result:
        values = {name: plain(value) for name, value in zip(names, row, strict=True)}
        yield line(values)


def line(values: dict[str, Any]) -> bytes:
    """Return a row as a line."""
    text = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8") + b"\n"


def fingerprint(connection: Connection, table: Table) -> tuple[int, str]:
    """Return how many rows a table has, and the hash of its lines."""
    count, digest = 0, hashlib.sha256()
    for one in lines(connection, table):
        count += 1
        digest.update(one)
    return count, digest.hexdigest()


def plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, float):
        # Minus nothing, and a float without a fraction, come back as something else.
        return int(value) if abs(value) >= WHOLE else value + 0.0
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value


def row(table: Table, text: bytes) -> dict[str, Any]:
    """Return the row that a line says, without what is nothing in it.

    Raises
    ------
    ValueError
        If the line is of another table.
    """
    values = json.loads(text)
    columns = {column.name: column for column in table.columns}
    if not isinstance(values, dict) or set(values) != set(columns):
        raise ValueError("the columns are others")
    return {
        name: _value(columns[name], value) for name, value in values.items() if value is not None
    }


def _value(column: Column[Any], value: Any) -> Any:
    kind = column.type.python_type
    if kind is UUID:
        return UUID(value)
    if kind is bytes:
        return base64.b64decode(value)
    if kind in (datetime, date, time):
        return kind.fromisoformat(value)
    return float(value) if kind is float else value


def _plainly(connection: Connection, column: Column[Any]) -> Any:
    """Return a column to order by, the same way in both databases."""
    if connection.dialect.name == "postgresql" and isinstance(column.type, String):
        return column.collate("C")
    return column
