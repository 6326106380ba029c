"""The integer program of an allocation, solved to a gap by a deadline.

Variables are the number of requests of a kind (alike in everything that counts) that get a place,
for allowed places only, and the number that get none. Places by urgency are there from the start,
so that there is always something to return.
"""

import math
import time
from dataclasses import dataclass

from objective import InvalidInput
from opt.allocate.greedy import filled, greedy
from opt.allocate.model import Column, solve_model
from opt.allocate.options import Option, Options

#: Relative gap that counts as none.
NONE = 1e-6


@dataclass(frozen=True)
class Solution:
    """An option for each request or None, what it costs, and a bound on what every one costs.

    ``greedy`` is what places by urgency, one request after the other, cost.
    """

    chosen: list[Option | None]
    objective: float
    bound: float
    greedy: float
    termination: str


def relative_gap(objective: float, bound: float) -> float:
    """Return by which share of it an objective may be above the optimum at most."""
    if objective == math.inf:
        return math.inf
    return max(objective - bound, 0.0) / max(abs(objective), 1e-12)


def solve(options: Options, gap: float, deadline: float) -> Solution:
    """Return the best solution found by the deadline, of `time.monotonic`.

    Its objective is infinite where no place was found for a request that must be served.

    Raises
    ------
    InvalidInput
        If those that must be served cannot all be, which took longer to prove than to ask for.
    """
    chosen = greedy(options)
    known = by_urgency = _objective(options, chosen)
    columns: list[Column] = [
        (kind, option)
        for kind, members in enumerate(options.kinds)
        for option in options.of[members[0]]
    ]
    bound = _without_capacities(options)
    if relative_gap(known, bound) > max(gap, NONE) and time.monotonic() < deadline:
        found = solve_model(options, options.kinds, columns, gap, deadline)
        if found.infeasible:
            allowed = "possible together; those that must be served cannot all be"
            raise InvalidInput("requests", "contradictory", allowed)
        if found.numbers is not None:
            places = _by_request(options, columns, found.numbers)
            better = filled(options, places, range(len(chosen)))
            if _objective(options, better) < known:
                chosen, known = better, _objective(options, better)
        bound = max(bound, min(found.bound, known))
    remaining = relative_gap(known, bound)
    termination = "optimal" if remaining <= NONE else "gap" if remaining <= gap else "time limit"
    return Solution(chosen, known, bound, by_urgency, termination)


def _objective(options: Options, chosen: list[Option | None]) -> float:
    """Return what a solution costs, infinite where one goes without who must be served."""
    for request, one in zip(options.problem.requests, chosen, strict=True):
        if one is None and request.must_serve:
            return math.inf
    return options.objective(chosen)


def _without_capacities(options: Options) -> float:
    """Return what every solution costs at least: each request has its best place."""
    costs, access = [], []
    for number, request in enumerate(options.problem.requests):
        outcomes = [(one.cost, one.access) for one in options.of[number]]
        if not request.must_serve or not outcomes:
            outcomes.append(options.unserved(number))
        costs.append(min(cost for cost, _ in outcomes))
        access.append(min(days for _, days in outcomes))
    means = [sum(access[one] for one in group) / len(group) for group in options.groups.values()]
    fairness = options.problem.importance.fairness
    return sum(costs) + fairness * len(costs) * max(means, default=0.0)


def _by_request(
    options: Options, columns: list[Column], numbers: list[float]
) -> list[Option | None]:
    """Return the option of each request; among those alike the first gets the earliest place."""
    chosen: list[Option | None] = [None] * len(options.problem.requests)
    waiting = [list(members) for members in options.kinds]
    for (kind, option), number in zip(columns, numbers, strict=True):
        for _ in range(round(number)):
            chosen[waiting[kind].pop(0)] = option
    return chosen
