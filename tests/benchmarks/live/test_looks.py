"""How long a look at the days that run takes, with what is written down of them."""

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from serve.live.watching import Watching
from tests.serve.conftest import HandClock
from tests.serve.live.conftest import MINUTE, START, Running, add_running_days

pytestmark = pytest.mark.benchmark


def test_forty_providers_days(benchmark: BenchmarkFixture, running: Running, clock: HandClock):
    """Each time all starts have moved; the seconds that are allowed are noted."""
    add_running_days(running, 40)
    watch = Watching(running.app)
    clock.moment = START + 41 * MINUTE
    watch.look()
    benchmark.pedantic(watch.look, setup=lambda: clock.forward(minutes=4), rounds=4)
    benchmark.extra_info["allowed_seconds"] = 1.0
