"""How good probabilities of no-shows are, and how sure that is."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.no_show.past import Numbers

#: Classes of about equally many cases in which calibration is judged. Equal forecasts are in one.
CLASSES = 10
#: Times that patients are drawn anew, to see how much a score depends on who was there.
REPLICATES = 200


def log_losses(forecast: Numbers, missed: Numbers) -> Numbers:
    """Return the log loss of each case, (cases,), of probabilities that are neither 0 nor 1."""
    return np.asarray(-np.log(np.where(missed > 0, forecast, 1 - forecast)), np.float64)


def forecast_classes(forecast: Numbers) -> NDArray[np.intp]:
    """Return the class of each case by its forecast, (cases,), of about equally many cases."""
    edges = np.unique(np.quantile(forecast, np.linspace(0, 1, CLASSES + 1)[1:-1]))
    return np.digitize(forecast, edges)


def reliability(forecast: Numbers, missed: Numbers) -> pd.DataFrame:
    """Return what was forecast and what was seen by class of forecasts.

    Columns: ``forecast`` and ``seen``, means; ``standard_error`` of the share seen; ``cases``.
    """
    grouped = pd.DataFrame({"forecast": forecast, "seen": missed}).groupby(
        forecast_classes(forecast)
    )
    table = grouped.mean()
    table["cases"] = grouped.size()
    table["standard_error"] = np.sqrt(table["seen"] * (1 - table["seen"]) / table["cases"])
    return table.reset_index(drop=True)


def calibration_error(
    forecast: Numbers, missed: Numbers, weights: Numbers, place: NDArray[np.intp]
) -> float:
    """Return the expected calibration error: the mean gap between forecast and seen over classes.

    Naeini, Cooper & Hauskrecht 2015 (AAAI-15), with classes of about equally many cases.
    """
    gap = np.bincount(place, weights * (forecast - missed))
    return float(np.abs(gap).sum() / weights.sum())


def area_under_curve(forecast: Numbers, missed: Numbers, weights: Numbers) -> float:
    """Return how often of a missed and a kept visit the missed one had the higher forecast.

    Equal forecasts count half (Hanley & McNeil 1982, doi:10.1148/radiology.143.1.7063747). It is
    what scikit-learn computes, whose checks of its arguments take many times as long: here it is
    asked for hundreds of times.
    """
    _, place = np.unique(forecast, return_inverse=True)
    kept = np.bincount(place, weights * (1 - missed))
    gone = np.bincount(place, weights * missed)
    below = np.cumsum(kept) - kept
    return float((gone * (below + kept / 2)).sum() / (gone.sum() * kept.sum()))


def scores(forecast: Numbers, missed: Numbers, weights: Numbers | None = None) -> dict[str, float]:
    """Return AUC, Brier score, log loss and expected calibration error.

    The AUC is NaN where only one class of cases is there.

    Parameters
    ----------
    forecast, missed
        (cases,) each.
    weights
        How often each case counts, (cases,); None for once.
    """
    counted = np.ones_like(missed) if weights is None else weights
    present = missed[counted > 0]
    both = len(present) > 0 and 0 < present.mean() < 1
    auc = area_under_curve(forecast, missed, counted) if both else np.nan
    return {
        "AUC": auc,
        "Brier": float(np.average((forecast - missed) ** 2, weights=counted)),
        "log loss": float(np.average(log_losses(forecast, missed), weights=counted)),
        "ECE": calibration_error(forecast, missed, counted, forecast_classes(forecast)),
    }


def both_scores(
    forecast: Numbers, missed: Numbers, ahead: NDArray[np.bool_], weights: Numbers | None = None
) -> dict[str, float]:
    """Return the scores of all cases, and of those booked ahead, which are the harder ones."""
    result = scores(forecast, missed, weights)
    if ahead.any() and (weights is None or weights[ahead].any()):
        some = scores(forecast[ahead], missed[ahead], None if weights is None else weights[ahead])
        result |= {f"{name} ahead": value for name, value in some.items()}
    return result


def standard_errors(
    forecast: Numbers,
    missed: Numbers,
    ahead: NDArray[np.bool_],
    patient: NDArray[np.object_],
    replicates: int = REPLICATES,
) -> dict[str, float]:
    """Return the standard error of every score, by drawing whole patients anew.

    A patient's visits have much in common, so that drawing visits would understate it (the cluster
    bootstrap; Field & Welsh 2007, doi:10.1111/j.1467-9868.2007.00593.x).
    """
    names, place = np.unique(patient, return_inverse=True)
    generator = np.random.default_rng(0)
    drawn = []
    for _ in range(replicates):
        times = generator.multinomial(len(names), np.full(len(names), 1 / len(names)))
        drawn.append(both_scores(forecast, missed, ahead, times[place].astype(np.float64)))
    return {str(name): float(value) for name, value in pd.DataFrame(drawn).std().items()}
