"""Importing a file: in one transaction, all of it or with the wrong rows left out, or for a try."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from forecast.data.tables import TABLES as HISTORY
from objective import InvalidInput
from serve.errors import NotFound, RowsRefused
from serve.events.announce import announce
from serve.imports.appointments import appointment_fields, import_appointments
from serve.imports.columns import FURTHER, named
from serve.imports.fields import Field
from serve.imports.history import import_history
from serve.imports.outcome import Outcome
from serve.imports.patients import import_patients, patient_fields
from serve.imports.place import Place
from serve.imports.providers import import_providers, provider_fields
from serve.imports.report import SHOWN, Problem, Report
from serve.imports.rows import Rows, read_rows
from serve.imports.sheet import Sheet, read_sheet
from serve.imports.writing import Writer, locked
from serve.models import Import, Practice
from serve.models.records import TABLES

#: What the rows of a table that is no history are, and how they are written.
Importer = Callable[[Rows, Place, Writer], Outcome]
KINDS: Mapping[str, tuple[Callable[[Place], Mapping[str, Field]], Importer]] = {
    "providers": (provider_fields, import_providers),
    "patients": (patient_fields, import_patients),
    "appointments": (appointment_fields, import_appointments),
}


@dataclass(frozen=True)
class About:
    """A column that a file may have: its name, whether it must be there, and what it holds."""

    name: str
    required: bool
    about: str


@dataclass(frozen=True)
class How:
    """How a file is imported.

    Attributes
    ----------
    mapping
        What a column is called in the file, by its name here.
    encoding
        ``utf-8`` or ``cp1252``; None to find out.
    dry_run
        Whether nothing is written.
    on_error
        ``stop``: a row that cannot be used keeps all from being written; ``skip``: such rows are
        left out.
    further
        What becomes of columns that are not known: ``refuse``, ``ignore``, or for history
        ``keep``.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None
    dry_run: bool = False
    on_error: Literal["stop", "skip"] = "stop"
    further: str = "refuse"


def import_file(session: Session, place: Place, table: str, data: bytes, how: How) -> Report:
    """Import a file.

    Parameters
    ----------
    session
        A writing transaction.
    place
        The practice, the moment and who imports; the zone is the practice's.
    table
        One of `serve.models.records.TABLES`.
    data
        The file.

    Raises
    ------
    InvalidInput
        If the file, its columns or the mapping cannot be used.
    RowsRefused
        If a row cannot be used and none may be left out.
    """
    if table not in TABLES:
        raise InvalidInput("table", table, "one of " + ", ".join(TABLES))
    if how.further not in FURTHER or (how.further == "keep" and table not in HISTORY):
        allowed = "refuse or ignore; of history, whose attributes forecasts use, also keep"
        raise InvalidInput("further", how.further, allowed)
    sheet = read_sheet(data, how.encoding)
    return import_with(
        session,
        place,
        table,
        how,
        len(sheet.rows) + len(sheet.problems),
        hashlib.sha256(data).hexdigest(),
        lambda writer: _written(sheet, table, place, how, writer),
    )


def import_with(
    session: Session,
    place: Place,
    table: str,
    how: How,
    count: int,
    fingerprint: str,
    written: Callable[[Writer], tuple[Outcome, list[Problem]]],
    shown: int = SHOWN,
) -> Report:
    """Import so many rows by a function that writes them, and keep what is needed to undo it.

    Parameters
    ----------
    count, fingerprint
        How many rows there are, and a hash of what was sent.
    written
        Writes the rows; returns what became of them and what is wrong with the others.
    shown
        How many problems are told.

    Raises
    ------
    RowsRefused
        If a row cannot be used and none may be left out.
    """
    # Imports of a practice come one after another, and bookings go on meanwhile.
    practice = session.scalar(locked(select(Practice).where(Practice.id == place.practice_id)))
    if practice is None:
        raise NotFound("practice")
    savepoint = session.begin_nested()
    writer = Writer(session, uuid4(), place.now)
    outcome, problems = written(writer)
    if problems and how.on_error == "stop" and not how.dry_run:
        raise RowsRefused(
            f"Nothing was imported: {_counted(len(problems))} of the file.",
            [(one.place, one.message) for one in problems[:shown]],
        )
    counts = {
        "rows": count,
        "added": outcome.added,
        "changed": outcome.changed,
        "unchanged": outcome.unchanged,
        "skipped": len({one.line for one in problems}),
    }
    report = Report(None, None, table, "dry_run", counts, len(problems), problems[:shown])
    if how.dry_run:
        savepoint.rollback()
        return report
    made = Import(
        id=writer.import_id,
        practice_id=place.practice_id,
        user_id=place.user_id,
        table=table,
        fingerprint=fingerprint,
        mapping=dict(how.mapping),
        counts=counts,
        created_at=place.now,
    )
    session.add(made)
    details = {"table": table, **counts}
    announce(session, place.practice_id, "import.done", made.id, place.now, details)
    writer.finish()
    savepoint.commit()
    return replace(report, id=made.id, version=made.version, state="done")


def columns_of(place: Place) -> dict[str, list[About]]:
    """Return the columns of every table."""
    told = {
        table: [About(name, one.required, one.allowed) for name, one in fields_of(place).items()]
        for table, (fields_of, _) in KINDS.items()
    }
    for name, table in HISTORY.items():
        told[name] = [About(one.name, one.required, one.about) for one in table.columns]
    return {table: told[table] for table in TABLES}


def _written(
    sheet: Sheet, table: str, place: Place, how: How, writer: Writer
) -> tuple[Outcome, list[Problem]]:
    if table in HISTORY:
        columns = HISTORY[table].columns
        required = [one.name for one in columns if one.required]
        sheet = named(sheet, how.mapping, [one.name for one in columns], required, how.further)
        return import_history(sheet, HISTORY[table], place, writer)
    fields_of, importer = KINDS[table]
    fields = fields_of(place)
    required = [name for name, one in fields.items() if one.required]
    rows = read_rows(named(sheet, how.mapping, list(fields), required, how.further), fields)
    outcome = importer(rows, place, writer)
    return outcome, sorted(rows.problems)


def _counted(count: int) -> str:
    return "1 problem" if count == 1 else f"{count:,} problems"
