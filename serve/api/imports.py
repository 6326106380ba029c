"""Imports: a file in, a report out, and the way back."""

import json
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from apiflask import APIBlueprint
from apiflask.fields import UploadFile
from pydantic import ConfigDict, Field
from sqlalchemy import select

from objective import InvalidInput
from serve.api.call import Call
from serve.api.fields import Sent, Told
from serve.api.pages import PageIn, PageOut, page
from serve.api.route import route
from serve.imports.place import Place
from serve.imports.report import Report
from serve.imports.run import How, columns_of, import_file
from serve.imports.undo import undo_import
from serve.models import Import, Practice

imports = APIBlueprint("imports", __name__, url_prefix="/api/v1")

TableName = Literal[
    "providers", "patients", "appointments", "visits", "arrivals", "consultations", "offers"
]


class ImportIn(Sent):
    """A file to import.

    ``mapping`` is a JSON object: what a column is called in the file, by its name here.
    """

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    table: TableName
    file: UploadFile
    mapping: Annotated[str, Field(max_length=50_000)] = "{}"
    encoding: Literal["", "utf-8", "cp1252"] = ""
    dry_run: bool = False
    on_error: Literal["stop", "skip"] = "stop"
    further: Literal["refuse", "ignore", "keep"] = "refuse"


class CountsOut(Told):
    """Rows of a file, and what became of them."""

    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    skipped: int = 0


class ProblemOut(Told):
    """What is wrong with a row."""

    line: int
    column: str
    message: str


class ReportOut(Told):
    """What came of an import; without an identifier if nothing was written."""

    id: UUID | None
    version: int | None
    table: str
    state: str
    counts: CountsOut
    problem_count: int
    problems: list[ProblemOut]


class ImportOut(Told):
    """An import."""

    id: UUID
    table: str
    state: str
    user_id: UUID | None
    created_at: datetime
    fingerprint: str
    mapping: dict[str, Any]
    counts: CountsOut
    version: int


class ImportsOut(PageOut):
    """A page of imports."""

    items: list[ImportOut]


class ColumnOut(Told):
    """A column that a file may have."""

    name: str
    required: bool
    about: str


class TableOut(Told):
    """A table that can be imported."""

    table: str
    columns: list[ColumnOut]


class TablesOut(Told):
    """All tables that can be imported."""

    tables: list[TableOut]


@route(
    imports, "POST", "/imports", "import.change", "Import a file, or try it",
    takes=ImportIn, gives=ReportOut, form=True,
)  # fmt: skip
def post_import(call: Call, given: ImportIn) -> Report:
    """Import a file; with ``dry_run`` the report is the same and nothing is written."""
    practice = call.find(Practice, call.practice_id)
    given.file.stream.seek(0)
    place = Place(practice.id, practice.zone, call.now, call.actor.user_id)
    how = How(
        mapping=mapping_from(given.mapping),
        encoding=given.encoding or None,
        dry_run=given.dry_run,
        on_error=given.on_error,
        further=given.further,
    )
    report = import_file(call.session, place, given.table, given.file.stream.read(), how)
    call.note("import", report.id, details={"table": report.table, **report.counts})
    return report


@route(
    imports, "GET", "/imports", "import.read", "List the imports",
    query=PageIn, gives=ImportsOut,
)  # fmt: skip
def get_imports(call: Call, asked: PageIn) -> dict[str, Any]:
    """Return a page of imports, the latest first."""
    query = select(Import).where(Import.practice_id == call.practice_id)
    return page(call.session, query, (Import.created_at, Import.id), asked, latest_first=True)


@route(
    imports, "GET", "/imports/columns", "import.read", "Tell what columns files may have",
    gives=TablesOut,
)  # fmt: skip
def get_columns(call: Call) -> dict[str, Any]:
    """Return the columns of every table that can be imported."""
    practice = call.find(Practice, call.practice_id)
    told = columns_of(Place(practice.id, practice.zone, call.now))
    return {"tables": [{"table": name, "columns": columns} for name, columns in told.items()]}


@route(
    imports, "GET", "/imports/<uuid:import_id>", "import.read", "Tell of an import",
    gives=ImportOut,
)  # fmt: skip
def get_import(call: Call, import_id: UUID) -> Import:
    """Return an import."""
    return call.find(Import, import_id)


@route(
    imports, "POST", "/imports/<uuid:import_id>/undo", "import.change", "Undo an import",
    gives=ImportOut, effect="changes",
)  # fmt: skip
def post_undo(call: Call, import_id: UUID) -> Import:
    """Take away what an import added, and bring back what it changed."""
    found = call.find_to_change(Import, import_id)
    undo_import(call.session, found)
    call.note("import", found.id, details={"undone": True})
    return found


def mapping_from(text: str) -> dict[str, str]:
    """Return names of columns from JSON; raise `InvalidInput` if they are none."""
    wrong = InvalidInput(
        "mapping", "another text", 'a JSON object such as {"name": "Surname"}, of at most 200 names'
    )
    try:
        mapping = json.loads(text)
    except (ValueError, RecursionError):
        raise wrong from None
    if not isinstance(mapping, dict) or len(mapping) > 200:
        raise wrong
    if not all(isinstance(one, str) and 0 < len(one) <= 200 for one in mapping.values()):
        raise wrong
    return mapping
