"""Days as they stand, without a database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from serve.live.planned_session import planned_session
from serve.live.standing import Standing, Visit
from tests.serve.live.conftest import EXPONENTIAL, MINUTE, START, objective_of


def visit(
    interval: int,
    status: str = "booked",
    arrived: float | None = None,
    started: float | None = None,
    ended: float | None = None,
    walk_in: bool = False,
    number: int = 0,
    rank: int | None = None,
) -> Visit:
    """Return a visit; moments in minutes from the session's start."""
    return Visit(
        uuid4(), uuid4(), status, walk_in, interval, number, 10.0 * interval, rank, arrived,
        started, ended,
    )  # fmt: skip


def standing(
    visits: Sequence[Visit],
    law: dict[str, Any] | None = None,
    intervals: int = 6,
    away_until: float | None = None,
    opened: bool = True,
    breaks: Sequence[tuple[float, float]] = (),
    objective: dict[str, Any] | None = None,
    **more: Any,
) -> Standing:
    """Return a day of intervals of ten minutes."""
    described = objective or objective_of(law or EXPONENTIAL, [1] * intervals, **more)
    planned = planned_session(described, intervals, 10.0, EXPONENTIAL, 0.1)
    return Standing(
        uuid4(), uuid4(), uuid4(), 1, START, START + 10 * intervals * MINUTE, opened,
        None if away_until is None else START + away_until * MINUTE, planned, visits, breaks,
    )  # fmt: skip


def moment(minutes: float) -> datetime:
    """Return a moment in minutes from the session's start."""
    return START + minutes * MINUTE
