"""Speed of the live profiles."""

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from objective import ClinicSession, LiveDay, ServiceTime, WalkIns, live_profiles
from objective.live.day import Status
from tests.benchmarks.measure import compare

pytestmark = pytest.mark.benchmark

#: Sixteen patients in 48 intervals of five minutes.
SCHEDULE = [1, 0, 0] * 16
STATUS: list[Status] = ["done"] * 3 + ["in_consultation"] + ["waiting"] * 2 + ["expected"] * 10


def day_of(provider: int, walk_ins: bool) -> LiveDay:
    """Return a day with a dozen patients to come; every provider has laws of its own."""
    coming = None
    if walk_ins:
        coming = WalkIns(ServiceTime.gamma(8.0, 0.6), rate=0.05 + provider / 1000)
    law = ServiceTime.gamma(10.0 + provider / 10, 0.5)
    session = ClinicSession(16, 48, 5.0, law, 0.1, coming)
    waiting = [71.0] if walk_ins else []
    return LiveDay(session, SCHEDULE, 77.3, STATUS, since=70.1, waiting_walk_ins=waiting)


@pytest.mark.parametrize("walk_ins", [False, True], ids=["booked", "walk-ins"])
def test_forty_providers(benchmark: BenchmarkFixture, walk_ins: bool):
    """Their days updated together, beside one provider at a time; the allowed seconds are noted."""
    days = [day_of(provider, walk_ins) for provider in range(40)]
    compare(
        benchmark,
        lambda: live_profiles(days),
        lambda: [live_profiles([day]) for day in days],
        "one provider at a time",
        target=None,
    )
    benchmark.extra_info["allowed_seconds"] = 0.2
