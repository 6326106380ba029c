"""A mixture density network: lognormal components around a log-linear regression.

Bishop (1994), Mixture Density Networks, Aston University NCRG/94/004: a network gives the
parameters of a mixture. Its components stand around what the regression forecasts, and at the
beginning they differ from it for no case, so that the network only has to learn what is not linear.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import lightning
import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from forecast.consultation.cases import earlier_part, logs
from forecast.consultation.durations import LognormalMixture
from forecast.consultation.encoding import Covariates
from forecast.consultation.held_out import LEARNED
from forecast.consultation.lognormal_regression import (
    SMALLEST_SCALE,
    FittedLognormalRegression,
    LognormalRegression,
)
from forecast.data.history import History
from forecast.network import VALIDATION, Schedule, Trainer, train_network
from objective import InvalidInput
from objective.errors import non_negative_number, whole_number

#: How far the outer components begin from the middle, in standard deviations of the whole.
APART = 0.7
#: Widest component, in standard deviations of the whole that it begins with. What is wide in
#: logarithms is very long in minutes: without a bound a few long consultations make the mean.
WIDEST = 1.25


class MixtureNetwork(lightning.LightningModule):
    """One hidden layer from the inputs to the components of a mixture of normal laws.

    Parameters
    ----------
    inputs, hidden, components
        Sizes.
    scale
        Standard deviation of the logarithm that it begins with.
    dropout
        Share of hidden units left out while it learns.
    learning_rate, weight_decay
        Of AdamW.
    """

    def __init__(
        self,
        inputs: int,
        hidden: int,
        components: int,
        scale: float = 0.4,
        dropout: float = 0.0,
        learning_rate: float = 1e-3,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__()
        self.learning_rate, self.weight_decay = learning_rate, weight_decay
        self.body = nn.Sequential(nn.Linear(inputs, hidden), nn.SiLU(), nn.Dropout(dropout))
        self.head = nn.Linear(hidden, 3 * components)
        nn.init.zeros_(self.head.weight)
        with torch.no_grad():
            # Apart from each other, or all components would learn the same; and as narrow as
            # keeps the spread of the mixture what it was.
            apart = np.linspace(-APART, APART, components) if components > 1 else np.zeros(1)
            narrow = np.sqrt(1 - apart.var()) / WIDEST
            logit = np.full(components, np.log(narrow / (1 - narrow)))
            start = np.stack([np.zeros(components), scale * apart, logit])
            self.head.bias.copy_(torch.from_numpy(start.flatten()))
        self.register_buffer("widest", torch.tensor(WIDEST * scale))
        self.double()

    def forward(self, inputs: Tensor, location: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return log weights, locations and scales, each (cases, components)."""
        weight, apart, scale = self.head(self.body(inputs)).chunk(3, dim=1)
        scales = self.widest * scale.sigmoid() + SMALLEST_SCALE
        return weight.log_softmax(dim=1), location[:, None] + apart, scales

    def loss(self, batch: list[Tensor]) -> Tensor:
        """Return the mean negative log likelihood of the logarithms of the minutes."""
        inputs, location, durations = batch
        weights, locations, scales = self(inputs, location)
        laws = torch.distributions.Normal(locations, scales)
        joint = weights + laws.log_prob(durations[:, None])  # type: ignore[no-untyped-call]
        return -torch.logsumexp(joint, dim=1).mean()

    def training_step(self, batch: list[Tensor]) -> Tensor:
        """Return the loss of a batch."""
        return self.loss(batch)

    def validation_step(self, batch: list[Tensor]) -> None:
        """Log the loss of a batch of cases that are not learned from."""
        self.log(VALIDATION, self.loss(batch), batch_size=len(batch[0]), sync_dist=True)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Return AdamW."""
        return torch.optim.AdamW(
            self.parameters(), lr=self.learning_rate, weight_decay=self.weight_decay
        )


@dataclass(frozen=True)
class FittedMixtureNetwork:
    """Networks that have learned, one per seed, and the regression that they start from.

    Attributes
    ----------
    regression
        What they start from; it has the encoding.
    networks
        Their mixtures count alike.
    """

    regression: FittedLognormalRegression
    networks: tuple[MixtureNetwork, ...]
    name: ClassVar[str] = "mixture_network"

    def forecast(self, cases: pd.DataFrame, known: History) -> LognormalMixture:
        """Return a mixture of lognormal laws for each case."""
        inputs = self.regression.encoding.inputs(cases, known)
        location = torch.from_numpy(self.regression.locations(inputs))
        parts: list[list[Tensor]] = [[], [], []]
        with torch.no_grad():
            for network in self.networks:
                found = network(torch.from_numpy(inputs), location)
                for part, one in zip(parts, found, strict=True):
                    part.append(one)
        weights, locations, scales = (torch.cat(part, dim=1).numpy() for part in parts)
        return LognormalMixture(np.exp(weights) / len(self.networks), locations, scales)

    def to_parts(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return all weights, and everything else as plain names and numbers."""
        tensors, rest = self.regression.to_parts()
        for number, network in enumerate(self.networks):
            for name, one in network.state_dict().items():
                tensors[f"network{number}.{name}"] = one
        head = self.networks[0].head
        sizes = {"hidden": head.in_features, "components": head.out_features // 3}
        return tensors, {"regression": rest, "networks": len(self.networks), **sizes}

    @classmethod
    def from_parts(
        cls, tensors: Mapping[str, Tensor], rest: Mapping[str, Any]
    ) -> "FittedMixtureNetwork":
        """Make the fitted model that `to_parts` described."""
        regression = FittedLognormalRegression.from_parts(tensors, rest["regression"])
        networks = []
        for number in range(rest["networks"]):
            inputs = len(regression.coefficients) - 1
            network = MixtureNetwork(inputs, rest["hidden"], rest["components"])
            start = f"network{number}."
            state = {
                name.removeprefix(start): one
                for name, one in tensors.items()
                if name.startswith(start)
            }
            network.load_state_dict(state)
            networks.append(network.eval())
        return cls(regression, tuple(networks))


@dataclass(frozen=True)
class MixtureDensity:
    """A mixture density network, several times with different seeds.

    Attributes
    ----------
    components, hidden, dropout
        Of each network, and the share of hidden units left out while it learns.
    seeds
        How many networks there are.
    epochs, batch, learning_rate, weight_decay, patience
        How they learn, see `forecast.network.Schedule`.

    Raises
    ------
    InvalidInput
        If a field is outside its range.
    """

    components: int = 3
    hidden: int = 24
    dropout: float = 0.1
    seeds: int = 5
    epochs: int = 40
    batch: int = 256
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    patience: int = 5
    name: ClassVar[str] = "mixture_network"
    promotable: ClassVar[bool] = True

    def __post_init__(self) -> None:
        whole_number("components", self.components, 1, 50)
        whole_number("hidden", self.hidden, 1, 4_096)
        if not non_negative_number("dropout", self.dropout) < 1:
            raise InvalidInput("dropout", self.dropout, "at least 0 and below 1")
        whole_number("seeds", self.seeds, 1, 100)
        _ = self.schedule

    @property
    def schedule(self) -> Schedule:
        """How the networks learn."""
        return Schedule(
            self.epochs, self.batch, self.learning_rate, self.weight_decay, self.patience
        )

    def fit(
        self, consultations: pd.DataFrame, covariates: Covariates, trainer: Trainer
    ) -> FittedMixtureNetwork:
        """Return the networks; they stop learning when the last sessions are forecast best."""
        first = earlier_part(consultations, LEARNED)
        regression = LognormalRegression().fit(consultations[first], covariates, trainer)
        inputs = regression.encoding.inputs(consultations, History(consultations=consultations))
        every = (inputs, regression.locations(inputs), logs(consultations))
        later = first if first.all() else ~first
        networks = []
        for seed in range(trainer.seed, trainer.seed + self.seeds):
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed)
                network = MixtureNetwork(
                    inputs.shape[1],
                    self.hidden,
                    self.components,
                    float(regression.scales[-1]),
                    self.dropout,
                    self.learning_rate,
                    self.weight_decay,
                )
            train_network(
                network,
                tuple(torch.from_numpy(one[first]) for one in every),
                tuple(torch.from_numpy(one[later]) for one in every),
                self.schedule,
                replace(trainer, seed=seed % 2**32),
                f"{self.name}_{seed - trainer.seed}",
            )
            networks.append(network.cpu().eval())
        return FittedMixtureNetwork(regression, tuple(networks))
