"""A worker: takes runs one after another until there is none, and does each."""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from objective import InvalidInput
from serve.clock import machine_clock, now
from serve.database import reading, transaction
from serve.errors import Refused
from serve.jobs.allocation import allocation
from serve.jobs.claims import (
    ALL,
    CHECKPOINT_EVERY,
    LEASE,
    Claim,
    ClaimLostError,
    Share,
    claim_next,
    end,
    release,
    to_be_done,
)
from serve.jobs.control import Control, StoppedError
from serve.jobs.finite import finite
from serve.jobs.forecast_models import following
from serve.jobs.forecasting import forecast
from serve.jobs.frontier import frontier
from serve.jobs.job import Job, Work
from serve.jobs.optimisation import optimisation
from serve.jobs.queue import Queues
from serve.jobs.submission import submit
from serve.metrics import work_numbers
from serve.models import Run

logger = logging.getLogger(__name__)

#: What each kind of run does.
KINDS: Mapping[str, Work] = {
    "optimisation": optimisation,
    "frontier": frontier,
    "allocation": allocation,
    "forecast": forecast,
}
#: Seconds between two looks of a worker that does only a share of the runs.
LOOK = 1.0
#: Attempts after which a run is given up: it takes its workers down with it.
MOST_ATTEMPTS = 100
UNEXPECTED = "Something went wrong; it has been logged."


@dataclass(frozen=True)
class Worker:
    """What does runs.

    Attributes
    ----------
    app
        The application, whose database has the runs.
    stopping
        Whether to begin nothing more, and to stop what is being done after the step in progress.
    lease
        How long another worker may not be heard of before its run is taken up.
    checkpoint_every
        Seconds between two checkpoints of a search: what a killed worker's run loses at most.
    share
        Which runs are this worker's.
    """

    app: Flask
    stopping: Callable[[], bool] = lambda: False
    lease: timedelta = LEASE
    checkpoint_every: float = CHECKPOINT_EVERY
    share: Share = ALL

    @property
    def name(self) -> str:
        """Machine, process and thread."""
        return f"{socket.gethostname()[:100]} {os.getpid()} {threading.get_ident()}"

    def work(self) -> int:
        """Do the runs that wait, the oldest first; return how many were taken."""
        taken = 0
        with self.app.app_context():
            while not self.stopping():
                claim = transaction(self._next)
                if claim is None:
                    break
                taken += 1
                self._do(claim)
        return taken

    def work_by_itself(self, stop: threading.Event) -> None:
        """Do the runs that wait and look for more, until told to stop.

        So works who does only a share of the runs: what wakes workers does not know whose a run is.
        """
        while not stop.is_set():
            try:
                self.work()
            except Exception:
                logger.warning("no run can be taken now", exc_info=True)
            stop.wait(LOOK)

    def _next(self, session: Session) -> Claim | None:
        return claim_next(session, self.name, machine_clock(), self.lease, self.share)

    def look_out(self, queues: Queues) -> None:
        """Wake a worker for runs whose wake-up was lost, or whose worker is not heard of."""
        if not queues.empty:
            return
        with self.app.app_context(), reading() as session:
            waits = to_be_done(machine_clock(), self.lease)
            found = session.scalar(select(Run.id).where(waits).limit(1))
        if found is not None:
            queues.wake()

    def _do(self, claim: Claim) -> None:
        """Do a run and write down how it ended, unless it is another worker's by then."""
        logger.info("run %s begins, attempt %s", claim.run_id, claim.attempt)
        began, numbers = time.monotonic(), work_numbers()
        if self.share.after:
            numbers.fallbacks.labels("no_free_worker").inc()
        try:
            with self._control(claim) as control:
                outcome = self._outcome(claim, control)
            if outcome is None:
                transaction(lambda session: release(session, claim))
            else:
                kind = transaction(lambda session: _end(session, claim, outcome))
                numbers.runs.labels(kind, outcome["state"]).inc()
                numbers.seconds.labels(kind).observe(time.monotonic() - began)
        except ClaimLostError:
            logger.warning("run %s is another worker's now", claim.run_id)
        except SQLAlchemyError:
            # Nothing can be written now; the lookout takes the run up when it can.
            logger.exception("run %s is left for later", claim.run_id)

    def _control(self, claim: Claim) -> Control:
        return Control(self.app, claim, self.stopping, self.lease, self.checkpoint_every)

    def _outcome(self, claim: Claim, control: Control) -> dict[str, Any] | None:
        """Return how a run ended; None if it is to be gone on with by another worker."""
        with reading() as session:
            run = session.get_one(Run, claim.run_id)
        if run.cancel:
            return {"state": "cancelled"}
        if claim.attempt > MOST_ATTEMPTS:
            return _failed(f"It was begun {MOST_ATTEMPTS} times and never came to an end.")
        job = Job(run.id, run.practice_id, run.request, self.app.config["SETTINGS"], now())
        try:
            return {"state": "done", "result": finite(KINDS[run.kind](job, control))}
        except StoppedError as error:
            if error.reason == "lost":
                raise ClaimLostError from None
            return {"state": "cancelled"} if error.reason == "cancelled" else None
        except InvalidInput as error:
            # The value is not told: it may be a patient's.
            return _failed(f"{error.field} must be {error.allowed}")
        except Refused as error:
            return _failed(str(error))
        except (ClaimLostError, SQLAlchemyError):
            raise
        except Exception:
            logger.exception("run %s failed", claim.run_id)
            return _failed(UNEXPECTED)


def _end(session: Session, claim: Claim, outcome: dict[str, Any]) -> str:
    """Write down how a run ended, and submit the one that follows, once; return its kind."""
    end(session, claim, machine_clock(), **outcome)
    run = session.get_one(Run, claim.run_id)
    if run.kind == "forecast" and run.state == "done" and run.request["task"] == "train":
        request = following(run.request, run.id, outcome["result"])
        if request is not None:
            submit(session, run.practice_id, run.user_id, "forecast", request)
    return run.kind


def _failed(problem: str) -> dict[str, Any]:
    return {"state": "failed", "problem": problem[:2000]}
