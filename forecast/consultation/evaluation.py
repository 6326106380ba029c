"""How well models forecast consultation times."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import scoringrules

from forecast.consultation.durations import DurationForecast
from forecast.consultation.figures import calibration_figure, transform_figure, visit_type_figure
from forecast.consultation.model import ConsultationFitted
from forecast.data.history import History
from forecast.data.periods import Split
from forecast.evaluation import Evaluation, Outcomes
from objective.laws import Array

#: The continuous ranked probability score is taken from 99 quantiles: twice the mean of their
#: pinball losses, which is about one per cent above the integral.
LEVELS = np.arange(1, 100) / 100
#: What a class of minutes counts as to which a law gives less, so that one consultation that an
#: empirical law has never seen does not make its score infinite.
SMALLEST_PROBABILITY = 1e-6
SCORE = "CRPS, minutes"


def evaluate(
    models: Mapping[str, ConsultationFitted],
    cases: pd.DataFrame,
    known: History,
    split: Split,
    step: float,
    comparison_only: tuple[str, ...],
) -> Evaluation:
    """Score models on consultations that took place.

    Parameters
    ----------
    models
        The models by name.
    cases
        The consultations, with their ``minutes`` and ``session``.
    known
        The history; of its consultations only those of days before that of a case count for it.
    step
        Minutes of the grid of the log score.
    """
    minutes = cases["minutes"].to_numpy(np.float64)
    forecasts = {name: model.forecast(cases, known) for name, model in models.items()}
    quantiles = {name: one.quantiles(LEVELS) for name, one in forecasts.items()}
    losses = pd.DataFrame(
        {
            name: np.asarray(scoringrules.crps_quantile(minutes, one, LEVELS))
            for name, one in quantiles.items()
        }
    )
    scores = pd.DataFrame(
        {
            name: {
                SCORE: losses[name].mean(),
                "log score": log_score(forecasts[name], minutes, step).mean(),
                "coverage 80 %": _coverage(minutes, quantiles[name][:, 9], quantiles[name][:, 89]),
                "coverage 95 %": _coverage(minutes, *forecasts[name].quantiles([0.025, 0.975]).T),
                "MAE, minutes": np.abs(minutes - quantiles[name][:, 49]).mean(),
                "RMSE, minutes": np.sqrt(np.mean((minutes - forecasts[name].mean()) ** 2)),
            }
            for name in models
        }
    ).T
    best = str(losses.drop(columns=list(comparison_only)).mean().idxmin()) if models else ""
    chosen = forecasts[best]
    pit = transforms(chosen, minutes)
    figures = (
        transform_figure(best, pit),
        calibration_figure(best, minutes, chosen),
        visit_type_figure(best, cases, chosen),
    )
    return Evaluation(
        quantity="consultation",
        split=split,
        score=SCORE,
        scores=scores,
        losses=losses,
        blocks=cases["session"].to_numpy(),
        comparison_only=comparison_only,
        sentences=_sentences(scores, losses, cases),
        figures=figures,
        tables={one.key: pd.DataFrame(one.rows, columns=one.columns) for one in figures},
        outcomes=Outcomes(
            cases["started_at"].to_numpy("datetime64[ns]"),
            minutes,
            pd.DataFrame({name: one.mean() for name, one in forecasts.items()}),
        ),
    )


def log_score(forecast: DurationForecast, minutes: Array, step: float) -> Array:
    """Return minus the log of the probability of the class that each case fell into, (cases,).

    The classes are [k step, (k + 1) step).
    """
    low = np.floor(minutes / step) * step
    # The half-open class: a law with mass on the class's end does not count it.
    ends = np.nextafter(np.column_stack([low, low + step]), 0.0)
    upto = forecast.cdf(ends)
    probability = np.maximum(upto[:, 1] - upto[:, 0], SMALLEST_PROBABILITY)
    return np.asarray(-np.log(probability), np.float64)


def transforms(forecast: DurationForecast, minutes: Array) -> Array:
    """Return the probability integral transform of each case, (cases,): uniform if all is right.

    Half of the mass that a law has on the very minutes counts (Czado, Gneiting & Held 2009,
    doi:10.1111/j.1541-0420.2009.01191.x, with the mean in place of a random draw).
    """
    ends = np.column_stack([np.nextafter(minutes, 0.0), minutes])
    return np.asarray(forecast.cdf(ends).mean(axis=1), np.float64)


def _coverage(minutes: Array, low: Array, high: Array) -> float:
    return float(np.mean((minutes >= low) & (minutes <= high)))


def _sentences(scores: pd.DataFrame, losses: pd.DataFrame, cases: pd.DataFrame) -> tuple[str, ...]:
    sessions = cases["session"].nunique()
    told = [
        f"{len(cases)} consultations of {sessions} sessions were forecast, each before its day "
        f"began: nothing of that day was used, also not what had ended in the same session."
    ]
    if "exponential" in scores.index and len(scores) > 1:
        others = losses.drop(columns="exponential").mean()
        dearer = losses["exponential"].mean() / others.min() - 1
        told.append(
            f"Exponential consultations must not be assumed: their score is {dearer:.0%} above "
            f"that of {str(others.idxmin()).replace('_', ' ')}, and their 80 % interval holds "
            f"{scores.loc['exponential', 'coverage 80 %']:.0%} of the consultations."
        )
    return tuple(told)
