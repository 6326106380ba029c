"""A run of a strategy: what the driver, stopping rules and checkpoints see of any search."""

from abc import ABC, abstractmethod
from dataclasses import Field, dataclass
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor

from objective import Objective
from opt.certificate import Certificate
from opt.feasible import FeasibleSchedules
from opt.findings import Finding
from opt.workers import Evaluator, LocalWorkers, Workers

#: What a checkpoint may hold: tensors, numbers, text, and lists and dicts of these.
State = dict[str, Any]

#: A schedule is better only if its cost is lower by more than this share of it: rounding.
IMPROVEMENT = 1e-12


@dataclass(frozen=True)
class Candidate:
    """A schedule (intervals,) on the processor and its cost."""

    schedule: Tensor
    cost: float


class Run(ABC):
    """One search for a good schedule, advanced step by step.

    Attributes
    ----------
    objective
        What schedules cost.
    workers
        Who does work that can be done apart.
    best
        The best schedule found so far; None before the first step.
    current
        The best schedule of the last step.
    evaluations
        Number of schedules priced so far.
    finished
        Why there is nothing more to do; None while there is.
    lower_bound
        What every schedule costs at least, as the last step proved it; None if nothing is proved.
    note
        What a user should know of the result, for example why nothing can be proved.
    order_searched
        Whether the run chooses the order of the patients too, so that a proof is for one order.
    """

    def __init__(self, objective: Objective, feasible: FeasibleSchedules) -> None:
        self.objective, self.feasible = objective, feasible
        self.workers: Workers = LocalWorkers()
        self._evaluator: Evaluator = self.workers.evaluator(objective)
        self.best: Candidate | None = None
        self.current: Candidate | None = None
        self.evaluations = 0
        self.finished: str | None = None
        self.lower_bound: float | None = None
        self.note = ""
        self.order_searched = False

    @abstractmethod
    def step(self) -> None:
        """Do one iteration: price schedules, and `offer` the best of them."""

    @abstractmethod
    def own_state(self) -> State:
        """Return what the strategy needs, beside what every run has, to go on exactly."""

    @abstractmethod
    def restore_own(self, state: State) -> None:
        """Go on from `own_state`."""

    @property
    def gap(self) -> float | None:
        """By how much a schedule could be better at most; None if nothing is proved."""
        if self.lower_bound is None or self.best is None:
            return None
        return max(self.best.cost - self.lower_bound, 0.0)

    def certify(self) -> Certificate | None:
        """Return the proof of a lower bound, at least as good as that of the last step, or None."""
        return None

    def findings(self) -> tuple[Finding, ...]:
        """Return what there is to tell beside the schedule, once the search has ended."""
        return ()

    def employ(self, workers: Workers) -> None:
        """Have work done by these, before the first step."""
        self.workers = workers
        self._evaluator = workers.evaluator(self.objective)

    def price(self, schedules: Tensor) -> Tensor:
        """Return the costs of schedules, (batch,), and count them."""
        self.evaluations += len(schedules)
        return self._evaluator(schedules).cost

    def offer(self, schedule: Tensor, cost: float) -> bool:
        """Take note of this step's best schedule; return whether it is the best so far."""
        self.current = Candidate(schedule.detach().to("cpu", torch.int64).clone(), cost)
        better = self.best is None or cost < self.best.cost
        if better:
            self.best = self.current
        return better

    def state(self) -> State:
        """Return everything needed to go on exactly."""
        return {
            "best": _candidate_state(self.best),
            "current": _candidate_state(self.current),
            "evaluations": self.evaluations,
            "finished": self.finished,
            "lower_bound": self.lower_bound,
            "note": self.note,
            "own": self.own_state(),
        }

    def restore(self, state: State) -> None:
        """Go on from `state`."""
        self.best = _candidate(state["best"])
        self.current = _candidate(state["current"])
        self.evaluations = state["evaluations"]
        self.finished = state["finished"]
        self.lower_bound = state["lower_bound"]
        self.note = state["note"]
        self.restore_own(state["own"])


class Strategy(Protocol):
    """Parameters of a search; a frozen dataclass, validated on construction."""

    name: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    def begin(self, objective: Objective, feasible: FeasibleSchedules, seed: int) -> Run:
        """Return a run on an objective, among the feasible schedules only.

        Equal seeds give equal runs on one device.
        """


def generator_of(objective: Objective, seed: int) -> torch.Generator:
    """Return a generator on the objective's device, seeded."""
    generator = torch.Generator(device=objective.device)
    generator.manual_seed(seed)
    return generator


def _candidate_state(candidate: Candidate | None) -> State | None:
    if candidate is None:
        return None
    return {"schedule": candidate.schedule, "cost": candidate.cost}


def _candidate(state: State | None) -> Candidate | None:
    return Candidate(state["schedule"], state["cost"]) if state else None
