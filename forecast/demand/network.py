"""A small network on the calendar's generalised linear model: it learns what that leaves over.

Its last layer begins at zero, so that it begins at the model whose logarithm is its offset.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import lightning
import numpy as np
import torch
from torch import Tensor, nn

from forecast.demand.calendar import annual_waves, holiday_names
from forecast.demand.calendar_glm import CalendarGLM, FittedCalendarGLM
from forecast.demand.count_forecast import CountForecast
from forecast.demand.count_series import CountSeries, Known
from forecast.demand.fitted import Ahead, FittedDemand, days, of_series, positions
from forecast.demand.law import Array
from forecast.demand.options import DAY, Options
from forecast.demand.recent import drawn_origins, memory, recent_columns
from forecast.network import VALIDATION, Schedule, Trainer, train_network
from objective import InvalidInput
from objective.errors import probability, whole_number

#: The least dispersion that the network begins from: its logarithm is an offset too.
LEAST_DISPERSION = 1e-4
#: How far the network may move the logarithm of the mean and that of the dispersion.
FARTHEST = 3.0


@dataclass(frozen=True)
class Network:
    """A network with a negative binomial law on the calendar's model as offset.

    Attributes
    ----------
    hidden, layers
        Units of a hidden layer, and how many layers.
    dropout
        Share of the units that are left out while it learns.
    epochs, batch, learning_rate, weight_decay, patience
        How long it learns and in what steps, see `Schedule`.
    validation_days
        Last days on which it is seen whether it still gets better.
    window
        Last days that it and its offset learn from; 0 for all.
    refit_every
        Origins of an evaluation after which it learns again, if the options say fewer.
    level_days, level_share
        Of its offset, see `CalendarGLM`.
    """

    name: ClassVar[str] = "network"
    promotable: ClassVar[bool] = True

    hidden: int = 32
    layers: int = 2
    dropout: float = 0.1
    epochs: int = 30
    batch: int = 512
    learning_rate: float = 1e-3
    weight_decay: float = 1e-3
    patience: int = 4
    validation_days: int = 84
    window: int = 730
    refit_every: int = 8
    level_days: int = 28
    level_share: float = 0.5

    def __post_init__(self) -> None:
        whole_number("hidden", self.hidden, 1, 10_000)
        whole_number("layers", self.layers, 1, 20)
        if probability("dropout", self.dropout) == 1:
            raise InvalidInput("dropout", self.dropout, "below 1")
        whole_number("refit_every", self.refit_every, 1, 100_000)
        whole_number("validation_days", self.validation_days, 1, 36_500)
        _ = self.schedule, self.offset

    @property
    def schedule(self) -> Schedule:
        """How long it learns."""
        return Schedule(
            self.epochs, self.batch, self.learning_rate, self.weight_decay, self.patience
        )

    @property
    def offset(self) -> CalendarGLM:
        """The model that it begins from."""
        return CalendarGLM(
            window=self.window, level_days=self.level_days, level_share=self.level_share
        )

    def learn(
        self, options: Options, known: Known, trainer: Trainer, before: FittedDemand | None = None
    ) -> "FittedNetwork":
        """Return the network, learned from every series; it goes on from an earlier one."""
        earlier = before if isinstance(before, FittedNetwork) else None
        offset = self.offset.learn(
            options, known, trainer, None if earlier is None else earlier.offset
        )
        generator = np.random.default_rng(trainer.seed)
        learning: list[tuple[Array, ...]] = []
        checking: list[tuple[Array, ...]] = []
        for series in known.values():
            kept = series.last(days(self.window, options)) if self.window else series
            cases = _cases(kept, offset, options, generator)
            held = min(days(self.validation_days, options), len(cases[0]) // 4)
            cut = len(cases[0]) - held
            learning.append(tuple(one[:cut] for one in cases))
            checking.append(tuple(one[cut:] for one in cases))
        torch.manual_seed(trainer.seed)
        inputs = learning[0][0].shape[1]
        layers = _layers(inputs, self)
        if earlier is not None and earlier.inputs == inputs:
            layers.load_state_dict(earlier.layers.state_dict())
        module = _Module(layers, self.schedule)
        train_network(
            module, _joined(learning), _joined(checking), self.schedule, trainer, self.name
        )
        layers = layers.eval()
        return FittedNetwork(self, options, offset, layers)

    def restore(
        self, options: Options, tensors: Mapping[str, Tensor], rest: Mapping[str, Any]
    ) -> "FittedNetwork":
        """Return the fitted model that was kept as tensors and plain values."""
        state = _after("layers.", tensors)
        layers = _layers(state["0.weight"].shape[1], self)
        layers.load_state_dict(state)
        offset = self.offset.restore(options, _after("offset.", tensors), rest["offset"])
        return FittedNetwork(self, options, offset, layers.eval())


@dataclass(frozen=True)
class FittedNetwork(FittedDemand):
    """A network that has learned, with the model that it begins from."""

    name: ClassVar[str] = Network.name

    model: Network
    options: Options
    offset: FittedCalendarGLM
    layers: nn.Sequential

    @property
    def inputs(self) -> int:
        """How many numbers it looks at."""
        return int(self.layers.state_dict()["0.weight"].shape[1])

    def ahead(self, series: CountSeries, ahead: Ahead) -> CountForecast:
        """Return the forecast of periods after the known ones of a series."""
        fit = of_series(self.offset.fits, series)
        begun = self.offset.ahead(series, ahead)
        recent = series.last(memory(self.options))
        places = positions(recent, ahead.starts, self.options)
        origins = np.full(len(places), len(recent.counts))
        expected = self.offset.expected(series.name, recent.starts, recent.factors)
        usual = self.offset.expected(series.name, ahead.starts, ahead.factors)
        inputs = _inputs(recent, expected, ahead, usual, places, origins, self.offset)
        with torch.no_grad():
            moved = _bounded(self.layers(torch.from_numpy(inputs))).numpy()
        dispersion = max(fit.dispersion, LEAST_DISPERSION) * np.exp(moved[:, 1])
        mean = begun.mean * np.exp(moved[:, 0])
        return CountForecast(
            ahead.starts, self.options.period, mean, dispersion, fit.day_dispersion
        )

    def parts(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return what it learned: tensors, and plain names and numbers."""
        offset, rest = self.offset.parts()
        tensors = {f"offset.{name}": one for name, one in offset.items()}
        state = self.layers.state_dict()
        return {**tensors, **{f"layers.{name}": one for name, one in state.items()}}, {
            "offset": rest
        }


