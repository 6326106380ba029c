"""Forecasts from a rolling origin: each as it would have been made then."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.data.history import History
from forecast.data.periods import Split
from forecast.demand.average import FittedAverage
from forecast.demand.count_forecast import CountForecast
from forecast.demand.count_series import CountSeries, Known, known_series
from forecast.demand.fitted import (
    Ahead,
    DemandModel,
    FittedDemand,
    check_reach,
    known_factors,
    positions,
)
from forecast.demand.law import Array
from forecast.demand.levels import TABLE_LEVELS
from forecast.demand.options import Options
from forecast.network import Trainer
from objective import InvalidInput


@dataclass(frozen=True)
class RollingForecasts:
    """Forecasts of several models from all origins, beside what came.

    Attributes
    ----------
    cases
        A row per period forecast: ``series``, ``origin``, ``start``, ``lead`` (periods from the
        origin, the first is 1), ``count`` and ``scale`` (of the absolute errors of the series).
    quantiles
        Of each model at `TABLE_LEVELS`, (cases, levels).
    log_mass
        Logarithm of the probability that each model gave to what came, (cases,).
    means
        Of each model, (cases,).
    skipped
        Forecasts that were not made since nothing was known shortly before the origin.
    """

    cases: pd.DataFrame
    quantiles: Mapping[str, Array]
    log_mass: Mapping[str, Array]
    means: Mapping[str, Array]
    skipped: int


def origins_of(split: Split, options: Options) -> pd.DatetimeIndex:
    """Return the origins from which the whole horizon lies in the held-out period.

    Raises
    ------
    InvalidInput
        If there is none.
    """
    ahead = pd.Timedelta(days=options.horizon)
    every = pd.Timedelta(days=options.origin_every)
    origins = pd.date_range(split.first, split.until - ahead, freq=every)
    if not len(origins):
        allowed = f"at least the horizon, {ahead}, after {split.first}"
        raise InvalidInput("split.until", str(split.until), allowed)
    return origins


def rolling_forecasts(
    models: Mapping[str, FittedDemand], history: History, split: Split, options: Options
) -> RollingForecasts:
    """Forecast from every origin with what was known then, and learn again as the options say.

    Parameters
    ----------
    models
        Fitted models by name; they learned from what was known before ``split.train_until``.
    history, split, options
        What is forecast, and when.

    Raises
    ------
    InvalidInput
        If no period can be forecast from any origin.
    """
    actual = known_series(history, options, split.until)
    scales = {name: _scale(one, split.train_until, options) for name, one in actual.items()}
    states = _Learned(models, options)
    cases: list[pd.DataFrame] = []
    quantiles: dict[str, list[Array]] = {name: [] for name in models}
    log_mass: dict[str, list[Array]] = {name: [] for name in models}
    means: dict[str, list[Array]] = {name: [] for name in models}
    skipped = 0
    for number, origin in enumerate(origins_of(split, options)):
        known = known_series(history.known_at(origin), options, origin)
        states.learn_again(number, known)
        starts = pd.date_range(
            origin, periods=options.ahead, freq=pd.Timedelta(minutes=options.period)
        )
        for name, whole in actual.items():
            places = positions(whole, starts, options)
            inside = places < len(whole.counts)
            counts = whole.counts[places[inside]]
            seen = np.isfinite(counts)
            if name not in known or not seen.any():
                continue
            ahead = Ahead(starts[inside][seen], whole.factors[places[inside]][seen])
            try:
                check_reach(known[name], ahead.starts, options)
            except InvalidInput:
                skipped += 1
                continue
            known_factors(ahead.factors, options)
            lead = np.flatnonzero(inside)[seen] + 1
            cases.append(
                pd.DataFrame(
                    {
                        "series": name,
                        "origin": origin,
                        "start": ahead.starts,
                        "lead": lead,
                        "count": counts[seen],
                        "scale": scales[name],
                    }
                )
            )
            for model, made in states.forecasts(known[name], ahead).items():
                quantiles[model].append(made.quantiles(TABLE_LEVELS))
                log_mass[model].append(made.law.log_mass(counts[seen]))
                means[model].append(made.mean)
    if not cases:
        raise InvalidInput("split", f"{split.first} to {split.until}", "a period with known counts")
    return RollingForecasts(
        pd.concat(cases, ignore_index=True),
        {name: np.concatenate(ones) for name, ones in quantiles.items()},
        {name: np.concatenate(ones) for name, ones in log_mass.items()},
        {name: np.concatenate(ones) for name, ones in means.items()},
        skipped,
    )


class _Learned:
    """Models as they are at an origin; what an average has in common with another is held once."""

    def __init__(self, models: Mapping[str, FittedDemand], options: Options) -> None:
        self.models, self.options = models, options
        self.states: dict[DemandModel, FittedDemand] = {}
        for fitted in sorted(models.values(), key=lambda one: isinstance(one, FittedAverage)):
            for one in _members(fitted):
                self.states.setdefault(one.model, one)

    def learn_again(self, number: int, known: Known) -> None:
        """Let the models learn that are due at the n-th origin, from what is known there."""
        for model, fitted in self.states.items():
            every = self.options.refit_every
            every = max(every, getattr(model, "refit_every", 1)) if every else 0
            if every and number and number % every == 0:
                self.states[model] = model.learn(self.options, known, Trainer(), fitted)

    def forecasts(self, series: CountSeries, ahead: Ahead) -> dict[str, CountForecast]:
        """Return the forecast of each model."""
        made = {model: fitted.ahead(series, ahead) for model, fitted in self.states.items()}
        return {
            name: fitted.combine([made[one.model] for one in _members(fitted)])
            if isinstance(fitted, FittedAverage)
            else made[fitted.model]
            for name, fitted in self.models.items()
        }


def _members(fitted: FittedDemand) -> list[FittedDemand]:
    return list(fitted.members.values()) if isinstance(fitted, FittedAverage) else [fitted]


def _scale(series: CountSeries, until: pd.Timestamp, options: Options) -> float:
    """Return the mean absolute error of the last week's count, before the held-out period.

    Hyndman & Koehler (2006), DOI 10.1016/j.ijforecast.2006.03.001. It is 1 where that is 0.
    """
    counts = series.counts[series.starts < until]
    error = np.abs(counts[options.season :] - counts[: -options.season])
    error = error[np.isfinite(error)]
    scale = float(error.mean()) if len(error) else 0.0
    return scale if scale > 0 else 1.0
