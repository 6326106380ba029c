"""Long lists, page by page, by a cursor that stays right while rows come and go."""

import base64
import binascii
import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import BindParameter, Select, bindparam, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from objective import InvalidInput
from serve.api.fields import FIRST_YEAR, LAST_YEAR, Sent

LONGEST_PAGE = 200


class PageIn(Sent):
    """Which part of a list."""

    limit: Annotated[int, Field(ge=1, le=LONGEST_PAGE)] = 50
    cursor: Annotated[str, Field(max_length=500)] | None = None


class PageOut(BaseModel):
    """A part of a list; ``next`` is the cursor of what follows, null at the end."""

    next: str | None


def page(
    session: Session,
    query: Select[Any],
    order: tuple[InstrumentedAttribute[Any], ...],
    asked: PageIn,
    latest_first: bool = False,
) -> dict[str, Any]:
    """Return a page of rows as ``items``, and the cursor of the next one.

    Parameters
    ----------
    query
        Selects rows of one model, without an order.
    order
        Columns by which the rows are in order; together no two rows have the same.
    latest_first
        Whether the order is descending.

    Raises
    ------
    InvalidInput
        If the cursor is none of this list.
    """
    if asked.cursor is not None:
        after = tuple_(*order)
        values = tuple_(*(_bound(column, one) for column, one in _pairs(order, asked.cursor)))
        query = query.where(after < values if latest_first else after > values)
    arranged = [column.desc() if latest_first else column.asc() for column in order]
    found = list(session.scalars(query.order_by(*arranged).limit(asked.limit + 1)))
    more = len(found) > asked.limit
    kept = found[: asked.limit]
    return {"items": kept, "next": _cursor(order, kept[-1]) if more else None}


def _bound(column: InstrumentedAttribute[Any], value: Any) -> BindParameter[Any]:
    return bindparam(None, value, type_=column.type)


def _cursor(order: tuple[InstrumentedAttribute[Any], ...], row: Any) -> str:
    values = [getattr(row, column.key) for column in order]
    plain = [one.isoformat() if isinstance(one, date) else one for one in values]
    text = json.dumps(plain, default=str)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _pairs(
    order: tuple[InstrumentedAttribute[Any], ...], cursor: str
) -> list[tuple[InstrumentedAttribute[Any], Any]]:
    wrong = InvalidInput("cursor", "the cursor", "the `next` of a page of this list")
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if not isinstance(values, list) or len(values) != len(order):
            raise wrong
        return [
            (column, _read(column.type.python_type, value))
            for column, value in zip(order, values, strict=True)
        ]
    except (binascii.Error, ValueError, TypeError, KeyError, OverflowError, RecursionError):
        raise wrong from None


def _read(kind: type, value: Any) -> Any:
    readers: dict[type, Callable[[Any], Any]] = {
        datetime: _moment,
        date: lambda text: date.fromisoformat(_text(text)),
        UUID: lambda text: UUID(_text(text)),
        int: _whole,
        str: _text,
    }
    return readers[kind](value)


def _whole(value: Any) -> int:
    if type(value) is not int or abs(value) >= 2**62:
        raise ValueError
    return value


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.utcoffset() is None or not FIRST_YEAR < moment.year < LAST_YEAR:
        raise ValueError
    return moment


def _text(value: Any) -> str:
    # Neither NUL nor half of a letter can be looked for in a database.
    if type(value) is not str or "\x00" in value or not value.isprintable():
        raise ValueError
    return value
