"""What every schedule costs at least, given a subgradient of the cost at one of them."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog, nnls
from scipy.sparse import csr_array

from opt.coordinates import Coordinates
from opt.difference import DifferenceSystem, Points

Array = NDArray[np.float64]

#: Multiplier above which a constraint is taken for binding.
BINDING = 1e-9


def lower_bound(cost: float, point: Points, slopes: Array, coordinates: Coordinates) -> float:
    """Return the least value of cost + slopes (q - point) over the points q of all schedules.

    Without constraints the vertices of the set 0 <= q_1 <= .. <= q_n <= H are known, and the least
    value is cost - slopes point + H min_j (slopes_j + .. + slopes_n), the empty sum included. With
    constraints it is a linear program.
    """
    if coordinates.plain:
        tails = np.append(np.cumsum(slopes[::-1]), 0.0)
        return float(cost - slopes @ point + coordinates.height * tails.min())
    return cost - float(slopes @ point) + least_value(slopes, coordinates.system)


def quick_bound(cost: float, point: Points, residual: Array, system: DifferenceSystem) -> float:
    """Return a bound without a linear program, which is good where the residual is small.

    The residual is a subgradient plus normals of constraints that are tight at the point, so that
    the subgradient times (q - point) is at least the residual times it.
    """
    moves = np.stack([system.lowest - point, system.highest - point])
    return float(cost + (residual * moves).min(0).sum())


def least_value(slopes: Array, system: DifferenceSystem) -> float:
    """Return a value that slopes q does not fall below on the system, as good as rounding allows.

    For any multipliers m >= 0 of the constraints A q <= w and r = slopes + A' m, the value is at
    least r q - m w, and r q at least its minimum between the lowest and the highest q. The linear
    program only supplies good multipliers, so that its tolerances cannot make the bound wrong.
    """
    if not system.dimension:
        return 0.0
    tail, head, length = system.edges.T
    size = len(length)
    columns = np.concatenate([head, tail])
    rows = np.concatenate([np.arange(size), np.arange(size)])
    signs = np.concatenate([np.ones(size), -np.ones(size)])
    inner = columns > 0
    constraints = csr_array(
        (signs[inner], (rows[inner], columns[inner] - 1)), shape=(size, system.dimension)
    )
    # Slopes of one size keep the solver's tolerances harmless whatever the unit of the cost.
    size_of_slopes = float(np.abs(slopes).max())
    if not size_of_slopes:
        return 0.0
    scaled = slopes / size_of_slopes
    # The type stubs know no sparse constraints; the function takes them.
    solved = linprog(  # type: ignore[call-overload]
        scaled, A_ub=constraints, b_ub=length, bounds=(None, None), method="highs-ds"
    )
    multipliers = np.zeros(size)
    if solved.status == 0:
        multipliers = np.maximum(-solved.ineqlin.marginals, 0.0)
    # The solver stops at 1e-7; least squares over the constraints that it found binding goes on.
    binding = np.flatnonzero(multipliers > BINDING)
    exact = np.zeros(size)
    if len(binding):
        exact[binding], _ = nnls(constraints[binding].T.toarray(), -scaled)
    return size_of_slopes * max(
        _safe_value(scaled, one, constraints, system) for one in (multipliers, exact)
    )


def _safe_value(
    slopes: Array, multipliers: Array, constraints: csr_array, system: DifferenceSystem
) -> float:
    """Return what slopes q is at least, given multipliers (constraints,) of any quality."""
    rest = slopes + constraints.T @ multipliers
    left_over = np.minimum(rest * system.lowest, rest * system.highest).sum()
    return float(left_over - multipliers @ system.edges[:, 2])
