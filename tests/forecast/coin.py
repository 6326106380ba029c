"""A quantity small enough to learn in a second: the rate of no-shows by the distance travelled.

``python -m tests.forecast.coin`` is ``python -m forecast`` with this quantity and its history too.
"""

# The protocols of forecast.quantity, and Lightning, say what the methods do.
# ruff: noqa: D102

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import lightning
import numpy as np
import pandas as pd
import torch
from torch import Tensor

from forecast.__main__ import main
from forecast.data.history import History
from forecast.data.periods import Split
from forecast.data.sources import SOURCES
from forecast.evaluation import Evaluation, Outcomes
from forecast.network import VALIDATION, Schedule, Trainer, train_network
from forecast.quantities import QUANTITIES
from objective import InvalidInput
from tests.command import Done, command

CONFIGURATION = Path(__file__).parent / "coin_configuration"
#: What the command is told to take this quantity.
OPTIONS = (f"hydra.searchpath=[file://{CONFIGURATION}]", "data=coin", "model=coin")


def coin_history(
    days: int = 60, seed: int = 0, slope: float = 2.0, shift: float = 0.0, rate: float = -1.0
) -> History:
    """Visits of some days from 2 January 2023, 30 a day, of patients who travel far or not."""
    generator = np.random.default_rng(seed)
    size = 30 * days
    distance = generator.uniform(0, 1, size) + shift
    missed = generator.random(size) < 1 / (1 + np.exp(-rate - slope * (distance - shift - 0.5)))
    scheduled = pd.Timestamp("2023-01-02 08:00") + pd.to_timedelta(
        np.arange(size) // 30 * 24 * 60 + np.arange(size) % 30 * 15, unit="min"
    )
    visits = pd.DataFrame(
        {
            "visit_id": [f"v{one}" for one in range(size)],
            "patient_id": [f"p{one % 200}" for one in range(size)],
            "provider": "smith",
            "visit_type": np.where(np.arange(size) % 3 == 0, "new", "return"),
            "booked_at": scheduled - pd.Timedelta(days=2),
            "scheduled_at": scheduled,
            "status": np.where(missed, "no_show", "completed"),
            "distance": distance,
        }
    )
    return History(visits=visits)


class Layers(lightning.LightningModule):
    """A network from the distance to the logit of a no-show."""

    def __init__(self, width: int, dropout: float, learning_rate: float) -> None:
        super().__init__()
        self.learning_rate = learning_rate
        self.layers = torch.nn.Sequential(
            torch.nn.Linear(1, width),
            torch.nn.Tanh(),
            torch.nn.Dropout(dropout),
            torch.nn.Linear(width, 1),
        ).double()

    def loss(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        logits = self.layers(batch[0])[:, 0]
        return torch.nn.functional.binary_cross_entropy_with_logits(logits, batch[1])

    def training_step(self, batch: tuple[Tensor, Tensor], _: int) -> Tensor:
        loss = self.loss(batch)
        self.log("training_loss", loss, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor], _: int) -> None:
        self.log(VALIDATION, self.loss(batch))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.AdamW(self.parameters(), lr=self.learning_rate)


