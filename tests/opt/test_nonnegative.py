"""Nonnegative least squares from a start, against the library's from nothing."""

import numpy as np
import pytest
from scipy.optimize import nnls

from opt.nonnegative import nonnegative_least_squares


@pytest.mark.parametrize("equations", [1, 3, 20])
def test_any_start_ends_at_the_least_residual(equations: int):
    """Good, bad, dependent and overfull starts; the residual of a solution is unique."""
    random = np.random.default_rng(equations)
    for trial in range(60):
        variables = int(random.integers(1, 30))
        columns = random.normal(size=(equations, variables))
        if trial % 3 == 0:
            columns = np.rint(columns)
        if trial % 5 == 0:
            columns[:, -1] = columns[:, 0]
        target = random.normal(size=equations)
        _, least = nnls(columns, target)
        size = int(random.integers(0, variables + 1))
        start = random.choice(variables, size=size, replace=False).tolist()
        found = nonnegative_least_squares(columns, target, start)
        assert (found >= 0).all()
        assert np.linalg.norm(columns @ found - target) == pytest.approx(least, abs=1e-10)


def test_a_start_of_which_nothing_stays_is_left_behind():
    """Both variables would be negative; the best is nothing at all."""
    columns = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert nonnegative_least_squares(columns, np.array([-1.0, -2.0]), [0, 1]).tolist() == [0, 0]


def test_a_problem_grows_column_by_column():
    """From the solution without the newest column, as the exact search does."""
    random = np.random.default_rng(0)
    columns, target = random.normal(size=(30, 80)), random.normal(size=30)
    start: list[int] = []
    for size in range(1, 81):
        found = nonnegative_least_squares(columns[:, :size], target, start)
        _, least = nnls(columns[:, :size], target)
        residual = np.linalg.norm(columns[:, :size] @ found - target)
        assert residual == pytest.approx(least, abs=1e-12)
        start = np.flatnonzero(found).tolist()
