"""``python -m opt`` as a user runs it: what it prints, writes and refuses."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.command import TIME_LIMIT, command, process

SMALL = ["session.patients=4", "session.intervals=8", "report=false"]


def run_folder(cwd: Path) -> Path:
    """Return the only run directory."""
    (folder,) = (path.parent for path in cwd.glob("outputs/*/*/result.json"))
    return folder


def test_the_default_run_prints_and_writes_a_proved_schedule(tmp_path: Path):
    """Schedule, cost beside the baselines, proof, report; the result verifies from its file."""
    done = process(cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for word in ("Book: 09:00", "bailey welch", "equispaced", "Proved: no schedule", "report.html"):
        assert word in done.stdout
    folder = run_folder(tmp_path)
    result = json.loads((folder / "result.json").read_text())
    assert result["status"] == "optimal"
    assert result["gap"] < 1e-8
    assert sum(result["schedule"]) == 12
    expected = (
        "session strategy seed schedule waiting idle tardiness cost lower_bound gap status "
        "termination evaluations seconds device dtype error_bound"
    )
    assert set(expected.split()) <= set(result)
    assert result["cost"] < min(row["cost"] for row in result["baselines"].values())
    with (folder / "schedule.csv").open() as file:
        assert sum(int(row["patients"]) for row in csv.DictReader(file)) == 12
    with (folder / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert float(rows[-1]["best_cost"]) == pytest.approx(result["cost"])
    verified = command(f"verify={folder / 'result.json'}", cwd=tmp_path)
    assert verified.returncode == 0
    assert verified.stdout.startswith("Verified:")


def test_a_changed_result_is_not_verified(tmp_path: Path):
    """Exit status 1, and what is wrong."""
    command(*SMALL, cwd=tmp_path)
    path = run_folder(tmp_path) / "result.json"
    contents = json.loads(path.read_text())
    contents["lower_bound"] += 0.5
    path.write_text(json.dumps(contents))
    done = command(f"verify={path}", cwd=tmp_path)
    assert done.returncode == 1
    assert "lower_bound is" in done.stdout


def test_schedules_of_a_file_are_priced(tmp_path: Path):
    """A row per schedule, printed and written."""
    (tmp_path / "schedules.csv").write_text("front,4,0,0,0,0,0,0,0\nspread,1,0,1,0,1,0,1,0\n")
    done = command(*SMALL, "evaluate=schedules.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "front" in done.stdout
    (path,) = tmp_path.glob("outputs/*/*/evaluated.csv")
    with path.open() as file:
        rows = {row["schedule"]: float(row["cost"]) for row in csv.DictReader(file)}
    assert rows["spread"] < rows["front"]


def test_schedules_that_break_the_constraints_are_named(tmp_path: Path):
    """They are priced like the others."""
    (tmp_path / "schedules.csv").write_text("front,4,0,0,0,0,0,0,0\nspread,1,0,1,0,1,0,1,0\n")
    done = command(*SMALL, "evaluate=schedules.csv", "constraints.capacity=1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "These do not meet the constraints: front\n" in done.stdout


def test_measured_times_from_a_file_make_a_session(tmp_path: Path):
    """The column is named."""
    (tmp_path / "times.csv").write_text("minutes\n10\n12\n15\n31\n")
    arguments = ("session=from_csv", "service_time.file=times.csv", *SMALL)
    done = command(*arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    result = json.loads((run_folder(tmp_path) / "result.json").read_text())
    assert result["session"]["service_time"]["durations"] == [10, 12, 15, 31]


@pytest.mark.slow
@pytest.mark.parametrize("launcher", ["basic", "joblib"])
def test_a_multirun_ends_with_a_table(tmp_path: Path, launcher: str):
    """One row per job, with either launcher."""
    arguments = ("--multirun", f"hydra/launcher={launcher}", "session.patients=3,4", *SMALL[1:])
    done = process(*arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Results in multirun" in done.stdout
    assert len(list(tmp_path.glob("multirun/*/*/*/result.json"))) == 2
    for patients in (3, 4):
        assert f"session.patients={patients}" in done.stdout


EXPERIMENTS = {
    "kaandorp_koole_table_1": 4,
    "kaandorp_koole_table_1_rules": 8,
    "kaandorp_koole_table_2a": 4,
}


@pytest.mark.slow
@pytest.mark.parametrize("experiment", list(EXPERIMENTS))
def test_experiments_print_the_published_figures_beside_ours(tmp_path: Path, experiment: str):
    """To the printed digit."""
    done = command(f"+experiment={experiment}", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "published: Table" in done.stdout
    paths = list(tmp_path.glob("multirun/*/*/*/result.json"))
    assert len(paths) == EXPERIMENTS[experiment]
    for path in paths:
        result = json.loads(path.read_text())
        (published,) = result["published"]
        for part in ("waiting", "idle", "tardiness", "cost"):
            assert round(result[part], 2) == published[part]


@pytest.mark.nightly
def test_the_emergencies_experiment_prints_the_published_figures_beside_ours(tmp_path: Path):
    """Koeleman & Koole (2012), Table 6, within 0.01, each row proved."""
    done = command("+experiment=koeleman_koole_table_6", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("published: Table 6") == 2 * 4
    paths = list(tmp_path.glob("multirun/*/*/*/result.json"))
    assert len(paths) == 4
    for path in paths:
        result = json.loads(path.read_text())
        (published,) = result["published"]
        assert result["status"] == "optimal"
        for part in ("waiting", "tardiness"):
            assert result[part] == pytest.approx(published[part], abs=0.01)


def test_constraints_types_and_a_value_are_taken_from_the_command_line(tmp_path: Path):
    """They are printed, stored, shown in the report and part of what is verified."""
    done = command(
        "constraints=lunch_break",
        "constraints.capacity=1",
        "constraints.fixed={1:0}",
        "value_per_patient=15",
        "session.patient_types={new:{service_time:{law:gamma,mean:15,cv:0.5}}}",
        "session.order=[new,new,new,new,new,new,new,new,new,new,new,new]",
        "session.interruptions=[{interval:0,work:{law:gamma,mean:5,cv:1},probability:0.5}]",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    for words in (
        "Constraints: nobody from 10:30 to 11:00; at most 1 in every interval; patient 1 in",
        "up to 12 patients",
        "a patient seen is worth 15",
        "Proved: no schedule of at most 12 patients under these constraints",
    ):
        assert words in " ".join(done.stdout.split())
    folder = run_folder(tmp_path)
    result = json.loads((folder / "result.json").read_text())
    assert result["status"] == "optimal"
    assert result["schedule"][0] == max(result["schedule"]) == 1
    assert sum(result["schedule"][18:24]) == 0
    assert result["constraints"]["fixed"] == {"1": 0}
    assert "nobody from 10:30 to 11:00" in (folder / "report.html").read_text()
    assert command(f"verify={folder / 'result.json'}", cwd=tmp_path).returncode == 0
    result["constraints"]["blocked"] = [0]
    (folder / "changed.json").write_text(json.dumps(result))
    assert command(f"verify={folder / 'changed.json'}", cwd=tmp_path).returncode == 2


@pytest.mark.nightly
def test_the_seed_experiment_shows_rules_searches_and_the_optimum(tmp_path: Path):
    """Each of its strategies, the last one with proof."""
    done = command("+experiment=obp_default", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    results = [json.loads(path.read_text()) for path in tmp_path.glob("multirun/*/*/*/result.json")]
    costs = {result["strategy"]: result["cost"] for result in results}
    assert costs["exact"] == pytest.approx(6.636674390, abs=1e-9)
    assert costs["local_search"] == pytest.approx(6.758545, abs=1e-6)
    assert costs["local_search"] < costs["equispaced"]
    assert costs["genetic"] == pytest.approx(costs["exact"], rel=0.005)
    assert costs["genetic"] >= costs["exact"] - 1e-9


@pytest.mark.parametrize(
    "session", ["obp", "obp_exponential", "kaandorp_koole_2007", "koeleman_koole_2012"]
)
def test_further_sessions_are_there(tmp_path: Path, session: str):
    """Each with its own law and weights, which the command line may still change."""
    done = command(f"session={session}", "strategy=equispaced", "report=false", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    result = json.loads((run_folder(tmp_path) / "result.json").read_text())
    law = {"obp": "poisson", "koeleman_koole_2012": "rounded"}.get(session, "exponential")
    assert result["session"]["service_time"]["law"] == law
    makespan = session == "kaandorp_koole_2007"
    assert result["idle_definition"] == ("makespan" if makespan else "session")
    assert result["weights"]["idle"] == (0.0 if session == "koeleman_koole_2012" else 0.2)


def test_penalties_are_taken_from_the_command_line(tmp_path: Path):
    """The minutes of a wait beyond a quarter of an hour."""
    penalty = ("penalties.waiting.penalty=excess", "penalties.waiting.threshold=15")
    done = command(*penalty, *SMALL, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    result = json.loads((run_folder(tmp_path) / "result.json").read_text())
    assert result["penalties"]["waiting"] == {"penalty": "excess", "threshold": 15.0}
    assert result["waiting_penalty"] < result["waiting"]
    assert result["status"] == "optimal"


def test_help_shows_what_can_be_chosen(tmp_path: Path):
    """Groups, keys and examples."""
    done = command("--help", cwd=tmp_path)
    assert done.returncode == 0
    for word in (
        "Bailey finds, and proves",
        "strategy: ",
        "local_search",
        "verify=",
        "stress=",
        "patients: 12",
    ):
        assert word in done.stdout


BAD = {
    "an unknown strategy": (["strategy=magic"], ["strategy/magic", "local_search"]),
    "an unknown option": (["strategy.speed=9"], ["'speed' is unknown", "target_gap, space"]),
    "an unknown group": (["colour=red"], ["colour"]),
    "no patients": (["session.patients=0"], ["session.patients is 0"]),
    "patients as text": (["session.patients=many"], ["session.patients is 'many'"]),
    "no weights": (
        ["weights.waiting=0", "weights.idle=0", "weights.tardiness=0"], ["positive in at least"]),
    "a certain no-show": (["session.no_show=1"], ["session.no_show is 1"]),
    "a pmf that does not sum": (
        ["service_time=pmf", "service_time.probabilities=[0.5,0.4]"], ["sum to 1"]),
    "a GPU that is not there": (["device=cuda"], ["device is 'cuda'", "cpu"]),
    "an unknown precision": (["device.dtype=float16"], ["float64, float32"]),
    "a missing file of times": (
        ["session=from_csv", "service_time.file=none.csv"], ["none.csv", "No such file"]),
    "no file of times": (["session=from_csv"], ["service_time.file"]),
    "a missing file of schedules": (["evaluate=none.csv"], ["none.csv"]),
    "a missing checkpoint": (["resume=none.pt"], ["none.pt", "an existing file"]),
    "a missing result": (["verify=none.json"], ["none.json", "a readable file"]),
    "a run directory that cannot be written": (
        ["hydra.run.dir=/proc/nowhere"], ["/proc/nowhere"]),
    "a penalty without its threshold": (
        ["penalties.waiting.penalty=tail"], ["penalties.waiting.threshold"]),
    "a group without a choice": (["session=null"], ["Config group override must be"]),
    "published figures that are none": (["published=[3]"], ["a list of rows"]),
    "more than one result to verify": (["verify=a.json", "seed=3"], ["the only argument"]),
    "a law with an endless tail": (
        ["service_time=lognormal", "service_time.cv=9"], ["service_time", "shorter tail"]),
    "no time of day": (["start=noon"], ["start is 'noon'"]),
    "an unknown stopping rule": (["+stopping.luck=1"], ["stopping.luck"]),
    "constraints that clash": (
        ["constraints.blocked=[3]", "constraints.minimum={3:1}"],
        ["interval 3 is blocked", "at least 1 in interval 3", "possible together"]),
    "a pin beyond the session": (["constraints.minimum={36:1}"], ["constraints.minimum is 36"]),
    "an unknown constraint": (["constraints.lunch=1"], ["'lunch' is unknown", "minimum_gap"]),
    "an unknown patient type": (
        ["session.patient_types={new:{}}", "session.order=[old,new]", "session.patients=2"],
        ["session.order[0] is 'old'", "new"]),
    "a worthless value": (["value_per_patient=-1"], ["value_per_patient is -1"]),
}  # fmt: skip


@pytest.mark.parametrize("case", list(BAD))
def test_bad_input_ends_with_one_clear_error(case: str, tmp_path: Path):
    """Exit status 2, the field named, no traceback."""
    arguments, words = BAD[case]
    done = command(*arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stdout
    assert "Traceback" not in done.stderr
    assert "error: " in done.stderr
    for word in words:
        assert word in done.stderr


@pytest.mark.parametrize("contents", ["", "{", "[]", "{}"], ids=["empty", "cut", "list", "other"])
def test_a_corrupt_result_file_is_refused(tmp_path: Path, contents: str):
    """Exit status 2, no traceback."""
    (tmp_path / "result.json").write_text(contents)
    done = command("verify=result.json", cwd=tmp_path)
    assert done.returncode == 2
    assert "error: result file" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_ctrl_c_keeps_the_best_and_the_run_can_go_on(tmp_path: Path):
    """Result, report and checkpoint are written; resumed, the search goes on."""
    arguments = [
        "strategy=genetic", "strategy.generations=1000000", "checkpoint=true", *SMALL,
        "hydra.run.dir=run",
    ]  # fmt: skip
    search = subprocess.Popen(
        [sys.executable, "-m", "opt", *arguments],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    deadline = time.monotonic() + TIME_LIMIT
    # The first plain line of progress says that the search is under way.
    assert search.stdout is not None
    line = search.stdout.readline()
    assert "iteration" in line, line
    assert time.monotonic() < deadline
    search.send_signal(signal.SIGINT)
    output, _ = search.communicate(timeout=TIME_LIMIT)
    assert search.returncode == 0, output
    assert "stopped: interrupted" in output
    first = json.loads((tmp_path / "run" / "result.json").read_text())
    assert first["status"] == "heuristic"
    resumed = command(
        *arguments, "resume=run/checkpoint.pt",
        f"stopping.evaluations={first['evaluations'] + 1000}", cwd=tmp_path,
    )  # fmt: skip
    assert resumed.returncode == 0, resumed.stderr
    second = json.loads((tmp_path / "run" / "result.json").read_text())
    assert second["evaluations"] > first["evaluations"]
    assert second["cost"] <= first["cost"]


DIFFERENT = (
    "session.patients=4",
    "session.intervals=8",
    "session.patient_types={new:{service_time:{law:gamma,mean:15,cv:0.5}},return:{no_show:0.2}}",
    "session.order=[new,return,new,return]",
)


@pytest.mark.parametrize(
    ("arguments", "table", "words"),
    [
        (
            ["strategy=stochastic_program", "strategy.sequence=searched", "strategy.scenarios=20"],
            "continuous_times.csv",
            "Appointments at any time",
        ),
        (["strategy=order_search"], "order.csv", "Of 6 orders"),
    ],
    ids=["stochastic program", "order search"],
)
def test_the_order_of_patients_is_decided_printed_and_written(
    tmp_path: Path, arguments: list[str], table: str, words: str
):
    """The result has the order found, verifies from its file, and the report shows it."""
    done = command(*arguments, *DIFFERENT, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert words in " ".join(done.stdout.split())
    assert "HiGHS" not in done.stdout
    folder = run_folder(tmp_path)
    result = json.loads((folder / "result.json").read_text())
    assert sorted(result["session"]["order"]) == ["new", "new", "return", "return"]
    assert (folder / table).read_text().count("return") >= 2
    name = table.removesuffix(".csv")
    assert result["findings"][name]["order"] == result["session"]["order"]
    assert f'id="plot-{name}"' in (folder / "report.html").read_text()
    verified = command(f"verify={folder / 'result.json'}", cwd=tmp_path)
    assert verified.returncode == 0, verified.stdout


def test_parameters_with_a_course_are_taken_from_the_command_line(tmp_path: Path):
    """In place of a constant; what is wrong with one is said in a line."""
    search = ["strategy=genetic", "strategy.population=20", "strategy.generations=5", *SMALL]
    course = "{first: 0.5, last: 0.05, shape: geometric}"
    done = command(*search, f"strategy.mutation_probability={course}", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    result = json.loads((run_folder(tmp_path) / "result.json").read_text())
    assert result["parameters"]["mutation_probability"] == {
        "first": 0.5, "last": 0.05, "shape": "geometric",
    }  # fmt: skip
    wrong = command(*search, "strategy.pressure={first: 1, last: -1}", cwd=tmp_path)
    assert wrong.returncode == 2
    assert "error: strategy.pressure.last is -1" in wrong.stderr


def test_annealing_runs_from_the_command_line(tmp_path: Path):
    """With its own parameters."""
    done = command("strategy=annealing", "strategy.steps=20", *SMALL, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    result = json.loads((run_folder(tmp_path) / "result.json").read_text())
    assert result["strategy"] == "annealing"
    assert result["termination"] == "cooled"
    wrong = command("strategy=annealing", "strategy.cooling=2", *SMALL, cwd=tmp_path)
    assert "error: strategy.cooling is 2; it must be greater than 0" in wrong.stderr
