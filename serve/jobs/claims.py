"""Who does a run: one worker at a time, for as long as it is heard of.

A claim is a worker's name and the number of the attempt. Everything that a worker writes of a run
is written only while the claim holds, in one statement that says so: a worker that was taken for
dead and comes back writes nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, true, update
from sqlalchemy.orm import Session

from serve.events.announce import announce
from serve.models import Run, RunCheckpoint

#: How long a worker may not be heard of before its run is anybody's.
LEASE = timedelta(seconds=30)
#: Seconds between two checkpoints of a search.
CHECKPOINT_EVERY = 2.0


class ClaimLostError(Exception):
    """The run is no longer this worker's."""


@dataclass(frozen=True)
class Claim:
    """A worker's right to do a run."""

    run_id: UUID
    worker: str
    attempt: int


@dataclass(frozen=True)
class Share:
    """Which runs a worker does, of all that are to be done.

    Attributes
    ----------
    kinds
        Kinds of runs; None for all.
    after
        How long others, who are better at it, may take a run first.
    """

    kinds: tuple[str, ...] | None = None
    after: timedelta = timedelta(0)

    @property
    def all(self) -> bool:
        """Whether it is all of them, at once."""
        return self == Share()

    def condition(self, now: datetime) -> ColumnElement[bool]:
        """Return the condition that a run is one of them."""
        kinds = true() if self.kinds is None else Run.kind.in_(self.kinds)
        return and_(kinds, Run.created_at <= now - self.after) if self.after else kinds


#: All runs, at once.
ALL = Share()


def to_be_done(now: datetime, lease: timedelta) -> ColumnElement[bool]:
    """Return the condition that a run is anybody's: queued, or its worker is not heard of."""
    return or_(
        Run.state == "queued", and_(Run.state == "running", Run.alive_at < now - lease)
    )  # fmt: skip


def claim_next(
    session: Session, worker: str, now: datetime, lease: timedelta = LEASE, share: Share = ALL
) -> Claim | None:
    """Return a claim on the run of a share that waits longest; None if there is none."""
    free = and_(to_be_done(now, lease), share.condition(now))
    # What another worker claims at this moment is passed over.
    oldest = session.scalar(
        select(Run.id)
        .where(free)
        .order_by(Run.created_at, Run.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if oldest is None:
        return None
    attempt = session.scalar(
        update(Run)
        .where(Run.id == oldest, free)
        .values(
            state="running",
            attempt=Run.attempt + 1,
            worker=worker,
            alive_at=now,
            started_at=func.coalesce(Run.started_at, now),
        )
        .returning(Run.attempt)
        .execution_options(synchronize_session=False)
    )
    return None if attempt is None else Claim(oldest, worker, attempt)


def beat(session: Session, claim: Claim, now: datetime, progress: dict[str, Any] | None) -> bool:
    """Say that the worker lives and how far it is; return whether the run is to be cancelled.

    Raises
    ------
    ClaimLostError
        If the claim does not hold.
    """
    values: dict[str, Any] = {"alive_at": now}
    if progress is not None:
        values["progress"] = progress
    return bool(_write(session, claim, values).cancel)


def save(session: Session, claim: Claim, now: datetime, contents: bytes) -> None:
    """Keep a checkpoint; raise `ClaimLostError` if the claim does not hold."""
    _write(session, claim, {"alive_at": now})
    kept = session.get(RunCheckpoint, claim.run_id)
    if kept is None:
        session.add(RunCheckpoint(run_id=claim.run_id, contents=contents, at=now))
    else:
        kept.contents, kept.at = contents, now


def release(session: Session, claim: Claim) -> None:
    """Give a run back, to be gone on with by anybody at once."""
    _write(session, claim, {"state": "queued", "alive_at": None})


def end(
    session: Session, claim: Claim, now: datetime, state: str, **outcome: dict[str, Any] | str
) -> None:
    """End a run with its ``result`` or ``problem``; raise `ClaimLostError` if it is not held."""
    written = _write(
        session,
        claim,
        {"state": state, "finished_at": now, "version": Run.version + 1, **outcome},
    )
    session.execute(delete(RunCheckpoint).where(RunCheckpoint.run_id == claim.run_id))
    announce(session, written.practice_id, f"run.{state}", claim.run_id, now)


def _write(session: Session, claim: Claim, values: dict[str, Any]) -> Any:
    held = (
        Run.id == claim.run_id,
        Run.state == "running",
        Run.worker == claim.worker,
        Run.attempt == claim.attempt,
    )
    written = session.execute(
        update(Run)
        .where(*held)
        .values(values)
        .returning(Run.cancel, Run.practice_id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if written is None:
        raise ClaimLostError
    return written
