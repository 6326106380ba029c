"""Many exact searches side by side, with one batch of schedules for all of them per round.

One search prices some ten schedules at a time, which leaves most of the time to overhead. Searches
whose objectives differ in nothing but the weights even share what a schedule leads to: its waiting,
idle time and tardiness are computed once, and weighed by each.
"""

import json
import time
from collections.abc import Sequence

import torch

from objective import InvalidInput, Objective
from objective.errors import whole_number
from objective.schedules import ScheduleBatch
from opt.constraints import Constraints
from opt.duplicates import distinct
from opt.feasible import FeasibleSchedules
from opt.result import Result
from opt.run import State
from opt.search import Search
from opt.stopping import AnyOf, Stopping
from opt.strategies.exact import Exact, ExactRun
from opt.workers import LocalWorkers, Workers

#: What the searches may start from and when they stop: one for all, or one for each.
Starts = Sequence[ScheduleBatch | None] | None
Rules = Stopping | Sequence[Stopping | None] | None


def optimise_side_by_side(
    objectives: Sequence[Objective],
    strategy: Exact | None = None,
    starts: Starts = None,
    constraints: Constraints | None = None,
    stopping: Rules = None,
    seed: int = 0,
    workers: Workers | None = None,
) -> list[Result]:
    """Return what `optimise` with `exact` returns for each objective, in their order.

    Schedules, costs, bounds and certificates are as those of single searches up to rounding;
    ``seconds`` of a result are those from the first round of all to its own last.

    Parameters
    ----------
    objectives
        What schedules cost; those that differ in their weights alone share their evaluation.
    strategy
        Parameters of every search.
    starts
        A schedule (intervals,) for each search to begin at, or None for its own.
    constraints
        What is demanded of every schedule.
    stopping
        A rule for all searches, or one for each, which looks at that search alone: for example
        `LowerBoundAbove`, to give up what is proved to be worse than something known.
    seed
        Of all randomness.
    workers
        Who prices the schedules.

    Raises
    ------
    InvalidInput
        If an argument is outside its range or no schedule meets the constraints.
    """
    rules = _rules(stopping, len(objectives))
    together = SideBySide(objectives, strategy or Exact(), starts, constraints, seed)
    together.employ(workers or LocalWorkers())
    while together.round(rules):
        pass
    return together.results()


