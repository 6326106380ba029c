"""A small network: embeddings of the categories beside the numbers; the mean over several seeds."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import lightning
import numpy as np
import torch
from torch import Tensor, nn

from forecast.network import VALIDATION, Schedule, Trainer, train_network
from forecast.no_show.encoding import Encoded, Encoder
from forecast.no_show.fitted import FittedNoShow, NoShowModel, Training
from forecast.no_show.options import Options
from forecast.no_show.past import Numbers
from objective.errors import InvalidInput, positive_number, probability, whole_number
from objective.one_thread import one_thread

#: Points of the empirical law by which a number is put on a common scale.
POINTS = 65
#: Share of the training cases, the last days, by which a network stops.
HELD_OUT = 0.1


@dataclass(frozen=True)
class Network:
    """Networks that differ in their seed.

    Attributes
    ----------
    seeds
        Number of networks.
    width, depth, dropout
        Units of a hidden layer, number of them, and the share left out while learning.
    embedding
        Most numbers that stand for a value of a category.
    epochs, batch, learning_rate, weight_decay, patience
        As `forecast.network.Schedule` has them.

    Raises
    ------
    InvalidInput
        If a field is outside its range.
    """

    name: ClassVar[str] = "network"
    promotable: ClassVar[bool] = True

    seeds: int = 5
    width: int = 64
    depth: int = 2
    dropout: float = 0.2
    embedding: int = 8
    epochs: int = 12
    batch: int = 512
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    patience: int = 3

    def __post_init__(self) -> None:
        whole_number("seeds", self.seeds, 1, 1_000)
        whole_number("width", self.width, 1, 100_000)
        whole_number("depth", self.depth, 1, 100)
        whole_number("embedding", self.embedding, 1, 10_000)
        if probability("dropout", self.dropout) == 1:
            raise InvalidInput("dropout", self.dropout, "less than 1")
        positive_number("learning_rate", self.learning_rate)
        self.schedule()

    def schedule(self) -> Schedule:
        """Return how long each network learns."""
        return Schedule(
            self.epochs, self.batch, self.learning_rate, self.weight_decay, self.patience
        )

    def learn(self, training: Training, trainer: Trainer) -> "FittedNetwork":
        """Return the networks; each stops by the last days of the training cases."""
        scale = np.quantile(training.cases.numbers, np.linspace(0, 1, POINTS), axis=0)
        early, late = training.before(HELD_OUT)
        learning, checking = (
            (*_tensors(one.cases, scale), torch.from_numpy(one.missed)) for one in (early, late)
        )
        numbers, rate = 2 * scale.shape[1] + 1, float(training.missed.mean())
        networks = []
        for number in range(self.seeds):
            seeded = replace(trainer, seed=(trainer.seed + number) % 2**32)
            torch.manual_seed(seeded.seed)
            network = Module(self, numbers, training.encoder.levels, rate)
            name = f"no_show-network-{number}"
            with one_thread():
                train_network(network, learning, checking, self.schedule(), seeded, name)
            networks.append(network)
        return FittedNetwork(training.options, training.encoder, self, scale, tuple(networks))


def _tensors(cases: Encoded, scale: Numbers) -> tuple[Tensor, Tensor]:
    """Return numbers on two common scales, with whether a case was booked ahead, and codes.

    On one scale a number is its rank among the training cases, from -1 to 1; on the other it is a
    logarithm of its distance from their mean, which tells rare large values apart.
    """
    levels = np.linspace(-1, 1, len(scale))
    columns = []
    for values, points in zip(cases.numbers.T, scale.T, strict=True):
        # Where many cases have the same value, it stands in the middle of its levels.
        at, first = np.unique(points, return_index=True)
        last = np.append(first[1:], len(points)) - 1
        columns.append(np.interp(values, at, (levels[first] + levels[last]) / 2))
        distance = (values - points.mean()) / (points.std() or 1.0)
        columns.append(np.clip(np.sign(distance) * np.log1p(np.abs(distance)), -4, 4))
    numbers = np.column_stack([*columns, cases.booked_ahead])
    return torch.from_numpy(numbers), torch.from_numpy(cases.codes)


class Module(lightning.LightningModule):
    """Embeddings and numbers, hidden layers, and the log-odds of a no-show.

    Parameters
    ----------
    model
        Its sizes.
    numbers
        Columns of numbers.
    levels
        Codes per category, (categories,).
    rate
        Share of no-shows, at which it begins.
    """

    def __init__(self, model: Network, numbers: int, levels: tuple[int, ...], rate: float) -> None:
        super().__init__()
        self.model = model
        sizes = [min(model.embedding, (count + 1) // 2) for count in levels]
        self.embeddings = nn.ModuleList(
            nn.Embedding(count, size) for count, size in zip(levels, sizes, strict=True)
        )
        width = numbers + sum(sizes)
        layers: list[nn.Module] = []
        for _ in range(model.depth):
            layers += [nn.Linear(width, model.width), nn.ReLU(), nn.Dropout(model.dropout)]
            width = model.width
        last = nn.Linear(width, 1)
        nn.init.constant_(last.bias, float(np.log(rate / (1 - rate))))
        self.layers = nn.Sequential(*layers, last)
        self.double()

    def forward(self, numbers: Tensor, codes: Tensor) -> Tensor:
        """Return log-odds, (cases,), from numbers (cases, numbers) and codes."""
        embedded = [one(codes[:, place]) for place, one in enumerate(self.embeddings)]
        result: Tensor = self.layers(torch.cat([numbers, *embedded], dim=1))
        return result[:, 0]

    def _loss(self, cases: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        numbers, codes, missed = cases
        scores = self(numbers, codes)
        return nn.functional.binary_cross_entropy_with_logits(scores, missed)

    def training_step(self, cases: tuple[Tensor, Tensor, Tensor], index: int) -> Tensor:
        """Return the log loss of a batch."""
        return self._loss(cases)

    def validation_step(self, cases: tuple[Tensor, Tensor, Tensor], index: int) -> None:
        """Log the log loss of a batch."""
        self.log(VALIDATION, self._loss(cases), batch_size=len(cases[0]), sync_dist=True)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Return AdamW."""
        return torch.optim.AdamW(
            self.parameters(), self.model.learning_rate, weight_decay=self.model.weight_decay
        )


