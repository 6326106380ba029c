"""Demand as a quantity that is forecast: how its models learn, are tested and are kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, cast

import pandas as pd
from torch import Tensor

from forecast.data.history import History
from forecast.data.periods import Split
from forecast.demand.average import Average, AverageWithETS
from forecast.demand.calendar import cells, holiday_names
from forecast.demand.calendar_glm import CalendarGLM
from forecast.demand.comparison import compared
from forecast.demand.count_series import known_series
from forecast.demand.fitted import DemandModel, FittedDemand
from forecast.demand.gradient_boosting import GradientBoosting
from forecast.demand.network import Network
from forecast.demand.options import Options
from forecast.demand.rolling import rolling_forecasts
from forecast.demand.seasonal_naive import SeasonalNaive
from forecast.demand.statistical import AutoARIMA, ExponentialSmoothing
from forecast.demand.weekday_median import WeekdayMedian
from forecast.evaluation import Evaluation
from forecast.network import Trainer
from forecast.quantity import Fitted, Model
from objective import InvalidInput

MODELS: dict[str, type[DemandModel]] = {
    one.name: one
    for one in (
        SeasonalNaive,
        WeekdayMedian,
        CalendarGLM,
        GradientBoosting,
        Network,
        Average,
        ExponentialSmoothing,
        AutoARIMA,
        AverageWithETS,
    )
}


@dataclass(frozen=True)
class Demand(Options):
    """How many ask for an appointment, or come without one; see `Options`."""

    name: ClassVar[str] = "demand"
    models: ClassVar[Mapping[str, type[Model]]] = cast("Mapping[str, type[Model]]", MODELS)

    def fit(
        self, model: Model, history: History, train_until: pd.Timestamp, trainer: Trainer
    ) -> FittedDemand:
        """Return the model, learned from what was known before ``train_until``."""
        known = known_series(history.known_at(train_until), self, train_until)
        return cast("DemandModel", model).learn(self, known, trainer)

    def evaluate(self, models: Mapping[str, Fitted], history: History, split: Split) -> Evaluation:
        """Score models side by side on forecasts from a rolling origin."""
        fitted = cast("Mapping[str, FittedDemand]", models)
        cases = rolling_forecasts(fitted, history, split, self)
        kept_back = tuple(name for name, one in fitted.items() if not one.model.promotable)
        return compared(cases, self, split, kept_back)

    def restore(
        self, name: str, tensors: Mapping[str, Tensor], rest: Mapping[str, Any]
    ) -> FittedDemand:
        """Make the fitted model that `FittedDemand.to_parts` described."""
        if name not in MODELS:
            raise InvalidInput("model", name, "one of " + ", ".join(MODELS))
        model = MODELS[name](**rest["parameters"])
        return model.restore(self, tensors, rest["learned"])

    def inputs(self, history: History, first: pd.Timestamp, until: pd.Timestamp) -> pd.DataFrame:
        """Return counts, the places of the periods in day and week, and factors, (cases, inputs).

        Counts are among them: what came lately is what the models look at.
        """
        tables = []
        for name, series in known_series(history, self, until).items():
            inside = series.starts >= first
            starts = series.starts[inside]
            place = cells(starts, self.period)
            country = series.country if self.holidays else None
            table = pd.DataFrame(
                {
                    "series": name,
                    "weekday": starts.day_name(),
                    "period_of_day": place % self.per_day,
                    "bank_holiday": [str(one != "") for one in holiday_names(starts, country)],
                    "count": series.counts[inside],
                }
            )
            for factor, column in zip(self.factors, series.factors[inside].T, strict=True):
                table[factor] = column
            tables.append(table)
        return pd.concat(tables, ignore_index=True)
