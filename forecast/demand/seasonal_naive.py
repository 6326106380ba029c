"""The count of the same period a week before, with the errors that this rule made."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from forecast.demand.count_forecast import CountForecast, QuantileForecast
from forecast.demand.count_series import CountSeries, Known
from forecast.demand.fitted import Ahead, FittedDemand, days, of_series, positions
from forecast.demand.law import Array, matching_dispersion
from forecast.demand.levels import TABLE_LEVELS
from forecast.demand.options import Options
from forecast.network import Trainer
from objective.errors import whole_number


@dataclass(frozen=True)
class SeasonalNaive:
    """As many as in the same period of the last known week.

    Attributes
    ----------
    window
        Last days whose errors tell the spread.
    """

    name: ClassVar[str] = "seasonal_naive"
    promotable: ClassVar[bool] = True

    window: int = 364

    def __post_init__(self) -> None:
        whole_number("window", self.window, 14, 36_500)

    def learn(
        self, options: Options, known: Known, trainer: Trainer, before: FittedDemand | None = None
    ) -> "FittedSeasonalNaive":
        """Return the rule with the quantiles of its errors for every series."""
        del trainer, before
        errors = {name: self._errors(series, options) for name, series in known.items()}
        return FittedSeasonalNaive(self, options, errors)

    def _errors(self, series: CountSeries, options: Options) -> Array:
        counts = series.last(days(self.window, options) + options.safe_lag).counts
        # With a short history the spread is that of a week ahead, also for later weeks.
        lag = options.safe_lag if len(counts) > 2 * options.safe_lag else options.season
        error = counts[lag:] - counts[:-lag]
        error = error[np.isfinite(error)]
        return np.quantile(error, TABLE_LEVELS) if len(error) else np.zeros(len(TABLE_LEVELS))

    def restore(
        self, options: Options, tensors: Mapping[str, Tensor], rest: Mapping[str, Any]
    ) -> "FittedSeasonalNaive":
        """Return the fitted model that was kept as tensors and plain values."""
        rows = tensors["errors"].numpy()
        return FittedSeasonalNaive(self, options, dict(zip(rest["series"], rows, strict=True)))


@dataclass(frozen=True)
class FittedSeasonalNaive(FittedDemand):
    """The rule with the quantiles of its errors, by series."""

    name: ClassVar[str] = SeasonalNaive.name

    model: SeasonalNaive
    options: Options
    errors: Mapping[str, Array]

    def ahead(self, series: CountSeries, ahead: Ahead) -> CountForecast:
        """Return the forecast of periods after the known ones of a series."""
        errors = of_series(self.errors, series)
        middle = last_of_cell(series, ahead, self.options)
        table = np.maximum(middle[:, None] + errors, 0.0)
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
        errors = torch.tensor(np.stack(list(self.errors.values())))
        return {"errors": errors}, {"series": list(self.errors)}


def last_of_cell(series: CountSeries, ahead: Ahead, options: Options) -> Array:
    """Return the last known count of the same period of the week, (periods,).

    Where there is none, that of the whole series stands for it.
    """
    places = positions(series, ahead.starts, options)
    size = len(series.counts)
    weeks = np.maximum(1, -(-(places - size + 1) // options.season))
    found = np.full(len(places), np.nan)
    for back in range(-(-size // options.season) + 1):
        at = places - (weeks + back) * options.season
        open_ones = np.isnan(found) & (at >= 0)
        found[open_ones] = series.counts[at[open_ones]]
        if not np.isnan(found).any():
            break
    return np.where(np.isnan(found), np.nanmean(series.counts), found)
