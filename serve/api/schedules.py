"""POST /api/v1/schedules: optimise a session, or price schedules of it."""

from typing import Any

import torch
from apiflask import APIBlueprint
from flask import current_app

from opt import Constraints, optimise
from opt.feasible import FeasibleSchedules
from opt.stopping import stopping_from_dict
from serve.api.call import Call
from serve.api.route import route
from serve.api.schemas import SchedulesIn, SchedulesOut
from serve.jobs.batching import batching
from serve.jobs.device import device_now
from serve.jobs.search import answer_of, problem_of
from serve.metrics import work_numbers

schedules = APIBlueprint("schedules", __name__, url_prefix="/api/v1")

#: A request that works, to begin from.
EXAMPLE = {
    "session": {
        "patients": 12,
        "intervals": 36,
        "interval_length": 5,
        "service_time": {"law": "gamma", "mean": 13.35, "cv": 0.77},
        "no_show": 0.05,
    },
    "weights": {"waiting": 1, "idle": 0.5, "tardiness": 1},
}


@route(
    schedules, "POST", "/schedules", "schedule.price",
    "Optimise a session, or price schedules of it",
    takes=SchedulesIn, gives=SchedulesOut, effect="computes", example=EXAMPLE,
)  # fmt: skip
def post_schedules(call: Call, given: SchedulesIn) -> dict[str, Any]:
    """Return the best schedule found, or the performance of the schedules sent."""
    return answer_to(given)


def answer_to(request: SchedulesIn) -> dict[str, Any]:
    """Return the best schedule of a session, or what its schedules cost."""
    given = request.model_dump(exclude_none=True)
    numbers = work_numbers()
    device = device_now(current_app.config["SETTINGS"], numbers)
    if request.schedules is not None:
        return _priced(given, request.schedules, device)
    problem = problem_of(given, device)
    result = optimise(
        problem.objective,
        problem.strategy,
        stopping_from_dict(given["stopping"]),
        request.seed,
        constraints=problem.constraints,
    )
    numbers.searched(result, device)
    return answer_of(result)


def _priced(given: dict[str, Any], schedules: list[list[int]], device: str) -> dict[str, Any]:
    constraints = Constraints.from_dict(given["constraints"])
    objective, performance = batching.price(given, schedules, device)
    rows = [performance.row(index) for index in range(len(performance))]
    feasible = FeasibleSchedules(objective.session, constraints, objective.free)
    met = feasible.contains(torch.tensor(schedules)).tolist()
    return {"schedules": schedules, "performance": rows, "meets_constraints": met}
