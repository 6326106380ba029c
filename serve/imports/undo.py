"""Undoing an import: what it added goes, what it changed is as before, or nothing is done."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, bindparam, delete, or_, select, true, update
from sqlalchemy.orm import Session

from serve.errors import Conflict
from serve.imports.report import SHOWN
from serve.imports.writing import locked, table_of, together
from serve.models import (
    Appointment,
    Base,
    HistoryRow,
    Import,
    ImportedRow,
    OutboxMessage,
    Patient,
    PatientIdentifier,
    Provider,
    Seat,
    StatusChange,
)

#: What imports write, in the order in which it can be taken away.
KINDS: dict[str, type[Base]] = {
    model.__tablename__: model
    for model in (Appointment, Seat, PatientIdentifier, Patient, Provider, HistoryRow)
}
#: Rows that belong to another one and go with it.
OWNED = {("status_change", "appointment_id")}
#: The same, unless they were used themselves: a patient was told of the appointment.
TOLD = table_of(OutboxMessage)


def undo_import(session: Session, found: Import) -> None:
    """Undo an import.

    Parameters
    ----------
    session
        A writing transaction.
    found
        The import, locked.

    Raises
    ------
    Conflict
        If it is undone already, or a row was used or changed since: with all that stands in the
        way.
    """
    if found.state != "done":
        raise Conflict("It is undone already.", "already_undone")
    written = list(session.scalars(select(ImportedRow).where(ImportedRow.import_id == found.id)))
    by_kind: dict[str, list[ImportedRow]] = defaultdict(list)
    for one in written:
        by_kind[one.kind].append(one)
    obstacles = [
        obstacle
        for kind, rows in by_kind.items()
        for obstacle in (*_changed(session, kind, rows), *_used(session, kind, rows, by_kind))
    ]
    if obstacles:
        more = f" ({len(obstacles):,} in all)" if len(obstacles) > SHOWN else ""
        detail = f"Rows of the import were changed or used since{more}; nothing was undone."
        raise Conflict(detail, "used_since", errors=obstacles[:SHOWN])
    for kind, model in KINDS.items():
        _restore(session, model, [one for one in by_kind[kind] if one.before is not None])
        _take_away(session, model, [one.row_id for one in by_kind[kind] if one.before is None])
    # What was before an import is not kept longer than it can be needed.
    table = table_of(ImportedRow)
    session.execute(delete(table).where(table.c.import_id == found.id))
    found.state = "undone"


def _changed(session: Session, kind: str, rows: list[ImportedRow]) -> Iterator[tuple[str, str]]:
    """Yield rows that are gone, or have another version than after the import."""
    table = table_of(KINDS[kind])
    versioned = "version" in table.c
    versions: dict[UUID, int | None] = {}
    for part in together(sorted(one.row_id for one in rows)):
        columns = [table.c.id, *([table.c.version] if versioned else [])]
        query = locked(select(*columns).where(table.c.id.in_(part)).order_by(table.c.id))
        for identifier, *version in session.execute(query):
            versions[identifier] = version[0] if version else None
    for one in rows:
        if one.row_id not in versions:
            yield f"{kind} {one.row_id}", "is not there any more"
        elif versioned and versions[one.row_id] != one.version:
            yield f"{kind} {one.row_id}", "was changed since"


def _used(
    session: Session, kind: str, rows: list[ImportedRow], by_kind: dict[str, list[ImportedRow]]
) -> Iterator[tuple[str, str]]:
    """Yield added rows to which something refers that the import did not add itself."""
    added = sorted(one.row_id for one in rows if one.before is None)
    for table, column in _referring(kind):
        own = {one.row_id for one in by_kind.get(table.name, ()) if one.before is None}
        identified = "id" in table.c
        for part in together(added):
            columns = [table.c[column], *([table.c.id] if identified else [])]
            for used, *by in session.execute(
                select(*columns).where(table.c[column].in_(part), _counts(table)).distinct()
            ):
                if not by or by[0] not in own:
                    yield f"{kind} {used}", f"is used by a {table.name.replace('_', ' ')}"


def _counts(table: Table) -> ColumnElement[bool]:
    """Return which rows of a table keep what they refer to from being taken away."""
    return or_(TOLD.c.attempts > 0, TOLD.c.state == "sent") if table is TOLD else true()


def _referring(kind: str) -> list[tuple[Table, str]]:
    """Return tables and columns that refer to rows of a kind, but for what belongs to the row."""
    return [
        (table, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table.name == kind and (table.name, column.name) not in OWNED
    ]


def _restore(session: Session, model: type[Base], rows: list[ImportedRow]) -> None:
    table = table_of(model)
    by_columns: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for one in rows:
        old = {f"old_{name}": _value(table, name, it) for name, it in (one.before or {}).items()}
        old |= {"old_version": one.version + 1}
        by_columns[tuple(old)].append({"identifier": one.row_id, **old})
    for names, values in by_columns.items():
        columns: dict[str, Any] = {one.removeprefix("old_"): bindparam(one) for one in names}
        statement = update(table).where(table.c.id == bindparam("identifier")).values(**columns)
        session.execute(statement, values)
    if not rows:
        return
    # The import before this one finds the rows as it left them, and can be undone next.
    written = table_of(ImportedRow)
    session.execute(
        update(written)
        .where(written.c.row_id == bindparam("identifier"), written.c.version == bindparam("was"))
        .values(version=bindparam("becomes")),
        [
            {"identifier": one.row_id, "was": one.version - 1, "becomes": one.version + 1}
            for one in rows
        ],
    )


def _take_away(session: Session, model: type[Base], identifiers: list[UUID]) -> None:
    table = table_of(model)
    for part in together(identifiers):
        if model is Appointment:
            changes = table_of(StatusChange)
            session.execute(delete(changes).where(changes.c.appointment_id.in_(part)))
            session.execute(delete(TOLD).where(TOLD.c.appointment_id.in_(part)))
        session.execute(delete(table).where(table.c.id.in_(part)))


def _value(table: Table, name: str, value: Any) -> Any:
    """Return a value of a column from what JSON has of it."""
    if not isinstance(value, str):
        return value
    kind = table.c[name].type.python_type
    if kind is datetime:
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if kind is date else value