class SideBySide:
    """Exact searches that advance in rounds; see `optimise_side_by_side` for the parameters.

    Attributes
    ----------
    runs, searches
        One per objective, and the same with its clock and history.
    ended
        Why each search has ended; None while it has not.
    evaluations
        Number of schedules whose performance was computed; each once where several ask for it.
    seconds
        Of all rounds so far.
    """

    def __init__(
        self,
        objectives: Sequence[Objective],
        strategy: Exact,
        starts: Starts = None,
        constraints: Constraints | None = None,
        seed: int = 0,
    ) -> None:
        for index, objective in enumerate(objectives):
            if not isinstance(objective, Objective):
                raise InvalidInput(f"objectives[{index}]", objective, "an Objective")
        if not isinstance(strategy, Exact):
            raise InvalidInput("strategy", strategy, "Exact or None")
        if constraints is not None and not isinstance(constraints, Constraints):
            raise InvalidInput("constraints", constraints, "Constraints or None")
        whole_number("seed", seed, 0, 2**63 - 1)
        begins = [None] * len(objectives) if starts is None else list(starts)
        if len(begins) != len(objectives):
            allowed = f"as many as objectives, {len(objectives)}"
            raise InvalidInput("starts", f"{len(begins)} starts", allowed)
        demanded = constraints or Constraints()
        feasible: dict[str, FeasibleSchedules] = {}
        groups: dict[str, list[int]] = {}
        self.runs: list[ExactRun] = []
        for index, (objective, start) in enumerate(zip(objectives, begins, strict=True)):
            key = _alike(objective)
            if key not in feasible:
                feasible[key] = FeasibleSchedules(objective.session, demanded, objective.free)
            groups.setdefault(key, []).append(index)
            self.runs.append(ExactRun(objective, feasible[key], strategy, seed, start))
        self._groups = list(groups.values())
        self.searches = [Search(run, strategy, seed) for run in self.runs]
        self.ended: list[str | None] = [None] * len(objectives)
        self.evaluations, self.seconds = 0, 0.0
        self.employ(LocalWorkers())

    def employ(self, workers: Workers) -> None:
        """Have schedules priced by these, before the first round."""
        for run in self.runs:
            run.employ(workers)
        self._evaluators = [
            workers.evaluator(self.runs[group[0]].objective) for group in self._groups
        ]

    def round(self, rules: Sequence[Stopping] | None = None) -> bool:
        """Do one iteration of every search that has not ended; return whether any goes on.

        ``rules`` has one for each search, beside when it has nothing more to do.
        """
        began = time.perf_counter()
        going = [index for index, reason in enumerate(self.ended) if reason is None]
        before = {index: self.runs[index].best for index in going}
        asking = {index for index in going if self.runs[index].asks}
        for index in set(going) - asking:
            # What follows a descent that left out constraints is a search of its own.
            run = self.runs[index]
            evaluated = run.evaluations
            run.step()
            self.evaluations += run.evaluations - evaluated
        while asking:
            asking = self._ask_and_tell(asking)
        self.seconds += time.perf_counter() - began
        for index in going:
            search = self.searches[index]
            search.seconds = self.seconds
            search.note(before[index])
            self.ended[index] = search.reason_to_stop(rules[index] if rules else AnyOf())
        return None in self.ended

    def results(self) -> list[Result]:
        """Return the result of every search, certified and verified."""
        return [
            search.result(ended or "stopped")
            for search, ended in zip(self.searches, self.ended, strict=True)
        ]

    def state(self) -> State:
        """Return everything needed to go on exactly, between two rounds."""
        return {
            "searches": [search.state() for search in self.searches],
            "ended": list(self.ended),
            "evaluations": self.evaluations,
            "seconds": self.seconds,
        }

    def restore(self, state: State) -> None:
        """Go on from `state`."""
        for search, own in zip(self.searches, state["searches"], strict=True):
            search.restore(own)
        self.ended = list(state["ended"])
        self.evaluations, self.seconds = state["evaluations"], state["seconds"]

    def _ask_and_tell(self, asking: set[int]) -> set[int]:
        """Price what the searches at these places ask for; return which are amid an iteration."""
        amid: set[int] = set()
        for group, evaluator in zip(self._groups, self._evaluators, strict=True):
            members = [index for index in group if index in asking]
            if not members:
                continue
            asked = [self.runs[index].ask() for index in members]
            sizes = [len(one) for one in asked]
            schedules, place = distinct(torch.cat(asked))
            performance = evaluator(schedules.to(self.runs[group[0]].objective.device))
            self.evaluations += len(schedules)
            for index, rows in zip(members, torch.split(place, sizes), strict=True):
                run = self.runs[index]
                run.evaluations += len(rows)
                weights, value = run.objective.weights, run.objective.value_per_patient
                costs = performance.weighed(weights, value)
                if not run.tell(costs[rows.to(costs.device)]):
                    amid.add(index)
        return amid


def _alike(objective: Objective) -> str:
    """Return a text that is the same for objectives that differ in their weights alone."""
    description = objective.to_dict()
    description["weights"] = None
    description["value_per_patient"] = objective.free
    return json.dumps([description, str(objective.device), str(objective.dtype)])


def _rules(stopping: Rules, number: int) -> list[Stopping]:
    """Return a rule for each of so many searches."""
    rules = list(stopping) if isinstance(stopping, Sequence) else [stopping] * number
    if len(rules) != number:
        allowed = f"one rule, or as many as objectives, {number}"
        raise InvalidInput("stopping", f"{len(rules)} rules", allowed)
    for rule in rules:
        if rule is not None and not callable(rule):
            raise InvalidInput("stopping", rule, "a stopping rule or None")
    return [rule or AnyOf() for rule in rules]
