"""Measures of sets of points against closed forms and slow computations."""

from itertools import combinations

import numpy as np
import pytest
from scipy.spatial import ConvexHull

from opt.frontier_measures import (
    Array,
    excess,
    hypervolume,
    knee,
    lower_hull,
    not_dominated,
    reference_point,
)


def random_points(seed: int, costs: int, number: int = 12) -> Array:
    """Draw points."""
    return np.random.default_rng(seed).uniform(0, 10, size=(number, costs))


def slow_hypervolume(points: Array, reference: Array) -> float:
    """Add the boxes of all points, less those of pairs, plus those of triples, and so on."""
    total = 0.0
    for size in range(1, len(points) + 1):
        for some in combinations(range(len(points)), size):
            corner = points[list(some)].max(0)
            total += (-1) ** (size + 1) * float(np.prod(np.maximum(reference - corner, 0)))
    return total


def test_the_hypervolume_of_two_boxes_by_hand():
    """2 x 4 and 4 x 2 overlap in 2 x 2; what lies beyond the reference adds nothing."""
    points = np.array([[3.0, 1.0], [1.0, 3.0], [9.0, 0.0]])
    assert hypervolume(points, np.array([5.0, 5.0])) == pytest.approx(8 + 8 - 4)
    assert hypervolume(np.zeros((0, 2)), np.array([5.0, 5.0])) == 0.0


def test_the_hypervolume_under_a_line_is_its_area():
    """Of a fine staircase along x + y = 1 up to (1, 1) almost a half is dominated."""
    across = np.linspace(0, 1, 1001)
    area = hypervolume(np.stack([across, 1 - across], axis=1), np.ones(2))
    assert area == pytest.approx(0.5 * (1 - 1 / 1000), abs=1e-12)


@pytest.mark.parametrize("costs", [2, 3])
def test_the_hypervolume_equals_a_slow_one(costs: int):
    """By inclusion and exclusion, for random points."""
    for seed in range(10):
        points = random_points(seed, costs, 9)
        reference = reference_point(points)
        assert hypervolume(points, reference) == pytest.approx(slow_hypervolume(points, reference))


def test_the_reference_point_lies_a_tenth_of_the_range_beyond_the_worst():
    """In every cost."""
    assert reference_point(np.array([[0.0, 5.0], [10.0, 3.0]])).tolist() == [11.0, 5.2]


@pytest.mark.parametrize("costs", [2, 3])
def test_what_no_point_dominates_is_kept_once(costs: int):
    """Against all pairs; of equal points the first."""
    for seed in range(10):
        points = np.round(random_points(seed, costs, 40))
        kept = [
            not any(
                (other <= one).all() and ((other < one).any() or there < here)
                for there, other in enumerate(points)
            )
            for here, one in enumerate(points)
        ]
        assert not_dominated(points).tolist() == kept


def test_the_lower_hull_is_part_of_the_convex_hull():
    """Its corners are those of scipy's from the least of one cost to the least of the other."""
    for seed in range(20):
        points = random_points(seed, 2, 60)
        corners = lower_hull(points)
        for weight in np.linspace(0.001, 0.999, 300):
            charged = points @ np.array([weight, 1 - weight])
            assert charged[corners].min() == pytest.approx(charged.min())
        assert set(corners) <= set(ConvexHull(points).vertices.tolist())
        first, second = points[corners].T
        assert (np.diff(first) > 0).all()
        assert (np.diff(second) < 0).all()


def test_points_on_a_line_leave_its_ends_as_corners():
    """And equal points count once."""
    points = np.array([[2.0, 1.0], [0.0, 3.0], [1.0, 2.0], [2.0, 1.0], [2.0, 4.0]])
    assert points[lower_hull(points)].tolist() == [[0.0, 3.0], [2.0, 1.0]]


def test_the_knee_is_farthest_below_the_line_of_the_ends():
    """Whatever the units of the costs."""
    points = np.array([[0.0, 10.0], [1.0, 4.0], [3.0, 2.5], [10.0, 0.0]])
    assert knee(points) == 1
    assert knee(points * np.array([1000.0, 0.01])) == 1
    # Scaled, it is 0.1 + 0.4 in sum, against 0.3 + 0.25 of the next.


def test_a_straight_or_short_frontier_has_no_knee():
    """Nothing lies below its line."""
    assert knee(np.array([[0.0, 2.0], [1.0, 1.0], [2.0, 0.0]])) is None
    assert knee(np.array([[0.0, 2.0], [2.0, 0.0]])) is None
    assert knee(np.array([[1.0, 2.0]] * 4)) is None


def test_the_knee_of_three_costs_lies_below_the_plane_of_the_ends():
    """Also where one point has the least of two costs, which leaves no plane."""
    ends = [[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]]
    assert knee(np.array([*ends, [0.5, 0.6, 0.7], [0.3, 0.3, 0.3]])) == 4
    assert knee(np.array([[0.0, 0.0, 1.0], [1.0, 1.0, 0.0], [0.2, 0.2, 0.2]])) == 2


def test_excess_is_the_share_by_which_all_costs_are_worse():
    """1.1 and 1.05 times as much is an excess of 5 %; better in one cost is none."""
    best = np.array([[1.0, 10.0], [2.0, 4.0]])
    assert excess(np.array([[1.1, 10.5]]), best) == pytest.approx(0.05)
    assert excess(np.array([[1.5, 4.1], [1.0, 10.0]]), best) == 0.0
    assert excess(np.array([[1.1, 10.5], [3.0, 4.8]]), best) == pytest.approx(0.2)
    assert excess(np.array([[0.0, 10.0]]), np.array([[0.0, 5.0]])) == pytest.approx(0.0)
