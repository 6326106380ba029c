"""The database: how it is connected, and transactions that are done once or not at all.

SQLite takes its write lock when a writing transaction begins, so that what it reads is still true
when it writes; PostgreSQL locks rows, and its constraints decide.
"""

import random
import sqlite3
import time
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask
from flask_sqlalchemy_lite import SQLAlchemy
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from serve.errors import Conflict, VersionChanged
from serve.events.announce import write_events
from serve.models import Base

db = SQLAlchemy()

#: How often a transaction is tried that the database could not serialise, or that was cut off.
ATTEMPTS = 10
#: Seconds that a writer waits for another one.
PATIENCE = 30
#: Most seconds between two attempts.
LONGEST_PAUSE = 1.0
#: SQLSTATE of a transaction that may be tried again: serialisation failure, deadlock.
TRY_AGAIN = ("40001", "40P01")

Result = TypeVar("Result")
Model = TypeVar("Model", bound=Base)

#: What the constraints keep from happening, in words; the first is for programs.
BROKEN = {
    "uq_appointment_seat_holder": ("seat_taken", "Somebody else has this seat."),
    "ex_appointment_patient_busy": (
        "patient_busy",
        "The patient has another appointment at that time.",
    ),
    "ex_clinic_day_provider_busy": (
        "provider_busy",
        "The provider has another session at that time.",
    ),
    "ex_clinic_day_room_busy": ("room_busy", "The room has another session at that time."),
    "uq_waitlist_entry_open": ("waiting", "The patient waits for such a visit already."),
}
#: How SQLite, which does not name a unique index, calls it.
COLUMNS = {
    "appointment.seat_id": "uq_appointment_seat_holder",
    "waitlist_entry.patient_id, waitlist_entry.visit_type_id": "uq_waitlist_entry_open",
}


def connect(app: Flask, url: str) -> None:
    """Give an application its database."""
    # What is bound to a statement may be a name: no error and no log repeats it.
    options: dict[str, Any] = {"url": url, "pool_pre_ping": True, "hide_parameters": True}
    if url.startswith("sqlite"):
        options["connect_args"] = {"timeout": PATIENCE, "check_same_thread": False}
    else:
        options |= {"pool_size": 20, "max_overflow": 20}
    app.config["SQLALCHEMY_ENGINES"] = {"default": options}
    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            _serialise_writers(db.engine)


def _serialise_writers(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _: object) -> None:
        # Python's module would begin transactions of its own, and later than they must.
        connection.isolation_level = None
        for pragma in ("journal_mode = WAL", "foreign_keys = ON", "synchronous = FULL"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        writing = connection.get_execution_options().get("writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def reading() -> Session:
    """Return a session that only reads; whoever asks closes it."""
    return Session(db.engine, expire_on_commit=False)


def transaction(work: Callable[[Session], Result]) -> Result:
    """Do work in one transaction, and again if the database could not take it now.

    Parameters
    ----------
    work
        Gets a session, and neither commits nor keeps anything for a second call.

    Raises
    ------
    Conflict, VersionChanged
        If a constraint of the database forbids it, or somebody else changed a row meanwhile.
    """
    engine = db.engine.execution_options(writing=True)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with Session(engine, expire_on_commit=False) as session, session.begin():
                result = work(session)
                write_events(session)
                return result
        except IntegrityError as error:
            # Somebody sent the same request at the same time: its answer is there now.
            if attempt == ATTEMPTS or "uq_idempotency_record_owner_key" not in str(error.orig):
                raise conflict_of(error) from error
        except StaleDataError as error:
            raise VersionChanged from error
        except DBAPIError as error:
            if attempt == ATTEMPTS or not _may_try_again(error):
                raise
        # A server that is restarted is back within seconds.
        time.sleep(min(random.uniform(0.01, 0.05) * 2**attempt, LONGEST_PAUSE))
    raise AssertionError("the last attempt returns or raises")


def lock(session: Session, model: type[Model], identifier: object) -> Model | None:
    """Return a row that nobody else changes before the transaction ends; None if there is none."""
    return session.get(model, identifier, with_for_update=True, populate_existing=True)


def conflict_of(error: IntegrityError) -> Conflict:
    """Return what a broken constraint means."""
    diagnostics = getattr(error.orig, "diag", None)
    text = str(getattr(diagnostics, "constraint_name", None) or error.orig)
    name = next((name for columns, name in COLUMNS.items() if text.endswith(columns)), text)
    for constraint, (reason, detail) in BROKEN.items():
        if constraint in name:
            return Conflict(detail, reason)
    if "FOREIGN KEY" in text or text.startswith("fk_"):
        return Conflict("Something that is named does not exist, or is still used.", "in_use")
    if "UNIQUE" in text or text.startswith(("uq_", "pk_")):
        return Conflict("There is one like it already.", "not_unique")
    return Conflict("The values do not fit each other.", "not_consistent")


def _may_try_again(error: DBAPIError) -> bool:
    if error.connection_invalidated:
        return True
    state = getattr(error.orig, "sqlstate", None)
    # 57P01 to 57P03: the server goes down or comes up.
    if state in TRY_AGAIN or str(state).startswith("57P0"):
        return True
    text = str(error.orig)
    return "database is locked" in text or "could not connect" in text or "connection" in text
