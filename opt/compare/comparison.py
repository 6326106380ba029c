"""Doing all runs of a plan, and what their outcomes are compared with."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from objective import InvalidInput
from opt.compare.interruption import noticed_interruption
from opt.compare.job import Job, Outcome, Record, run_job
from opt.compare.plan import REFERENCE, Contender, Plan
from opt.workers import Workers


@dataclass(frozen=True)
class Reference:
    """What the runs on an instance are measured against.

    Attributes
    ----------
    cost
        The certified optimum; where nothing certifies one, the least cost of all runs.
    certified
        Which of the two.
    lower_bound
        What every schedule costs at least, if that is proved.
    """

    cost: float
    certified: bool
    lower_bound: float | None

    def gap(self, cost: float) -> float:
        """Return by which share a cost lies above the reference; 0 for rounding.

        The share is of the reference, or of 1 where the reference is 0.
        """
        share = (cost - self.cost) / (abs(self.cost) or 1.0)
        return 0.0 if abs(share) < 1e-9 else share

    def gap_to_bound(self, cost: float) -> float | None:
        """Return by which share of the reference a cost lies above the bound; None without one."""
        if self.lower_bound is None:
            return None
        return self.gap(cost) - self.gap(self.lower_bound)


class Keeping(Protocol):
    """Keeps the outcomes of jobs that are finished, so that what is interrupted can go on."""

    def keep(self, job: Job, outcome: Outcome) -> None:
        """Keep the outcome of a job."""

    def kept(self, job: Job) -> Outcome | None:
        """Return the outcome of a job, None if it has not been done."""


class Comparison:
    """A plan with the outcomes of all its jobs, in whatever order they came."""

    def __init__(self, plan: Plan, outcomes: Sequence[Outcome]) -> None:
        self.plan = plan
        self._outcomes = {(one.instance, one.label, one.seed): one for one in outcomes}

    def outcomes(self, instance: str, contender: Contender) -> list[Outcome]:
        """Return the outcomes of a strategy on an instance, by seed."""
        seeds = self.plan.seeds_of(contender)
        return [self._outcomes[instance, contender.label, seed] for seed in seeds]

    def records(self, instance: str, contender: Contender) -> list[Record]:
        """Return the records of a strategy on an instance, by seed; none if it refuses."""
        found = [outcome.record for outcome in self.outcomes(instance, contender)]
        return [record for record in found if record is not None]

    @cached_property
    def references(self) -> Mapping[str, Reference]:
        """What the runs on each instance are measured against, by name."""
        return {
            instance.name: reference_of(
                self._outcomes[instance.name, REFERENCE, 0].record,
                [
                    record
                    for contender in self.plan.contenders
                    for record in self.records(instance.name, contender)
                ],
            )
            for instance in self.plan.instances
        }

    @cached_property
    def machines(self) -> list[str]:
        """On what the seconds were measured."""
        records = [one.record for one in self._outcomes.values() if one.record is not None]
        return sorted({record.machine for record in records})


def reference_of(certifying: Record | None, records: Sequence[Record]) -> Reference:
    """Return what runs are measured against, from the one that was to certify and all others."""
    if certifying is not None and certifying.status == "optimal":
        return Reference(certifying.cost, True, certifying.lower_bound)
    everything = [*([certifying] if certifying else []), *records]
    proved = [one for one in everything if one.status == "optimal"]
    if proved:
        best = min(proved, key=lambda one: one.cost)
        return Reference(best.cost, True, best.lower_bound)
    bounds = [one.lower_bound for one in everything if one.lower_bound is not None]
    least = min((one.cost for one in everything), default=float("nan"))
    return Reference(least, False, max(bounds, default=None))


def compare(
    plan: Plan,
    folder: Keeping,
    workers: Workers,
    on_outcome: Callable[[Job, Outcome, bool], None] | None = None,
) -> Comparison:
    """Do the runs of a plan that the folder does not hold yet, and keep each as it is finished.

    ``on_outcome`` is told each job, its outcome, and whether it was done now.

    Raises
    ------
    InvalidInput
        If a file of the folder is not what a comparison writes, or if every strategy refuses an
        instance.
    KeyboardInterrupt
        If the user interrupts; what is finished is kept.
    """
    told = on_outcome or (lambda job, outcome, now: None)
    jobs = plan.jobs()
    outcomes: list[Outcome] = []
    missing: list[Job] = []
    for job in jobs:
        kept = folder.kept(job)
        if kept is None:
            missing.append(job)
        else:
            outcomes.append(kept)
            told(job, kept, False)
    with noticed_interruption() as interrupted:
        for job, outcome in zip(missing, workers.map(run_job, missing), strict=True):
            folder.keep(job, outcome)
            outcomes.append(outcome)
            told(job, outcome, True)
            if interrupted():
                raise KeyboardInterrupt
    for instance in plan.instances:
        mine = [outcome for outcome in outcomes if outcome.instance == instance.name]
        if all(outcome.record is None for outcome in mine):
            allowed = f"an instance that a strategy takes: {mine[0].refused}"
            raise InvalidInput("instances", instance.name, allowed)
    return Comparison(plan, outcomes)
