"""How the networks of all quantities learn: early stopping, checkpoints, resume, devices."""

import logging
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Callback, EarlyStopping, ModelCheckpoint, RichProgressBar
from torch import Tensor
from torch.utils.data import DataLoader, Sampler, TensorDataset

from objective.errors import InvalidInput, positive_number, whole_number

#: What is watched while a network learns: modules log it once per epoch.
VALIDATION = "validation_loss"


@dataclass(frozen=True)
class Schedule:
    """How long a network learns, and in what steps.

    Attributes
    ----------
    epochs
        Most passes over the cases.
    batch
        Cases per step.
    learning_rate, weight_decay
        Of AdamW.
    patience
        Epochs without a better loss on the validation cases after which it stops.

    Raises
    ------
    InvalidInput
        If a field is outside its range.
    """

    epochs: int = 30
    batch: int = 512
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    patience: int = 5

    def __post_init__(self) -> None:
        for name in ("epochs", "batch", "patience"):
            whole_number(name, getattr(self, name), 1, 1_000_000)
        positive_number("learning_rate", self.learning_rate)
        if not 0 <= self.weight_decay <= 1:
            raise InvalidInput("weight_decay", self.weight_decay, "from 0 to 1")


@dataclass(frozen=True)
class Trainer:
    """Where networks learn, the same for all: the seed, the devices, the folder of checkpoints.

    Attributes
    ----------
    seed
        Of everything that is random while a model learns.
    accelerator, devices, strategy
        As Lightning has them, such as cpu, 2 and ddp_spawn.
    folder
        Where checkpoints are written, a file per network; None for nowhere.
    resume
        Whether to go on from the checkpoints that are there.
    progress
        Whether to show how far it is.
    """

    seed: int = 0
    accelerator: str = "cpu"
    devices: int = 1
    strategy: str = "auto"
    folder: Path | None = None
    resume: bool = False
    progress: bool = False
    #: Further callbacks of Lightning, as tracking has them.
    callbacks: tuple[Callback, ...] = field(default=())

    def __post_init__(self) -> None:
        whole_number("seed", self.seed, 0, 2**32 - 1)
        whole_number("trainer.devices", self.devices, 1, 1_024)


class _Batches(Sampler[list[int]]):
    """Whole batches of the indices of cases, in an order of their own in every epoch.

    Taken as one index of the tensors, a batch costs one operation and not one per case. Where
    several processes learn side by side, each takes every n-th batch.
    """

    def __init__(self, cases: int, batch: int, seed: int | None) -> None:
        self.cases, self.batch, self.seed = cases, batch, seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Tell the number of the epoch; Lightning does."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[list[int]]:
        if self.seed is None:
            order = torch.arange(self.cases)
        else:
            generator = torch.Generator().manual_seed(self.seed + self.epoch)
            order = torch.randperm(self.cases, generator=generator)
        rank, processes = _place()
        for number, batch in enumerate(torch.split(order, self.batch)):
            if number % processes == rank and number < len(self) * processes:
                yield batch.tolist()

    def __len__(self) -> int:
        """Batches that every process has."""
        return max(1, -(-self.cases // self.batch) // _place()[1])


def _loader(cases: tuple[Tensor, ...], batch: int, seed: int | None) -> DataLoader[Any]:
    """Return what yields batches of cases, shuffled if there is a seed."""
    batches = _Batches(len(cases[0]), batch, seed)
    return DataLoader(TensorDataset(*cases), sampler=batches, batch_size=None)


def _place() -> tuple[int, int]:
    """Return the rank of this process and how many learn side by side."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank(), torch.distributed.get_world_size()
    return 0, 1


def train_network(
    network: lightning.LightningModule,
    training: tuple[Tensor, ...],
    validation: tuple[Tensor, ...],
    schedule: Schedule,
    trainer: Trainer,
    name: str,
) -> None:
    """Let a network learn; it ends with the weights that were best on the validation cases.

    Parameters
    ----------
    network
        A module whose ``training_step`` takes a tuple of tensors and whose ``validation_step`` logs
        `VALIDATION`; in float64.
    training, validation
        The cases, each a tuple of tensors with the cases along the first dimension.
    schedule, trainer
        How long and where.
    name
        What its checkpoint is called: no two networks of a run have the same.
    """
    lightning.seed_everything(trainer.seed, workers=True, verbose=False)
    learning = _loader(training, schedule.batch, trainer.seed)
    checking = _loader(validation, schedule.batch, None)
    callbacks: list[Callback] = [
        EarlyStopping(VALIDATION, patience=schedule.patience),
        *trainer.callbacks,
    ]
    if trainer.progress:
        callbacks.append(RichProgressBar())
    with tempfile.TemporaryDirectory() as nowhere, _quiet():
        folder = Path(nowhere) if trainer.folder is None else trainer.folder / name
        best = ModelCheckpoint(folder, "best", VALIDATION, save_last=True)
        made = lightning.Trainer(
            **_options(schedule, trainer, folder), callbacks=[*callbacks, best]
        )
        last = folder / "last.ckpt"
        going_on = trainer.resume and last.exists()
        made.fit(network, learning, checking, ckpt_path=last if going_on else None)
        state = torch.load(best.best_model_path, weights_only=True)["state_dict"]
    network.load_state_dict(state)
    network.eval()


@contextmanager
def _quiet() -> Iterator[None]:
    """Leave out what Lightning says of devices, few workers and small logging intervals."""
    logger = logging.getLogger("lightning.pytorch")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _options(schedule: Schedule, trainer: Trainer, folder: Path) -> dict[str, Any]:
    return {
        "accelerator": trainer.accelerator,
        "devices": trainer.devices,
        "strategy": trainer.strategy,
        "precision": "64-true",
        "max_epochs": schedule.epochs,
        "default_root_dir": folder,
        "logger": False,
        "enable_progress_bar": trainer.progress,
        "enable_model_summary": False,
        "use_distributed_sampler": False,
        "deterministic": True,
        "num_sanity_val_steps": 0,
    }
