"""From a request to what is searched: an objective, constraints and a strategy, all within bounds.

A request has names and numbers only; what would keep the service busy without end is refused before
any work.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from objective import ClinicSession, Objective
from opt import Constraints, Result, make_strategy
from opt.result import objective_from_dict
from opt.run import Strategy
from serve.api.limits import check_iteration, check_size, check_work


@dataclass(frozen=True)
class SearchProblem:
    """What is searched, and how."""

    objective: Objective
    constraints: Constraints
    strategy: Strategy


def objective_of(given: Mapping[str, Any], device: str) -> Objective:
    """Return the objective of a request; raise `InvalidInput` if it takes too many states."""
    check_work(ClinicSession.from_dict(given["session"]))
    objective = objective_from_dict(given, device)
    check_size(objective.chain.states * objective.session.patients)
    return objective


def constraints_of(given: Mapping[str, Any]) -> Constraints:
    """Return what every schedule of a request must meet."""
    return Constraints.from_dict(given["constraints"])


def problem_of(given: Mapping[str, Any], device: str) -> SearchProblem:
    """Return what a request asks to search; raise `InvalidInput` for what is out of bounds."""
    objective = objective_of(given, device)
    constraints = constraints_of(given)
    strategy = make_strategy(given["strategy"]["name"], given["strategy"].get("parameters"))
    check_iteration(strategy, objective.session)
    return SearchProblem(objective, constraints, strategy)


def answer_of(result: Result) -> dict[str, Any]:
    """Return what a search found, as the API tells it."""
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
