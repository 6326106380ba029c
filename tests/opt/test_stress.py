"""A stored schedule when the day departs from the plan, from Python and as a command."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from objective import Behaviour, InvalidInput, Objective, ServiceTime, Weights, simulate
from objective.session import ClinicSession
from objective.walk_ins import WalkIns
from opt.stress import MEASURES, StressRow, stress
from tests.command import command, process

SCHEDULE = [2, 0, 1, 0, 1, 1, 0, 1, 0, 2]
BEHAVIOUR = Behaviour(-2, 8, "appointment", ServiceTime.gamma(10, 0.5), 0.3)
ALL = [
    "exact",
    "as planned",
    "unpunctual, served by appointment",
    "unpunctual, first come first served",
    "late provider",
    "consultations depend on the day",
    "all together",
]


def stored(session: ClinicSession, idle: Any = "session") -> dict[str, Any]:
    """Return what of a result file defines the numbers."""
    objective = Objective(session, Weights(1, 1, 1), idle=idle)
    return {**objective.to_dict(), "schedule": SCHEDULE}


def rows_of(contents: dict[str, Any], behaviour: Behaviour = BEHAVIOUR) -> dict[str, StressRow]:
    """Return the rows by name."""
    return {row.name: row for row in stress(contents, behaviour, 40_000, 0)}


@pytest.fixture
def session() -> ClinicSession:
    """Eight patients, half of whom wait for each other."""
    return ClinicSession(8, 10, 5.0, ServiceTime.exponential(5.0), 0.1)


def test_a_schedule_of_fewer_patients_than_the_session_may_have_is_stressed():
    """Where their number is free; nobody at all is refused."""
    session = ClinicSession(9, 10, 5.0, ServiceTime.exponential(5.0), 0.1)
    objective = Objective(session, Weights(1, 1, 1), value_per_patient=5.0)
    contents = {**objective.to_dict(), "schedule": [1, 0, 1, 0, 1, 0, 0, 1, 0, 0]}
    rows = rows_of(contents)
    for name in MEASURES:
        exact = getattr(rows["exact"], name).mean
        assert abs(getattr(rows["as planned"], name).z(exact)) < 4
    with pytest.raises(InvalidInput, match="books somebody"):
        rows_of({**contents, "schedule": [0] * 10})


@pytest.mark.parametrize("idle", ["session", "makespan"])
def test_the_plan_simulated_agrees_with_the_exact_row(session: ClinicSession, idle: str):
    """By the definition of idle time in the file."""
    contents = stored(session, idle)
    rows = rows_of(contents)
    assert list(rows) == ALL
    expected = Objective(session, Weights(1, 1, 1), idle=idle)(SCHEDULE).row(0)
    for name in MEASURES:
        exact = getattr(rows["exact"], name)
        assert (exact.mean, exact.standard_error) == (expected[name], 0)
        assert abs(getattr(rows["as planned"], name).z(exact.mean)) < 4


def test_each_departure_is_simulated_alone_and_all_together(session: ClinicSession):
    """With the parameters given and the seed of all rows."""
    rows = rows_of(stored(session))
    late = ServiceTime.gamma(10, 0.5)
    alone = {
        "unpunctual, served by appointment": Behaviour(-2, 8),
        "unpunctual, first come first served": Behaviour(-2, 8, "arrival"),
        "late provider": Behaviour(late_start=late),
        "consultations depend on the day": Behaviour(day_cv=0.3),
        "all together": BEHAVIOUR,
    }
    for name, behaviour in alone.items():
        days = simulate(session, SCHEDULE, 40_000, 0, behaviour=behaviour)
        assert rows[name].waiting == days.waiting
        assert rows[name].idle == days.session_idle
        assert rows[name].tardiness == days.tardiness
        assert rows[name].tardiness.mean > rows["as planned"].tardiness.mean
    assert rows["all together"].tardiness.mean > rows["late provider"].tardiness.mean


def test_no_departure_changes_nothing(session: ClinicSession):
    """All simulated rows are the same days."""
    _, planned, *rows = rows_of(stored(session), Behaviour()).values()
    assert all(getattr(row, name) == getattr(planned, name) for row in rows for name in MEASURES)


def test_the_session_of_the_file_is_honoured():
    """Walk-ins take a part of the idle time."""
    law = ServiceTime.poisson(5.0)
    walk_ins = WalkIns(ServiceTime.poisson(4.0), rate=0.2)
    few, many = (rows_of(stored(ClinicSession(8, 10, 5.0, law, 0.1, w))) for w in (None, walk_ins))
    for name in ("exact", "as planned", "late provider"):
        assert many[name].idle.mean < few[name].idle.mean - 2


def test_where_walk_ins_have_priority_everybody_is_punctual():
    """The rows of unpunctual patients are left out."""
    walk_ins = WalkIns(ServiceTime.poisson(4.0), rate=0.2, discipline="priority")
    contents = stored(ClinicSession(8, 10, 5.0, ServiceTime.poisson(5.0), 0.1, walk_ins))
    rows = rows_of(contents)
    assert list(rows) == [name for name in ALL if not name.startswith("unpunctual")]


def test_contents_without_a_session_are_refused():
    """By the name of what is missing."""
    with pytest.raises(InvalidInput, match="session is None"):
        stress({"schedule": SCHEDULE}, BEHAVIOUR, 100, 0)


def write(folder: Path, session: ClinicSession) -> None:
    """Write a result into a folder."""
    (folder / "result.json").write_text(json.dumps(stored(session)))


def test_the_command_prints_and_writes_every_row(tmp_path: Path, session: ClinicSession):
    """Means with errors and changes, and stress.csv in the run directory."""
    write(tmp_path, session)
    arguments = ("stress=result.json", "behaviour.days=2000", "behaviour.punctuality_sd=15")
    done = process(*arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for word in (*ALL, "waiting", "change", " ± ", "+", "Written to"):
        assert word in done.stdout
    (path,) = tmp_path.glob("outputs/*/*/stress.csv")
    with path.open() as file:
        table = {row["behaviour"]: row for row in csv.DictReader(file)}
    assert list(table) == ALL
    days = simulate(session, SCHEDULE, 2000, 0, behaviour=Behaviour(-2, 15))
    unpunctual = table["unpunctual, served by appointment"]
    assert float(unpunctual["waiting"]) == days.waiting.mean
    assert float(unpunctual["idle_standard_error"]) == days.session_idle.standard_error


def test_the_command_says_why_rows_are_missing(tmp_path: Path):
    """Walk-ins with priority overtake punctual patients only."""
    walk_ins = WalkIns(ServiceTime.poisson(4.0), rate=0.2, discipline="priority")
    write(tmp_path, ClinicSession(8, 10, 5.0, ServiceTime.poisson(5.0), 0.1, walk_ins))
    done = command("stress=result.json", "behaviour.days=100", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "their rows are left out" in " ".join(done.stdout.split())
    assert "served by appointment" not in done.stdout


BAD = {
    "a missing file": (["stress=none.json"], ["none.json", "a readable file"]),
    "a file that is no result": (["stress=times.csv"], ["times.csv", "a JSON file"]),
    "a negative spread": (["behaviour.punctuality_sd=-1"], ["punctuality_sd is -1"]),
    "a single day": (["behaviour.days=1"], ["days is 1"]),
    "an unknown law": (["behaviour.late_start.law=x"], ["service_time.law is 'x'"]),
    "minutes for a law": (["behaviour.late_start=5"], ["service_time is 5"]),
    "an unknown departure": (["behaviour.mood=bad"], ["'mood' is unknown", "punctuality_mean"]),
    "a missing departure": (["~behaviour.day_cv"], ["behaviour.day_cv"]),
    "an unknown order": (["behaviour.service_order=age"], ["'appointment' or 'arrival'"]),
    "a negative seed": (["seed=-1"], ["seed is -1"]),
    "schedules to price as well": (["evaluate=times.csv"], ["given without evaluate"]),
}


@pytest.mark.parametrize("case", list(BAD))
def test_bad_input_ends_with_one_clear_error(case: str, tmp_path: Path, session: ClinicSession):
    """Exit status 2, the field named, no traceback."""
    write(tmp_path, session)
    (tmp_path / "times.csv").write_text("minutes\n10\n")
    arguments, words = BAD[case]
    done = command("stress=result.json", *arguments, cwd=tmp_path)
    if arguments[0].startswith("stress="):
        done = command(*arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stdout
    assert "Traceback" not in done.stderr
    for word in ("error: ", *words):
        assert word in done.stderr
