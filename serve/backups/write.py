"""Writing a backup: all tables as they are at one moment, while others go on writing."""

import hashlib
import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from serve.backups.rows import lines, tables
from serve.errors import Conflict
from serve.migrations import newest, revision

#: What the file says it is.
FORMAT = "bailey backup 1"
MANIFEST = "manifest.json"


def member(table: str) -> str:
    """Return where a table is in the file."""
    return f"tables/{table}.jsonl"


def write_backup(engine: Engine, path: Path) -> Mapping[str, Any]:
    """Write all tables to a new file that only its owner can read; return its manifest.

    Raises
    ------
    Conflict
        If the database has another revision than this version of the service.
    OSError
        If the file is there already, or cannot be written.
    """
    found = revision(engine)
    if found != newest():
        raise Conflict("Run `flask --app serve migrate` first.", "wrong_revision")
    with (
        new_archive(path) as archive,
        # In SQLite a transaction that reads sees the database as it was when it began.
        engine.execution_options(**_isolation(engine)).connect() as connection,
        connection.begin(),
    ):
        return _write(connection, archive, found)


@contextmanager
def new_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Give a new ZIP file that only its owner can read; on failure nothing of it is left.

    Raises
    ------
    OSError
        If the file is there already, or cannot be written.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with (
            os.fdopen(handle, "wb") as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            yield archive
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _isolation(engine: Engine) -> dict[str, Any]:
    if engine.dialect.name == "postgresql":
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    return {}


def _write(connection: Connection, archive: zipfile.ZipFile, found: str) -> Mapping[str, Any]:
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "revision": found,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "tables": {},
    }
    for table in tables():
        count, digest = 0, hashlib.sha256()
        with archive.open(member(table.name), "w", force_zip64=True) as to:
            for line in lines(connection, table):
                to.write(line)
                digest.update(line)
                count += 1
        manifest["tables"][table.name] = {"rows": count, "sha256": digest.hexdigest()}
    archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
    return manifest
