"""Paired differences of final gaps, in words."""

import numpy as np
import pytest

from opt.compare.paired import paired_difference


def test_a_clear_difference_is_told_with_its_interval():
    """The interval holds the mean and is about two standard errors wide to each side."""
    rng = np.random.default_rng(1)
    other = {"a": (0.02 + 0.002 * rng.standard_normal(50)).tolist()}
    difference = paired_difference({"a": [0.0] * 50}, other)
    assert difference is not None
    assert difference.interval is not None
    low, high = difference.interval
    assert low < difference.mean < high
    error = np.std(other["a"], ddof=1) / np.sqrt(50)
    assert high - low == pytest.approx(2 * 1.96 * error, rel=0.15)
    assert "percentage points further from the reference than exact" in difference.in_words(
        "genetic", "exact"
    )
    back = paired_difference(other, {"a": [0.0] * 50})
    assert back is not None
    assert "closer to the reference" in back.in_words("exact", "genetic")


def test_the_interval_covers_the_true_mean_as_often_as_it_says():
    """About 95 of 100 times with twenty seeds; percentile intervals fall a little short."""
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(100):
        difference = paired_difference({"a": [0.0] * 20}, {"a": rng.normal(0.01, 0.02, 20)})
        low, high = difference.interval
        held += low <= 0.01 <= high
    assert 86 <= held <= 100


def test_what_chance_may_explain_is_not_called_a_difference():
    """The interval around zero is told."""
    rng = np.random.default_rng(3)
    first, other = rng.normal(0.01, 0.01, (2, 10))
    words = paired_difference({"a": first}, {"a": other}).in_words("annealing", "genetic")
    assert "cannot be told apart" in words


def test_instances_count_alike_whatever_the_number_of_their_seeds():
    """One value for all seeds of a strategy that does not draw: mean of 1 % and 3 %."""
    first = {"a": [0.0], "b": [0.0]}
    other = {"a": [0.005, 0.015, 0.01, 0.01, 0.01], "b": [0.03] * 5}
    difference = paired_difference(first, other)
    assert difference.mean == pytest.approx(0.02)
    # Only instance a leaves something to chance: half of its range at most.
    low, high = difference.interval
    assert 0.0175 <= low < 0.02 < high <= 0.0225


def test_few_seeds_tell_nothing_of_chance_unless_nothing_is_drawn():
    """Said so; and where neither strategy draws, the difference is a fact."""
    for seeds in (1, 4):
        few = paired_difference({"a": [0.0]}, {"a": [0.01] * seeds})
        words = few.in_words("genetic", "exact")
        assert words == "genetic against exact: fewer than 5 seeds do not tell chance from merit"
    sure = paired_difference({"a": [0.0]}, {"a": [0.01]}, certain=True)
    assert sure.in_words("local_search", "exact") == (
        "local_search ends 1.00 percentage points further from the reference than exact"
    )
    same = paired_difference({"a": [0.0]}, {"a": [0.0]}, certain=True)
    assert same.in_words("x", "y") == "x ends where y does in every run"
    assert paired_difference({"a": [0.0]}, {"b": [0.0]}) is None
