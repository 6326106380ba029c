"""The last runs about a practice's models: what came into use, what learned, what moved."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from serve.models import Run

#: Tasks after which another model may be in use.
CHANGES = ("promote", "rollback")


def forecasts_done(practice_id: UUID, quantity: str, tasks: Sequence[str]) -> Select[Run]:
    """Select the runs with one of some tasks about a quantity that are done, the last one first."""
    return (
        select(Run)
        .where(
            Run.practice_id == practice_id,
            Run.kind == "forecast",
            Run.state == "done",
            Run.request["quantity"].as_string() == quantity,
            Run.request["task"].as_string().in_(tasks),
        )
        .order_by(Run.finished_at.desc())
        .limit(1)
    )


def model_in_use(
    session: Session, practice_id: UUID, quantity: str
) -> tuple[int, datetime | None] | None:
    """Return the version in use and since when, as the last run that could change it left it."""
    changed = session.scalar(forecasts_done(practice_id, quantity, CHANGES))
    if changed is None or (version := (changed.result or {}).get("in_use")) is None:
        return None
    return version, changed.finished_at
