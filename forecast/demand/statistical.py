"""Exponential smoothing and ARIMA of the extra ``bench``, for comparison only.

The library learns anew whenever it forecasts; nothing of it is kept.
"""

import importlib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy import stats
from torch import Tensor

from forecast.demand.count_forecast import CountForecast, QuantileForecast
from forecast.demand.count_series import CountSeries, Known
from forecast.demand.fitted import Ahead, DemandModel, FittedDemand, days, positions
from forecast.demand.law import Array, matching_dispersion
from forecast.demand.levels import TABLE_LEVELS
from forecast.demand.options import Options
from forecast.network import Trainer
from objective import InvalidInput
from objective.errors import whole_number

#: The level of the interval from whose width the library's standard deviation is read.
INTERVAL = 80


@dataclass(frozen=True)
class _Statistical:
    """What both models have in common; the library calls each ``automatic``.

    Attributes
    ----------
    window
        Last days that it learns from; 0 for all.
    """

    window: int = 0
    name: ClassVar[str]
    promotable: ClassVar[bool] = False
    automatic: ClassVar[str]

    def __post_init__(self) -> None:
        whole_number("window", self.window, 0, 36_500)

    def learn(
        self, options: Options, known: Known, trainer: Trainer, before: FittedDemand | None = None
    ) -> "FittedStatistical":
        """Return the model; it learns when it forecasts."""
        del known, trainer, before
        _library()
        return FittedStatistical(self, options, self.name, self.automatic, self.window)

    def restore(
        self, options: Options, tensors: Mapping[str, Tensor], rest: Mapping[str, Any]
    ) -> FittedDemand:
        """Refuse: what is for comparison only is not kept."""
        del options, tensors, rest
        raise InvalidInput("model", "for comparison only", "a model that is kept")


@dataclass(frozen=True)
class ExponentialSmoothing(_Statistical):
    """Exponential smoothing whose form the library chooses (AutoETS)."""

    name: ClassVar[str] = "ets"
    automatic: ClassVar[str] = "AutoETS"


@dataclass(frozen=True)
class AutoARIMA(_Statistical):
    """A seasonal ARIMA model whose orders the library chooses."""

    name: ClassVar[str] = "auto_arima"
    automatic: ClassVar[str] = "AutoARIMA"


@dataclass(frozen=True)
class FittedStatistical(FittedDemand):
    """A model of the library, and how much of the past it looks at."""

    model: DemandModel
    options: Options
    name: str  # type: ignore[misc]
    automatic: str
    window: int

    def ahead(self, series: CountSeries, ahead: Ahead) -> CountForecast:
        """Return the forecast of periods after the known ones of a series."""
        kept = series.last(days(self.window, self.options)) if self.window else series
        counts = _without_gaps(kept.counts, self.options.season)
        places = positions(kept, ahead.starts, self.options) - len(counts)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = self._made().forecast(counts, h=int(places[-1]) + 1, level=[INTERVAL])
        middle = np.asarray(found["mean"], float)[places]
        upper = np.asarray(found[f"hi-{INTERVAL}"], float)[places]
        deviation = (upper - middle) / stats.norm.ppf(0.5 + INTERVAL / 200)
        table = np.maximum(middle[:, None] + deviation[:, None] * stats.norm.ppf(TABLE_LEVELS), 0)
        mean = np.maximum(middle, 0.0)
        return QuantileForecast(
            ahead.starts,
            self.options.period,
            mean,
            matching_dispersion(mean, deviation**2),
            levels=TABLE_LEVELS,
            table=table,
        )

    def _made(self) -> Any:
        """Return the library's model: weekly of days; of parts of a day with both seasons."""
        library = _library()
        kind = getattr(library, self.automatic)
        if self.options.per_day == 1:
            return kind(season_length=7)
        trend = kind(season_length=1)
        seasons = [self.options.per_day, self.options.season]
        return library.MSTL(season_length=seasons, trend_forecaster=trend)

    def parts(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Refuse: what is for comparison only is not kept."""
        raise InvalidInput("model", self.name, "a model that may come into use, to be kept")


def _library() -> Any:
    try:
        return importlib.import_module("statsforecast.models")
    except ImportError:
        allowed = "left out, or the extra of it installed: pip install 'bailey[bench]'"
        raise InvalidInput("model.candidates", "ets or auto_arima", allowed) from None


def _without_gaps(counts: Array, season: int) -> Array:
    """Return the counts with those of a week before, or the mean, where they are not known."""
    filled = counts.copy()
    for place in np.flatnonzero(~np.isfinite(filled)):
        filled[place] = filled[place - season] if place >= season else np.nanmean(counts)
    return filled
