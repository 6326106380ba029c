"""What every schedule costs at least, given a subgradient of the cost at one of them."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array

from opt.coordinates import Coordinates
from opt.difference import DifferenceSystem, Points

Array = NDArray[np.float64]


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
    # The type stubs know no sparse constraints; the function takes them.
    solved = linprog(  # type: ignore[call-overload]
        slopes, A_ub=constraints, b_ub=length, bounds=(None, None), method="highs-ds"
    )
    multipliers = np.zeros(size)
    if solved.status == 0:
        multipliers = np.maximum(-solved.ineqlin.marginals, 0.0)
    rest = slopes + constraints.T @ multipliers
    left_over = np.minimum(rest * system.lowest, rest * system.highest).sum()
    return float(left_over - multipliers @ length)
