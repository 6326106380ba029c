"""From a problem to its allocation."""

import time

from objective import InvalidInput
from objective.errors import finite_number, positive_number
from opt.allocate.allocation import Allocation, assignments_of, groups_of, unserved_of, use_of
from opt.allocate.clashes import refuse_clash
from opt.allocate.options import Options
from opt.allocate.problem import Problem
from opt.allocate.program import relative_gap, solve


def allocate(problem: Problem, time_limit: float = 60.0, gap: float = 0.01) -> Allocation:
    """Give requests a provider and a half-day each, as many and as early as capacities allow.

    The same problem has the same allocation, unless the time limit ends the search. Without any
    request the allocation is empty.

    Parameters
    ----------
    problem
        Requests, providers, resources and what counts.
    time_limit
        Seconds after which the best allocation so far is returned, with its gap.
    gap
        Share of the objective by which a better allocation may be missed; 0 asks for an optimum.

    Raises
    ------
    InvalidInput
        If an argument is outside its range; or if the requests that must be served cannot all be:
        then the message names the fewest that clash, and the capacities needed for that.
    """
    began = time.monotonic()
    if not isinstance(problem, Problem):
        raise InvalidInput("problem", problem, "a Problem")
    time_limit = positive_number("time_limit", time_limit)
    allowed = "a share of the objective, at least 0 and less than 1"
    if not 0 <= finite_number("gap", gap, allowed) < 1:
        raise InvalidInput("gap", gap, allowed)
    options = Options(problem)
    refuse_clash(options)
    solution = solve(options, gap, began + time_limit)
    chosen = solution.chosen
    return Allocation(
        problem=problem,
        assignments=assignments_of(problem, chosen),
        unserved=unserved_of(options, chosen),
        use=use_of(options, chosen),
        groups=groups_of(options, chosen),
        objective=solution.objective,
        bound=solution.bound,
        gap=relative_gap(solution.objective, solution.bound),
        greedy=solution.greedy,
        termination=solution.termination,
        seconds=time.monotonic() - began,
    )
