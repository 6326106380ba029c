"""Log-linear models of counts, fitted by iteratively reweighted least squares.

McCullagh & Nelder (1989), Generalized Linear Models, DOI 10.1201/9780203753736. The place of a
period in its week enters as a table of cells and not as columns of zeros and ones: then hourly
counts of years cost no more than a few products of their length.
"""

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from forecast.demand.law import Array, likely_dispersion

#: Logarithms of means are kept below it, so that a step too far does not overflow.
LARGEST_LOGARITHM = 20.0
STEPS, PRECISION, DISPERSION_PRECISION = 50, 1e-8, 1e-4


@dataclass(frozen=True)
class LogLinear:
    """The logarithm of an expected count: a constant, that of its cell, and a sum of columns.

    Attributes
    ----------
    constant
        Logarithm of the mean of a cell that was never seen.
    cells
        What each cell adds, (cells,).
    weights
        What one unit of each column adds, (columns,).
    """

    constant: float
    cells: Array
    weights: Array

    def mean(self, cells: np.ndarray, columns: Array) -> Array:
        """Return the expected counts, (periods,)."""
        logarithm = self.constant + self.cells[cells] + columns @ self.weights
        return np.asarray(np.exp(np.minimum(logarithm, LARGEST_LOGARITHM)))


def fit_log_linear(
    counts: Array,
    cells: np.ndarray,
    columns: Array,
    number_of_cells: int,
    ridge: float,
    dispersion: float = 0.0,
    begin: LogLinear | None = None,
) -> LogLinear:
    """Return the log-linear model of greatest likelihood, less a penalty.

    Parameters
    ----------
    counts, cells, columns
        What is counted, (periods,), in which cell of the week each is, (periods,), and what else
        is told, (periods, columns).
    number_of_cells
        Cells of a week.
    ridge
        Half of it, times the square, is the penalty on what each cell and column adds.
    dispersion
        Of the negative binomial law; 0 for Poisson's.
    begin
        Where to begin: the model of the data of a week ago is a step or two away.
    """
    constant = float(np.log(max(counts.mean(), 1e-3)))
    if begin is None or len(begin.weights) != columns.shape[1]:
        begin = LogLinear(constant, np.zeros(number_of_cells), np.zeros(columns.shape[1]))
    coefficients = np.concatenate([begin.cells, begin.weights])
    shift = begin.constant - constant
    coefficients[:number_of_cells] += shift
    made = LogLinear(constant, coefficients[:number_of_cells], coefficients[number_of_cells:])
    value = _penalised(made, counts, cells, columns, ridge, dispersion)
    for _ in range(STEPS):
        step = _newton_step(made, counts, cells, columns, ridge, dispersion)
        length = 1.0
        while True:
            moved = np.concatenate([made.cells, made.weights]) + length * step
            trial = LogLinear(constant, moved[:number_of_cells], moved[number_of_cells:])
            worth = _penalised(trial, counts, cells, columns, ridge, dispersion)
            if worth >= value - 1e-9 * abs(value) or length < 1e-4:
                break
            length /= 2
        made, value = trial, worth
        if np.abs(length * step).max() < PRECISION:
            break
    return made


def _newton_step(
    model: LogLinear,
    counts: Array,
    cells: np.ndarray,
    columns: Array,
    ridge: float,
    dispersion: float,
) -> Array:
    """Return the step of Fisher scoring, (cells + columns,)."""
    size = len(model.cells)
    mean = model.mean(cells, columns)
    damped = 1 + dispersion * mean
    weight, surplus = mean / damped, (counts - mean) / damped
    scaled = weight[:, None] * columns
    information = np.empty((size + columns.shape[1],) * 2)
    information[:size, :size] = np.diag(np.bincount(cells, weight, size))
    for number in range(columns.shape[1]):
        across = np.bincount(cells, scaled[:, number], size)
        information[:size, size + number] = information[size + number, :size] = across
    information[size:, size:] = columns.T @ scaled
    slope = np.concatenate([np.bincount(cells, surplus, size), columns.T @ surplus])
    slope -= ridge * np.concatenate([model.cells, model.weights])
    information[np.diag_indices_from(information)] += ridge
    return np.asarray(linalg.solve(information, slope, assume_a="pos"))


def _penalised(
    model: LogLinear,
    counts: Array,
    cells: np.ndarray,
    columns: Array,
    ridge: float,
    dispersion: float,
) -> float:
    """Return the logarithm of the likelihood, but for a constant, less the penalty."""
    mean = model.mean(cells, columns)
    value = counts @ np.log(mean)
    if dispersion:
        value -= (counts + 1 / dispersion) @ np.log1p(dispersion * mean)
    else:
        value -= mean.sum()
    penalty = model.cells @ model.cells + model.weights @ model.weights
    return float(value - ridge / 2 * penalty)


def fit_negative_binomial(
    counts: Array,
    cells: np.ndarray,
    columns: Array,
    number_of_cells: int,
    ridge: float,
    begin: LogLinear | None = None,
) -> tuple[LogLinear, float]:
    """Return the model and the dispersion that are most likely together, by turns."""
    dispersion = 0.0
    made = begin
    for _ in range(STEPS):
        made = fit_log_linear(counts, cells, columns, number_of_cells, ridge, dispersion, made)
        likely = likely_dispersion(counts, made.mean(cells, columns))
        if abs(likely - dispersion) <= DISPERSION_PRECISION * max(likely, dispersion):
            break
        dispersion = likely
    assert made is not None
    return made, dispersion