def layers_and_cases(
    seed: int = 0, width: int = 4, dropout: float = 0.1, cases: int = 600
) -> tuple[Layers, tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """A network and what it learns from, the last fifth to validate."""
    x, y = numbers(coin_history(days=-(-cases // 30)).visits.iloc[:cases])
    torch.manual_seed(seed)
    return Layers(width, dropout, 0.05), (x[: cases * 4 // 5], y[: cases * 4 // 5]), (
        x[cases * 4 // 5 :],
        y[cases * 4 // 5 :],
    )  # fmt: skip


def numbers(visits: pd.DataFrame) -> tuple[Tensor, Tensor]:
    """Return what a model looks at, and what happened."""
    x = torch.tensor(visits[["distance"]].to_numpy(float))
    return x, torch.tensor((visits["status"] == "no_show").to_numpy(float))


@dataclass(frozen=True)
class FittedRate:
    """The rate of no-shows, whatever the distance."""

    rate: float
    name: ClassVar[str] = "base_rate"

    def probabilities(self, visits: pd.DataFrame) -> np.ndarray:
        return np.full(len(visits), self.rate)

    def to_parts(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        return {"rate": torch.tensor([self.rate], dtype=torch.float64)}, {}


@dataclass(frozen=True)
class BaseRate:
    """The rate of no-shows."""

    name: ClassVar[str] = "base_rate"
    promotable: ClassVar[bool] = True

    def fit(self, visits: pd.DataFrame, trainer: Trainer) -> FittedRate:
        return FittedRate(float((visits["status"] == "no_show").mean()))


@dataclass(frozen=True)
class FittedNetwork:
    """A network that has learned."""

    layers: Layers
    name: ClassVar[str] = "network"

    def probabilities(self, visits: pd.DataFrame) -> np.ndarray:
        with torch.no_grad():
            return torch.sigmoid(self.layers.layers(numbers(visits)[0])[:, 0]).numpy()

    def to_parts(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        return dict(self.layers.state_dict()), {"width": self.layers.layers[0].out_features}


@dataclass(frozen=True)
class Network:
    """A network on the distance."""

    width: int = 4
    dropout: float = 0.0
    schedule: Mapping[str, Any] = field(default_factory=dict)

    name: ClassVar[str] = "network"
    promotable: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not 1 <= self.width <= 64:
            raise InvalidInput("width", self.width, "from 1 to 64")

    def fit(self, visits: pd.DataFrame, trainer: Trainer) -> FittedNetwork:
        x, y = numbers(visits)
        cut = len(x) * 4 // 5
        schedule = Schedule(**{"epochs": 15, "batch": 64, "learning_rate": 0.05, **self.schedule})
        torch.manual_seed(trainer.seed)
        layers = Layers(self.width, self.dropout, schedule.learning_rate)
        train_network(layers, (x[:cut], y[:cut]), (x[cut:], y[cut:]), schedule, trainer, "network")
        return FittedNetwork(layers)


@dataclass(frozen=True)
class Lucky(BaseRate):
    """The base rate again, for comparison only."""

    name: ClassVar[str] = "lucky"
    promotable: ClassVar[bool] = False


@dataclass(frozen=True)
class Coin:
    """The probability that a patient does not come, of those who travel farther than others."""

    smoothing: float = 0.0
    beyond: float = 0.0

    name: ClassVar[str] = "coin"
    models: ClassVar[Mapping[str, type]] = {
        "base_rate": BaseRate, "network": Network, "lucky": Lucky
    }  # fmt: skip

    def fit(self, model: Any, history: History, train_until: pd.Timestamp, trainer: Trainer) -> Any:
        known = history.known_at(train_until).visits
        known = known[known["status"] != "booked"]
        if known["status"].nunique() < 2:
            raise InvalidInput("history.visits.status", "one class", "of both classes")
        return model.fit(known, trainer)

    def evaluate(self, models: Mapping[str, Any], history: History, split: Split) -> Evaluation:
        visits = history.visits
        visits = visits[visits["scheduled_at"].between(split.first, split.until, inclusive="left")]
        visits = visits[visits["distance"] >= self.beyond]
        if visits.empty:
            raise InvalidInput("split", str(split.first), "a period with visits")
        observed = (visits["status"] == "no_show").to_numpy(float)
        expected = pd.DataFrame({key: one.probabilities(visits) for key, one in models.items()})
        expected = (1 - self.smoothing) * expected + self.smoothing / 2
        losses = expected.apply(lambda p: -np.log(np.where(observed > 0, p, 1 - p)))
        brier = expected.apply(lambda p: (p - observed) ** 2).mean()
        return Evaluation(
            quantity=self.name,
            split=split,
            score="log loss",
            scores=pd.DataFrame({"log loss": losses.mean(), "Brier score": brier}),
            losses=losses,
            blocks=visits["scheduled_at"].dt.date.to_numpy(),
            comparison_only=tuple(key for key in models if key == "lucky"),
            sentences=("A coin would have log loss 0.6931.",),
            outcomes=Outcomes(visits["scheduled_at"].to_numpy(), observed, expected),
        )

    def restore(self, name: str, tensors: Mapping[str, Tensor], rest: Mapping[str, Any]) -> Any:
        if name == "base_rate":
            return FittedRate(float(tensors["rate"][0]))
        layers = Layers(rest["width"], 0.0, 0.0)
        layers.load_state_dict(dict(tensors))
        layers.eval()
        return FittedNetwork(layers)

    def inputs(self, history: History, first: pd.Timestamp, until: pd.Timestamp) -> pd.DataFrame:
        visits = history.visits
        chosen = visits["scheduled_at"].between(first, until, inclusive="left")
        return visits.loc[chosen, ["distance", "visit_type"]].reset_index(drop=True)


def coin(*arguments: str, cwd: Path) -> Done:
    """Run the command on the coin, in this process."""
    return command(*OPTIONS, *arguments, cwd=cwd, entry=main)


def coin_process(*arguments: str, cwd: Path, **environment: str) -> subprocess.Popen[str]:
    """Begin the command on the coin, in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.forecast.coin", *OPTIONS, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_of(done: Done) -> Path:
    """Return the folder that a run said it wrote to."""
    line = next(one for one in done.stdout.splitlines() if one.startswith("Written to "))
    return Path(line.removeprefix("Written to ").partition(": ")[0])


def _source(options: Mapping[str, Any], on_error: str, directory: Path) -> History:
    return coin_history(**options)


QUANTITIES["coin"] = Coin
SOURCES["coin"] = _source

if __name__ == "__main__":
    main()
