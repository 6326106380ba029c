"""The practice's history, for those who learn from it: pages, CSV and Parquet."""

from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from flask import Response, current_app
from pydantic import Field

from forecast.data.tables import TABLES
from serve.api.call import Call
from serve.api.fields import Day, window
from serve.api.pages import PageIn, PageOut
from serve.api.route import route
from serve.errors import NotFound
from serve.history.practice_history import history_of_practice
from serve.history.writing import csv_parts, page_of, parquet_bytes, within

history = APIBlueprint("history", __name__, url_prefix="/api/v1")

#: Dates that may be asked for: all that there are.
LONGEST = 400 * 366
KINDS = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}


class HistoryIn(PageIn):
    """Which rows, from the first date to the last, and as what."""

    first: Day | None = None
    last: Day | None = None
    format: Literal["json", "csv", "parquet"] = "json"
    limit: Annotated[int, Field(ge=1, le=10_000)] = 1_000


class HistoryOut(PageOut):
    """A page of rows, by the names of their columns; times are on the practice's wall clock."""

    items: list[dict[str, Any]]


@route(
    history, "GET", "/history/<table>", "history.export", "Export a table of the history",
    query=HistoryIn, gives=HistoryOut, files=tuple(KINDS.values()),
)  # fmt: skip
def get_history(call: Call, table: str, asked: HistoryIn) -> dict[str, Any] | Response:
    """Return a page of visits, arrivals, consultations or offers, or all of them as a file."""
    if table not in TABLES:
        raise NotFound("table")
    if asked.first is not None and asked.last is not None:
        window(asked.first, asked.last, LONGEST)
    found = history_of_practice(
        call.session, call.practice_id, key=current_app.config["SECRET_KEY"]
    )
    rows = within(getattr(found, table), TABLES[table], asked.first, asked.last)
    call.note("history", None, details={"table": table, "rows": len(rows)})
    if asked.format == "json":
        return page_of(rows, TABLES[table], asked.limit, asked.cursor)
    body = csv_parts(rows) if asked.format == "csv" else [parquet_bytes(rows)]
    name = f"attachment; filename={table}.{asked.format}"
    return Response(
        body, headers={"Content-Type": KINDS[asked.format], "Content-Disposition": name}
    )