@dataclass(frozen=True)
class FittedNetwork(FittedNoShow):
    """The networks that were learned, and the scale of their numbers, (points, numbers)."""

    name: ClassVar[str] = Network.name
    model: Network
    scale: Numbers
    networks: tuple[Module, ...] = field(repr=False)

    def raw(self, cases: Encoded) -> Numbers:
        """Return the mean of the networks' probabilities, (cases,)."""
        tensors = _tensors(cases, self.scale)
        with one_thread(), torch.inference_mode():
            scores = [torch.sigmoid(network(*tensors)) for network in self.networks]
        return np.asarray(torch.stack(scores).mean(0).numpy(), np.float64)

    def learned_parts(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return weights and scale."""
        tensors = {
            f"networks.{number}.{name}": weights
            for number, network in enumerate(self.networks)
            for name, weights in network.state_dict().items()
        }
        return {**tensors, "scale": torch.from_numpy(self.scale)}, {}

    @classmethod
    def from_learned(
        cls,
        options: Options,
        encoder: Encoder,
        model: NoShowModel,
        tensors: Mapping[str, Tensor],
        rest: Mapping[str, Any],
    ) -> Self:
        """Make what `learned_parts` described."""
        assert isinstance(model, Network)
        scale = tensors["scale"].numpy()
        networks = []
        for number in range(model.seeds):
            network = Module(model, 2 * scale.shape[1] + 1, encoder.levels, 0.5)
            start = f"networks.{number}."
            network.load_state_dict(
                {
                    name.removeprefix(start): one
                    for name, one in tensors.items()
                    if name.startswith(start)
                }
            )
            networks.append(network.eval())
        return cls(options, encoder, model, scale, tuple(networks))
