"""The pipeline from a history to a schedule, run by DVC."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: Every metric that the stages write, by the folder of the stage.
METRICS = ("result.json", "promotion.json")
QUANTITIES = ("consultation", "demand", "no_show")


def reproduced(folder: Path) -> Path:
    """Run the pipeline in a repository of its own; return its folder."""
    pipeline = folder / "pipeline"
    shutil.copytree(
        ROOT / "deploy" / "pipeline",
        pipeline,
        ignore=shutil.ignore_patterns(
            "history", "prepare", "train", "evaluate", "promote", "session", "optimise",
            "mlflow.db*", "artifacts", "dvc.lock", "tmp", "cache",
        ),
    )  # fmt: skip
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    subprocess.run(["git", "-C", folder, "add", "."], check=True)
    run(pipeline, "dvc", "repro")
    return pipeline


def run(folder: Path, *command: str) -> str:
    """Run a program of this environment offline; return what it printed."""
    programs = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "no_proxy": "",
        "https_proxy": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
    }
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-4_000:]
    return done.stdout


def metrics(pipeline: Path) -> dict[str, object]:
    """Return all numbers that the stages are judged by."""
    found: dict[str, object] = {}
    for stage in ("train", "evaluate"):
        for quantity in QUANTITIES:
            contents = json.loads((pipeline / stage / quantity / "result.json").read_text())
            found[f"{stage} {quantity}"] = {
                name: contents[name] for name in ("champion", "scores", "cases", "split")
            }
    for quantity in QUANTITIES:
        contents = json.loads((pipeline / "promote" / quantity / "promotion.json").read_text())
        found[f"promote {quantity}"] = (contents["promoted"], contents["verdict"])
    found["session"] = {
        path.name: path.read_text()
        for path in (pipeline / "session" / "configuration" / "session").iterdir()
    }
    found["schedule"] = json.loads((pipeline / "optimise" / "result.json").read_text())["schedule"]
    return found


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_the_pipeline_runs_offline(tmp_path: Path):
    """From nothing to a proved schedule by one command; what is read of it is in pandas."""
    first = reproduced(tmp_path / "first")
    result = json.loads((first / "optimise" / "result.json").read_text())
    assert result["status"] == "optimal"
    assert metrics(first)["promote consultation"][0], "the consultation model came into use"
    assert run(first, "dvc", "status").strip().endswith("up to date.")
    printed = run(first, "python", "read_results.py")
    assert all(title in printed for title in ("schedules, minutes", "runs", "weeks"))


@pytest.mark.nightly
@pytest.mark.timeout(1_800)
def test_a_second_run_has_the_same_numbers(tmp_path: Path):
    """To the last digit, of every stage."""
    first, second = (reproduced(tmp_path / one) for one in ("first", "second"))
    assert metrics(second) == metrics(first)
