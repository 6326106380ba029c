"""The queues that wake workers: a file in the embedded mode, tables of PostgreSQL otherwise.

What is to be done is in the table of runs. A message only says that there is something; one that
is lost is made up for by the lookout of any worker.
"""

import json
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from huey import Huey, PostgresHuey, SqliteHuey
from huey.registry import Message
from huey.serializer import Serializer
from sqlalchemy import event, make_url
from sqlalchemy.orm import Session

from serve.database import PATIENCE
from serve.settings import Settings

logger = logging.getLogger(__name__)

#: File of the queues in the home folder, and what their tables in PostgreSQL begin with.
FILE, TABLES = "queue.db", "queue"
#: Runs, and what is done by the clock, which must not wait for runs.
RUNS, CHORES = "runs", "chores"
_making = threading.Lock()


class PlainMessages(Serializer):  # type: ignore[misc]
    """Messages as JSON: nothing that is read from a queue is executed."""

    def serialize(self, data: Message) -> bytes:
        """Return a message as JSON."""
        return json.dumps(list(data), default=str).encode()

    def deserialize(self, data: bytes) -> Message:
        """Return the message of a JSON text."""
        return Message(*json.loads(bytes(data)))


class Queues:
    """The queue of runs and that of chores.

    Parameters
    ----------
    settings
        Where they are.
    work
        What a woken worker does; who only wakes leaves it out.
    """

    def __init__(self, settings: Settings, work: Callable[[], object] = lambda: None) -> None:
        self.runs = _queue(settings, RUNS)
        self.chores = _queue(settings, CHORES)

        @self.runs.task(name="wake")
        def wake() -> None:
            work()

        self._wake: Any = wake

    def wake(self) -> None:
        """Wake a worker; if that fails, a worker's lookout finds what there is to do."""
        try:
            self._wake()
        except Exception:
            logger.warning("no worker could be woken; the lookout will", exc_info=True)

    @property
    def empty(self) -> bool:
        """Whether no message waits."""
        return len(self.runs) == 0


def queues_of(app: Flask) -> Queues:
    """Return an application's queues; they are opened when they are first used."""
    with _making:
        if "queues" not in app.extensions:
            app.extensions["queues"] = Queues(app.config["SETTINGS"])
        found: Queues = app.extensions["queues"]
        return found


def wake_after(session: Session, queues: Queues) -> None:
    """Wake a worker once the transaction is committed: before, it would find nothing."""

    @event.listens_for(session, "after_commit", once=True)
    def committed(_: Session) -> None:
        queues.wake()


def _queue(settings: Settings, name: str) -> Huey:
    common = {"results": False, "serializer": PlainMessages()}
    if settings.embedded:
        home = Path(settings.home)
        home.mkdir(parents=True, exist_ok=True)
        return SqliteHuey(name, filename=str(home / FILE), timeout=PATIENCE, **common)
    address = make_url(settings.url).set(drivername="postgresql")
    dsn = address.render_as_string(hide_password=False)
    try:
        return PostgresHuey(name, dsn=dsn, table_prefix=TABLES, **common)
    except Exception:
        # Two processes that make the tables at the same time: the second finds them.
        return PostgresHuey(name, dsn=dsn, table_prefix=TABLES, **common)
