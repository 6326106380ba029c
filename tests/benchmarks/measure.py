"""Measuring ours beside a baseline."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest_benchmark.fixture


def median_seconds(function: Callable[[], Any], rounds: int = 5) -> float:
    """Return the median time of a call, after one call to warm up."""
    function()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        function()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def compare(
    benchmark: pytest_benchmark.fixture.BenchmarkFixture,
    ours: Callable[[], Any],
    baseline: Callable[[], Any],
    what: str,
    target: float | None,
    share: float = 1.0,
    rounds: int = 5,
) -> float:
    """Benchmark ours, and note how many times the baseline takes for the same work.

    Parameters
    ----------
    ours, baseline
        What to call.
    what
        Name of the baseline.
    target
        The ratio that is wanted, None if there is none.
    share
        Share of our work that one call of the baseline does.
    """
    # Turn by turn, so that a machine that slows down does so for both.
    turns = [(median_seconds(ours, 3), median_seconds(baseline, 3)) for _ in range(rounds)]
    mine, theirs = (statistics.median(times) for times in zip(*turns, strict=True))
    ratio = theirs / share / mine
    benchmark.pedantic(ours, rounds=rounds, warmup_rounds=2)
    note(benchmark, what=what, ratio=ratio, target=target)
    return ratio


def note(
    benchmark: pytest_benchmark.fixture.BenchmarkFixture,
    what: str,
    ratio: float,
    target: float | None,
    device: str = "cpu",
) -> None:
    """Keep a ratio with the run."""
    benchmark.extra_info.update(baseline=what, ratio=ratio, target=target, device=device)
