"""The loop closed in simulated time."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from serve.loop.command import loop
from serve.loop.day import steps_of
from serve.loop.past import past_visits
from serve.loop.simulated_clock import SimulatedClock
from serve.loop.truth import Truth
from tests.serve.conftest import HandClock

NINE = datetime(2026, 3, 2, 8, tzinfo=UTC)


def booked(*minutes: int) -> list[dict[str, str]]:
    """Return appointments that begin some minutes after nine."""
    return [
        {"id": f"A{number}", "starts_at": (NINE + timedelta(minutes=late)).isoformat()}
        for number, late in enumerate(minutes)
    ]


def test_patients_are_seen_one_after_the_other_and_nobody_is_forgotten():
    """Whoever comes arrives, starts and ends, in this order; the others are missed."""
    generator = np.random.default_rng(0)
    for _ in range(50):
        steps, waited, last = steps_of(
            booked(0, 0, 10, 20, 30), NINE, Truth(no_show=0.3), generator
        )
        ends = NINE
        by_patient: dict[str, list[tuple[datetime, str]]] = {}
        for step in sorted(steps, key=lambda one: (one.at, one.order)):
            by_patient.setdefault(step.appointment_id, []).append((step.at, step.what))
            if step.what == "start":
                assert step.at >= ends
            if step.what == "end":
                ends = step.at
        assert set(by_patient) == {f"A{number}" for number in range(5)}
        for events in by_patient.values():
            what = [name for _, name in events]
            assert what in (["no-show"], ["arrive", "start", "end"])
        assert last == ends
        assert waited >= 0


def test_waits_count_from_the_appointment_on():
    """Two at nine who are both there: the second waits for the first one's consultation."""
    truth = Truth(no_show=0.0, early=5.0, early_spread=0.0)
    steps, waited, _ = steps_of(booked(0, 0), NINE, truth, np.random.default_rng(1))
    starts = sorted(one.at for one in steps if one.what == "start")
    assert starts[0] == NINE
    assert waited == pytest.approx((starts[1] - NINE).total_seconds() / 60)


def test_the_past_has_the_truth_that_is_to_be_learned():
    """Means of half a year, within four standard errors."""
    truth = Truth()
    visits = past_visits(truth, "Dr Bailey", "return", NINE.date(), 26, seed=3)
    missed = (visits["status"] == "no_show").mean()
    spread = np.sqrt(truth.no_show * (1 - truth.no_show) / len(visits))
    assert abs(missed - truth.no_show) < 4 * spread
    seen = visits.dropna(subset=["started_at"])
    minutes = (seen["ended_at"] - seen["started_at"]).dt.total_seconds() / 60
    assert abs(minutes.mean() - truth.minutes) < 4 * truth.minutes * truth.cv / np.sqrt(len(seen))


def test_the_clock_never_goes_back():
    """Whoever puts it to the past leaves it where it is."""
    clock = SimulatedClock(NINE)
    clock.forward_to(NINE - timedelta(hours=1))
    assert clock() == NINE
    clock.forward_to(NINE + timedelta(hours=1))
    assert clock() == NINE + timedelta(hours=1)
    assert HandClock()() > NINE


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--first", "2026-03-03"], "Monday"),
        (["--first", "soon"], "Monday"),
        (["--weeks", "0"], "--weeks"),
        (["--seed", "x"], "--seed"),
    ],
)
def test_wrong_options_are_said_in_a_line(arguments: list[str], said: str, tmp_path: Path):
    """Status 2, before anything is made."""
    ran = CliRunner().invoke(loop, ["--folder", str(tmp_path / "loop"), *arguments])
    assert ran.exit_code == 2
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not (tmp_path / "loop").exists()


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path):
    """Nothing of it is removed."""
    (tmp_path / "thesis.txt").write_text("precious")
    ran = CliRunner().invoke(loop, ["--folder", str(tmp_path)])
    assert ran.exit_code == 2
    assert (tmp_path / "thesis.txt").read_text() == "precious"


@pytest.mark.slow
def test_two_weeks_are_learned_optimised_booked_and_played(tmp_path: Path):
    """What is measured is told of both weeks; what is learned is near the truth."""
    folder = tmp_path / "loop"
    command = [sys.executable, "-m", "serve.loop", "--folder", str(folder)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=900)
    assert ran.returncode == 0, ran.stderr[-2000:]
    told = json.loads((folder / "loop.json").read_text())
    assert len(told["weeks"]) == 2
    for week in told["weeks"]:
        assert week["status"] == "optimal"
        assert week["consultation_mean"] == pytest.approx(11.0, rel=0.1)
        assert 0.05 < week["no_show"] < 0.2
        figures = week["figures"]
        assert figures["sessions"] == 5
        assert 0 < week["booked"] <= week["asked"]
        for name in ("waiting", "idle", "overtime"):
            assert figures[name]["planned"] is not None
            assert figures[name]["measured"] is not None
        assert figures["waiting"]["measured"] == pytest.approx(week["waited_in_truth"], abs=0.05)
