"""``task=drift``: the model in use, watched week by week."""

import json
from pathlib import Path

import pytest

from tests.command import Done
from tests.forecast.coin import coin
from tests.forecast.databases import empty_database


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model in use."""
    path = tmp_path_factory.mktemp("drift")
    empty_database(path)
    for options in (["data.days=100", "hydra.run.dir=train"], ["task=promote"]):
        assert coin(*options, cwd=path).returncode == 0
    return path


def watched(folder: Path, *options: str) -> tuple[Done, dict]:
    """Watch; return what was printed and written."""
    done = coin("task=drift", "hydra.run.dir=drift", *options, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done, json.loads((folder / "drift" / "drift.json").read_text())


def test_what_has_not_moved_is_not_said_to_have(folder: Path):
    """The same law goes on: inputs stable, and the model right within chance."""
    done, found = watched(folder, "data.days=100", "data.split.until=2023-04-10")
    assert not found["drifted"]
    assert {one["status"] for one in found["inputs"].values()} == {"stable"}
    assert found["calibration"]["low"] < 0 < found["calibration"]["high"]
    assert "No input has shifted." in done.stdout
    parts = found["calibration"]["parts"]
    assert len(parts) == 9
    assert sum(one["cases"] for one in parts) == 30 * 63
    assert parts[0]["start"] == "2023-02-06"


@pytest.mark.parametrize("period", ["day", "month"])
def test_a_shift_is_found_and_shown(folder: Path, monkeypatch: pytest.MonkeyPatch, period: str):
    """The distance has shifted, the visit type has not, and the model expects too few no-shows."""
    import pandas as pd

    from forecast.data.history import History
    from forecast.data.sources import SOURCES
    from tests.forecast.coin import coin_history

    def moved(*_: object) -> History:
        before, after = coin_history(), coin_history(seed=1, shift=0.5, rate=1.0)
        cut = pd.Timestamp("2023-02-06")
        parts = [
            before.visits[before.visits["scheduled_at"] < cut],
            after.visits[after.visits["scheduled_at"] >= cut],
        ]
        return History(visits=pd.concat(parts, ignore_index=True))

    monkeypatch.setitem(SOURCES, "coin", moved)
    done, found = watched(folder, f"task.period={period}")
    assert found["drifted"]
    assert found["inputs"]["distance"]["status"] == "shifted"
    assert found["inputs"]["visit_type"]["status"] == "stable"
    assert found["calibration"]["off"]
    assert found["calibration"]["low"] > 0.05
    assert len(found["calibration"]["parts"]) == {"day": 25, "month": 2}[period]
    assert "Shifted: distance." in done.stdout
    assert "the model is off" in done.stdout
    page = (folder / "drift" / "drift.html").read_text()
    for heading in (
        "Have the inputs moved?", "What has moved in distance?", "Does what is expected happen?"
    ):  # fmt: skip
        assert heading in page


def test_the_model_of_a_folder_is_watched_without_a_registry(folder: Path):
    """By its folder, or that of its run."""
    _, found = watched(folder, "tracking=none", "task.model=train")
    assert found["model"] == "network (train/models/network)"
    _, found = watched(folder, "tracking=none", "task.model=train/models/base_rate")
    assert found["model"].startswith("base rate")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["task.period=year"], "task.period is 'year'; it must be one of day, week, month"),
        (["task.since=2024-01-01"], "task.since is '2024-01-01'; it must be a time before"),
        (["task.since=soon"], "task.since is 'soon'"),
        (["task.bins=1"], "task.bins is 1"),
        (["task.model=99"], "version is 99"),
        (["tracking=none"], "task.model is 'champion'; it must be a folder, because no registry"),
        (
            ["data.split.first=2023-01-10", "data.split.train_until=2023-01-10"],
            "until when network (version 1) has learned",
        ),
    ],
)
def test_what_cannot_be_watched_is_refused_in_a_line(
    folder: Path, options: list[str], message: str
):
    """Without a traceback."""
    done = coin("task=drift", *options, cwd=folder)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
