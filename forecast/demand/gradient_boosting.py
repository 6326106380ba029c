"""Gradient boosted trees with a Poisson loss (LightGBM), over all series together."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from forecast.demand.calendar import cells, holiday_names
from forecast.demand.count_forecast import CountForecast
from forecast.demand.count_series import CountSeries, Known
from forecast.demand.day_effect import day_dispersion
from forecast.demand.fitted import Ahead, FittedDemand, days, of_series, positions
from forecast.demand.law import Array, likely_dispersion
from forecast.demand.options import Options
from forecast.demand.recent import drawn_origins, memory, recent_columns
from forecast.network import Trainer
from objective import InvalidInput
from objective.errors import positive_number, whole_number

#: The last days, at most a quarter of all, of which no tree learns at first: they tell the
#: dispersion. Then the trees learn of all.
HELD_OUT_DAYS = 364


@dataclass(frozen=True)
class GradientBoosting:
    """Gradient boosted trees.

    Attributes
    ----------
    trees, learning_rate, leaves, least_in_leaf
        How many trees, how much each adds, how many leaves it has, and how many periods a leaf.
    window
        Last days that it learns from; 0 for all.
    refit_every
        Origins of an evaluation after which it learns again, if the options say fewer.
    """

    name: ClassVar[str] = "gradient_boosting"
    promotable: ClassVar[bool] = True

    trees: int = 150
    learning_rate: float = 0.05
    leaves: int = 15
    least_in_leaf: int = 20
    window: int = 0
    refit_every: int = 4

    def __post_init__(self) -> None:
        whole_number("trees", self.trees, 1, 100_000)
        if positive_number("learning_rate", self.learning_rate) > 1:
            raise InvalidInput("learning_rate", self.learning_rate, "above 0, at most 1")
        whole_number("leaves", self.leaves, 2, 10_000)
        whole_number("least_in_leaf", self.least_in_leaf, 1, 1_000_000)
        whole_number("refit_every", self.refit_every, 1, 100_000)
        whole_number("window", self.window, 0, 36_500)

    def learn(
        self, options: Options, known: Known, trainer: Trainer, before: FittedDemand | None = None
    ) -> "FittedGradientBoosting":
        """Return the trees, learned from every series."""
        del before
        generator = np.random.default_rng(trainer.seed)
        country = next(iter(known.values())).country if options.holidays else None
        usual = {name: max(float(np.nanmean(one.counts)), 1e-3) for name, one in known.items()}
        cases = []
        for name, series in known.items():
            kept = series.last(days(self.window, options)) if self.window else series
            cases.append(_cases(kept, usual[name], country, options, generator))
        early = self._boost([one.part(~one.late) for one in cases], trainer.seed)
        learned = {
            name: one.part(one.late).level(usual[name], early, options)
            for (name, one) in zip(known, cases, strict=True)
        }
        trees = self._boost(cases, trainer.seed)
        return FittedGradientBoosting(self, options, country, learned, trees)

    def _boost(self, cases: "list[_Cases]", seed: int) -> str:
        """Return the trees as LightGBM's text."""
        # Loading the library takes as long as importing the rest of the package.
        import lightgbm

        settings = {
            "objective": "poisson",
            "learning_rate": self.learning_rate,
            "num_leaves": self.leaves,
            "min_data_in_leaf": self.least_in_leaf,
            "feature_fraction": 0.8,
            "bagging_fraction": 0.8,
            "bagging_freq": 1,
            "seed": seed,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": 1,
            "verbosity": -1,
        }
        inputs, counts, base = (
            np.concatenate([getattr(one, name) for one in cases])
            for name in ("inputs", "counts", "base")
        )
        table = lightgbm.Dataset(inputs, counts, init_score=base)
        return str(lightgbm.train(settings, table, self.trees).model_to_string())

    def restore(
        self, options: Options, tensors: Mapping[str, Tensor], rest: Mapping[str, Any]
    ) -> "FittedGradientBoosting":
        """Return the fitted model that was kept as tensors and plain values."""
        rows = tensors["levels"].tolist()
        learned = {name: SeriesLevel(*row) for name, row in zip(rest["series"], rows, strict=True)}
        return FittedGradientBoosting(self, options, rest["country"], learned, rest["trees"])


@dataclass(frozen=True)
class SeriesLevel:
    """The mean count of a series, its dispersion about the trees, and that of its days."""

    usual: float
    dispersion: float
    day_dispersion: float


