"""How networks learn: the same again with the same seed, on after a break, and side by side."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import torch
from torch import Tensor

from forecast.network import BEST, COURSE, LAST, Schedule, Trainer, train_network
from objective import InvalidInput
from tests.forecast.coin import layers_and_cases

SCHEDULE = Schedule(epochs=6, batch=64, learning_rate=0.05)


def learned(trainer: Trainer, schedule: Schedule = SCHEDULE, **options: float) -> dict[str, Tensor]:
    """The weights that a small network ends with."""
    layers, training, validation = layers_and_cases(trainer.seed, **options)  # type: ignore[arg-type]
    train_network(layers, training, validation, schedule, trainer, "coin")
    return layers.state_dict()


def assert_equal(one: dict[str, Tensor], other: dict[str, Tensor], atol: float = 0.0):
    """Compare two sets of weights."""
    for name in one:
        torch.testing.assert_close(one[name], other[name], rtol=0, atol=atol)


def test_the_same_seed_gives_the_same_weights_and_another_others():
    """Also with dropout, which is random in every step."""
    once = learned(Trainer(seed=1))
    torch.manual_seed(99)
    assert_equal(once, learned(Trainer(seed=1)))
    other = learned(Trainer(seed=2))
    assert any(not torch.equal(once[name], other[name]) for name in once)


def test_it_ends_with_the_weights_that_were_best_on_the_validation_cases(tmp_path: Path):
    """Their loss is the least of all epochs, which the course tells."""
    layers, training, validation = layers_and_cases()
    schedule = Schedule(epochs=12, batch=64, learning_rate=0.05)
    train_network(layers, training, validation, schedule, Trainer(folder=tmp_path), "coin")
    course = pd.read_csv(tmp_path / "coin" / COURSE)
    assert layers.loss(validation).item() == pytest.approx(course["validation_loss"].min())
    assert list(course["epoch"]) == list(range(len(course)))
    assert set(course) == {"epoch", "training_loss", "validation_loss"}


def test_it_stops_early_when_the_validation_cases_gain_nothing(tmp_path: Path):
    """A patience of two epochs ends long before a thousand."""
    schedule = Schedule(epochs=1000, batch=64, learning_rate=0.05, patience=2)
    learned(Trainer(folder=tmp_path), schedule)
    course = pd.read_csv(tmp_path / "coin" / COURSE)
    assert len(course) < 100
    assert course["validation_loss"].idxmin() == len(course) - 3


@pytest.mark.parametrize("again", ["stopped", "done"])
def test_a_network_that_has_learned_does_not_learn_on(tmp_path: Path, again: str):
    """Neither if its course was written, nor if it was killed just before."""
    schedule = Schedule(epochs=1000, batch=64, learning_rate=0.05, patience=2)
    once = learned(Trainer(folder=tmp_path), schedule)
    course = (tmp_path / "coin" / COURSE).read_text()
    if again == "stopped":
        (tmp_path / "coin" / COURSE).unlink()
    assert_equal(once, learned(Trainer(folder=tmp_path, resume=True), schedule))
    assert (tmp_path / "coin" / COURSE).read_text() == course


KILLED = """
import sys, time
from pathlib import Path
import lightning
from forecast.network import Trainer
from tests.forecast.test_network import learned

class Slow(lightning.Callback):
    def on_train_epoch_start(self, *_):
        time.sleep(0.5)

