"""``python -m opt.allocate`` as a user runs it: what it prints, writes and refuses."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from opt.allocate import Problem, example
from opt.allocate.__main__ import main
from opt.allocate.files import read_problem, write_problem
from tests.command import TIME_LIMIT


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of an allocation in which some get no place."""
    out = tmp_path_factory.mktemp("crowded")
    arguments = ["--example", "60", "--providers", "2", "--days", "10", "--output", str(out)]
    assert main([*arguments, "--gap", "0.02"]) == 0
    return out


def test_an_example_is_allocated_and_written(crowded: Path):
    """Everyone is in one of the two tables; counts agree everywhere."""
    contents = json.loads((crowded / "allocation.json").read_text())
    with (crowded / "allocation.csv").open() as file:
        places = list(csv.DictReader(file))
    with (crowded / "unserved.csv").open() as file:
        unserved = list(csv.DictReader(file))
    with (crowded / "requests.csv").open() as file:
        requests = [row["id"] for row in csv.DictReader(file)]
    assert len(places) == contents["served"]
    assert sorted([row["request"] for row in (*places, *unserved)]) == sorted(requests)
    assert unserved
    assert all(row["sentence"].endswith(".") for row in unserved)
    assert contents["gap"] <= 0.02
    with (crowded / "utilisation.csv").open() as file:
        assert all(float(row["utilisation"]) <= 1.0 + 1e-9 for row in csv.DictReader(file))
    assert "Why requests have no place" in (crowded / "report.html").read_text()


def test_the_written_problem_is_solved_again_from_its_files(crowded: Path, tmp_path: Path):
    """The same places, from problem.json and requests.csv; in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "opt.allocate", str(crowded / "problem.json"), "--gap", "0.02",
         "--output", str(tmp_path)],
        capture_output=True, text=True, timeout=TIME_LIMIT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "requests have a place" in done.stdout
    assert "why there is no place" in done.stdout
    again, before = ((path / "allocation.csv").read_text() for path in (tmp_path, crowded))
    assert again == before
    assert not (tmp_path / "problem.json").exists()


def test_a_problem_is_the_same_after_writing_and_reading_its_files(tmp_path: Path):
    """Lists, dates, truth, places and empty cells of the CSV file come back."""
    problem = example(30, seed=2)
    asked = problem.to_dict()
    asked["requests"][0].update(must_serve=True, weekdays=["monday", "friday"], patient="Ada")
    name = asked["providers"][0]["name"]
    asked["requests"][1]["acceptance_on"] = {name: {"2026-03-02 am": 0.25, "2026-03-03 pm": 0.8}}
    problem = Problem.from_dict(asked)
    assert read_problem(write_problem(tmp_path, problem)) == problem


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("id,visit_type,earliest,latest,age\n", "column is 'age'"),
        ("id,visit_type,earliest\n", "column latest is None"),
        ("id,visit_type,earliest,latest\nA,review,2026-03-02\n", "line 2 is '3 cells'"),
        ("id,visit_type,earliest,latest\nA,review,,2026-03-02\n", "line 2, column earliest is ''"),
        ("id,visit_type,earliest,latest,urgency\nA,review,2026-03-02,2026-03-02,soon\n",
         "line 2, column urgency is 'soon'"),
        ("id,visit_type,earliest,latest,must_serve\nA,review,2026-03-02,2026-03-02,ja\n",
         "line 2, column must_serve is 'ja'"),
        ("id,visit_type,earliest,latest\nA,review,02/03/2026,2026-03-02\n", "'02/03/2026'"),
        ("id,visit_type,earliest,latest,acceptance_on\nA,review,2026-03-02,2026-03-02,Dr A 0.5\n",
         "line 2, column acceptance_on is 'Dr A 0.5'"),
        ("id,visit_type,earliest,latest,acceptance_on\n"
         "A,review,2026-03-02,2026-03-02,Dr A 2026-03-02 am often\n",
         "line 2, column acceptance_on is 'often'"),
        ("", "a CSV file with a header"),
    ],
)  # fmt: skip
def test_a_wrong_request_file_is_refused_by_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: str, message: str
):
    """One line that names the file, the line and the column."""
    path = write_problem(tmp_path, example(1))
    (tmp_path / "requests.csv").write_text(rows)
    assert main([str(path)]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_without_requests_the_files_are_written_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """An empty plan for a day on which nobody asks."""
    assert main(["--example", "0", "--providers", "1", "--output", str(tmp_path)]) == 0
    assert "Nobody asks for a place." in capsys.readouterr().out
    assert (tmp_path / "report.html").exists()
    assert len((tmp_path / "allocation.csv").read_text().splitlines()) == 1


def test_wrong_arguments_are_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """Nothing given, both given, no file, no JSON, numbers outside their range."""
    (tmp_path / "wrong.json").write_text("{")
    (tmp_path / "list.json").write_text("[]")
    for arguments, message in (
        ([], "problem is None"),
        (["p.json", "--example", "5"], "not both"),
        ([str(tmp_path / "none.json")], "readable (No such file"),
        ([str(tmp_path / "wrong.json")], "a JSON file"),
        ([str(tmp_path / "list.json")], "problem is []"),
        (["--example", "-3"], "example is -3"),
        (["--example", "3", "--gap", "2"], "gap is 2.0"),
        (["--example", "3", "--time-limit", "nan"], "time_limit is nan"),
    ):
        assert main(arguments) == 2
        error = capsys.readouterr().err
        assert message in error
        assert error.count("\n") == 1


def test_requests_in_a_file_that_cannot_be_named_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """A path with a zero byte is none."""
    path = write_problem(tmp_path, example(1))
    path.write_text(json.dumps({**json.loads(path.read_text()), "requests": "a\0b"}))
    assert main([str(path)]) == 2
    error = capsys.readouterr().err
    assert "a path" in error
    assert error.count("\n") == 1
