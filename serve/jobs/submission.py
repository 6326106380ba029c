"""How a run is submitted and cancelled."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from serve.database import lock
from serve.errors import Conflict
from serve.events.announce import announce
from serve.models import Practice, Run

#: Runs of a practice that may wait or be done at one time.
MOST_OPEN = 50
OPEN = ("queued", "running")


def submit(
    session: Session,
    practice_id: UUID,
    user_id: UUID | None,
    kind: str,
    request: dict[str, Any],
) -> Run:
    """Return a new run, to be done by a worker.

    Raises
    ------
    Conflict
        If the practice has too many that are not over.
    """
    # So that two that are submitted at one time are both counted.
    lock(session, Practice, practice_id)
    waiting = session.scalar(
        select(func.count())
        .select_from(Run)
        .where(Run.practice_id == practice_id, Run.state.in_(OPEN))
    )
    if waiting is not None and waiting >= MOST_OPEN:
        detail = f"The practice has {MOST_OPEN} runs that are not over: wait, or cancel some."
        raise Conflict(detail, "too_many_runs")
    run = Run(practice_id=practice_id, user_id=user_id, kind=kind, request=request)
    session.add(run)
    session.flush()
    return run


def cancel(session: Session, run: Run, now: datetime) -> None:
    """Ask a run, which is locked, to stop: one that waits is over at once.

    Raises
    ------
    Conflict
        If it is over.
    """
    if run.state not in OPEN:
        raise Conflict("The run is over.", "run_over")
    run.cancel = True
    if run.state == "queued":
        run.state, run.finished_at = "cancelled", now
        announce(session, run.practice_id, "run.cancelled", run.id, now)
