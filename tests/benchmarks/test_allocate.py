"""Speed of allocations and recommendations."""

import time
from datetime import datetime, timedelta

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture

from objective import ClinicSession, Objective, ServiceTime, Weights
from opt import optimise
from opt.allocate import allocate, example
from opt.recommend import OpenSession, Request, recommend
from tests.benchmarks.measure import median_seconds, note

pytestmark = pytest.mark.benchmark


@pytest.mark.parametrize("seed", [0, 1])
def test_allocation_of_500_requests(benchmark: BenchmarkFixture, seed: int):
    """Ten providers and twenty days to a gap of 1 %, beside places by urgency."""
    problem = example(500, providers=10, days=20, seed=seed)
    began = time.process_time()
    allocation = benchmark.pedantic(lambda: allocate(problem, time_limit=300.0), rounds=1)
    seconds = time.process_time() - began
    assert allocation.gap < 0.01
    ratio = allocation.greedy / allocation.objective
    note(benchmark, "the objective of places by urgency", ratio, target=1.05)
    benchmark.extra_info.update(
        gap=allocation.gap, processor_seconds=seconds, allowed_processor_seconds=60.0
    )


def test_recommendation_of_2000_seats(benchmark: BenchmarkFixture):
    """Eighty half-booked sessions of one law, 25 seats each, beside pricing one by one."""
    session = ClinicSession(18, 48, 5.0, ServiceTime.gamma(9.0, 0.8), no_show=0.05)
    objective = Objective(session, Weights(1.0, 0.5, 1.0))
    template = torch.tensor(optimise(objective).schedule)
    generator = torch.Generator().manual_seed(0)
    sessions = []
    for number in range(80):
        booked = template.clone()
        taken = booked.nonzero()[:, 0]
        for interval in taken[torch.randperm(len(taken), generator=generator)[: number % 8]]:
            booked[interval] -= 1
        seats = torch.randperm(48, generator=generator)[:25].tolist()
        starts = datetime(2026, 3, 2, 9) + timedelta(days=number)
        sessions.append(
            OpenSession(f"day {number}", objective, booked.tolist(), seats, "Dr A", starts)
        )
    some = sessions[0]
    after = torch.tensor(some.booked)
    after[some.open[0]] += 1
    booked_more = int(after.sum())
    larger = Objective(ClinicSession(booked_more, 48, 5.0, session.service_time, 0.05),
                       objective.weights)  # fmt: skip
    one_by_one = 2000 * median_seconds(lambda: larger(after), rounds=9)
    found = benchmark.pedantic(lambda: recommend(Request(), sessions), rounds=9, warmup_rounds=2)
    assert len(found.seats) == 2000
    began = time.process_time()
    for _ in range(9):
        recommend(Request(), sessions)
    seconds = (time.process_time() - began) / 9
    median = float(benchmark.stats.stats.median)
    note(benchmark, "2,000 schedules one by one", one_by_one / median, target=10)
    benchmark.extra_info.update(processor_seconds=seconds, allowed_processor_seconds=0.1)
