"""The queue-length and the workload chain on the same session."""

from itertools import pairwise

import pytest

from objective import ClinicSession, Objective, ServiceTime, Weights


@pytest.mark.parametrize("no_show", [0.0, 0.2])
def test_discretisation_error_falls_as_the_square_of_the_step(no_show: float):
    """Halving the grid's step leaves a quarter of the error, and the error is never negative."""
    session = ClinicSession(8, 16, 5.0, ServiceTime.exponential(9.0), no_show=no_show)
    schedule = [2, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0, 0]
    weights = Weights(1.0, 0.5, 1.0)
    exact = float(Objective(session, weights)(schedule).cost)
    errors = [
        float(Objective(session, weights, chain="workload", step=step)(schedule).cost) - exact
        for step in (1.0, 0.5, 0.25, 0.125)
    ]
    assert all(error > 0 for error in errors)
    for coarse, fine in pairwise(errors):
        assert coarse / fine == pytest.approx(4.0, rel=0.02)
