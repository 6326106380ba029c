"""Best cost over evaluations or seconds: step functions, their bands, and when a goal is reached.

A search that has spent an amount knows the best cost of its last iteration that ended within it;
before its first iteration ends it knows none.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from opt.compare.job import Point

Array = NDArray[np.float64]
#: What a search spends.
Axis = Literal["evaluations", "seconds"]
#: Points of a grid on which curves of several runs meet.
GRID_POINTS = 160


def spent(curve: Sequence[Point], axis: Axis) -> Array:
    """Return what was spent at each point of a curve, (points,)."""
    return np.array([getattr(point, axis) for point in curve], np.float64)


def common_grid(curves: Sequence[Sequence[Point]], axis: Axis) -> Array:
    """Return amounts, evenly spread on a log scale, from the first point of all to the last."""
    amounts = np.concatenate([spent(curve, axis) for curve in curves])
    low, high = max(float(amounts.min()), 1e-6), max(float(amounts.max()), 1e-6)
    # The ends are the amounts themselves, free of rounding.
    return np.concatenate([[low], np.geomspace(low, high, GRID_POINTS)[1:-1], [high]])


def on_grid(curve: Sequence[Point], axis: Axis, grid: Array) -> Array:
    """Return the best cost known after each amount, (amounts,); NaN before there is one."""
    costs = np.array([np.nan, *(point.cost for point in curve)])
    return costs[np.searchsorted(spent(curve, axis), grid, side="right")]


def band(values: Array) -> tuple[Array, Array, Array]:
    """Return median, 10 % and 90 % quantile of runs, each (amounts,), from values (runs, amounts).

    NaN where not every run has a value yet.
    """
    low, median, high = np.quantile(values, [0.1, 0.5, 0.9], axis=0)
    return median, low, high


def first_reach(curve: Sequence[Point], cost: float) -> Point | None:
    """Return the first point at which the best cost is at most this, None if it never is."""
    return next((point for point in curve if point.cost <= cost), None)
