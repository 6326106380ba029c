"""Probabilities corrected by how the last clinic days went.

The rate at which patients miss their appointments drifts, and a model that learned some weeks ago
does not follow. What is learned here is small, from few days, and anew for each of them.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from forecast.no_show.past import Numbers

Method = Literal["none", "intercept", "logistic", "isotonic"]
METHODS: tuple[Method, ...] = ("none", "intercept", "logistic", "isotonic")

#: No probability is closer to 0 or 1 than this: nobody is that sure of a patient.
LEAST = 1e-4
#: Cases' worth of belief that nothing is to be corrected: of the level, and of the slope.
LEVEL_PRIOR, SLOPE_PRIOR = 5.0, 100.0
#: An isotonic map needs so many cases; with fewer only the level is corrected.
LEAST_FOR_ISOTONIC = 500


def within(probabilities: Numbers) -> Numbers:
    """Return probabilities that are neither 0 nor 1."""
    return np.clip(probabilities, LEAST, 1 - LEAST)


def calibration(method: Method, forecast: Numbers, missed: Numbers) -> Callable[[Numbers], Numbers]:
    """Return a map of probabilities, learned from forecasts and what came of them.

    Parameters
    ----------
    method
        ``intercept`` shifts all on the scale of log-odds; ``logistic`` also stretches them (Cox
        1958, doi:10.1093/biomet/45.3-4.562), both by ridge regression towards no change;
        ``isotonic`` takes any rising map.
    forecast, missed
        Probabilities of a no-show, and 1 where it was one, (cases,) each; there may be no case.
    """
    if method == "none" or not len(forecast):
        return within
    if method == "isotonic" and len(forecast) >= LEAST_FOR_ISOTONIC and 0 < missed.mean() < 1:
        return _isotonic(forecast, missed)
    level, slope = _recalibration(logit(within(forecast)), missed, method == "logistic")
    return lambda probabilities: within(
        np.asarray(expit(level + (1 + slope) * logit(within(probabilities))))
    )


def _recalibration(scores: Numbers, missed: Numbers, stretch: bool) -> tuple[float, float]:
    """Return level and further slope of a logistic regression on scores, by Newton's method."""
    columns = np.stack([np.ones_like(scores), scores if stretch else np.zeros_like(scores)])
    # A case of even odds tells a quarter of what the penalty counts.
    penalty = np.array([LEVEL_PRIOR, SLOPE_PRIOR]) / 4
    change = np.zeros(2)
    for _ in range(25):
        probabilities = expit(scores + change @ columns)
        slope = columns @ (missed - probabilities) - penalty * change
        curvature = (columns * (probabilities * (1 - probabilities))) @ columns.T
        step = np.linalg.solve(curvature + np.diag(penalty), slope)
        change += np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-10:
            break
    return float(change[0]), float(change[1])


def _isotonic(forecast: Numbers, missed: Numbers) -> Callable[[Numbers], Numbers]:
    from sklearn.isotonic import IsotonicRegression

    rising = IsotonicRegression(out_of_bounds="clip").fit(forecast, missed)
    return lambda probabilities: within(np.asarray(rising.predict(probabilities), np.float64))


def calibrated(
    method: Method,
    forecast: Numbers,
    missed: Numbers,
    kind: NDArray[np.bool_],
    probabilities: Numbers,
    kinds: NDArray[np.bool_],
) -> Numbers:
    """Return probabilities corrected within each of two kinds of cases.

    Parameters
    ----------
    forecast, missed, kind
        What was forecast, what came of it and of which kind it was, (past cases,) each.
    probabilities, kinds
        What is to be corrected, and its kind, (cases,) each.
    """
    result = within(probabilities)
    for one in (False, True):
        learned = calibration(method, forecast[kind == one], missed[kind == one])
        result[kinds == one] = learned(probabilities[kinds == one])
    return result
