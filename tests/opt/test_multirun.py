"""Launchers and sweepers of ``python -m opt --multirun``, with their extras and without."""

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.command import TIME_LIMIT, Done, command, process

ROOT = Path(__file__).parents[2]
SMALL = ["session.patients=6", "session.intervals=12", "report=false"]
#: Names with which the distributions of the extras, and this project itself, begin.
EXTRAS = ("ray", "hydra_plugins", "hydra_ray", "hydra_joblib", "hydra_optuna", "optuna")


def test_the_optuna_sweeper_tunes_the_genetic_algorithm(tmp_path: Path):
    """Each trial within the space, its cost minimised, the best one in the sweeper's file."""
    check_tuning(command, tmp_path)


@pytest.mark.nightly
def test_trials_side_by_side_equal_those_one_by_one(tmp_path: Path):
    """By processes of joblib, and by a cluster of Ray with two workers."""
    costs = {}
    for name, options in {
        "alone": [],
        "joblib": ["+sweep=joblib"],
        "ray": ["+sweep=ray", "+hydra.launcher.ray.init.num_cpus=2"],
    }.items():
        folder = tmp_path / name
        folder.mkdir()
        costs[name] = check_tuning(process, folder, *options)
    assert costs["joblib"] == costs["ray"] == costs["alone"]


def check_tuning(run: Callable[..., Done], folder: Path, *options: str) -> list[float]:
    """Tune with four short trials; return their costs."""
    done = run(
        "+experiment=tune_genetic", *SMALL, "hydra.sweeper.n_trials=4", "stopping.evaluations=400",
        "strategy.crossover_probability=0.9", *options, "hydra.sweep.dir=tuned", cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    results = [
        json.loads((folder / "tuned" / str(job) / "result.json").read_text()) for job in range(4)
    ]
    for result in results:
        assert result["strategy"] == "genetic"
        assert 20 <= result["parameters"]["population"] <= 500
        assert 0 <= result["parameters"]["mutation_probability"] <= 1
        assert result["parameters"]["crossover_probability"] == 0.9
    assert len({result["parameters"]["population"] for result in results}) == 4
    best = yaml.safe_load((folder / "tuned" / "optimization_results.yaml").read_text())
    cheapest = min(results, key=lambda result: float(result["cost"]))
    assert best["best_value"] == cheapest["cost"]
    for name, value in best["best_params"].items():
        assert any(one["parameters"][name.removeprefix("strategy.")] == value for one in results)
    assert "Results in tuned" in done.stdout
    assert all(f"{result['cost']:.4f}" in done.stdout for result in results)
    return [float(result["cost"]) for result in results]


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is installed here, without the extras."""
    folder = tmp_path_factory.mktemp("bare")
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if not path.name.startswith((*EXTRAS, "__editable__")) and path.suffix != ".pth":
            (folder / path.name).symlink_to(path)
    return folder


#: Runs the command several times, since torch takes seconds to import.
SEVERAL = """
import json, sys
from hydra.core.global_hydra import GlobalHydra
from opt.__main__ import main
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["opt", *arguments]
    GlobalHydra.instance().clear()
    try:
        main()
    except SystemExit as end:
        print("ended with", end.code, file=sys.stderr)
"""


def test_an_extra_that_is_not_installed_is_named(bare: Path, tmp_path: Path):
    """In one line that says how to install it."""
    needs = [
        (["workers=ray"], "ray"),
        (["--multirun", "+sweep=ray", "seed=1,2"], "ray"),
        (["--multirun", "hydra/launcher=joblib", "seed=1,2"], "joblib"),
        (["+experiment=tune_genetic"], "optuna"),
    ]
    done = subprocess.run(
        [sys.executable, "-S", "-c", SEVERAL, json.dumps([one + SMALL for one, _ in needs])],
        cwd=tmp_path, capture_output=True, text=True, timeout=TIME_LIMIT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{bare}"},
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    endings = done.stderr.split("ended with 2\n")
    assert len(endings) == len(needs) + 1
    for (_, extra), ending in zip(needs, endings, strict=False):
        assert f"pip install 'bailey[{extra}]'" in ending.splitlines()[-1]
