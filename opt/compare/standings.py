"""How strategies stand: final gaps, what it takes to come close, and who is soonest how often."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from statistics import fmean, median

import numpy as np
from numpy.typing import NDArray

from opt.compare.comparison import Comparison, Reference
from opt.compare.curves import Axis, first_reach
from opt.compare.job import Record
from opt.compare.plan import Contender

#: Gaps within which a run counts as close, as shares of the reference.
CLOSE, CLOSER = 0.01, 0.005
#: Final gaps that differ by less than this are called equal where strategies are ranked.
EQUAL = 1e-4


@dataclass(frozen=True)
class Standing:
    """How the runs of a strategy ended, on one instance or on all.

    Attributes
    ----------
    gaps
        Final gaps as shares of the reference: median, least, largest.
    close, closer
        Shares of the runs that ended within 1 % and within 0.5 %.
    evaluations, seconds
        Medians of what it took to come within 1 %; None where half of the runs or more never did.
    spent
        Medians of the evaluations and the seconds of whole runs.
    proved
        Share of the runs that ended with a proof of optimality.
    """

    runs: int
    gaps: tuple[float, float, float]
    close: float
    closer: float
    evaluations: float | None
    seconds: float | None
    spent: tuple[float, float]
    proved: float


def final_gaps(comparison: Comparison, contender: Contender) -> dict[str, list[float]]:
    """Return the final gaps of a strategy by instance; without instances that it refuses."""
    gaps = {
        instance.name: [
            comparison.references[instance.name].gap(record.cost)
            for record in comparison.records(instance.name, contender)
        ]
        for instance in comparison.plan.instances
    }
    return {name: values for name, values in gaps.items() if values}


def standing_on(comparison: Comparison, contender: Contender, instance: str) -> Standing | None:
    """Return how a strategy stands on an instance; None if it refuses it."""
    reference = comparison.references[instance]
    records = comparison.records(instance, contender)
    return _standing([(reference, record) for record in records])


def overall_standing(comparison: Comparison, contender: Contender) -> Standing | None:
    """Return how a strategy stands over all instances that it does not refuse."""
    return _standing(
        [
            (comparison.references[instance.name], record)
            for instance in comparison.plan.instances
            for record in comparison.records(instance.name, contender)
        ]
    )


def cost_within(reference: Reference, share: float) -> float:
    """Return the cost that lies above the reference by a share of it; rounding is let pass."""
    return reference.cost + (share + 1e-9) * (abs(reference.cost) or 1.0)


def ranked(comparison: Comparison) -> list[Contender]:
    """Return the strategies, the one to take first.

    First come those that refuse no instance; of these, those with the least mean final gap, every
    instance counting alike; of equals, those that prove their optima more often; and of equals in
    that too, the one that comes within 1 % after the fewest evaluations.
    """

    def merit(contender: Contender) -> tuple[int, int, float, float]:
        gaps = final_gaps(comparison, contender)
        refused = len(comparison.plan.instances) - len(gaps)
        mean = fmean(fmean(values) for values in gaps.values()) if gaps else inf
        steps = round(mean / EQUAL) if mean < inf else 10**12
        standing = overall_standing(comparison, contender)
        proved = standing.proved if standing else 0.0
        soon = standing.evaluations if standing else None
        return refused, steps, -proved, inf if soon is None else soon

    return sorted(comparison.plan.contenders, key=merit)


def soonest(comparison: Comparison, axis: Axis) -> Contender | None:
    """Return the strategy that comes within 1 % in all runs for the least median amount."""
    best: tuple[float, Contender] | None = None
    for contender in comparison.plan.contenders:
        standing = overall_standing(comparison, contender)
        everywhere = len(final_gaps(comparison, contender)) == len(comparison.plan.instances)
        if standing is None or not everywhere or standing.close < 1:
            continue
        amount = getattr(standing, axis)
        if amount is not None and (best is None or amount < best[0]):
            best = amount, contender
    return best[1] if best else None


def performance_profile(
    comparison: Comparison, axis: Axis, goal: float = CLOSE
) -> Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Return by strategy how often it reaches the goal for at most so many times the least.

    The goal is a gap, as a share. A problem is an instance with a seed; its least amount is that of
    the strategy which reaches the goal first. For each strategy: factors, ascending from 1, and the
    share of all problems solved within each (Dolan & More 2002, doi:10.1007/s101070100263). A
    strategy that draws no random numbers spends the same whatever the seed.
    """
    plan = comparison.plan
    amounts = np.array(
        [
            [
                _amount_at(comparison, contender, instance.name, seed, axis, goal)
                for instance in plan.instances
                for seed in range(plan.seeds)
            ]
            for contender in plan.contenders
        ]
    )
    least = amounts.min(axis=0)
    solved = amounts < inf
    factors = np.where(solved, amounts / np.where(least < inf, least, 1.0), inf)
    problems = amounts.shape[1]
    profile = {}
    for contender, row in zip(plan.contenders, factors, strict=True):
        reached = np.sort(row[row < inf])
        ends = np.unique(np.concatenate([[1.0], reached]))
        profile[contender.label] = ends, np.searchsorted(reached, ends, side="right") / problems
    return profile


def _amount_at(
    comparison: Comparison,
    contender: Contender,
    instance: str,
    seed: int,
    axis: Axis,
    goal: float,
) -> float:
    """Return what a run spent until it reached the goal; infinity if it did not."""
    records = comparison.records(instance, contender)
    if not records:
        return inf
    enough = cost_within(comparison.references[instance], goal)
    point = first_reach(records[min(seed, len(records) - 1)].curve, enough)
    return float(getattr(point, axis)) if point else inf


def _standing(runs: Sequence[tuple[Reference, Record]]) -> Standing | None:
    if not runs:
        return None
    gaps = [reference.gap(record.cost) for reference, record in runs]
    points = [
        first_reach(record.curve, cost_within(reference, CLOSE)) for reference, record in runs
    ]

    def typical(amounts: list[float]) -> float | None:
        # Runs that never come close count as infinitely late.
        middle = median(amounts)
        return middle if middle < inf else None

    def share(within: float) -> float:
        return fmean(record.cost <= cost_within(reference, within) for reference, record in runs)

    return Standing(
        runs=len(runs),
        gaps=(median(gaps), min(gaps), max(gaps)),
        close=share(CLOSE),
        closer=share(CLOSER),
        evaluations=typical([point.evaluations if point else inf for point in points]),
        seconds=typical([point.seconds if point else inf for point in points]),
        spent=(
            median([record.evaluations for _, record in runs]),
            median([record.seconds for _, record in runs]),
        ),
        proved=fmean(record.status == "optimal" for _, record in runs),
    )
