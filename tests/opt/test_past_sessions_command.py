"""The experiments on past sessions as commands: files, words, and errors in one line."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from tests.command import Done, command

SMALL = {
    "replay": ("replay.synthetic.sessions=14", "replay.synthetic.fewest=4",
               "replay.synthetic.most=5", "replay.bootstrap.resamples=200"),
    "forecast_value": ("forecast_value.synthetic.sessions=5", "forecast_value.synthetic.fewest=4",
                       "forecast_value.synthetic.most=5",
                       "forecast_value.bootstrap.resamples=200"),
}  # fmt: skip


def run(name: str, folder: Path, *more: str) -> Done:
    """Run an experiment on few made-up sessions."""
    return command(f"+experiment={name}", *SMALL[name], "hydra.run.dir=out", *more, cwd=folder)


def contents(folder: Path, name: str) -> dict[str, Any]:
    """Return the numbers written."""
    found: dict[str, Any] = json.loads((folder / "out" / f"{name}.json").read_text())
    return found


@pytest.mark.parametrize("name", list(SMALL))
def test_an_experiment_needs_no_data_and_leaves_its_files(tmp_path: Path, name: str):
    """A table, the verdict, JSON, CSV and a report that needs nothing beside itself."""
    done = run(name, tmp_path)
    assert done.returncode == 0, done.stderr
    found = contents(tmp_path, name)
    assert " ".join(found["verdict"][0].split()) in " ".join(done.stdout.split())
    assert "made up" in done.stdout
    with (tmp_path / "out" / f"{name}.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == found["sessions"] * len(found["schedules"])
    for schedule, numbers in found["schedules"].items():
        costs = [float(row["cost"]) for row in rows if row["schedule"] == schedule]
        assert sum(costs) / len(costs) == pytest.approx(numbers["cost"]["mean"])
        assert numbers["cost"]["low"] <= numbers["cost"]["mean"] <= numbers["cost"]["high"]
    page = (tmp_path / "out" / "report.html").read_text()
    assert found["verdict"][0].split(":")[0].split("'")[0] in page
    assert 'src="http' not in page


def test_sessions_that_cost_nothing_have_no_percentages(tmp_path: Path):
    """Consultations all of ten minutes, booked every ten: a share of nothing is not a number."""
    rows = [
        f"{day},2026-01-0{day},{patient},10,{10 * (patient - 1)},1"
        for day in range(1, 7)
        for patient in (1, 2, 3)
    ]
    header = "session,date,patient,minutes,appointment,came"
    (tmp_path / "sessions.csv").write_text("\n".join([header, *rows]) + "\n")
    done = command(
        "+experiment=replay", "replay.file=sessions.csv", "replay.bootstrap.resamples=200",
        "hydra.run.dir=out", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "nan" not in done.stdout
    found = contents(tmp_path, "replay")
    assert found["schedules"]["in_use"]["cost"]["mean"] == 0.0
    assert found["optimised_minus"]["in_use"]["per_cent"] is None
    assert "nan" not in (tmp_path / "out" / "report.html").read_text().split("<script")[0]


@pytest.mark.parametrize("name", list(SMALL))
def test_the_same_seed_writes_the_same_files(tmp_path: Path, name: str):
    """And another seed makes other sessions up."""
    written = []
    for seed in (3, 3, 4):
        folder = tmp_path / str(len(written))
        folder.mkdir()
        assert run(name, folder, f"seed={seed}", "report=false").returncode == 0
        written.append(
            [(folder / "out" / f"{name}.{kind}").read_text() for kind in ("json", "csv")]
        )
    assert written[0] == written[1]
    assert written[0] != written[2]


@pytest.mark.parametrize(
    ("name", "sessions"), [("replay", "sessions.csv"), ("forecast_value", "sessions.json")]
)
def test_the_sessions_made_up_can_be_given_again(tmp_path: Path, name: str, sessions: str):
    """As a file of one's own: the same numbers."""
    assert run(name, tmp_path, "report=false").returncode == 0
    before = contents(tmp_path, name)
    (tmp_path / "out" / sessions).rename(tmp_path / sessions)
    done = run(name, tmp_path, "report=false", f"{name}.file={sessions}")
    assert done.returncode == 0, done.stderr
    assert "made up" not in done.stdout
    assert contents(tmp_path, name)["schedules"] == before["schedules"]


def test_weights_decide_what_is_optimised(tmp_path: Path):
    """Patients first: less waiting."""
    waits = []
    for weights in ("provider_first", "patients_first"):
        assert run("replay", tmp_path, f"weights={weights}", "report=false").returncode == 0
        waits.append(contents(tmp_path, "replay")["schedules"]["optimised"]["waiting"]["mean"])
    assert waits[1] < waits[0]


@pytest.mark.parametrize(
    ("name", "override", "message"),
    [
        ("replay", "session.patients=3", "session.patients is '3'; it must be left out"),
        ("replay", "strategy=genetic", "strategy is 'genetic'; it must be left out"),
        ("forecast_value", "service_time=gamma", "service_time is 'gamma'; it must be left out"),
        ("replay", "evaluate=schedules.csv", "evaluate is 'schedules.csv'; it must be null"),
        ("replay", "forecast_value=sessions", "it must be null where replay is given"),
        ("replay", "seed=-1", "seed is -1"),
        ("replay", "start='25:00'", "start is 25; it must be a whole number from 0 to 23"),
        ("replay", "replay.law=normal", "replay.law is 'normal'"),
        ("replay", "replay.file=none.csv", "readable"),
        ("replay", "replay.files=none.csv", "files"),
        ("replay", "weights.waiting=-1", "weights.waiting is -1"),
        ("replay", "idle_definition=none", "idle_definition is 'none'"),
        ("replay", "device.dtype=int8", "device.dtype is 'int8'"),
        ("forecast_value", "forecast_value.file=none.json", "readable"),
        ("forecast_value", "forecast_value.synthetic.informativeness=2", "informativeness is 2"),
    ],
)
def test_bad_input_is_one_line(tmp_path: Path, name: str, override: str, message: str):
    """Naming the field, the value and what is allowed."""
    done = run(name, tmp_path, override)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_help_names_the_experiments(tmp_path: Path):
    """With an example of each, and the groups of settings."""
    done = command("--help", cwd=tmp_path)
    for name in SMALL:
        assert f"+experiment={name} {name}.file=" in done.stdout
        assert f"{name}: none, sessions" in done.stdout
