"""Solving the program of a sample with Pyomo and HiGHS.

Where the order is given the program is linear. Else binaries say which kind of patient has which
place: durations are sums of binaries times sampled numbers, and the only products, those of
binaries with mean waits, are split as by McCormick (1976), doi:10.1007/BF01580665, which is exact
for binaries.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyomo.environ as pyo
from pyomo.contrib.solver.common.results import SolutionStatus

from objective.laws import Array
from opt import highs
from opt.stochastic.sample_program import SampleProgram
from opt.stochastic.sample_solution import SampleSolution


@dataclass(frozen=True)
class SampleSolver:
    """Solves programs of samples, each within a time limit.

    Attributes
    ----------
    time_limit
        Seconds for one program.
    threads
        Threads that HiGHS may use; the same solution is only certain with one.
    times, kinds
        Times and order to fall back on.
    """

    time_limit: float
    threads: int
    times: tuple[float, ...]
    kinds: tuple[int, ...]

    def __call__(self, program: SampleProgram) -> SampleSolution:
        """Return the best times found within the time limit, and what is proved of others."""
        model, unit = _model(program)
        outcome = highs.solve(model, self.time_limit, self.threads)
        bound = outcome.objective_bound
        proved = bound is not None and np.isfinite(bound)
        lower_bound = float(bound * unit + program.constant) if proved else None
        optimal = outcome.solution_status == SolutionStatus.optimal
        if not optimal and outcome.solution_status != SolutionStatus.feasible:
            cost = program.cost(np.array(self.times), self.kinds)
            return SampleSolution(self.times, self.kinds, cost, lower_bound, "nothing found")
        outcome.solution_loader.load_vars()
        times = _rising([pyo.value(model.time[rank]) for rank in model.ranks], program.last)
        kinds = _chosen(model)
        cost = program.cost(times, kinds)
        ended: Literal["optimal", "limit"] = "optimal" if optimal else "limit"
        return SampleSolution(tuple(times.tolist()), kinds, cost, lower_bound, ended)


def _model(program: SampleProgram) -> tuple[Any, float]:
    """Return the model, and how many units of cost one unit of its objective is.

    Its objective is a sum over scenarios, so that the solver's tolerances are small beside it.
    """
    days = program.scenarios
    model = pyo.ConcreteModel()
    model.ranks = pyo.RangeSet(0, program.patients - 1)
    model.days = pyo.RangeSet(0, days.number - 1)
    model.kinds = pyo.RangeSet(0, len(program.counts) - 1)
    model.time = pyo.Var(model.ranks, bounds=(0, program.last))
    model.wait = pyo.Var(model.ranks, model.days, domain=pyo.NonNegativeReals)
    model.late = pyo.Var(model.days, domain=pyo.NonNegativeReals)
    _decide_order(model, program)
    _demand(model, program)

    duration = days.duration

    def took(rank: int, day: int) -> Any:
        return sum(duration[kind, rank, day] * model.place[kind, rank] for kind in model.kinds)

    def opening(model: Any, day: int) -> Any:
        if not days.opening[day]:
            return pyo.Constraint.Skip
        return model.time[0] + model.wait[0, day] >= days.opening[day]

    model.opening = pyo.Constraint(model.days, rule=opening)

    def waiting(model: Any, rank: int, day: int) -> Any:
        if rank == program.patients - 1:
            return pyo.Constraint.Skip
        interval = model.time[rank + 1] - model.time[rank]
        return model.wait[rank + 1, day] >= model.wait[rank, day] + took(rank, day) - interval

    model.waiting = pyo.Constraint(model.ranks, model.days, rule=waiting)

    last = program.patients - 1

    def tardiness(model: Any, day: int) -> Any:
        end = model.time[last] + model.wait[last, day] + took(last, day)
        return model.late[day] >= end - program.length

    model.tardiness = pyo.Constraint(model.days, rule=tardiness)

    cost = days.number * _waiting_cost(model, program)
    cost += program.tardiness * pyo.quicksum(model.late[day] for day in model.days)
    if program.end:
        _follow_ends(model, program)
        cost += program.end * pyo.quicksum(model.end[day] for day in model.days)
    # Where nothing is charged at all, any unit will do.
    unit = float(program.waiting.max() + program.tardiness + program.end) or 1.0
    model.cost = pyo.Objective(expr=cost / unit)
    return model, unit / days.number


def _decide_order(model: Any, program: SampleProgram) -> None:
    """Give every place one patient: by binaries, or the only kind there is."""
    if len(program.counts) == 1:
        model.place = pyo.Param(model.kinds, model.ranks, initialize=1.0)
        return
    model.place = pyo.Var(model.kinds, model.ranks, domain=pyo.Binary)

    def one_patient(model: Any, rank: int) -> Any:
        return sum(model.place[kind, rank] for kind in model.kinds) == 1

    model.one_patient = pyo.Constraint(model.ranks, rule=one_patient)

    def everybody(model: Any, kind: int) -> Any:
        return sum(model.place[kind, rank] for rank in model.ranks) == program.counts[kind]

    model.everybody = pyo.Constraint(model.kinds, rule=everybody)


def _demand(model: Any, program: SampleProgram) -> None:
    """Let times rise, and meet the demands."""
    rising = [(rank + 1, rank, 0.0) for rank in range(1, program.patients)]

    def at(number: int) -> Any:
        return model.time[number - 1] if number else 0.0

    model.demands = pyo.ConstraintList()
    for tail, head, minutes in (*rising, *program.edges):
        model.demands.add(at(head) - at(tail) <= minutes)


def _waiting_cost(model: Any, program: SampleProgram) -> Any:
    """Return the charge for all waits."""
    charges, days = program.waiting, program.scenarios
    mean = {
        rank: pyo.quicksum(model.wait[rank, day] for day in model.days) / days.number
        for rank in model.ranks
    }
    if (charges == charges[0]).all():
        return sum(charges[0, rank] * mean[rank] for rank in model.ranks)
    # The wait at a place is that of the kind there, and nobody's of the other kinds; it is at most
    # what everybody before takes, if all come at once.
    longest = days.opening.mean() + np.append(0.0, days.duration.max(0).mean(1).cumsum())
    model.share = pyo.Var(model.kinds, model.ranks, domain=pyo.NonNegativeReals)

    def shares(model: Any, rank: int) -> Any:
        return sum(model.share[kind, rank] for kind in model.kinds) == mean[rank]

    model.shares = pyo.Constraint(model.ranks, rule=shares)

    def whose(model: Any, kind: int, rank: int) -> Any:
        return model.share[kind, rank] <= longest[rank] * model.place[kind, rank]

    model.whose = pyo.Constraint(model.kinds, model.ranks, rule=whose)

    return sum(
        charges[kind, rank] * model.share[kind, rank]
        for kind in model.kinds
        for rank in model.ranks
    )


def _follow_ends(model: Any, program: SampleProgram) -> None:
    """Let the end of a day be no earlier than that of each consultation that takes place."""
    duration, shown = program.scenarios.duration, program.scenarios.shown
    model.end = pyo.Var(model.days, domain=pyo.NonNegativeReals)
    model.ends = pyo.ConstraintList()
    for day in model.days:
        for rank in reversed(model.ranks):
            comes = shown[:, rank, day]
            if comes.any():
                end = model.time[rank] + model.wait[rank, day]
                for kind in model.kinds:
                    # Who does not come is called no later than the others end or, if that is later,
                    # at the own appointment.
                    beyond = duration[kind, rank, day] if comes[kind] else -program.last
                    end += beyond * model.place[kind, rank]
                model.ends.add(model.end[day] >= end)
            if comes.all():
                # Nobody before this patient ends later.
                break


def _rising(times: Sequence[float], last: float) -> Array:
    """Return times without what a solver's tolerance may leave: rising and within the session."""
    return np.clip(np.maximum.accumulate(np.array(times)), 0.0, last)


def _chosen(model: Any) -> tuple[int, ...]:
    """Return the kind of the patient at each place, (patients,)."""
    share = np.array([[pyo.value(model.place[k, r]) for r in model.ranks] for k in model.kinds])
    return tuple(share.argmax(0).tolist())
