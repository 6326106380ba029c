"""Speed of the chains and of all moves, memory of a million schedules."""

import numpy as np
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture

from objective import ClinicSession, Objective, ServiceTime, Weights
from opt import optimise
from tests.benchmarks.measure import compare, note
from tests.benchmarks.memory import peak_of_a_million
from tests.cases import random_schedules
from tests.reference.plain_loops import eval_exp

pytestmark = pytest.mark.benchmark

WEIGHTS = Weights(0.4, 0.2, 0.4)
EXPONENTIAL = ClinicSession(24, 48, 5.0, ServiceTime.exponential(9.0))
LONG = ClinicSession(60, 240, 1.0, ServiceTime.exponential(3.6))
POISSON = ClinicSession(24, 48, 5.0, ServiceTime.poisson(9.0))


def spread(number: int) -> torch.Tensor:
    """Draw schedules whose patients each have an interval of their own draw."""
    random = np.random.default_rng(0)
    return torch.tensor(random.multinomial(24, np.full(48, 1 / 48), size=number))


def convolve_loop(schedules: np.ndarray) -> None:
    """Price schedules one by one: a convolution per patient, a shift per interval."""
    mass = POISSON.service_time.mass(1.0)
    for schedule in schedules:
        law, waiting = np.ones(1), 0.0
        for patients in schedule:
            waiting += patients * float(np.arange(law.size) @ law)
            for _ in range(patients):
                law = np.convolve(law, mass)
            law = np.concatenate([[law[:6].sum()], law[6:]])


def test_queue_length_chain(benchmark: BenchmarkFixture):
    """A batch of 10,000 beside the plain-loop reference."""
    objective, batch = Objective(EXPONENTIAL, WEIGHTS), spread(10_000)
    rows = batch[:20].tolist()
    compare(
        benchmark,
        lambda: objective(batch),
        lambda: [eval_exp(row, 9.0, 5.0) for row in rows],
        "plain-loop reference",
        target=300,
        share=20 / 10_000,
    )


def test_workload_chain(benchmark: BenchmarkFixture):
    """A batch of 2,000 beside a loop of numpy.convolve."""
    objective, batch = Objective(POISSON, WEIGHTS), spread(2_000)
    rows = batch[:200].numpy()
    compare(
        benchmark,
        lambda: objective(batch),
        lambda: convolve_loop(rows),
        "numpy.convolve over schedules and patients",
        target=8,
        share=0.1,
    )


@pytest.mark.parametrize(
    ("session", "target"),
    [(EXPONENTIAL, 5), (LONG, 5), (POISSON, 20)],
    ids=["queue length", "queue length, 60 patients in 240 intervals", "workload"],
)
def test_all_moves(benchmark: BenchmarkFixture, session: ClinicSession, target: float):
    """All moves of one patient beside evaluating them as one batch, near the optimum."""
    objective = Objective(session, WEIGHTS)
    schedule = torch.tensor(optimise(objective).schedule)

    def evaluate_neighbours() -> torch.Tensor:
        source, target = torch.cartesian_prod(
            schedule.nonzero()[:, 0], torch.arange(session.intervals)
        ).T
        source, target = source[source != target], target[source != target]
        batch = schedule.repeat(len(source), 1)
        batch.scatter_add_(1, source[:, None], torch.full_like(source, -1)[:, None])
        batch.scatter_add_(1, target[:, None], torch.ones_like(target)[:, None])
        return objective(batch).cost

    moves = objective.moves(schedule)
    finite = moves[schedule > 0].flatten().sort().values
    assert len(evaluate_neighbours()) + int((schedule > 0).sum()) == len(finite)
    compare(
        benchmark,
        lambda: objective.moves(schedule),
        evaluate_neighbours,
        "making and evaluating every neighbour in one batch",
        target=target,
        rounds=15,
    )


def test_memory_of_a_million_schedules(benchmark: BenchmarkFixture):
    """Peak memory of a process that prices 1,000,000 schedules of 24 patients."""
    peak = benchmark.pedantic(peak_of_a_million, rounds=1)
    note(benchmark, "2 GiB", 2 * 2**30 / peak, target=1)
    benchmark.extra_info["peak_bytes"] = peak


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_million_schedules_on_a_gpu(benchmark: BenchmarkFixture):
    """Float64, beside one processor core of the same code."""
    batch = random_schedules(1_000_000, 24, 48)
    on_gpu = batch.cuda()
    gpu, cpu = (Objective(EXPONENTIAL, WEIGHTS, device=device) for device in ("cuda", "cpu"))
    assert torch.allclose(gpu(on_gpu[:10_000]).cost.cpu(), cpu(batch[:10_000]).cost, rtol=1e-9)

    def price() -> None:
        gpu(on_gpu)
        torch.cuda.synchronize()

    ratio = compare(
        benchmark, price, lambda: cpu(batch[:20_000]), "one core", target=20, share=0.02
    )
    note(benchmark, "one core", ratio, target=20, device=torch.cuda.get_device_name())
