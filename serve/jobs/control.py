"""What a run's work has to do with the outside: progress, checkpoints, and whether to stop.

A heartbeat beside the work writes its progress and looks whether somebody cancelled the run, so
that a step may take longer than a lease.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Literal, Self

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from serve.clock import machine_clock
from serve.database import reading, transaction
from serve.jobs.claims import Claim, ClaimLostError, beat, save
from serve.jobs.finite import finite
from serve.models import RunCheckpoint

logger = logging.getLogger(__name__)

#: Why work stops before its end: somebody cancelled it, the worker goes, the run is another's now.
Reason = Literal["cancelled", "stopping", "lost"]
#: Seconds between two heartbeats at most.
LONGEST_BEAT = 1.0


class StoppedError(Exception):
    """The work stops before its end."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class Control:
    """The outside of a run's work, from the claim to its end; a context.

    Parameters
    ----------
    app
        The application, whose database has the run.
    claim
        The worker's right to do it.
    stopping
        Whether the worker is to go.
    lease
        How long a worker may not be heard of.
    checkpoint_every
        Seconds between two checkpoints.
    """

    def __init__(
        self,
        app: Flask,
        claim: Claim,
        stopping: Callable[[], bool],
        lease: timedelta,
        checkpoint_every: float,
    ) -> None:
        self._app, self._claim, self._stopping = app, claim, stopping
        self._lease = lease.total_seconds()
        self.checkpoint_every = checkpoint_every
        self._progress: dict[str, Any] | None = None
        self._reason: Reason | None = None
        self._over = threading.Event()
        self._heard = time.monotonic()
        self._heart = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        """Begin to beat."""
        self._heart.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Beat no more."""
        self._over.set()
        self._heart.join()

    def tell(self, **progress: Any) -> None:
        """Say how far the work is; raise `StoppedError` if it is to stop."""
        self._progress = progress
        self.check()

    def note(self, **progress: Any) -> None:
        """Say how far the work is."""
        self._progress = progress

    def reason(self) -> Reason | None:
        """Return why to stop after the step in progress; None to go on."""
        if self._reason is None and self._stopping():
            return "stopping"
        return self._reason

    def check(self) -> None:
        """Raise `StoppedError` if the work is to stop."""
        reason = self.reason()
        if reason is not None:
            raise StoppedError(reason)

    def load(self) -> bytes | None:
        """Return the checkpoint from which to go on; None to begin."""
        with reading() as session:
            kept = session.get(RunCheckpoint, self._claim.run_id)
            return None if kept is None else kept.contents

    def save(self, contents: bytes) -> None:
        """Keep a checkpoint; raise `StoppedError` if the run is another worker's now."""
        try:
            transaction(lambda session: save(session, self._claim, machine_clock(), contents))
        except ClaimLostError:
            self._reason = "lost"
            raise StoppedError("lost") from None

    def _beat(self) -> None:
        every = min(LONGEST_BEAT, self._lease / 4)
        with self._app.app_context():
            while not self._over.wait(every):
                self._beat_once()

    def _beat_once(self) -> None:
        progress = finite(self._progress)
        try:
            cancel = transaction(
                lambda session: beat(session, self._claim, machine_clock(), progress)
            )
        except ClaimLostError:
            self._reason = "lost"
        except SQLAlchemyError:
            # The database may come back; the claim does not hold for longer than its lease.
            logger.warning("a heartbeat could not be written")
            if time.monotonic() - self._heard > self._lease:
                self._reason = "lost"
        else:
            self._heard = time.monotonic()
            if cancel and self._reason is None:
                self._reason = "cancelled"
