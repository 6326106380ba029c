"""Two workers of Ray beside this process alone."""

import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture

from objective import ClinicSession, Objective, ServiceTime, Weights
from opt.cluster.ray_workers import RayWorkers
from opt.workers import LocalWorkers
from tests.benchmarks.measure import compare
from tests.cases import random_schedules

pytest.importorskip("ray", reason="needs Ray: pip install 'bailey[ray]'")
pytestmark = pytest.mark.benchmark

#: How many times as fast two workers should be; on two cores the rest is what directing them takes.
TARGET = 1.5


@pytest.fixture(scope="module")
def workers() -> Iterator[RayWorkers]:
    """Two actors of this machine."""
    with RayWorkers(2) as workers:
        yield workers


def clock(item: int) -> tuple[int, float]:
    """Return a process, and the processor time it has taken, seconds."""
    time.sleep(0.05)
    return os.getpid(), time.process_time()


def processor_seconds(workers: RayWorkers) -> float:
    """Return the processor time that this process and all actors have taken."""
    clocks: dict[int, float] = {}
    while len(clocks) < workers.actors:
        clocks.update(workers.map(clock, range(2 * workers.actors)))
    return sum(clocks.values()) + time.process_time()


def note_processor_time(
    benchmark: BenchmarkFixture,
    workers: RayWorkers,
    ours: Callable[[], Any],
    alone: Callable[[], Any],
) -> None:
    """Keep the ratio of the processor times, which others on the machine change little."""
    times = [processor_seconds(workers)]
    for work in (ours, ours, ours, alone, alone, alone):
        work()
        times.append(processor_seconds(workers))
    empty = processor_seconds(workers) - times[-1]
    mine, theirs = times[3] - times[0] - 3 * empty, times[6] - times[3] - 3 * empty
    benchmark.extra_info["processor_time_ratio"] = theirs / mine


def test_tiles_of_the_workload_chain(benchmark: BenchmarkFixture, workers: RayWorkers):
    """20,000 schedules of 24 patients in 48 intervals, to the last digit alike."""
    session = ClinicSession(24, 48, 5.0, ServiceTime.poisson(9.0))
    objective = Objective(session, Weights(0.4, 0.2, 0.4))
    schedules = random_schedules(20_000, 24, 48)
    price = workers.evaluator(objective)
    assert torch.equal(price(schedules).cost, objective(schedules).cost)
    ours, alone = partial(price, schedules), partial(objective, schedules)
    compare(benchmark, ours, alone, what="this process alone", target=TARGET, rounds=3)
    note_processor_time(benchmark, workers, ours, alone)


def busy(seconds: float) -> float:
    """Compute for so many seconds of processor time."""
    began = time.process_time()
    while time.process_time() - began < seconds:
        pass
    return seconds


def test_tasks_of_any_kind(benchmark: BenchmarkFixture, workers: RayWorkers):
    """Forty tasks of 20 ms of computing each."""
    items = [0.02] * 40

    def ours() -> list[float]:
        return list(workers.map(busy, items))

    def alone() -> list[float]:
        return list(LocalWorkers().map(busy, items))

    compare(benchmark, ours, alone, what="this process alone", target=TARGET, rounds=3)
    note_processor_time(benchmark, workers, ours, alone)


def nothing(item: int) -> int:
    """Return the item."""
    return item


def test_empty_tasks(benchmark: BenchmarkFixture, workers: RayWorkers):
    """What it costs to send a task away: the ratio is the share of 1 ms that one takes."""
    items = range(200)
    compare(
        benchmark, lambda: list(workers.map(nothing, items)), lambda: time.sleep(0.2),
        what="1 ms for each", target=None, rounds=3,
    )  # fmt: skip
