"""Comparisons made by hand, in which every number can be followed."""

from objective import ClinicSession, Objective, ServiceTime, Weights
from opt.compare.comparison import Comparison
from opt.compare.instances import Instance
from opt.compare.job import Outcome, Point, Record
from opt.compare.plan import REFERENCE, Plan, contenders_from
from opt.constraints import Constraints
from opt.result import Iteration

DEVICE = {"name": "cpu", "dtype": "float64", "chunk_bytes": None}
#: Strategies that draw no random numbers, and one that does.
STRATEGIES = ("exact", "genetic")


def record(*points: tuple[int, float], status: str = "heuristic", bound: float | None = None):
    """Return a run that knew these costs after so many evaluations, ten a second."""
    curve = [
        Point(place, evaluations, evaluations / 10, cost)
        for place, (evaluations, cost) in enumerate(points, start=1)
    ]
    history = [
        Iteration(point.iteration, point.evaluations, point.seconds, point.cost, point.cost, [3, 1])
        for point in curve
    ]
    last = curve[-1]
    return Record(
        last.cost, [3, 1], status, bound, "rule", last.evaluations, last.seconds, curve, history,
        "a machine",
    )  # fmt: skip


def instance(name: str) -> Instance:
    """Return a session of four patients in two intervals."""
    session = ClinicSession(4, 2, 5.0, ServiceTime.exponential(9.0))
    return Instance(name, Objective(session, Weights(1, 1, 1)), Constraints())


def plan(*instances: str, strategies: tuple[str, ...] = STRATEGIES, seeds: int = 2) -> Plan:
    """Return a plan with these instances."""
    nothing = {"evaluations": None, "seconds": None, "stall": None, "gap": None}
    return Plan(
        tuple(map(instance, instances)), contenders_from(list(strategies)), seeds, nothing,
        nothing, DEVICE,
    )  # fmt: skip


def comparison(
    runs: dict[str, dict[str, list[Record | str]]],
    optima: dict[str, Record],
    strategies: tuple[str, ...] = STRATEGIES,
    seeds: int = 2,
) -> Comparison:
    """Return a comparison of runs by instance and strategy; a text stands for a refusal."""
    outcomes = [Outcome(name, REFERENCE, 0, optimum) for name, optimum in optima.items()]
    outcomes += [
        Outcome(name, label, seed, None, one)
        if isinstance(one, str)
        else Outcome(name, label, seed, one)
        for name, strategies_ in runs.items()
        for label, records in strategies_.items()
        for seed, one in enumerate(records)
    ]
    return Comparison(plan(*runs, strategies=strategies, seeds=seeds), outcomes)
