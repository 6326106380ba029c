"""A template from what a run found."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from objective import InvalidInput
from opt.result import objective_from_dict
from serve.errors import Conflict
from serve.models import Run, Template

IN_ITS_ORDER = " in its order"


def template_of(
    session: Session, run: Run, name: str, visit_type_id: UUID, point: int | None
) -> Template:
    """Return a new template with the schedule of a run.

    Parameters
    ----------
    point
        Which point of a frontier, from 0; None for the schedule of the weights that were given.

    Raises
    ------
    Conflict
        If the run has found no schedule.
    InvalidInput
        If it has no such point.
    """
    searched = run.kind in ("optimisation", "frontier") and "task" not in run.request
    if run.state != "done" or run.result is None or not searched:
        detail = "Only a search that is done has a schedule to make a template of."
        raise Conflict(detail, "no_schedule")
    if run.kind == "optimisation":
        found = _of_search(run.request, run.result)
    elif point is None:
        found = _of_search(run.request, run.result["own"])
    else:
        found = _of_point(run.request, run.result, point)
    if run.kind == "optimisation" and point is not None:
        raise InvalidInput("point", point, "left out: only a frontier has points")
    template = Template(
        practice_id=run.practice_id,
        visit_type_id=visit_type_id,
        name=name,
        run_id=run.id,
        **found,
    )
    session.add(template)
    return template


def _of_search(request: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    given = dict(request)
    if answer.get("order") is not None:
        given["session"] = {**request["session"], "order": answer["order"]}
    return {
        "objective": objective_from_dict(given).to_dict(),
        "schedule": answer["schedules"][0],
        "performance": answer["performance"][0],
        "certificate": answer["certificate"],
        # The order that was searched is the session's now.
        "known": str(answer["status"]).removesuffix(IN_ITS_ORDER),
    }


def _of_point(request: dict[str, Any], result: dict[str, Any], number: int) -> dict[str, Any]:
    points = result["points"]
    if number >= len(points):
        raise InvalidInput("point", number, f"a whole number from 0 to {len(points) - 1}")
    point = points[number]
    given = {**request, "weights": point["weights"] or request["weights"]}
    objective = objective_from_dict(given)
    return {
        "objective": objective.to_dict(),
        "schedule": point["schedule"],
        # By the point's own weights, which are now the template's.
        "performance": objective(point["schedule"]).row(0),
        # A frontier keeps no certificates of its points, and without one nothing can be verified.
        "certificate": None,
        "known": "heuristic",
    }
