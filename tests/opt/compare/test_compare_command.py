"""``python -m opt.compare`` as a user runs it: what it prints, writes and refuses."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from opt.compare.__main__ import main
from tests.command import TIME_LIMIT, Done, command

SMALL = (
    "instances=[{session:obp_exponential,session.patients:4,session.intervals:8,name:tiny},"
    "{session:general_practice,session.patients:3,session.intervals:6,session.no_show:0.3,"
    "weights:patients_first,name:no show}]"
)
STRATEGIES = "strategies=[exact,local_search,{name:genetic,population:20,generations:200}]"
RUN = "hydra.run.dir=run"
GENETIC = "genetic, population 20, generations 200"


def compared(*arguments: str, cwd: Path) -> Done:
    """Run the command in this process."""
    return command(*arguments, cwd=cwd, entry=main)


def rows_of(path: Path, leave_out: tuple[str, ...] = ()) -> list[dict[str, str]]:
    """Return the rows of a CSV file, without some columns."""
    with path.open() as file:
        rows = list(csv.DictReader(file))
    return [{key: row[key] for key in row if key not in leave_out} for row in rows]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Done, Path]:
    """A comparison of three strategies on two instances with three seeds."""
    folder = tmp_path_factory.mktemp("comparison")
    return compared(SMALL, STRATEGIES, "seeds=3", RUN, cwd=folder), folder / "run"


def test_a_comparison_says_which_strategy_to_take(done: tuple[Done, Path]):
    """On the terminal, with what was written where."""
    ended, _ = done
    assert ended.returncode == 0, ended.stderr
    assert "Take exact: it reaches the certified optimum in every run, and proves it" in (
        " ".join(ended.stdout.split())
    )
    assert "Report: " in ended.stdout


def test_there_is_a_row_per_run_with_its_gap(done: tuple[Done, Path]):
    """Exact and the descent once, genetic three times, on each instance."""
    rows = rows_of(done[1] / "comparison.csv")
    assert len(rows) == 2 * (1 + 1 + 3)
    for row in rows:
        assert row["certified"] == "True"
        gap = float(row["cost"]) / float(row["reference"]) - 1
        assert float(row["gap"]) == pytest.approx(gap, abs=1e-8)
        assert sum(map(int, row["schedule"].split())) == (4 if row["instance"] == "tiny" else 3)
        if row["label"] == "exact":
            assert float(row["gap"]) == 0
            assert row["status"] == "optimal"
    assert {row["seed"] for row in rows if row["label"] == GENETIC} == {"0", "1", "2"}


def test_curves_and_standings_are_there_for_other_programs(done: tuple[Done, Path]):
    """The last point of every curve is the cost of the run."""
    folder = done[1]
    curves = pd.read_parquet(folder / "curves.parquet")
    ends = curves.groupby(["instance", "label", "seed"]).tail(1)
    costs = {
        (row["instance"], row["label"], int(row["seed"])): float(row["cost"])
        for row in rows_of(folder / "comparison.csv")
    }
    found = {(row.instance, row.label, row.seed): row.cost for row in ends.itertuples()}
    assert found == pytest.approx(costs, rel=1e-12)
    contents = json.loads((folder / "comparison.json").read_text())
    assert contents["ranking"][0] == "exact"
    assert contents["references"]["tiny"]["certified"]
    assert contents["standings"][GENETIC]["no show"]["runs"] == 3


def test_the_page_holds_answer_tables_and_figures(done: tuple[Done, Path]):
    """And nothing from elsewhere."""
    page = (done[1] / "report.html").read_text()
    assert "Take exact: it reaches the certified optimum" in page
    assert "Over all 2 instances" in page
    assert "no show: gaps against the certified optimum" in page
    for key in ("profile", "evaluations-tiny", "seconds-no_show", "search-tiny", "pointed-tiny"):
        assert f'id="plot-{key}"' in page
    assert '<th scope="row">genetic, population 20, generations 200</th>' in page
    assert 'src="http' not in page


def interrupted(folder: Path, number: signal.Signals) -> tuple[int, str]:
    """Interrupt a comparison when the first genetic algorithm is done; return how it ended."""
    folder.mkdir()
    search = subprocess.Popen(
        [sys.executable, "-m", "opt.compare", SMALL, STRATEGIES, "seeds=3", RUN],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    deadline = time.monotonic() + TIME_LIMIT
    while search.poll() is None and not list((folder / "run" / "runs").glob("*genetic*.json")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    search.send_signal(number)
    output, _ = search.communicate(timeout=TIME_LIMIT)
    return search.returncode, output


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_comparison_goes_on_to_the_same_end(
    done: tuple[Done, Path], tmp_path: Path, number: signal.Signals
):
    """By Ctrl-C or by force, in the middle of the runs; finished ones are not done again.

    But for the seconds, the end is that of one that ran in another process without a break.
    """
    # A busy machine may let a comparison end before the signal comes: then another is begun.
    for attempt in range(5):
        folder = tmp_path / str(attempt)
        status, output = interrupted(folder, number)
        if not (folder / "run" / "report.html").exists():
            break
    assert not (folder / "run" / "report.html").exists(), output
    kept = {path: path.stat().st_mtime_ns for path in (folder / "run" / "runs").glob("*.json")}
    assert 0 < len(kept) < 2 + 2 * (1 + 1 + 3)
    if number is signal.SIGINT:
        assert status == 130, output
        assert "resume=" in output
        assert "Traceback" not in output
    resumed = compared("resume=run", cwd=folder)
    assert resumed.returncode == 0, resumed.stderr
    assert all(path.stat().st_mtime_ns == before for path, before in kept.items())
    clock = ("seconds", "seconds_to_1_percent")
    assert rows_of(folder / "run" / "comparison.csv", clock) == rows_of(
        done[1] / "comparison.csv", clock
    )


def test_the_seed_experiment_runs_as_a_configuration(tmp_path: Path):
    """Small: two values of each parameter; the page shows what the parameters do."""
    grid = "{population:[10,20],generations:[5,10],crossover_patients:[1,3]}"
    ended = compared(
        "comparison=seed_experiment", f"strategies.0.grid={grid}", "seeds=2", RUN,
        "instances=[{session:obp,session.patients:6,session.intervals:12,name:obp}]",
        cwd=tmp_path,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    page = (tmp_path / "run" / "report.html").read_text()
    assert "what the parameters of genetic do" in page
    assert 'id="plot-search-obp"' in page
    rows = rows_of(tmp_path / "run" / "comparison.csv")
    assert len(rows) == 2**3 * 2
    evaluations = {row["label"]: int(row["evaluations"]) for row in rows}
    assert evaluations["genetic 20 x 10 x 1"] > evaluations["genetic 10 x 5 x 1"]


def test_where_nothing_can_be_certified_gaps_are_against_the_best_known(tmp_path: Path):
    """The probability of a long wait is not convex: the page says so, and what it means."""
    penalties = "{waiting:{penalty:tail,threshold:10},tardiness:{penalty:mean,threshold:null}}"
    ended = compared(
        "instances=[{session:obp_exponential,session.patients:3,session.intervals:6,"
        f"penalties:{penalties},name:long waits}}]",
        "strategies=[local_search,equispaced]", RUN, cwd=tmp_path,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    rows = rows_of(tmp_path / "run" / "comparison.csv")
    assert {row["certified"] for row in rows} == {"False"}
    assert min(float(row["gap"]) for row in rows) == 0
    page = (tmp_path / "run" / "report.html").read_text()
    assert "not certified" in page
    assert "the certified optimum or the best known cost" in page


def test_help_tells_what_can_be_chosen(tmp_path: Path):
    """Groups, settings and examples."""
    ended = compared("--help", cwd=tmp_path)
    assert ended.returncode == 0
    for word in ("seed_experiment", "seeds: 10", "instances=", "resume=", "Ctrl-C"):
        assert word in ended.stdout


BAD = {
    "unknown strategy": (["strategies=[exakt]"], ["strategy.name", "genetic"]),
    "unknown parameter": (["strategies=[{name:exact,gap:1}]"], ["strategy.gap", "target_gap"]),
    "parameter": (["strategies=[{name:genetic,population:0}]"], ["strategy.population"]),
    "no strategies": (["strategies=[]"], ["strategies is []"]),
    "a strategy twice": (["strategies=[exact,exact]"], ["strategies is", "different"]),
    "unknown instance": (["instances=[obpp]"], ["instances[0]", "obp_exponential"]),
    "no instances": (["instances=[]"], ["instances is []"]),
    "instance of a number": (["instances=[7]"], ["instances[0]"]),
    "unknown setting": (
        ["instances=[obp,{session:obp,session.patience:3}]"],
        ["session.patience"],
    ),
    "no setting": (["instances=[{strategy:exact}]"], ["instances[0].strategy"]),
    "setting in nothing": (["instances=[{session.walk_ins.rate:1}]"], ["walk_ins.rate"]),
    "unknown choice": (["instances=[{session:obp,weights:heavy}]"], ["instances[0].weights"]),
    "value": (["instances=[{session.no_show:2}]"], ["session.no_show"]),
    "nothing feasible": (["instances=[{constraints:{blocked:[0],fixed:{1:0}}}]"], ["constraints"]),
    "no seeds": (["seeds=0"], ["seeds is 0"]),
    "half a seed": (["seeds=1.5"], ["seeds is 1.5"]),
    "stopping": (["stopping.evaluations=0"], ["stopping.evaluations"]),
    "reference": (["reference.second=5"], ["reference.second"]),
    "unknown key": (["seed=3"], ["seed"]),
    "unknown comparison": (["comparison=nothing"], ["comparison/nothing"]),
    "resume from nothing": (["resume=nowhere"], ["resume is 'nowhere'"]),
    "resume with more": (["resume=nowhere", "seeds=3"], ["resume is 'seeds=3'"]),
    "start": (["start='9'"], ["start is"]),
    "device": (["device.dtype=float16"], ["device.dtype"]),
}  # fmt: skip


@pytest.mark.parametrize("case", list(BAD))
def test_bad_input_ends_with_one_clear_error(case: str, tmp_path: Path):
    """Exit status 2, the field named, no traceback, before any run."""
    arguments, words = BAD[case]
    if not any("instances" in argument or "resume" in argument for argument in arguments):
        arguments = [*arguments, "instances=[obp_exponential]"]
    ended = compared(*arguments, RUN, cwd=tmp_path)
    assert ended.returncode == 2, ended.stdout
    assert "Traceback" not in ended.stderr
    assert ended.stderr.startswith("error: ")
    for word in words:
        assert word in ended.stderr
    assert not list(tmp_path.glob("run/runs/*.json"))


@pytest.mark.parametrize("contents", ["", "{", "[]", "{}", '{"format": 1}', '{"format": 2}'])
def test_a_plan_that_is_none_is_refused(tmp_path: Path, contents: str):
    """Exit status 2, one line."""
    (tmp_path / "plan.json").write_text(contents)
    ended = compared("resume=.", RUN, cwd=tmp_path)
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: ")
    assert ended.stderr.count("\n") == 1
