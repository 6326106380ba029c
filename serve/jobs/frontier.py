"""A run that searches all best compromises between waiting and overtime of a session."""

from typing import Any

from objective import InvalidInput
from opt.frontier import Frontier
from opt.frontier_point import FrontierPoint
from serve.jobs.control import Control
from serve.jobs.job import Job
from serve.jobs.search import answer_of
from serve.jobs.searching import search


def frontier(job: Job, control: Control) -> dict[str, Any]:
    """Return the points of the frontier by waiting, and the schedule of the weights given."""
    result = search(job, control)
    found = next((one for one in result.findings if isinstance(one, Frontier)), None)
    if found is None:
        raise InvalidInput("stopping", "the limits", "wide enough for a first point to be found")
    return {
        "points": [_point(one, one is found.knee) for one in found.front],
        "costs": list(found.costs),
        "sentence": found.sentence,
        "depth": found.depth,
        "exhausted": found.exhausted,
        "own": answer_of(result),
    }


def _point(point: FrontierPoint, knee: bool) -> dict[str, Any]:
    return {
        "schedule": list(point.schedule),
        "performance": point.performance,
        "waiting": point.performance["waiting"],
        "idle": point.performance["idle"],
        "tardiness": point.performance["tardiness"],
        "weights": point.weights.to_dict() if point.weights else None,
        "status": point.status,
        "lower_bound": point.lower_bound,
        "knee": knee,
    }
