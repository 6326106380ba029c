"""Best cost over what was spent: step functions on a common grid."""

import numpy as np

from opt.compare.curves import band, common_grid, first_reach, on_grid
from opt.compare.job import LINES_KEPT, Point, improvements, thinned
from opt.result import Iteration

SLOW = [Point(1, 10, 1.0, 9.0), Point(4, 40, 4.0, 7.0), Point(5, 50, 5.0, 7.0)]
FAST = [Point(1, 20, 0.5, 8.0), Point(2, 40, 1.0, 6.0)]


def line(iteration: int, best: float) -> Iteration:
    """An iteration that priced ten schedules in a second."""
    return Iteration(iteration, 10 * iteration, float(iteration), best, best, [1])


def test_a_curve_keeps_its_value_until_the_next_iteration_ends():
    """Nothing is known before the first one ends; the last value stays."""
    grid = np.array([9.0, 10.0, 39.9, 40.0, 1000.0])
    np.testing.assert_array_equal(on_grid(SLOW, "evaluations", grid), [np.nan, 9, 9, 7, 7])
    seconds = np.array([0.49, 0.5, 0.99, 1.0])
    np.testing.assert_array_equal(on_grid(FAST, "seconds", seconds), [np.nan, 8, 8, 6])


def test_the_common_grid_spans_all_curves_exactly():
    """From the least first amount to the largest last one, without rounding."""
    grid = common_grid([SLOW, FAST], "evaluations")
    assert grid[0] == 10
    assert grid[-1] == 50
    assert np.all(np.diff(grid) > 0)
    assert common_grid([FAST[:1]], "evaluations").tolist()[:: len(grid) - 1] == [20, 20]


def test_a_band_begins_where_every_run_has_a_schedule():
    """Median and quantiles by hand: of 9 and 8, of 7 and 6."""
    grid = np.array([10.0, 20.0, 40.0])
    median, low, high = band(np.array([on_grid(c, "evaluations", grid) for c in (SLOW, FAST)]))
    np.testing.assert_allclose(median, [np.nan, 8.5, 6.5])
    np.testing.assert_allclose(low, [np.nan, 8.1, 6.1])
    np.testing.assert_allclose(high, [np.nan, 8.9, 6.9])


def test_a_goal_is_reached_at_the_first_point_that_is_good_enough():
    """Not at all if no point is."""
    assert first_reach(SLOW, 7.0) == SLOW[1]
    assert first_reach(SLOW, 9.5) == SLOW[0]
    assert first_reach(SLOW, 6.9) is None


def test_only_improvements_and_the_ends_of_a_history_are_kept_of_its_curve():
    """The step function is the same."""
    history = [line(1, 9.0), line(2, 9.0), line(3, 8.0), line(4, 8.0), line(5, 8.0)]
    points = improvements(history)
    assert [point.iteration for point in points] == [1, 3, 5]
    grid = np.linspace(5, 60, 56)
    whole = [Point(one.iteration, one.evaluations, one.seconds, one.best_cost) for one in history]
    np.testing.assert_array_equal(
        on_grid(points, "evaluations", grid), on_grid(whole, "evaluations", grid)
    )
    assert improvements(history[:1]) == whole[:1]


def test_a_long_history_is_thinned_to_lines_that_include_the_last():
    """A short one is kept whole."""
    long = [line(iteration, 1.0) for iteration in range(1, 10 * LINES_KEPT)]
    kept = thinned(long)
    assert len(kept) <= LINES_KEPT
    assert kept[-1] is long[-1]
    assert thinned(long[:7]) == long[:7]
