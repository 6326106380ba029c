"""Speed of the searches."""

import time

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture

from objective import ClinicSession, Objective, ServiceTime, Weights
from opt import make_strategy, optimise
from opt.constraints import Constraints
from opt.feasible import FeasibleSchedules
from opt.strategies.genetic import Genetic
from tests.benchmarks.measure import median_seconds, note
from tests.reference.plain_loops import eval_exp

pytestmark = pytest.mark.benchmark

WEIGHTS = Weights(0.4, 0.2, 0.4)


@pytest.mark.parametrize(
    ("patients", "intervals", "length", "mean", "limit"),
    [(24, 48, 5, 9.0, 0.2), (60, 240, 1, 3.6, 10.0)],
    ids=["obp_exponential", "60 patients in 240 intervals"],
)
def test_exact(
    benchmark: BenchmarkFixture,
    patients: int,
    intervals: int,
    length: int,
    mean: float,
    limit: float,
):
    """From the first schedule to the proof, beside the seconds that are allowed."""
    law = ServiceTime.exponential(mean)
    objective = Objective(ClinicSession(patients, intervals, float(length), law), WEIGHTS)
    result = benchmark.pedantic(lambda: optimise(objective), rounds=3, warmup_rounds=1)
    assert result.status == "optimal"
    reference = median_seconds(lambda: eval_exp(result.schedule, mean, float(length)), rounds=3)
    median = float(benchmark.stats.stats.median)
    what = f"its {result.evaluations} schedules in the plain-loop reference"
    note(benchmark, what, result.evaluations * reference / median, target=None)
    benchmark.extra_info["allowed_seconds"] = limit


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
