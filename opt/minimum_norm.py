"""The point of least norm in the convex hull of some points plus a cone."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from opt.nonnegative import nonnegative_least_squares

Array = NDArray[np.float64]


def minimum_norm_point(
    points: Array, normals: Array, start: Sequence[int] = ()
) -> tuple[Array, Array]:
    """Return the point and the weights of ``points``, then of ``normals``, in it.

    Minimise |sum lambda_j points_j + sum mu_i normals_i| over lambda >= 0 with sum 1 and mu >= 0.
    ``points`` is (points, dimension), ``normals`` (normals, dimension). It is the nonnegative least
    squares problem of the same columns with a row of ones for the points and the target (0, 1):
    for a fixed sum s of the lambdas the residual is s^2 rho^2 + (1 - s)^2, where rho is the norm
    sought, so its solution is a multiple of theirs (Lawson & Hanson 1974, chapter 23). ``start``
    are the places of those that have a weight in a similar problem.
    """
    columns = np.vstack([points, normals])
    ones = np.concatenate([np.ones(len(points)), np.zeros(len(normals))])
    # Columns of one length keep the problem well conditioned whatever the units of the cost.
    scale = max(float(np.abs(points).max()), 1e-300)
    system = np.vstack([columns.T / scale, ones])
    target = np.zeros(system.shape[0])
    target[-1] = 1.0
    solution = nonnegative_least_squares(system, target, start)
    solution = solution / solution[: len(points)].sum()
    return columns.T @ solution, solution