@dataclass(frozen=True)
class FittedGradientBoosting(FittedDemand):
    """Trees that have learned, as LightGBM's text, and what was learned of each series."""

    name: ClassVar[str] = GradientBoosting.name

    model: GradientBoosting
    options: Options
    country: str | None
    learned: Mapping[str, SeriesLevel]
    trees: str

    def ahead(self, series: CountSeries, ahead: Ahead) -> CountForecast:
        """Return the forecast of periods after the known ones of a series."""
        level = of_series(self.learned, series)
        recent = series.last(memory(self.options))
        places = positions(recent, ahead.starts, self.options)
        origins = np.full(len(places), len(recent.counts))
        inputs = _inputs(recent, level.usual, self.country, ahead, places, origins, self.options)
        mean = level.usual * np.exp(_predicted(self.trees, inputs))
        dispersion = np.full(len(mean), level.dispersion)
        return CountForecast(
            ahead.starts, self.options.period, mean, dispersion, level.day_dispersion
        )

    def parts(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return what it learned: tensors, and plain names and numbers."""
        levels = [[one.usual, one.dispersion, one.day_dispersion] for one in self.learned.values()]
        rest = {"series": list(self.learned), "country": self.country, "trees": self.trees}
        return {"levels": torch.tensor(levels, dtype=torch.float64)}, rest


@dataclass(frozen=True)
class _Cases:
    """Periods of one series to learn from.

    Attributes
    ----------
    inputs, counts
        What the trees look at, (periods, inputs), and what was counted, (periods,).
    base
        Logarithms of the usual count, to which the trees add, (periods,).
    starts
        When the periods begin.
    late
        Which of them no tree learns of until the dispersion is known, (periods,).
    """

    inputs: Array
    counts: Array
    base: Array
    starts: pd.DatetimeIndex
    late: np.ndarray

    def part(self, chosen: np.ndarray) -> "_Cases":
        """Return some of the periods."""
        return _Cases(
            self.inputs[chosen],
            self.counts[chosen],
            self.base[chosen],
            self.starts[chosen],
            self.late[chosen],
        )

    def level(self, usual: float, trees: str, options: Options) -> SeriesLevel:
        """Return how the counts vary about what trees that did not see them expect."""
        if not len(self.counts):
            return SeriesLevel(usual, 0.0, 0.0)
        mean = np.exp(self.base + _predicted(trees, self.inputs))
        shared = day_dispersion(self.starts, self.counts, mean) if options.day_effect else 0.0
        return SeriesLevel(usual, likely_dispersion(self.counts, mean), shared)


def _cases(
    series: CountSeries,
    usual: float,
    country: str | None,
    options: Options,
    generator: np.random.Generator,
) -> _Cases:
    size = len(series.counts)
    # Before the first lag nothing is known of recent demand.
    places = np.arange(min(options.safe_lag, size // 2), size)
    places = places[np.isfinite(series.counts[places])]
    origins = drawn_origins(places, options, generator)
    ahead = Ahead(series.starts[places], series.factors[places])
    return _Cases(
        _inputs(series, usual, country, ahead, places, origins, options),
        series.counts[places],
        np.full(len(places), np.log(usual)),
        ahead.starts,
        places >= size - min(days(HELD_OUT_DAYS, options), size // 4),
    )


def _inputs(
    series: CountSeries,
    usual: float,
    country: str | None,
    ahead: Ahead,
    places: np.ndarray,
    origins: np.ndarray,
    options: Options,
) -> Array:
    """Return what the trees look at, (periods, inputs)."""
    starts = ahead.starts
    expected = np.full(len(series.counts), usual)
    return np.column_stack(
        [
            recent_columns(series.counts, expected, places, origins, options),
            cells(starts, options.period) // options.per_day,
            cells(starts, options.period) % options.per_day,
            np.asarray(starts.dayofyear),
            (holiday_names(starts, country) != "").astype(float),
            places - origins,
            ahead.factors,
        ]
    )


def _predicted(trees: str, inputs: Array) -> Array:
    """Return what the trees add to the logarithm of the usual count, (periods,)."""
    return np.asarray(_booster(trees).predict(inputs, raw_score=True, num_threads=1))


@lru_cache(maxsize=8)
def _booster(trees: str) -> Any:
    import lightgbm

    return lightgbm.Booster(model_str=trees)
