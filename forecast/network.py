"""How the networks of all quantities learn: early stopping, checkpoints, resume, devices."""

import hashlib
import logging
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import pandas as pd
import torch
from lightning.pytorch.callbacks import Callback, EarlyStopping, ModelCheckpoint, RichProgressBar
from torch import Tensor
from torch.utils.data import DataLoader, Sampler, TensorDataset

from objective.errors import InvalidInput, positive_number, whole_number

#: What is watched while a network learns: modules log it once per epoch.
VALIDATION = "validation_loss"
#: Files of a network: its best weights, where it stands, and what was logged in each epoch.
BEST, LAST, COURSE = "best.ckpt", "last.ckpt", "epochs.csv"
ACCELERATORS = ("cpu", "cuda", "mps", "auto")
STRATEGIES = ("auto", "ddp_spawn")

# Here, because processes that learn side by side are to be as quiet.
for _name in ("lightning.pytorch", "lightning.fabric"):
    logging.getLogger(_name).setLevel(logging.ERROR)


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
    accelerator
        One of `ACCELERATORS`.
    devices
        How many learn side by side, each in a process of its own if there are several.
    strategy
        How: one of `STRATEGIES`.
    folder
        Where checkpoints are written, a folder per network; None for nowhere.
    resume
        Whether to go on from the checkpoints that are there.
    progress
        Whether to show how far it is, if someone watches.

    Raises
    ------
    InvalidInput
        If a field is outside its range, or the machine has no such devices.
    """

    seed: int = 0
    accelerator: str = "cpu"
    devices: int = 1
    strategy: str = "auto"
    folder: Path | None = None
    resume: bool = False
    progress: bool = False
    #: Further callbacks of Lightning.
    callbacks: tuple[Callback, ...] = field(default=())

    def __post_init__(self) -> None:
        whole_number("seed", self.seed, 0, 2**32 - 1)
        whole_number("trainer.devices", self.devices, 1, 1_024)
        for name, choices in (("accelerator", ACCELERATORS), ("strategy", STRATEGIES)):
            if getattr(self, name) not in choices:
                allowed = "one of " + ", ".join(choices)
                raise InvalidInput(f"trainer.{name}", getattr(self, name), allowed)
        there = torch.cuda.device_count()
        if self.accelerator == "cuda" and self.devices > there:
            raise InvalidInput("trainer.devices", self.devices, f"at most {there}: GPUs there are")


class _Batches(Sampler[list[int]]):
    """Whole batches of the indices of cases, in an order of their own in every epoch.

    Taken as one index of the tensors, a batch costs one operation and not one per case. Where
    several processes learn side by side, each takes its part of every batch, equally many cases:
    the mean of their gradients is then that of the whole batch, and together they learn what one
    would alone. The few cases that cannot be divided are others in every epoch.

    What else is random in an epoch, such as dropout, is drawn from its number too: an epoch after a
    resume is as it would have been, and processes side by side differ.
    """

    def __init__(self, cases: int, batch: int, seed: int | None) -> None:
        self.cases, self.batch, self.seed = cases, batch, seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Tell the number of the epoch; Lightning does."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[list[int]]:
        if self.seed is not None:
            torch.manual_seed(_mixed(self.seed, self.epoch, 1 + _rank()))
        for batch in torch.split(self._order(), self._size()):
            yield batch.tolist() if self.seed is None else batch[_rank() :: _processes()].tolist()

    def __len__(self) -> int:
        """Batches of an epoch, as many in every process."""
        return -(-len(self._order()) // self._size())

    def _order(self) -> Tensor:
        if self.seed is None:
            # Every process checks all cases, so that all agree on when to stop, and on the best.
            return torch.arange(self.cases)
        generator = torch.Generator().manual_seed(_mixed(self.seed, self.epoch))
        order = torch.randperm(self.cases, generator=generator)
        return order[: self.cases - self.cases % _processes()]

    def _size(self) -> int:
        return (
            self.batch if self.seed is None else max(1, self.batch // _processes()) * _processes()
        )


class _Stopping(EarlyStopping):
    """Early stopping that is not forgotten where a training goes on that had stopped."""

    def on_train_start(self, trainer: lightning.Trainer, *_: object) -> None:
        """Learn no more if the checkpoint is of a training that had stopped."""
        trainer.should_stop = self.wait_count >= self.patience


class _Course(Callback):
    """What was logged in each epoch, kept in the checkpoints so that it is there after a resume."""

    def __init__(self) -> None:
        self.epochs: list[dict[str, float]] = []

    def on_train_epoch_end(self, trainer: lightning.Trainer, *_: object) -> None:
        """Keep what was logged; checkpoints are written after it."""
        logged = {name: float(value) for name, value in trainer.callback_metrics.items()}
        self.epochs.append({"epoch": trainer.current_epoch, **logged})

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint keeps."""
        return {"epochs": self.epochs}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.epochs = list(state_dict["epochs"])


def _loader(cases: tuple[Tensor, ...], batch: int, seed: int | None) -> DataLoader[Any]:
    """Return what yields batches of cases, shuffled if there is a seed."""
    batches = _Batches(len(cases[0]), batch, seed)
    return DataLoader(TensorDataset(*cases), sampler=batches, batch_size=None)


def _mixed(*numbers: int) -> int:
    """Return a seed that has nothing to do with those of other numbers."""
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


def _distributed() -> bool:
    return torch.distributed.is_available() and torch.distributed.is_initialized()


