"""POST /api/v1/schedules: optimise a session, or price schedules of it."""

from typing import Any

import torch
from apiflask import APIBlueprint

from objective import ClinicSession, InvalidInput
from objective.chains import grid_step
from opt import Constraints, make_strategy, optimise
from opt.feasible import FeasibleSchedules
from opt.result import objective_from_dict
from opt.run import Strategy
from opt.stopping import stopping_from_dict
from opt.strategies.annealing import Annealing
from opt.strategies.genetic import Genetic
from opt.strategies.local_search import LocalSearch
from opt.strategies.pareto import Pareto
from opt.strategies.surrogate import Surrogate
from serve.api.call import Call
from serve.api.route import route
from serve.api.schemas import MAX_INTERVALS, SchedulesIn, SchedulesOut

schedules = APIBlueprint("schedules", __name__, url_prefix="/api/v1")

#: States of the chain times patients that one request may ask for: seconds, not hours.
MAX_STATES = 400_000
#: Schedules that a search may price between two looks at the clock.
MAX_ITERATION = 25_000
#: Products that a network may compute in an epoch, which is some seconds.
MAX_PRODUCTS = 10**10
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
    _check_work(ClinicSession.from_dict(given["session"]))
    objective = objective_from_dict(given)
    _check_size(objective.chain.states * objective.session.patients)
    constraints = Constraints.from_dict(given["constraints"])
    if request.schedules is not None:
        performance = objective(request.schedules)
        rows = [performance.row(index) for index in range(len(performance))]
        feasible = FeasibleSchedules(objective.session, constraints, objective.free)
        met = feasible.contains(torch.tensor(request.schedules)).tolist()
        return {"schedules": request.schedules, "performance": rows, "meets_constraints": met}
    strategy = make_strategy(request.strategy.name, request.strategy.parameters)
    _check_iteration(strategy, objective.session)
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


def _check_work(session: ClinicSession) -> None:
    """Refuse, before any work, a session whose expected work alone needs too many states."""
    _check_size(int(session.expected_work / grid_step(session, None)) * session.patients)


def _check_size(size: int) -> None:
    """Refuse a session that would keep the service busy for long, by states times patients."""
    if size > MAX_STATES:
        raise InvalidInput(
            "session",
            f"{size} states",
            f"smaller: fewer patients, or a law with a shorter tail or a wider step "
            f"(at most {MAX_INTERVALS} intervals)",
        )


def _check_iteration(strategy: Strategy, session: ClinicSession) -> None:
    """Refuse parameters by which an iteration takes so long that no time limit is kept."""
    size = 0
    if isinstance(strategy, Genetic) and strategy.islands > 1:
        size = strategy.islands * strategy.population * strategy.migration_every
    elif isinstance(strategy, LocalSearch) and strategy.starts > 1:
        size = strategy.starts * min(session.patients, session.intervals) * session.intervals
    elif isinstance(strategy, Annealing):
        size = strategy.chains * strategy.proposals
    elif isinstance(strategy, Pareto):
        size = strategy.side_by_side * max(session.patients, session.intervals)
    elif isinstance(strategy, Surrogate) and strategy.network != "none":
        steps = session.intervals if strategy.network == "recurrent" else 1
        known = strategy.samples + strategy.rounds * strategy.kept
        products = known * steps * strategy.hidden**2
        if products > MAX_PRODUCTS:
            raise InvalidInput(
                "strategy.parameters",
                f"{products} products in an epoch of the network",
                f"smaller: at most {MAX_PRODUCTS}, by fewer schedules or a smaller hidden",
            )
    if size > MAX_ITERATION:
        raise InvalidInput(
            "strategy.parameters",
            f"{size} schedules in an iteration",
            f"smaller: at most {MAX_ITERATION} schedules between two looks at the clock",
        )
