"""How the database came to its present form, step by step.

A step either expands what is there, so that the version of the service before works with it too, or
it contracts it: takes away what only versions before used. While versions are changed one process
at a time, and back, only steps that expand lie between them.
"""

import time
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

#: Key of the lock by which only one process migrates a PostgreSQL database.
LOCK = 7_326_341
#: How long a step waits for a table that others use; whoever comes after waits behind it.
LOCK_TIMEOUT = "2s"
#: How often steps are tried that did not get their tables, and the seconds between two attempts.
ATTEMPTS, PAUSE = 30, 1.0
#: SQLSTATE of a lock that was not to be had in time, and of two who wait for each other.
NOT_AVAILABLE = ("55P03", "40P01")
PHASES = ("expand", "contract")


def _configuration() -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).parent))
    return configuration


def newest() -> str:
    """Return the revision that this version of the service needs."""
    return str(_script().get_current_head())


def revision(engine: Engine) -> str | None:
    """Return the revision of a database; None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_ahead(found: str | None) -> bool:
    """Return whether a revision is of a later version of the service, which this one works with."""
    return found is not None and found not in _steps()


def contracts_after(found: str | None) -> list[str]:
    """Return the steps after a revision with which the version that has it does not work."""
    steps = _steps()
    later = list(steps)[list(steps).index(found) + 1 :] if found in steps else []
    return [one for one in later if steps[one] == "contract"]


def migrate(engine: Engine, to: str = "head") -> None:
    """Bring a database to a revision; several processes may try at once.

    On PostgreSQL a step gives up if others use its tables, and all are tried again: so nobody who
    books waits for longer than a moment.

    Raises
    ------
    OperationalError
        If the tables were not to be had at any attempt.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _migrate(engine, to)
        except OperationalError as error:
            if attempt == ATTEMPTS or getattr(error.orig, "sqlstate", None) not in NOT_AVAILABLE:
                raise
        time.sleep(PAUSE)
    raise AssertionError("the last attempt returns or raises")


def _migrate(engine: Engine, to: str) -> None:
    configuration = _configuration()
    # On SQLite the lock is that of the writing transaction.
    with engine.execution_options(writing=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, to)


def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_configuration())


def _steps() -> dict[str, str]:
    """Return the phase of each step, from the first to the last."""
    steps = list(_script().walk_revisions())[::-1]
    return {one.revision: one.module.phase for one in steps}
