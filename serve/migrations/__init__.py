"""How the database came to its present form, step by step."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

#: Key of the lock by which only one process migrates a PostgreSQL database.
LOCK = 7_326_341


def _configuration() -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).parent))
    return configuration


def newest() -> str:
    """Return the revision that this version of the service needs."""
    return str(ScriptDirectory.from_config(_configuration()).get_current_head())


def revision(engine: Engine) -> str | None:
    """Return the revision of a database; None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def migrate(engine: Engine, to: str = "head") -> None:
    """Bring a database to a revision; several processes may try at once."""
    configuration = _configuration()
    # On SQLite the lock is that of the writing transaction.
    with engine.execution_options(writing=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, to)
