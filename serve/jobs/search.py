"""From a request to what is searched: an objective, constraints and a strategy, all within bounds.

A request has names and numbers only; what would keep the service busy without end is refused before
any work.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from objective import ClinicSession, InvalidInput, Objective
from objective.chains import grid_step
from opt import Constraints, Result, make_strategy
from opt.result import objective_from_dict
from opt.run import Strategy
from opt.strategies.annealing import Annealing
from opt.strategies.genetic import Genetic
from opt.strategies.local_search import LocalSearch
from opt.strategies.pareto import Pareto
from opt.strategies.surrogate import Surrogate

#: States of the chain times patients that one request may ask for: seconds, not hours.
MAX_STATES = 400_000
#: Schedules that a search may price between two looks at the clock.
MAX_ITERATION = 25_000
#: Products that a network may compute in an epoch, which is some seconds.
MAX_PRODUCTS = 10**10


@dataclass(frozen=True)
class SearchProblem:
    """What is searched, and how."""

    objective: Objective
    constraints: Constraints
    strategy: Strategy


def objective_of(given: Mapping[str, Any], device: str) -> Objective:
    """Return the objective of a request; raise `InvalidInput` if it takes too many states."""
    _check_work(ClinicSession.from_dict(given["session"]))
    objective = objective_from_dict(given, device)
    _check_size(objective.chain.states * objective.session.patients)
    return objective


def problem_of(given: Mapping[str, Any], device: str) -> SearchProblem:
    """Return what a request asks to search; raise `InvalidInput` for what is out of bounds."""
    objective = objective_of(given, device)
    constraints = Constraints.from_dict(given["constraints"])
    strategy = make_strategy(given["strategy"]["name"], given["strategy"].get("parameters"))
    _check_iteration(strategy, objective.session)
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


def _check_work(session: ClinicSession) -> None:
    """Refuse, before any work, a session whose expected work alone needs too many states."""
    _check_size(int(session.expected_work / grid_step(session, None)) * session.patients)


def _check_size(size: int) -> None:
    """Refuse a session that would keep the service busy for long, by states times patients."""
    if size > MAX_STATES:
        raise InvalidInput(
            "session",
            f"{size} states",
            "smaller: fewer patients, or a law with a shorter tail or a wider step",
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
