"""The gate: what is surely better comes into use, and nothing else; and the way back."""

import json
from pathlib import Path

import pytest

from forecast.tracking.settings import Tracking
from tests.command import Done
from tests.forecast.coin import coin, run_of
from tests.forecast.databases import empty_database, registry_of


@pytest.fixture
def tracking(tmp_path: Path) -> Tracking:
    """A database without runs."""
    return empty_database(tmp_path)


def trained(tmp_path: Path, *options: str) -> Path:
    """Train; return the folder of the run."""
    done = coin(*options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return run_of(done)


def promotion(tmp_path: Path, *options: str) -> tuple[Done, dict]:
    """Ask the gate; return what it printed and wrote."""
    done = coin("task=promote", *options, "hydra.run.dir=gate", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done, json.loads((tmp_path / "gate" / "promotion.json").read_text())


RATE = ("~model.candidates.network",)


def test_the_first_model_must_beat_the_baseline_of_its_training(tmp_path: Path, tracking: Tracking):
    """The network is surely better than the rate, and comes into use with the numbers on record."""
    trained(tmp_path)
    done, found = promotion(tmp_path)
    assert found["promoted"]
    assert found["in_use"] == found["version"] == 1
    verdict = found["verdict"]
    assert 0 < verdict["low"] < verdict["gain"] < verdict["high"]
    assert verdict["gain"] == pytest.approx(verdict["current"] - verdict["candidate"])
    assert (verdict["cases"], verdict["blocks"]) == (750, 25)
    assert found["current"] == "base rate (of the same training)"
    assert f"a gain of {verdict['gain']:.4f}" in done.stdout
    registry = registry_of(tracking)
    assert registry.champion() == 1
    (event,) = registry.events()
    assert event.grounds["verdict"] == verdict


def test_a_baseline_alone_is_the_first_in_use(tmp_path: Path, tracking: Tracking):
    """Nothing is there to compare it with, and that is said."""
    trained(tmp_path, *RATE)
    done, found = promotion(tmp_path)
    assert found["promoted"]
    assert found["verdict"] is None
    assert "It is the first model" in done.stdout


def test_what_is_not_surely_better_does_not_come_into_use(tmp_path: Path, tracking: Tracking):
    """The network does not beat itself with another width by a margin; the numbers are told."""
    trained(tmp_path)
    promotion(tmp_path)
    trained(tmp_path, "model.candidates.network.width=5")
    done, found = promotion(tmp_path, "task.margin=0.05")
    assert not found["promoted"]
    assert found["in_use"] == 1
    assert found["version"] == 2
    assert "not all above the margin of 0.05" in done.stdout
    assert "does not come into use" in done.stdout
    assert registry_of(tracking).champion() == 1


def test_a_worse_model_never_replaces_a_better_one(tmp_path: Path, tracking: Tracking):
    """The rate against the network; and the network itself is in use already."""
    trained(tmp_path)
    promotion(tmp_path)
    rate = trained(tmp_path, *RATE)
    _, found = promotion(tmp_path, f"task.candidate={rate}")
    assert not found["promoted"]
    assert found["verdict"]["high"] < 0
    _, again = promotion(tmp_path, "task.candidate=1")
    assert again["reason"] == "It is the model in use already."


def test_the_model_of_a_folder_is_registered_when_it_comes_into_use(
    tmp_path: Path, tracking: Tracking
):
    """Once only: what is registered already keeps its version."""
    run = trained(tmp_path, "tracking=none")
    _, found = promotion(tmp_path, f"task.candidate={run}")
    assert found["promoted"]
    registry = registry_of(tracking)
    assert registry.champion() == registry.newest() == 1
    rate = run / "models" / "base_rate"
    options = (f"task.candidate={run / 'models' / 'network'}", f"task.current={rate}")
    _, again = promotion(tmp_path, *options)
    assert again["promoted"]
    assert again["version"] == registry_of(tracking).newest() == 1


@pytest.mark.parametrize("later", ["the candidate", "the model in use"])
def test_a_period_that_one_has_learned_from_is_refused(
    tmp_path: Path, tracking: Tracking, later: str
):
    """Whichever of the two it is."""
    earlier = ("data.split.train_until=2023-01-20", "data.split.first=2023-01-20")
    in_use, candidate = ((), earlier) if later == "the model in use" else (earlier, ())
    trained(tmp_path, *in_use)
    promotion(tmp_path, *in_use)
    trained(tmp_path, *candidate)
    done = coin("task=promote", *earlier, cwd=tmp_path)
    assert done.returncode == 2
    assert f"until when {later} has learned" in done.stderr
    assert registry_of(tracking).champion() == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["task.candidate=7"], "version is 7; it must be a version of coin in the registry"),
        (["task.candidate=nowhere"], "task.candidate is 'nowhere'; it must be the number"),
        (["task.candidate=1.5"], "task.candidate is 1.5; it must be the number"),
        (["task.candidate=true"], "task.candidate is True; it must be the number"),
        (["task.baseline=oracle"], "task.baseline is 'oracle'; it must be a model of the training"),
        (["task.margin=-1"], "task.margin is -1"),
        (["task.confidence=95"], "confidence is 95; it must be a number between 0.5 and 1"),
        (["task.resamples=1"], "resamples is 1"),
        (["data.split.until=2023-02-07"], "split is '1 block held out'"),
        (["tracking=none"], "tracking.uri is None; it must be where models are registered"),
        (["+task.best=1"], "task.best is 1; it must be one of name, candidate"),
    ],
)
def test_what_cannot_be_judged_is_refused_in_a_line(
    tmp_path: Path, tracking: Tracking, options: list[str], message: str
):
    """Nothing comes into use."""
    trained(tmp_path)
    done = coin("task=promote", *options, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert registry_of(tracking).champion() is None


def test_a_kept_file_that_was_changed_does_not_come_into_use(tmp_path: Path, tracking: Tracking):
    """Neither from a folder nor from the registry."""
    run = trained(tmp_path)
    for weights in [run / "models/network/weights.safetensors", *tmp_path.rglob("artifacts/*/*")]:
        if weights.name == "weights.safetensors":
            weights.write_bytes(weights.read_bytes()[:-1] + b"\x07")
    done = coin("task=promote", f"task.candidate={run}", cwd=tmp_path)
    assert done.returncode == 2
    assert "weights.safetensors" in done.stderr


@pytest.mark.slow
def test_models_that_are_scored_on_different_cases_are_not_compared(
    tmp_path: Path, tracking: Tracking
):
    """But different options that leave the cases as they are do not matter."""
    trained(tmp_path)
    promotion(tmp_path)
    trained(tmp_path, "model.options.smoothing=0.5")
    _, found = promotion(tmp_path)
    assert not found["promoted"]
    assert found["verdict"]["candidate"] > found["verdict"]["current"]
    trained(tmp_path, "model.options.beyond=0.5")
    done = coin("task=promote", cwd=tmp_path)
    assert done.returncode == 2
    assert "so that both have the same cases" in done.stderr


def test_going_back_puts_the_earlier_model_to_use(tmp_path: Path, tracking: Tracking):
    """And once more is refused, because it was the first."""
    trained(tmp_path, *RATE)
    promotion(tmp_path)
    trained(tmp_path)
    _, found = promotion(tmp_path)
    assert found["in_use"] == 2
    done = coin("task=rollback", "hydra.run.dir=back", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Version 1 of coin (base_rate) is in use again, instead of version 2." in done.stdout
    event = json.loads((tmp_path / "back" / "rollback.json").read_text())
    assert (event["what"], event["version"], event["before"]) == ("rolled_back", 1, 2)
    assert registry_of(tracking).champion() == 1
    again = coin("task=rollback", cwd=tmp_path)
    assert again.returncode == 2
    assert "version 1, the first in use" in again.stderr
