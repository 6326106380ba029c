"""Long work: searches for schedules, allocations and forecasts, from the request to the result."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from serve.models.base import Base, Versioned, one_of

KINDS = ("optimisation", "frontier", "allocation", "forecast")
STATES = ("queued", "running", "done", "failed", "cancelled")


class Run(Versioned, Base):
    """A piece of long work, done by a worker.

    Attributes
    ----------
    request
        What was asked for: names and numbers.
    progress
        How far it is, as its kind tells it.
    result, problem
        What came out; or why nothing did, in a sentence.
    version
        Raised when it is asked to stop and when it ends, not by its progress.
    cancel
        Whether somebody asked to stop it; the worker does so after the step in progress.
    attempt, worker, alive_at
        How often it was begun, by which worker last, and when that was last heard of.
    """

    __tablename__ = "run"
    __table_args__ = (
        one_of("kind", KINDS),
        one_of("state", STATES),
        CheckConstraint("(state = 'done') = (result IS NOT NULL)", name="result"),
        Index("ix_run_state", "state", "alive_at"),
        Index("ix_run_practice", "practice_id", "kind", "created_at"),
    )

    practice_id: Mapped[UUID] = mapped_column(ForeignKey("practice.id"))
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id"), default=None)
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20), default="queued")
    request: Mapped[dict[str, Any]]
    progress: Mapped[dict[str, Any]] = mapped_column(default=dict)
    result: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    problem: Mapped[str | None] = mapped_column(String(2000), default=None)
    cancel: Mapped[bool] = mapped_column(default=False)
    attempt: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str] = mapped_column(default="")
    alive_at: Mapped[datetime | None] = mapped_column(default=None)
    started_at: Mapped[datetime | None] = mapped_column(default=None)
    finished_at: Mapped[datetime | None] = mapped_column(default=None)


class RunCheckpoint(Base):
    """Where a run stands, so that any worker on any machine can go on from there.

    Attributes
    ----------
    contents
        What the run's kind wrote; for a search the file of `opt.checkpoint`.
    """

    __tablename__ = "run_checkpoint"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("run.id"), primary_key=True)
    contents: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]
