"""Restoring a backup: all of it, checked, or nothing."""

import hashlib
import json
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Integer, Table, func, insert, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from serve.backups.rows import AT_ONCE, fingerprint, row, tables
from serve.backups.write import FORMAT, MANIFEST, member
from serve.consistency import what_is_wrong
from serve.errors import Conflict
from serve.migrations import is_ahead, migrate, newest, revision

#: What reading a ZIP file raises that is none, is cut off, or is not what it was.
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError)


class Damaged(Conflict):
    """A backup that is not what it was."""

    def __init__(self, detail: str) -> None:
        super().__init__(f"The backup is damaged, and nothing was changed: {detail}", "damaged")


def restore_backup(engine: Engine, path: Path, replace: bool) -> Mapping[str, int]:
    """Fill a database with a backup; return the rows of each table.

    Parameters
    ----------
    replace
        Whether what the database holds may be thrown away.

    Raises
    ------
    Conflict
        If the backup is damaged or of another revision, the database is not empty, or what was
        restored is not consistent; the database is then as it was.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = _checked(archive)
            if is_ahead(revision(engine)):
                detail = "The database is of a later version: restore into an empty one."
                raise Conflict(detail, "wrong_revision")
            migrate(engine)
            with engine.execution_options(writing=True).begin() as connection:
                _restore(connection, archive, manifest, replace)
    except UNREADABLE:
        raise Damaged("it is no zip file, or a part of it is missing.") from None
    return {name: one["rows"] for name, one in manifest["tables"].items()}


def _checked(archive: zipfile.ZipFile) -> dict[str, Any]:
    """Return the manifest of a backup in which every table is what it says."""
    try:
        manifest = json.loads(archive.read(MANIFEST))
        form, found, listed = manifest["format"], manifest["revision"], manifest["tables"]
        hashes = {name: (one["rows"], one["sha256"]) for name, one in listed.items()}
    except (KeyError, ValueError, TypeError, AttributeError):
        raise Damaged("it has no list of what it holds.") from None
    if form != FORMAT:
        raise Damaged("it is of another kind.")
    if found != newest():
        detail = f"The backup is of another revision than this version, which has {newest()}."
        raise Conflict(detail, "wrong_revision")
    if set(hashes) != {table.name for table in tables()}:
        raise Damaged("it holds other tables.")
    for name, expected in hashes.items():
        count, digest = 0, hashlib.sha256()
        for line in _lines(archive, name):
            count += 1
            digest.update(line)
        if (count, digest.hexdigest()) != expected:
            raise Damaged(f"the table {name} is not what it was.")
    return dict(manifest)


def _lines(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    try:
        with archive.open(member(name)) as file:
            yield from file
    except KeyError:
        raise Damaged(f"the table {name} is missing.") from None


def _restore(
    connection: Connection, archive: zipfile.ZipFile, manifest: Mapping[str, Any], replace: bool
) -> None:
    if any(connection.scalar(select(func.count()).select_from(one)) for one in tables()):
        if not replace:
            detail = "The database is not empty; --replace throws away what it holds."
            raise Conflict(detail, "not_empty")
        _empty(connection)
    for table in tables():
        try:
            given = _lines(archive, table.name)
            while some := [row(table, line) for line in islice(given, AT_ONCE)]:
                # Rows with the same columns at once: what is left out stays empty, where a None
                # would be the word null in a column of JSON.
                alike: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
                for one in some:
                    alike[tuple(one)].append(one)
                for group in alike.values():
                    connection.execute(insert(table), group)
        except (ValueError, TypeError, AttributeError):
            raise Damaged(f"the table {table.name} has a row that cannot be read.") from None
        except SQLAlchemyError as error:
            detail = f"The table {table.name} does not fit this database; nothing was changed."
            raise Conflict(detail, "not_consistent") from error
        _continue_counting(connection, table)
    _verify(connection, manifest)


def _verify(connection: Connection, manifest: Mapping[str, Any]) -> None:
    for table in tables():
        expected = manifest["tables"][table.name]
        if fingerprint(connection, table) != (expected["rows"], expected["sha256"]):
            detail = f"The table {table.name} came back as something else; nothing was changed."
            raise Conflict(detail, "not_restored")
    with Session(connection) as session:
        wrong = what_is_wrong(session)
    if wrong:
        detail = f"The backup is not consistent, and nothing was changed: {wrong[0]}"
        raise Conflict(detail, "not_consistent")


def _continue_counting(connection: Connection, table: Table) -> None:
    """Let PostgreSQL number new rows after those that are there; SQLite does of itself."""
    if connection.dialect.name != "postgresql":
        return
    for column in table.primary_key:
        if isinstance(column.type.dialect_impl(connection.dialect), Integer):
            last = select(func.max(column)).scalar_subquery()
            sequence = func.pg_get_serial_sequence(f'"{table.name}"', column.name)
            connection.execute(
                select(func.setval(sequence, func.coalesce(last, 1), last.is_not(None)))
            )


def _empty(connection: Connection) -> None:
    """Delete all rows, also those that are otherwise only ever added to."""
    if connection.dialect.name == "postgresql":
        names = [connection.dialect.identifier_preparer.format_table(one) for one in tables()]
        for name in names:
            connection.execute(text(f"ALTER TABLE {name} DISABLE TRIGGER USER"))
        for table in reversed(tables()):
            connection.execute(table.delete())
        for name in names:
            connection.execute(text(f"ALTER TABLE {name} ENABLE TRIGGER USER"))
        return
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    triggers = connection.execute(text(query)).all()
    for name, _ in triggers:
        connection.execute(text(f'DROP TRIGGER "{name}"'))
    for table in reversed(tables()):
        connection.execute(table.delete())
    for _, statement in triggers:
        connection.exec_driver_sql(statement)
