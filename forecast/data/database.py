"""The source ``database``: a clinic's tables in a database, which is only read."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import URL, Engine, create_engine, inspect, make_url, select, table, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from forecast.data.assembly import assembly_from, history_of
from forecast.data.columns import renamed, with_types
from forecast.data.history import History
from forecast.data.tables import TABLES
from objective import InvalidInput
from objective.errors import known_keys

OPTIONS = ("url", "schema", "tables", "columns", "zone", "country", "periods")
#: Seconds after which a server that does not answer cannot be reached.
PATIENCE = 10


def database(options: Mapping[str, Any], on_error: str, directory: Path) -> History:
    """Return the history of a database.

    Parameters
    ----------
    options
        ``url``, as SQLAlchemy has it; ``schema``, or null; ``tables``: what a table or view is
        called there by its name here, where that differs, or null to leave it out; ``columns`` as
        `forecast.data.columns.renamed` has them; ``zone``, ``country`` and ``periods`` as
        `forecast.data.assembly.assembly_from` has them.
    on_error, directory
        ``stop`` or ``quarantine``, and the folder of the run.

    Raises
    ------
    InvalidInput
        If the database cannot be reached, has none of the tables, or a row cannot be used. No
        message has the password.
    """
    given = known_keys("data", options, OPTIONS, required=("url",))
    assembly = assembly_from(given, on_error, directory)
    url = _url(given["url"])
    try:
        frames = _read(url, given.get("schema"), given.get("tables") or {})
    except (SQLAlchemyError, OSError) as error:
        shown = url.render_as_string(hide_password=True)
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        if url.password:
            reason = reason.replace(str(url.password), "***")
        raise InvalidInput("data.url", shown, f"a database that can be read ({reason})") from None
    named = renamed(frames, given.get("columns"))
    return history_of({name: with_types(one, name) for name, one in named.items()}, assembly)


def _url(given: object) -> URL:
    allowed = "an address such as sqlite:///clinic.db or postgresql+psycopg://user@host/clinic"
    try:
        return make_url(str(given))
    except (ArgumentError, ValueError):
        # It is not told what was given: a part of it may be a password.
        raise InvalidInput("data.url", "no address", allowed) from None


def _engine(url: URL) -> Engine:
    kind = url.get_backend_name()
    try:
        if kind == "sqlite" and url.database not in (None, "", ":memory:"):
            path = f"file:{Path(str(url.database)).absolute()}"
            reading = url.set(database=path, query={"mode": "ro", "uri": "true"})
            return create_engine(reading)
        if kind == "postgresql":
            engine = create_engine(url, connect_args={"connect_timeout": PATIENCE})
            return engine.execution_options(postgresql_readonly=True)
        return create_engine(url)
    except ImportError as error:
        shown = url.render_as_string(hide_password=True)
        allowed = f"one whose driver is installed ({error})"
        raise InvalidInput("data.url", shown, allowed) from None


def _read(url: URL, schema: str | None, names: Mapping[str, Any]) -> dict[str, pd.DataFrame]:
    wanted = {name: name for name in TABLES} | known_keys("data.tables", names, tuple(TABLES))
    engine = _engine(url)
    try:
        inspector = inspect(engine)
        there = [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]
        found = ", ".join(there) or "(the database has no tables)"
        chosen = {}
        for name, theirs in wanted.items():
            if theirs in there:
                chosen[name] = str(theirs)
            elif theirs is not None and theirs != name:
                raise InvalidInput(f"data.tables.{name}", theirs, f"one of {found}")
        if not chosen:
            raise InvalidInput("data.tables", found, "one or more of " + ", ".join(TABLES))
        with engine.connect() as connection:
            return {
                name: pd.read_sql_query(
                    select(text("*")).select_from(table(theirs, schema=schema)), connection
                )
                for name, theirs in chosen.items()
            }
    finally:
        engine.dispose()
