"""The allocation as an integer program in Pyomo, solved by HiGHS on one thread."""

import math
import time
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import NamedTuple

import pyomo.environ as pyomo
from pyomo.contrib.solver.common.results import SolutionStatus, TerminationCondition
from pyomo.core.expr import LinearExpression

from opt import highs
from opt.allocate.options import ROUNDING, Capacity, Option, Options
from opt.allocate.patterns import maximal_patterns

#: The model has an objective that is at least 0, so that it is not unbounded.
INFEASIBLE = (
    TerminationCondition.provenInfeasible,
    TerminationCondition.infeasibleOrUnbounded,
)
#: A kind of requests, by its place among the kinds, and a place that they may have.
Column = tuple[int, Option]


class Solved(NamedTuple):
    """How many requests get each column, None if no solution was found; and the bound."""

    numbers: list[float] | None
    bound: float
    infeasible: bool


def solve_model(
    options: Options,
    kinds: Sequence[Sequence[int]],
    columns: Sequence[Column],
    gap: float,
    deadline: float,
    limited: Collection[Capacity] | None = None,
) -> Solved:
    """Solve the program for some requests over some columns.

    Parameters
    ----------
    options
        The problem.
    kinds
        The requests, by number; those together are alike.
    columns
        Places that may be given.
    gap
        Relative gap at which to stop.
    deadline
        Moment of `time.monotonic` at which to stop.
    limited
        The capacities that count; by default all.
    """
    model = pyomo.ConcreteModel()
    sizes = [len(members) for members in kinds]
    requests = options.problem.requests
    model.place = pyomo.Var(range(len(columns)), domain=pyomo.NonNegativeIntegers)
    model.none = pyomo.Var(range(len(sizes)), domain=pyomo.NonNegativeIntegers)
    model.longest = pyomo.Var(domain=pyomo.NonNegativeReals)
    place, none = model.place, model.none

    by_kind: dict[int, list[int]] = defaultdict(list)
    by_capacity: dict[Capacity, list[tuple[int, float]]] = defaultdict(list)
    for index, (kind, option) in enumerate(columns):
        place[index].setub(sizes[kind])
        by_kind[kind].append(index)
        for key, amount in option.takes:
            by_capacity[key].append((index, amount))
    for kind, members in enumerate(kinds):
        none[kind].setub(0 if requests[members[0]].must_serve else len(members))

    model.served = pyomo.ConstraintList()
    for kind, size in enumerate(sizes):
        variables = [place[index] for index in by_kind[kind]] + [none[kind]]
        model.served.add(_linear([1.0] * len(variables), variables) == size)
    model.room = pyomo.ConstraintList()
    model.share = pyomo.VarList(domain=pyomo.NonNegativeReals)
    for key, used in by_capacity.items():
        if limited is None or key in limited:
            _let_it_fit(model, used, options.limits[key])

    costs, variables = [option.cost for _, option in columns], list(place.values())
    costs += [options.unserved(members[0])[0] for members in kinds]
    variables += list(none.values())
    fairness = options.problem.importance.fairness
    if fairness > 0:
        costs.append(fairness * len(requests))
        variables.append(model.longest)
        _let_longest_be_the_longest(model, options, kinds, columns, by_kind)
    model.cost = pyomo.Objective(expr=_linear(costs, variables))
    return _solved(model, len(columns), gap, deadline)


def _let_it_fit(
    model: pyomo.ConcreteModel, used: Sequence[tuple[int, float]], limit: float
) -> None:
    """Demand that what columns take from a capacity, (column, amount), fits into it."""
    by_amount: dict[float, list[object]] = defaultdict(list)
    for index, amount in used:
        by_amount[amount].append(model.place[index])
    amounts = tuple(sorted(by_amount, reverse=True))
    patterns = maximal_patterns(amounts, limit, ROUNDING)
    if patterns is None:
        factors = [amount for _, amount in used]
        model.room.add(_linear(factors, [model.place[index] for index, _ in used]) <= limit)
    elif len(patterns) == 1:
        (numbers,) = patterns
        for amount, most in zip(amounts, numbers, strict=True):
            variables = by_amount[amount]
            model.room.add(_linear([1.0] * len(variables), variables) <= most)
    else:
        shares = [model.share.add() for _ in patterns]
        model.room.add(_linear([1.0] * len(shares), shares) <= 1)
        for place, amount in enumerate(amounts):
            factors = [1.0] * len(by_amount[amount]) + [-float(one[place]) for one in patterns]
            model.room.add(_linear(factors, by_amount[amount] + shares) <= 0)


def _let_longest_be_the_longest(
    model: pyomo.ConcreteModel,
    options: Options,
    kinds: Sequence[Sequence[int]],
    columns: Sequence[Column],
    by_kind: dict[int, list[int]],
) -> None:
    """Demand that the longest mean access time is at least that of each group."""
    requests = options.problem.requests
    model.fair = pyomo.ConstraintList()
    for name, members in options.groups.items():
        share = 1.0 / len(members)
        coefficients, variables = [-1.0], [model.longest]
        for kind, alike in enumerate(kinds):
            if requests[alike[0]].group != name:
                continue
            indices = by_kind[kind]
            coefficients += [share * columns[index][1].access for index in indices]
            variables += [model.place[index] for index in indices]
            coefficients.append(share * options.unserved(alike[0])[1])
            variables.append(model.none[kind])
        model.fair.add(_linear(coefficients, variables) <= 0)


def _linear(coefficients: Sequence[float], variables: Sequence[object]) -> LinearExpression:
    return LinearExpression(
        constant=0, linear_coefs=list(coefficients), linear_vars=list(variables)
    )


def _solved(model: pyomo.ConcreteModel, columns: int, gap: float, deadline: float) -> Solved:
    """Solve the model, whatever comes of it: a limit is not an error."""
    left = deadline - time.monotonic()
    if left <= 0:
        return Solved(None, -math.inf, infeasible=False)
    result = highs.solve(model, time_limit=left, threads=1, gap=gap)
    if result.termination_condition in INFEASIBLE:
        return Solved(None, math.inf, infeasible=True)
    bound = -math.inf if result.objective_bound is None else float(result.objective_bound)
    if result.solution_status not in (SolutionStatus.optimal, SolutionStatus.feasible):
        return Solved(None, bound, infeasible=False)
    values = result.solution_loader.get_vars()
    numbers = [float(values[model.place[index]]) for index in range(columns)]
    return Solved(numbers, bound, infeasible=False)
