"""Memory of large batches."""

import pytest

from tests.benchmarks.memory import peak_of_a_million


@pytest.mark.slow
def test_a_million_schedules_stay_below_two_gibibytes():
    """In a process of its own, torch included."""
    assert peak_of_a_million() < 2 * 2**30
