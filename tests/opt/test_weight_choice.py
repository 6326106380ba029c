"""Which weight vectors are solved next."""

import numpy as np
import pytest

from opt.strategies.weight_choice import LIGHTEST, doubts, even_weights


@pytest.mark.parametrize("costs", [2, 3])
@pytest.mark.parametrize("number", [1, 2, 3, 7, 60, 200])
def test_even_weights_are_positive_and_sum_to_one(costs: int, number: int):
    """At most as many as asked, all different."""
    weights = even_weights(costs, number)
    assert 1 <= len(weights) <= number
    assert len(np.unique(weights, axis=0)) == len(weights)
    assert np.allclose(weights.sum(1), 1)
    assert weights.min() >= LIGHTEST * (1 - 1e-12)
    if costs == 2:
        assert len(weights) == number
        assert np.allclose(np.diff(np.sort(weights[:, 0]), n=2), 0)


def test_many_even_weights_are_found_at_once():
    """As many as the strategy takes at most, without trying every combination of parts."""
    assert len(even_weights(2, 100_000)) == 100_000
    assert even_weights(3, 6).sum(0).tolist() == pytest.approx([2.0, 2.0, 2.0])


def test_no_weights_are_none():
    """A frontier of one weight vector has no other."""
    assert even_weights(2, 0).shape == (0, 2)


def test_even_weights_come_coarse_before_fine():
    """Of 17 the first five are the ends and the quarters."""
    first = np.sort(even_weights(2, 17)[:5, 0])
    assert np.allclose(first, LIGHTEST + (1 - 2 * LIGHTEST) * np.array([0, 1, 2, 3, 4]) / 4)
    assert np.ptp(even_weights(2, 17)[:2, 0]) > 0.4


def test_doubt_lies_between_neighbours_whose_lines_meet_below_them():
    """By hand: lines of slope -9 and -1 through (0, 10) and (3, 3) meet at (0.5, 5.5)."""
    points = np.array([[0.0, 10.0], [3.0, 3.0], [10.0, 0.0], [5.0, 5.0]])
    weights = np.array([[0.9, 0.1], [0.5, 0.5]])
    first, second = doubts(points, weights)
    chord = 10 - 0.5 * 7 / 3
    assert first.depth == pytest.approx(chord - 5.5)
    assert first.weights == pytest.approx((0.7, 0.3))
    # On the other side nothing is known beyond (3, 3) but its line and that nothing is below 0.
    assert second.weights == pytest.approx((0.3, 0.7))
    assert second.depth == pytest.approx(12 / 7)


def test_no_doubt_is_left_where_the_weights_between_neighbours_were_solved():
    """Then both cost the same, and nothing less."""
    points = np.array([[0.0, 10.0], [3.0, 3.0], [10.0, 0.0]])
    between = np.array([[0.7, 0.3], [0.3, 0.7]])
    assert doubts(points, between) == []
    assert [doubt.weights for doubt in doubts(points, between[:1])] == [pytest.approx((0.3, 0.7))]


def test_one_point_leaves_no_doubt():
    """There are no neighbours."""
    assert doubts(np.array([[1.0, 2.0]]), np.array([[0.5, 0.5]])) == []