learned(Trainer(seed=3, folder=Path(sys.argv[1]), callbacks=(Slow(),)))
"""


@pytest.mark.slow
def test_a_network_that_was_killed_goes_on_to_the_same_weights(tmp_path: Path):
    """SIGKILL in the middle; the course is whole too."""
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path / "killed")],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    last = tmp_path / "killed" / "coin" / LAST
    deadline = time.monotonic() + 60
    while not last.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.7)
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    assert not (last.parent / COURSE).exists()
    stood_at = torch.load(last, weights_only=True)["epoch"]
    assert 0 <= stood_at < SCHEDULE.epochs - 1
    resumed = learned(Trainer(seed=3, folder=tmp_path / "killed", resume=True))
    assert_equal(resumed, learned(Trainer(seed=3, folder=tmp_path / "whole")))
    courses = [(tmp_path / run / "coin" / COURSE).read_text() for run in ("killed", "whole")]
    assert courses[0] == courses[1]


def test_a_run_that_does_not_resume_begins_anew(tmp_path: Path):
    """What an earlier run left in the folder is not taken for its own."""
    learned(Trainer(seed=1, folder=tmp_path))
    assert_equal(learned(Trainer(seed=2, folder=tmp_path)), learned(Trainer(seed=2)))
    assert sorted(one.name for one in (tmp_path / "coin").glob("*.ckpt")) == [BEST, LAST]


@pytest.mark.parametrize("what", ["schedule", "cases", "layers", "seed"])
def test_it_does_not_go_on_from_a_checkpoint_of_another_training(tmp_path: Path, what: str):
    """The message says what to do about it."""
    learned(Trainer(folder=tmp_path))
    trainer = Trainer(folder=tmp_path, resume=True, seed=int(what == "seed"))
    schedule = Schedule(epochs=7) if what == "schedule" else SCHEDULE
    options = {"cases": {"cases": 500}, "layers": {"width": 5}}.get(what, {})
    with pytest.raises(InvalidInput, match="coin had the same cases, layers and schedule"):
        learned(trainer, schedule, **options)


def test_a_loss_that_does_not_stay_finite_is_told_and_not_kept():
    """No network of NaN."""
    layers, (x, y), validation = layers_and_cases()
    with pytest.raises(InvalidInput, match="loss of coin to stay finite"):
        train_network(layers, (x * float("nan"), y), validation, SCHEDULE, Trainer(), "coin")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"accelerator": "abacus"}, "trainer.accelerator is 'abacus'; it must be one of cpu"),
        ({"strategy": "ddp"}, "trainer.strategy is 'ddp'; it must be one of auto, ddp_spawn"),
        ({"devices": 0}, "trainer.devices is 0"),
        ({"seed": -1}, "seed is -1"),
        pytest.param(
            {"accelerator": "cuda"}, "trainer.devices is 1; it must be at most 0",
            marks=pytest.mark.skipif(torch.cuda.is_available(), reason="there are GPUs"),
        ),
    ],
)  # fmt: skip
def test_a_trainer_that_cannot_be_is_refused(options: dict[str, object], message: str):
    """Before any work."""
    with pytest.raises(InvalidInput, match=message):
        Trainer(**options)  # type: ignore[arg-type]


def test_too_few_cases_are_refused():
    """None to validate, or fewer than processes."""
    layers, training, validation = layers_and_cases()
    nothing = (training[0][:0], training[1][:0])
    with pytest.raises(InvalidInput, match="validation cases of coin"):
        train_network(layers, training, nothing, SCHEDULE, Trainer(), "coin")
    one = (training[0][:1], training[1][:1])
    with pytest.raises(InvalidInput, match="training cases of coin"):
        train_network(layers, one, validation, SCHEDULE, Trainer(devices=2), "coin")


@pytest.mark.slow
def test_two_processes_learn_what_one_would(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    """Each has half of every batch, so that the gradients are those of the whole; quietly."""
    alone = learned(Trainer(folder=tmp_path / "one"), dropout=0.0)
    pair = learned(Trainer(folder=tmp_path / "two", devices=2), dropout=0.0)
    assert_equal(pair, alone, atol=1e-9)
    courses = [pd.read_csv(tmp_path / run / "coin" / COURSE) for run in ("one", "two")]
    pd.testing.assert_series_equal(courses[0]["validation_loss"], courses[1]["validation_loss"])
    assert courses[1]["validation_loss"].iloc[-1] < courses[1]["validation_loss"].iloc[0]
    assert capfd.readouterr() == ("", "")
