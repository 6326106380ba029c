"""A log-linear model of the calendar: the place in the week, the season, holidays, the level."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from forecast.demand.calendar import Calendar, cells
from forecast.demand.count_forecast import CountForecast
from forecast.demand.count_series import CountSeries, Known
from forecast.demand.day_effect import day_dispersion
from forecast.demand.fitted import Ahead, FittedDemand, days, of_series
from forecast.demand.law import Array
from forecast.demand.log_linear import LogLinear, fit_log_linear, fit_negative_binomial
from forecast.demand.options import MOST_DAYS, Options
from forecast.network import Trainer
from objective import InvalidInput
from objective.errors import non_negative_number, probability, whole_number

YEAR = pd.Timedelta(days=365.25)


@dataclass(frozen=True)
class CalendarGLM:
    """A generalised linear model of the calendar.

    Attributes
    ----------
    family
        The law of a count about its mean: ``poisson`` or ``negative_binomial``.
    harmonics
        Waves of the year; none if less than a year is known, of which they would say nothing.
    trend
        Whether demand grows or falls exponentially.
    ridge
        Penalty that holds weekdays, hours and holidays together of which little is known.
    window
        Last days that it learns from; 0 for all.
    level_days, level_share
        The forecast is corrected by that share (of its logarithm) of how demand was above or below
        the model in the last days.

    Raises
    ------
    InvalidInput
        If a field is outside its range.
    """

    name: ClassVar[str] = "calendar_glm"
    promotable: ClassVar[bool] = True

    family: Literal["poisson", "negative_binomial"] = "negative_binomial"
    harmonics: int = 3
    trend: bool = False
    ridge: float = 0.1
    window: int = 730
    level_days: int = 28
    level_share: float = 0.5

    def __post_init__(self) -> None:
        if self.family not in ("poisson", "negative_binomial"):
            raise InvalidInput("family", self.family, "poisson or negative_binomial")
        if not isinstance(self.trend, bool):
            raise InvalidInput("trend", self.trend, "true or false")
        whole_number("harmonics", self.harmonics, 0, 20)
        non_negative_number("ridge", self.ridge)
        if not self.ridge:
            raise InvalidInput("ridge", self.ridge, "above 0")
        whole_number("window", self.window, 0, 36_500)
        if 0 < self.window < MOST_DAYS:
            raise InvalidInput("window", self.window, f"0 for all, or at least {MOST_DAYS} days")
        whole_number("level_days", self.level_days, 1, 366)
        probability("level_share", self.level_share, "from 0 to 1")

    def learn(
        self, options: Options, known: Known, trainer: Trainer, before: FittedDemand | None = None
    ) -> "FittedCalendarGLM":
        """Return the model, learned from the last days of every series."""
        del trainer
        kept = {
            name: series.last(days(self.window, options)) if self.window else series
            for name, series in known.items()
        }
        earlier = before if isinstance(before, FittedCalendarGLM) else None
        fits: dict[str, SeriesFit] = {}
        calendar = _calendar(kept, options, self.harmonics)
        for name, series in kept.items():
            begin = None
            if earlier is not None and earlier.calendar == calendar and name in earlier.fits:
                begin = earlier.fits[name].line
            fits[name] = self._fit(series, calendar, options, begin)
        return FittedCalendarGLM(self, options, calendar, fits)

    def _fit(
        self, series: CountSeries, calendar: Calendar, options: Options, begin: LogLinear | None
    ) -> "SeriesFit":
        seen = np.isfinite(series.counts) & np.isfinite(series.factors).all(axis=1)
        if not seen.any():
            raise InvalidInput(f"arrivals of {series.name}", "unknown", "known for some periods")
        counts, starts = series.counts[seen], series.starts[seen]
        scale = series.factors[seen].std(axis=0)
        scaling = Scaling(
            starts[-1], series.factors[seen].mean(axis=0), np.where(scale > 0, scale, 1.0)
        )
        place = cells(starts, options.period)
        columns = _columns(calendar, scaling, self.trend, starts, series.factors[seen])
        sizes = (options.season, self.ridge)
        if self.family == "poisson":
            line = fit_log_linear(counts, place, columns, *sizes, begin=begin)
            dispersion = 0.0
        else:
            line, dispersion = fit_negative_binomial(counts, place, columns, *sizes, begin)
        shared = 0.0
        if options.day_effect:
            shared = day_dispersion(starts, counts, line.mean(place, columns))
        return SeriesFit(line, dispersion, shared, scaling)

    def restore(
        self, options: Options, tensors: Mapping[str, Tensor], rest: Mapping[str, Any]
    ) -> "FittedCalendarGLM":
        """Return the fitted model that was kept as tensors and plain values."""
        calendar = Calendar(
            rest["country"], tuple(rest["holidays"]), harmonics=int(rest["harmonics"])
        )
        parts = {name: tensor.numpy() for name, tensor in tensors.items()}
        fits = {
            name: SeriesFit(
                LogLinear(float(parts["constant"][i]), parts["cells"][i], parts["weights"][i]),
                float(parts["dispersion"][i]),
                float(parts["day_dispersion"][i]),
                Scaling(pd.Timestamp(rest["last"][i]), parts["centre"][i], parts["scale"][i]),
            )
            for i, name in enumerate(rest["series"])
        }
        return FittedCalendarGLM(self, options, calendar, fits)


@dataclass(frozen=True)
class Scaling:
    """From when a trend counts, and what is subtracted from and divides each factor."""

    last: pd.Timestamp
    centre: Array
    scale: Array


@dataclass(frozen=True)
class SeriesFit:
    """What was learned of a series."""

    line: LogLinear
    dispersion: float
    day_dispersion: float
    scaling: Scaling


@dataclass(frozen=True)
class FittedCalendarGLM(FittedDemand):
    """A generalised linear model of the calendar that has learned."""

    name: ClassVar[str] = CalendarGLM.name

    model: CalendarGLM
    options: Options
    calendar: Calendar
    fits: Mapping[str, SeriesFit]

    def expected(self, name: str, starts: pd.DatetimeIndex, factors: Array) -> Array:
        """Return the expected counts by the calendar alone, without the level, (periods,)."""
        fit = self.fits[name]
        # A factor that is not known says nothing: it counts as its mean.
        told = np.where(np.isfinite(factors), factors, fit.scaling.centre)
        columns = _columns(self.calendar, fit.scaling, self.model.trend, starts, told)
        return fit.line.mean(cells(starts, self.options.period), columns)

    def ahead(self, series: CountSeries, ahead: Ahead) -> CountForecast:
        """Return the forecast of periods after the known ones of a series."""
        fit = of_series(self.fits, series)
        recent = series.last(days(self.model.level_days, self.options))
        usual = self.expected(series.name, recent.starts, recent.factors)
        mean = self.expected(series.name, ahead.starts, ahead.factors)
        level = level_ratio(recent.counts, usual) ** self.model.level_share
        dispersion = np.full(len(mean), fit.dispersion)
        return CountForecast(
            ahead.starts, self.options.period, mean * level, dispersion, fit.day_dispersion
        )

    def parts(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return what it learned: tensors, and plain names and numbers."""
        fits = list(self.fits.values())
        tensors = {
            "constant": [one.line.constant for one in fits],
            "cells": [one.line.cells for one in fits],
            "weights": [one.line.weights for one in fits],
            "dispersion": [one.dispersion for one in fits],
            "day_dispersion": [one.day_dispersion for one in fits],
            "centre": [one.scaling.centre for one in fits],
            "scale": [one.scaling.scale for one in fits],
        }
        rest = {
            "series": list(self.fits),
            "last": [str(one.scaling.last) for one in fits],
            "country": self.calendar.country,
            "holidays": list(self.calendar.names),
            "harmonics": self.calendar.harmonics,
        }
        return {name: torch.tensor(np.array(one)) for name, one in tensors.items()}, rest


def level_ratio(counts: Array, usual: Array) -> float:
    """Return how many came for each who was expected, over the periods that are known."""
    seen = np.isfinite(counts)
    # One patient more on both sides: nobody came and nobody was expected is a ratio of one.
    return float((counts[seen].sum() + 1) / (usual[seen].sum() + 1))


def _calendar(known: Known, options: Options, harmonics: int) -> Calendar:
    """Return the calendar with the holidays that occurred in any series."""
    country = next(iter(known.values())).country if options.holidays else None
    first = min(one.starts[0] for one in known.values())
    last = max(one.starts[-1] for one in known.values())
    if last - first < YEAR - pd.Timedelta(days=1):
        harmonics = 0
    return Calendar.of(pd.date_range(first.normalize(), last, freq="D"), country, harmonics)


def _columns(
    calendar: Calendar, scaling: Scaling, trend: bool, starts: pd.DatetimeIndex, factors: Array
) -> Array:
    told = [calendar.columns(starts), (factors - scaling.centre) / scaling.scale]
    if trend:
        told.append(np.asarray((starts - scaling.last) / YEAR)[:, None])
    return np.column_stack(told)
