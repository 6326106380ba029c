"""What the models of demand have in common once they have learned."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np
import pandas as pd
from torch import Tensor

from forecast.data.history import History
from forecast.demand.count_forecast import CountForecast
from forecast.demand.count_series import CountSeries, Known, known_series
from forecast.demand.law import Array
from forecast.demand.options import DAY, Options
from forecast.network import Trainer
from objective import InvalidInput

Value = TypeVar("Value")

#: Days for which nothing need be known before the first period that is forecast.
LONGEST_SILENCE = 7


@dataclass(frozen=True)
class Ahead:
    """Periods to be forecast.

    Attributes
    ----------
    starts
        When they begin, (periods,).
    factors
        Their external factors, (periods, factors).
    """

    starts: pd.DatetimeIndex
    factors: Array


class DemandModel(Protocol):
    """A model of demand before it learns: a frozen dataclass of its parameters."""

    name: ClassVar[str]
    promotable: ClassVar[bool]
    __dataclass_fields__: ClassVar[dict[str, Any]]

    def learn(
        self, options: Options, known: Known, trainer: Trainer, before: "FittedDemand | None" = None
    ) -> "FittedDemand":
        """Return the model, learned from what is known.

        Parameters
        ----------
        options
            Of the quantity.
        known
            All series that it is to learn.
        trainer
            Where networks learn.
        before
            The same model, learned from what was known earlier, to begin from.
        """
        ...

    def restore(
        self, options: Options, tensors: Mapping[str, Tensor], rest: Mapping[str, Any]
    ) -> "FittedDemand":
        """Return the fitted model that was kept as tensors and plain values."""
        ...


class FittedDemand(ABC):
    """A model of demand that has learned.

    Attributes
    ----------
    name
        Of its model.
    model, options
        The parameters with which it learned, and the options of the quantity.
    """

    name: ClassVar[str]
    model: DemandModel
    options: Options

    @abstractmethod
    def ahead(self, series: CountSeries, ahead: Ahead) -> CountForecast:
        """Return the forecast of periods after the known ones of a series."""

    @abstractmethod
    def parts(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return what it learned: tensors, and plain names and numbers."""

    def to_parts(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return its tensors by name, and everything else as plain names and numbers."""
        tensors, rest = self.parts()
        return tensors, {"parameters": asdict(self.model), "learned": rest}

    def forecast(
        self,
        known: History,
        starts: pd.DatetimeIndex,
        series: str,
        factors: pd.DataFrame | None = None,
    ) -> CountForecast:
        """Return the forecast of periods of a series, from what is known of it.

        Parameters
        ----------
        known
            The history as it is known when the forecast is made.
        starts
            When the periods begin, in ascending order, (periods,).
        series
            What is counted.
        factors
            The external factors of the periods, a row for each; needed if the options name some.

        Raises
        ------
        InvalidInput
            If the periods are not of the length learned or too far ahead, nothing is known shortly
            before them, or a factor is missing.
        """
        grid = starts.floor(f"{self.options.period}min")
        ordered = len(starts) > 0 and bool((starts[1:] > starts[:-1]).all())
        if not ordered or starts.hasnans or not (grid == starts).all():
            allowed = f"ascending starts of periods of {self.options.period} minutes"
            raise InvalidInput("starts", [str(one) for one in starts[:3]], allowed)
        counts = known_series(known, self.options, starts[0], series)[series]
        check_reach(counts, starts, self.options)
        return self.ahead(counts, Ahead(starts, _factors(factors, starts, self.options)))


def check_reach(series: CountSeries, starts: pd.DatetimeIndex, options: Options) -> None:
    """Raise `InvalidInput` if periods are farther ahead than the model forecasts."""
    seen = series.starts[np.isfinite(series.counts)]
    if not len(seen):
        raise InvalidInput(f"arrivals of {series.name}", "unknown", "known for some periods")
    last = seen[-1]
    farthest = last + pd.Timedelta(days=options.horizon + LONGEST_SILENCE)
    if starts[-1] > farthest:
        allowed = (
            f"at most {options.horizon} days ahead (the last count "
            f"known of {series.name} is of {last})"
        )
        raise InvalidInput("starts", str(starts[-1]), allowed)


def of_series(learned: Mapping[str, Value], series: CountSeries) -> Value:
    """Return what was learned of a series; raise `InvalidInput` if nothing was."""
    if series.name not in learned:
        names = ", ".join(list(learned)[:20])
        raise InvalidInput("series", series.name, f"one that was learned: {names}")
    return learned[series.name]


def positions(series: CountSeries, starts: pd.DatetimeIndex, options: Options) -> np.ndarray:
    """Return the places of periods on the grid of a series, (periods,); it may end before them."""
    steps = (starts - series.starts[0]) / pd.Timedelta(minutes=options.period)
    return np.asarray(steps).round().astype(int)


def days(number: float, options: Options) -> int:
    """Return a number of days as a number of periods."""
    return int(number * DAY // options.period)


def _factors(given: pd.DataFrame | None, starts: pd.DatetimeIndex, options: Options) -> Array:
    if not options.factors:
        return np.zeros((len(starts), 0))
    table = pd.DataFrame() if given is None else given
    for name in options.factors:
        if name not in table.columns:
            raise InvalidInput("factors", list(table.columns), f"a table with a column {name}")
    if len(table) != len(starts):
        raise InvalidInput("factors", f"{len(table)} rows", f"{len(starts)} rows, one per period")
    numbers = table[[*options.factors]].apply(pd.to_numeric, errors="coerce")
    values: Array = numbers.to_numpy(float)
    known_factors(values, options)
    return values


def known_factors(values: Array, options: Options) -> None:
    """Raise `InvalidInput` unless every factor is known."""
    for name, column in zip(options.factors, values.T, strict=True):
        if not np.isfinite(column).all():
            bad = column[~np.isfinite(column)][0]
            raise InvalidInput(f"factors.{name}", float(bad), "a finite number in every period")
