"""Intervals of means by the bootstrap."""

import numpy as np
import pytest

from objective import InvalidInput
from opt.replay.bootstrap import Bootstrap


def test_an_interval_is_about_two_standard_errors_wide():
    """Where the mean is nearly normal, and it is around the mean."""
    values = np.random.default_rng(1).normal(3.0, 2.0, 400)
    found = Bootstrap(2_000).interval(values, 0)
    error = values.std() / 20
    assert found.mean == pytest.approx(values.mean())
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.1)


def test_an_interval_holds_the_mean_as_often_as_it_says():
    """In 200 samples of 60 from a skewed law, 90 % within what chance allows."""
    random, bootstrap = np.random.default_rng(2), Bootstrap(300, 0.9)
    held = 0
    for _ in range(200):
        found = bootstrap.interval(random.gamma(2.0, 1.0, 60), 0)
        held += found.low <= 2.0 <= found.high
    assert 0.82 <= held / 200 <= 0.96


def test_blocks_widen_the_interval_where_neighbours_are_alike():
    """Ten values that are the same tell as much as one."""
    values = np.repeat(np.random.default_rng(3).normal(size=40), 10)
    alone, together = (Bootstrap(2_000, 0.95, block).interval(values, 0) for block in (1, 10))
    ratio = (together.high - together.low) / (alone.high - alone.low)
    assert ratio == pytest.approx(10**0.5, rel=0.15)


def test_a_percentage_is_a_ratio_of_means():
    """Not a mean of ratios; equal values have no spread."""
    found = Bootstrap(500).interval(np.array([1.0, 3.0]), 0, np.array([10.0, 10.0]))
    assert found.mean == pytest.approx(0.2)
    same = Bootstrap(500).interval(np.full(5, 2.0), 0)
    assert (same.mean, same.low, same.high) == (2.0, 2.0, 2.0)


def test_the_seed_decides():
    """Equal seeds, equal intervals."""
    values = np.random.default_rng(4).normal(size=30)
    assert Bootstrap().interval(values, 5) == Bootstrap().interval(values, 5)
    assert Bootstrap().interval(values, 5) != Bootstrap().interval(values, 6)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"resamples": 3}, "bootstrap.resamples is 3"),
        ({"confidence": 1.0}, "bootstrap.confidence is 1.0"),
        ({"block": 0}, "bootstrap.block is 0"),
        ({"samples": 9}, "bootstrap.samples is 9"),
    ],
)
def test_bad_settings_are_refused(given: dict[str, float], message: str):
    """By name."""
    with pytest.raises(InvalidInput, match=message):
        Bootstrap.from_dict(given)


def test_one_block_has_no_interval():
    """It says what to change."""
    with pytest.raises(InvalidInput, match=r"bootstrap\.block is 5"):
        Bootstrap(block=5).interval(np.ones(5), 0)
