"""Speed of the searches."""

import time

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture

from objective import ClinicSession, Objective, ServiceTime, Weights
from opt import make_strategy, optimise
from opt.constraints import Constraints
from opt.feasible import FeasibleSchedules
from opt.frontier import Frontier
from opt.strategies.genetic import Genetic
from opt.strategies.pareto import Pareto
from tests.benchmarks.measure import median_seconds, note
from tests.reference.plain_loops import eval_exp

pytestmark = pytest.mark.benchmark

WEIGHTS = Weights(0.4, 0.2, 0.4)


OBP = (24, 48, 5, 9.0)
DEMANDING = Constraints(
    blocked=[5, 11, 12, 17, 23, 24, 29, 35, 36, 41], minimum={2: 1, 20: 2, 33: 1}
)


@pytest.mark.parametrize(
    ("session", "constraints", "limit"),
    [(OBP, Constraints(), 0.2), ((60, 240, 1, 3.6), Constraints(), 10.0), (OBP, DEMANDING, 1.0)],
    ids=[
        "obp_exponential",
        "60 patients in 240 intervals",
        "obp_exponential, ten blocked intervals and three pins",
    ],
)
def test_exact(
    benchmark: BenchmarkFixture,
    session: tuple[int, int, int, float],
    constraints: Constraints,
    limit: float,
):
    """From the first schedule to the proof, beside the seconds that are allowed."""
    patients, intervals, length, mean = session
    law = ServiceTime.exponential(mean)
    objective = Objective(ClinicSession(patients, intervals, float(length), law), WEIGHTS)
    result = benchmark.pedantic(
        lambda: optimise(objective, constraints=constraints), rounds=3, warmup_rounds=1
    )
    assert result.status == "optimal"
    reference = median_seconds(lambda: eval_exp(result.schedule, mean, float(length)), rounds=3)
    median = float(benchmark.stats.stats.median)
    what = f"its {result.evaluations} schedules in the plain-loop reference"
    note(benchmark, what, result.evaluations * reference / median, target=None)
    benchmark.extra_info["allowed_seconds"] = limit


def test_frontier(benchmark: BenchmarkFixture):
    """200 weight vectors of the long session, every point proved, beside one search after another.

    The searches in a row are a tenth of the same weight vectors.
    """
    law = ServiceTime.exponential(9.0)
    objective = Objective(ClinicSession(24, 48, 5.0, law), WEIGHTS)
    result = benchmark.pedantic(lambda: optimise(objective, Pareto("exact")), rounds=1)
    [frontier] = result.findings
    assert isinstance(frontier, Frontier)
    points = frontier.to_dict()
    assert points["supported"] == points["weight_vectors"] == 200
    vectors = [point.weights for point in frontier.points][::10]
    began = time.perf_counter()
    singles = [optimise(objective.with_weights(weights)) for weights in vectors]
    in_a_row = (time.perf_counter() - began) * 200 / len(singles)
    assert all(single.status == "optimal" for single in singles)
    seconds = float(benchmark.stats.stats.median)
    note(benchmark, "one search after the other", in_a_row / seconds, target=1)
    benchmark.extra_info["allowed_seconds"] = 30.0


def test_genetic_overhead(benchmark: BenchmarkFixture):
    """Variation, selection and bookkeeping of 10,000 individuals beside their evaluation."""
    session = ClinicSession(24, 48, 5.0, ServiceTime.exponential(9.0))
    strategy = make_strategy("genetic", {"population": 10_000, "generations": 10**6})
    assert isinstance(strategy, Genetic)
    objective = Objective(session, WEIGHTS)
    feasible = FeasibleSchedules(session, Constraints(), free=False)
    run = strategy.begin(objective, feasible, seed=0)
    spent = 0.0
    price = run.price

    def timed(schedules: torch.Tensor) -> torch.Tensor:
        nonlocal spent
        began = time.perf_counter()
        costs = price(schedules)
        spent += time.perf_counter() - began
        return costs

    run.toolbox.register("evaluate", timed)
    run.step()
    spent = 0.0
    rounds = 15
    benchmark.pedantic(run.step, rounds=rounds)
    whole = float(benchmark.stats.stats.total)
    note(benchmark, "the evaluation of the generation", spent / (whole - spent), target=1)
    benchmark.extra_info["overhead_seconds"] = (whole - spent) / rounds