class _Module(lightning.LightningModule):
    """What Lightning trains: the negative logarithm of the likelihood, per case."""

    def __init__(self, layers: nn.Sequential, schedule: Schedule) -> None:
        super().__init__()
        self.layers, self.schedule = layers, schedule

    def loss(self, cases: tuple[Tensor, ...]) -> Tensor:
        inputs, counts, logarithm, spread = cases
        moved = _bounded(self.layers(inputs))
        mean = torch.exp(logarithm + moved[:, 0])
        shape = torch.exp(-spread - moved[:, 1])
        likelihood = (
            torch.lgamma(counts + shape)
            - torch.lgamma(shape)
            - shape * torch.log1p(mean / shape)
            + torch.xlogy(counts, mean / (shape + mean))
        )
        return -(likelihood - torch.lgamma(counts + 1)).mean()

    def training_step(self, cases: tuple[Tensor, ...], _: int) -> Tensor:
        return self.loss(cases)

    def validation_step(self, cases: tuple[Tensor, ...], _: int) -> None:
        self.log(VALIDATION, self.loss(cases), on_epoch=True, batch_size=len(cases[0]))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.AdamW(
            self.layers.parameters(),
            lr=self.schedule.learning_rate,
            weight_decay=self.schedule.weight_decay,
        )


def _layers(inputs: int, model: Network) -> nn.Sequential:
    """Return the layers; the last one gives zeros until it has learned."""
    made: list[nn.Module] = []
    for number in range(model.layers):
        size = inputs if number == 0 else model.hidden
        made += [nn.Linear(size, model.hidden), nn.SiLU(), nn.Dropout(model.dropout)]
    last = nn.Linear(model.hidden, 2)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return nn.Sequential(*made, last).double()


def _bounded(moved: Tensor) -> Tensor:
    """Return how far the logarithms move, never farther than a bound."""
    return FARTHEST * torch.tanh(moved / FARTHEST)


def _cases(
    series: CountSeries,
    offset: FittedCalendarGLM,
    options: Options,
    generator: np.random.Generator,
) -> tuple[Array, ...]:
    """Return inputs, counts, and the logarithms of the offset's mean and dispersion.

    Each period is seen once, from an origin at a lead drawn at random.
    """
    expected = offset.expected(series.name, series.starts, series.factors)
    seen = np.isfinite(series.counts) & np.isfinite(series.factors).all(axis=1)
    places = np.flatnonzero(seen)
    origins = drawn_origins(places, options, generator)
    ahead = Ahead(series.starts[places], series.factors[places])
    usual = expected[places]
    inputs = _inputs(series, expected, ahead, usual, places, origins, offset)
    level = _levels(series.counts, expected, origins, days(offset.model.level_days, options))
    fit = offset.fits[series.name]
    spread = np.full(len(places), np.log(max(fit.dispersion, LEAST_DISPERSION)))
    mean = usual * level**offset.model.level_share
    return inputs, series.counts[places], np.log(mean), spread


def _levels(counts: Array, expected: Array, origins: np.ndarray, length: int) -> Array:
    """Return what the level is at each origin; `level_ratio` for many of them."""
    seen = np.isfinite(counts)
    came = np.concatenate([[0.0], np.cumsum(np.where(seen, counts, 0.0))])
    usual = np.concatenate([[0.0], np.cumsum(np.where(seen, expected, 0.0))])
    since = np.maximum(origins - length, 0)
    return np.asarray((came[origins] - came[since] + 1) / (usual[origins] - usual[since] + 1))


def _inputs(
    series: CountSeries,
    expected: Array,
    ahead: Ahead,
    usual: Array,
    places: np.ndarray,
    origins: np.ndarray,
    offset: FittedCalendarGLM,
) -> Array:
    """Return what the network looks at, (periods, inputs)."""
    options, starts = offset.options, ahead.starts
    scaling = offset.fits[series.name].scaling
    week = np.eye(7)[np.asarray(starts.dayofweek)]
    angle = np.asarray(starts.hour * 60 + starts.minute, float) * (2 * np.pi / DAY)
    hours = [wave(k * angle) for k in (1, 2) for wave in (np.sin, np.cos)]
    holiday = holiday_names(starts, offset.calendar.country) != ""
    lead = (places - origins + 1) / options.ahead
    return np.column_stack(
        [
            week,
            *(hours if options.per_day > 1 else []),
            annual_waves(starts, min(2, offset.calendar.harmonics)),
            holiday.astype(float),
            (ahead.factors - scaling.centre) / scaling.scale,
            recent_columns(series.counts, expected, places, origins, options),
            np.log1p(usual) / 5,
            lead,
        ]
    )


def _joined(cases: list[tuple[Array, ...]]) -> tuple[Tensor, ...]:
    return tuple(torch.from_numpy(np.concatenate(one)) for one in zip(*cases, strict=True))


def _after(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): one for name, one in tensors.items() if name.startswith(prefix)
    }
