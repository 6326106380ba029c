"""The loop closed: a small practice lives through nine weeks under three plans."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from serve.loop.command import loop
from serve.loop.quarter import PLANS
from serve.loop.simulated_clock import SimulatedClock

NINE = datetime(2026, 3, 2, 8, tzinfo=UTC)


def test_the_clock_never_goes_back():
    """Whoever puts it to the past leaves it where it is."""
    clock = SimulatedClock(NINE)
    clock.forward_to(NINE - timedelta(hours=1))
    assert clock() == NINE
    clock.forward_to(NINE + timedelta(hours=1))
    assert clock() == NINE + timedelta(hours=1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--first", "2026-03-03"], "Monday"),
        (["--first", "soon"], "Monday"),
        (["--weeks", "1"], "--weeks"),
        (["--providers", "1"], "--providers"),
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
@pytest.mark.timeout(1500)
def test_a_small_practice_is_planned_booked_played_and_learned_from(tmp_path: Path):
    """Under each plan the same patients ask and walk in; the drift is seen; a page says it all."""
    folder = tmp_path / "loop"
    command = [sys.executable, "-m", "serve.loop", "--folder", str(folder)]
    command += ["--weeks", "8", "--providers", "2"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=1400)
    assert ran.returncode == 0, ran.stderr[-2000:]
    told = json.loads((folder / "loop.json").read_text())
    weeks = {plan: told[plan]["weeks"] for plan in PLANS}
    for three in zip(*weeks.values(), strict=True):
        assert len({one["asked"] for one in three}) == 1
        assert len({one["total"]["walk_ins"] for one in three}) == 1
        for one in three:
            assert one["booked"] > 0.8 * one["asked"]
            assert one["total"]["sessions"] == 4
            assert one["total"]["no_shows"]["rate"] < 0.4
            for name in ("waiting", "idle", "overtime"):
                assert one["total"][name]["measured"] is not None
                assert one["total"][name]["planned"] is not None
    prepared = [one["prepared"] for one in weeks[PLANS[0]]]
    for one in prepared:
        assert all(each["status"] == "optimal" for each in one["providers"])
        assert all(sum(each["schedule"]) == 10 for each in one["providers"])
    first = prepared[0]["providers"]
    assert first[0]["consultation_mean"] == pytest.approx(9.0, rel=0.15)
    assert first[1]["consultation_mean"] == pytest.approx(10.5, rel=0.15)
    drifts = [one["quantities"]["consultation"]["drift"] for one in prepared]
    assert any(one and one["off"] for one in drifts[6:])
    page = (folder / "loop.html").read_text()
    assert "The look for drift saw it" in page
    assert "Bailey" in ran.stdout
    assert "Written to" in ran.stdout
