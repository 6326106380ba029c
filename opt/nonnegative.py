"""Nonnegative least squares that go on from an earlier solution.

Lawson & Hanson (1974), Solving Least Squares Problems, chapter 23: the variables that are positive
solve an ordinary least-squares problem; one that would lower the residual joins them, and those
that would become negative leave. From nothing that takes as many turns as variables end up
positive; from the solution of the problem with one column less it takes a few, each of which
updates a QR decomposition.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, qr, qr_delete, qr_insert
from scipy.linalg.lapack import dtrtrs
from scipy.optimize import nnls

Array = NDArray[np.float64]

#: Turns per variable after which the start is taken for a bad one.
TURNS = 3
#: Share of the largest diagonal element below which columns are taken for dependent.
DEPENDENT = 1e-12


def nonnegative_least_squares(columns: Array, target: Array, start: Sequence[int] = ()) -> Array:
    """Return the x >= 0 (variables,) that minimises |columns x - target|.

    Parameters
    ----------
    columns, target
        (equations, variables) and (equations,).
    start
        Variables that are positive in a similar problem, from which the search goes on.
    """
    if len(start):
        try:
            return _go_on(columns, target, start)
        except LinAlgError:
            # The positive variables have become dependent, or the search turns in a circle.
            pass
    solution, _ = nnls(columns, target, maxiter=50 * columns.shape[1])
    return np.asarray(solution, np.float64)


def _go_on(columns: Array, target: Array, start: Sequence[int]) -> Array:
    positive = _Positive(columns, target, start)
    wished = positive.unconstrained()
    while (wished <= 0).any():
        positive.leave(int(wished.argmin()))
        wished = positive.unconstrained()
    solution = np.zeros(columns.shape[1])
    solution[positive.variables] = wished
    tolerance = 10 * np.finfo(np.float64).eps * float(np.abs(columns).sum(0).max())
    refused: list[int] = []
    for _ in range(TURNS * columns.shape[1]):
        gradient = columns.T @ (target - columns @ solution)
        gradient[[*positive.variables, *refused]] = -np.inf
        joining = int(gradient.argmax())
        if gradient[joining] <= tolerance:
            return solution
        positive.join(joining)
        wished = positive.unconstrained()
        if wished[-1] <= 0:
            # Only rounding made it look as if it would lower the residual.
            positive.leave(len(wished) - 1)
            refused.append(joining)
        else:
            solution = _step(positive, solution, wished)
            refused = []
    raise LinAlgError("no solution within the turns that one should take")


def _step(positive: "_Positive", solution: Array, wished: Array) -> Array:
    """Go towards the wished solution as long as nothing becomes negative; who reaches 0 leaves."""
    while (wished <= 0).any():
        here = solution[positive.variables]
        sinking = np.flatnonzero(wished <= 0)
        # Who is at 0 already, and shall stay there, leaves at once.
        fall = np.maximum(here[sinking] - wished[sinking], np.finfo(np.float64).tiny)
        shares = here[sinking] / fall
        solution[positive.variables] = here + shares.min() * (wished - here)
        for place in sinking[shares <= shares.min()][::-1].tolist():
            solution[positive.variables[place]] = 0.0
            positive.leave(place)
        wished = positive.unconstrained()
    stepped = np.zeros(len(solution))
    stepped[positive.variables] = wished
    return stepped


class _Positive:
    """The variables that are positive, with the QR decomposition of their columns."""

    def __init__(self, columns: Array, target: Array, variables: Sequence[int]) -> None:
        self._columns, self._target = columns, target
        self.variables = list(variables)
        self._q, self._r = qr(columns[:, self.variables])
        self._check()

    def join(self, variable: int) -> None:
        """Add a variable at the end."""
        column, last = self._columns[:, variable], len(self.variables)
        self._q, self._r = qr_insert(self._q, self._r, column, last, which="col")
        self.variables.append(variable)
        self._check()

    def leave(self, place: int) -> None:
        """Remove the variable at a place in the list."""
        self._q, self._r = qr_delete(self._q, self._r, place, which="col")
        del self.variables[place]

    def unconstrained(self) -> Array:
        """Return the least-squares solution in these variables, (variables,)."""
        found = self._solved(self._target)
        # One step of refinement makes up for what updates of the decomposition lost.
        found = found + self._solved(self._target - self._columns[:, self.variables] @ found)
        if not np.isfinite(found).all():
            raise LinAlgError("the columns are dependent")
        return found

    def _solved(self, target: Array) -> Array:
        size = len(self.variables)
        if not size:
            return np.zeros(0)
        rotated = self._q[:, :size].T @ target
        # LAPACK itself: scipy's solve_triangular takes longer to check than it to solve.
        found, info = dtrtrs(self._r[:size, :size], rotated)
        if info:
            raise LinAlgError("the columns are dependent")
        return np.asarray(found, np.float64)

    def _check(self) -> None:
        diagonal = np.abs(np.diag(self._r))
        dependent = diagonal.size and diagonal.min() < DEPENDENT * diagonal.max()
        if len(self.variables) > len(self._target) or dependent:
            raise LinAlgError("the columns are dependent")
