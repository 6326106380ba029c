"""POST /api/v1/schedules: optimise a session, or price schedules of it."""

from typing import Any

import torch
from apiflask import APIBlueprint

from objective import ClinicSession
from opt import Constraints, make_strategy, optimise
from opt.feasible import FeasibleSchedules
from opt.result import objective_from_dict
from opt.stopping import stopping_from_dict
from serve.api.call import Call
from serve.api.limits import check_iteration, check_size, check_work
from serve.api.route import route
from serve.api.schemas import SchedulesIn, SchedulesOut

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
    check_work(ClinicSession.from_dict(given["session"]))
    objective = objective_from_dict(given)
    check_size(objective.chain.states * objective.session.patients)
    constraints = Constraints.from_dict(given["constraints"])
    if request.schedules is not None:
        performance = objective(request.schedules)
        rows = [performance.row(index) for index in range(len(performance))]
        feasible = FeasibleSchedules(objective.session, constraints, objective.free)
        met = feasible.contains(torch.tensor(request.schedules)).tolist()
        return {"schedules": request.schedules, "performance": rows, "meets_constraints": met}
    strategy = make_strategy(request.strategy.name, request.strategy.parameters)
    check_iteration(strategy, objective.session)
    result = optimise(
        objective,
        strategy,
        stopping_from_dict(given["stopping"]),
        request.seed,
        constraints=constraints,
    )
    order = result.objective.session.order
    return {
        "schedules": [result.schedule],
        "performance": [result.performance.row(0)],
        "order": None if order is None else list(order),
        "status": result.status,
        "lower_bound": result.lower_bound,
        "gap": result.gap,
        "termination": result.termination,
        "evaluations": result.evaluations,
        "seconds": result.seconds,
        "note": result.note,
        "certificate": result.certificate.to_dict() if result.certificate else None,
    }