def _rank() -> int:
    """Return which of the processes that learn side by side this is."""
    return torch.distributed.get_rank() if _distributed() else 0


def _processes() -> int:
    """Return how many learn side by side."""
    return torch.distributed.get_world_size() if _distributed() else 1


def train_network(
    network: lightning.LightningModule,
    training: tuple[Tensor, ...],
    validation: tuple[Tensor, ...],
    schedule: Schedule,
    trainer: Trainer,
    name: str,
) -> None:
    """Let a network learn; it ends with the weights that were best on the validation cases.

    In its folder, if there is one, are the checkpoints `BEST` and `LAST`, and when it has learned
    `COURSE`, with what was logged in each epoch.

    Parameters
    ----------
    network
        A module whose ``training_step`` takes a tuple of tensors and returns the mean loss of the
        cases, and whose ``validation_step`` logs `VALIDATION`; in float64.
    training, validation
        The cases, each a tuple of tensors with the cases along the first dimension.
    schedule, trainer
        How long and where.
    name
        What its folder is called: no two networks of a run have the same.

    Raises
    ------
    InvalidInput
        If there are too few cases, if the loss does not stay finite, or if the checkpoints to go
        on from are of another training.
    """
    whole_number(f"training cases of {name}", len(training[0]), trainer.devices, 10**12)
    whole_number(f"validation cases of {name}", len(validation[0]), 1, 10**12)
    lightning.seed_everything(trainer.seed, workers=True, verbose=False)
    with _folder(trainer, name) as folder:
        begun = _begin(folder, name, trainer, _digest(network, training, validation, schedule))
        if not (folder / COURSE).exists():
            _fit(network, training, validation, schedule, trainer, folder, begun)
        state = torch.load(folder / BEST, weights_only=True, map_location="cpu")["state_dict"]
    if not all(one.isfinite().all() for one in state.values()):
        allowed = f"low enough for the loss of {name} to stay finite"
        raise InvalidInput("learning_rate", schedule.learning_rate, allowed)
    network.load_state_dict(state)
    network.eval()


@contextmanager
def _folder(trainer: Trainer, name: str) -> Iterator[Path]:
    """Give a network its folder, which is empty unless it goes on."""
    if trainer.folder is None:
        with tempfile.TemporaryDirectory() as nowhere:
            yield Path(nowhere)
        return
    folder = trainer.folder / name
    if not trainer.resume:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    yield folder


def _begin(folder: Path, name: str, trainer: Trainer, digest: str) -> bool:
    """Return whether there is a checkpoint to go on from, after making sure that it is of this."""
    note = folder / "training.sha256"
    if not note.exists():
        note.write_text(digest, encoding="utf-8")
    elif note.read_text(encoding="utf-8") != digest:
        allowed = f"a run in which {name} had the same cases, layers and schedule"
        raise InvalidInput("resume", str(trainer.folder), allowed)
    return (folder / LAST).exists()


def _digest(
    network: lightning.LightningModule,
    training: tuple[Tensor, ...],
    validation: tuple[Tensor, ...],
    schedule: Schedule,
) -> str:
    """Return a hash of everything that a training depends on, but for where it takes place.

    The weights that it begins with depend on the seed.
    """
    digest = hashlib.sha256(repr(schedule).encode())
    for one in (*network.state_dict().values(), *training, *validation):
        digest.update(f"{tuple(one.shape)} {one.dtype}".encode())
        digest.update(one.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _fit(
    network: lightning.LightningModule,
    training: tuple[Tensor, ...],
    validation: tuple[Tensor, ...],
    schedule: Schedule,
    trainer: Trainer,
    folder: Path,
    begun: bool,
) -> None:
    course = _Course()
    callbacks: list[Callback] = [
        _Stopping(VALIDATION, patience=schedule.patience),
        course,
        *trainer.callbacks,
        ModelCheckpoint(folder, Path(BEST).stem, VALIDATION, enable_version_counter=False),
        ModelCheckpoint(folder, Path(LAST).stem, enable_version_counter=False),
    ]
    watched = trainer.progress and sys.stdout.isatty()
    if watched:
        callbacks.append(RichProgressBar())
    learning = _loader(training, schedule.batch, trainer.seed)
    checking = _loader(validation, schedule.batch, None)
    with _quiet():
        made = lightning.Trainer(
            accelerator=trainer.accelerator,
            devices=trainer.devices,
            # Never by running the command again, once for each process.
            strategy="ddp_spawn" if trainer.devices > 1 else trainer.strategy,
            precision="64-true",
            max_epochs=schedule.epochs,
            default_root_dir=folder,
            logger=False,
            callbacks=callbacks,
            enable_progress_bar=watched,
            enable_model_summary=False,
            use_distributed_sampler=False,
            deterministic=True,
            num_sanity_val_steps=0,
        )
        last = folder / LAST
        made.fit(network, learning, checking, ckpt_path=last if begun else None)
    # Read from the file, because processes side by side have courses of their own.
    kept = torch.load(last, weights_only=True, map_location="cpu")["callbacks"][course.state_key]
    pd.DataFrame(kept["epochs"]).to_csv(folder / COURSE, index=False)


@contextmanager
def _quiet() -> Iterator[None]:
    """Leave out what Lightning says of few workers and folders, also in processes side by side."""
    before = os.environ.get("PYTHONWARNINGS")
    os.environ["PYTHONWARNINGS"] = "ignore"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        if before is None:
            del os.environ["PYTHONWARNINGS"]
        else:
            os.environ["PYTHONWARNINGS"] = before
