"""The median of the same weekday of the last weeks, where a bank holiday is a Sunday.

For many series with a short history nothing is simpler, and little is better. Its spread is what
demand was to the rule, as ratios, over all series together: one series has too few weeks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from forecast.demand.calendar import cells, holiday_names
from forecast.demand.count_forecast import CountForecast, QuantileForecast
from forecast.demand.count_series import CountSeries, Known
from forecast.demand.fitted import Ahead, FittedDemand
from forecast.demand.law import Array, matching_dispersion
from forecast.demand.levels import TABLE_LEVELS
from forecast.demand.options import Options
from forecast.network import Trainer
from objective import InvalidInput
from objective.errors import whole_number

#: The kinds of days whose spread is told apart: working days, Saturdays, Sundays and bank holidays.
KINDS = 3
SATURDAY, SUNDAY = 5, 6
#: Ratios of a kind of day without which those of all days stand for them.
FEWEST_RATIOS = 50


@dataclass(frozen=True)
class WeekdayMedian:
    """The median of the last weeks.

    Attributes
    ----------
    weeks
        Days of the same kind whose median it is, a week apart.
    backtest_weeks
        Earlier weeks on which the rule is tried to tell its spread.
    """

    name: ClassVar[str] = "weekday_median"
    promotable: ClassVar[bool] = True

    weeks: int = 8
    backtest_weeks: int = 26

    def __post_init__(self) -> None:
        whole_number("weeks", self.weeks, 1, 520)
        whole_number("backtest_weeks", self.backtest_weeks, 1, 520)

    def learn(
        self, options: Options, known: Known, trainer: Trainer, before: FittedDemand | None = None
    ) -> "FittedWeekdayMedian":
        """Return the rule with the quantiles of its ratios, over all series."""
        del trainer, before
        country = next(iter(known.values())).country if options.holidays else None
        kinds, ratios = [], []
        for series in known.values():
            kind, ratio = self._ratios(series, options, country)
            kinds.append(kind)
            ratios.append(ratio)
        table = _spread(np.concatenate(kinds), np.concatenate(ratios))
        return FittedWeekdayMedian(self, options, country, tuple(known), table)

    def _ratios(
        self, series: CountSeries, options: Options, country: str | None
    ) -> tuple[np.ndarray, Array]:
        """Return kinds of days and logarithms of ratios of demand to the rule, for past weeks."""
        kind, ratio = [], []
        for week in range(1, self.backtest_weeks + 1):
            size = len(series.counts) - week * options.season
            if size < options.season:
                break
            then = _first(series, size)
            ahead = slice(size, size + min(options.ahead, week * options.season))
            starts, counts = series.starts[ahead], series.counts[ahead]
            middle, kinds = median_of_cell(then, starts, options, country, self.weeks)
            logarithm = np.log((counts + 1) / (middle + 1))
            seen = np.isfinite(logarithm)
            kind.append(kinds[seen])
            ratio.append(logarithm[seen])
        if not ratio:
            return np.zeros(0, int), np.zeros(0)
        return np.concatenate(kind), np.concatenate(ratio)

    def restore(
        self, options: Options, tensors: Mapping[str, Tensor], rest: Mapping[str, Any]
    ) -> "FittedWeekdayMedian":
        """Return the fitted model that was kept as tensors and plain values."""
        table = tensors["ratios"].numpy()
        return FittedWeekdayMedian(self, options, rest["country"], tuple(rest["series"]), table)


@dataclass(frozen=True)
class FittedWeekdayMedian(FittedDemand):
    """The rule, the series that it learned, and its ratios' quantiles, (kinds, levels)."""

    name: ClassVar[str] = WeekdayMedian.name

    model: WeekdayMedian
    options: Options
    country: str | None
    series: tuple[str, ...]
    ratios: Array

    def ahead(self, series: CountSeries, ahead: Ahead) -> CountForecast:
        """Return the forecast of periods after the known ones of a series."""
        if series.name not in self.series:
            names = ", ".join(self.series[:20])
            raise InvalidInput("series", series.name, f"one that was learned: {names}")
        middle, kinds = median_of_cell(
            series, ahead.starts, self.options, self.country, self.model.weeks
        )
        table = np.maximum((middle[:, None] + 1) * np.exp(self.ratios[kinds]) - 1, 0.0)
        mean = table.mean(axis=1)
        return QuantileForecast(
            ahead.starts,
            self.options.period,
            mean,
            matching_dispersion(mean, table.var(axis=1)),
            levels=TABLE_LEVELS,
            table=table,
        )

    def parts(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return what it learned: tensors, and plain names and numbers."""
        return {"ratios": torch.tensor(self.ratios)}, {
            "series": list(self.series),
            "country": self.country,
        }


def median_of_cell(
    series: CountSeries,
    starts: pd.DatetimeIndex,
    options: Options,
    country: str | None,
    weeks: int,
) -> tuple[Array, np.ndarray]:
    """Return for some periods the medians of the last of their kind, and the kinds of days."""
    seen = np.isfinite(series.counts)
    past = pd.Series(_holiday_cells(series.starts[seen], options, country))
    counts = pd.Series(series.counts[seen])
    # The last of its kind: a bank holiday does not shorten what is known of its weekday.
    recent = past.groupby(past).cumcount(ascending=False) < weeks
    grouped = counts[recent].groupby(past[recent]).median()
    usual = float(np.median(counts)) if seen.any() else 0.0
    wanted = _holiday_cells(starts, options, country)
    middle = np.asarray(grouped.reindex(wanted).fillna(usual), dtype=float)
    weekday = wanted // options.per_day
    return np.asarray(middle), np.where(weekday == SUNDAY, 2, np.where(weekday == SATURDAY, 1, 0))


def _holiday_cells(starts: pd.DatetimeIndex, options: Options, country: str | None) -> np.ndarray:
    """Return the place of each period in its week, on Sunday if it is a bank holiday."""
    place = cells(starts, options.period)
    sunday = SUNDAY * options.per_day + place % options.per_day
    return np.where(holiday_names(starts, country) != "", sunday, place)


def _spread(kinds: np.ndarray, ratios: Array) -> Array:
    """Return the quantiles of the logarithms of ratios of each kind of day, of median 0.

    Without any past week the counts are taken to be the rule's, of which only Poisson's law for a
    large count is known; that is nearly no spread, and soon replaced.
    """
    if not len(ratios):
        raise InvalidInput("arrivals", "one or two weeks", "weeks on which the median can be tried")
    found = []
    for kind in range(KINDS):
        own = ratios[kinds == kind]
        own = own if len(own) >= FEWEST_RATIOS else ratios
        found.append(np.quantile(own - np.median(own), TABLE_LEVELS))
    return np.stack(found)


def _first(series: CountSeries, periods: int) -> CountSeries:
    return CountSeries(
        series.name,
        series.starts[:periods],
        series.counts[:periods],
        series.factors[:periods],
        series.country,
    )
