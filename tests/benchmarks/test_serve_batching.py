"""Requests that price schedules of one session, together and one by one."""

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from serve.jobs.batching import Batching
from tests.benchmarks.measure import compare

pytestmark = pytest.mark.benchmark

REQUESTS = 32


def session(patients: int, intervals: int) -> dict[str, Any]:
    """Return a request's session."""
    return {
        "session": {
            "patients": patients,
            "intervals": intervals,
            "interval_length": 5,
            "service_time": {"law": "gamma", "mean": 13.35, "cv": 0.77},
            "no_show": 0.05,
        },
        "weights": {"waiting": 1, "idle": 0.5, "tardiness": 1},
    }


@pytest.mark.parametrize("size", [(6, 18), (12, 36)], ids=["6 patients", "12 patients"])
def test_requests_that_arrive_together(benchmark: BenchmarkFixture, size: tuple[int, int]):
    """32 requests of one schedule each in 32 threads, batched, beside each by itself."""
    given = session(*size)
    choose = random.Random(0)
    schedules = []
    for _ in range(REQUESTS):
        made = [0] * size[1]
        for _ in range(size[0]):
            made[choose.randrange(size[1])] += 1
        schedules.append([made])
    together, alone = Batching(), Batching(wait=0.0)
    with ThreadPoolExecutor(REQUESTS) as pool:
        compare(
            benchmark,
            lambda: list(pool.map(lambda one: together.price(given, one, "cpu"), schedules)),
            lambda: [alone.price(given, one, "cpu") for one in schedules],
            "one request at a time",
            target=None,
        )
    benchmark.extra_info["evaluations"] = together.evaluations
    assert together.evaluations < alone.evaluations
