"""Simulated time: one for all processes, faster while a day is played, and never going back."""

import threading
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from serve import create_app
from serve.clock import machine_clock
from serve.demo.clock import FILE, PLAYED, DemoClock
from serve.settings import Settings
from tests.serve.conftest import KEY, NOW, HandClock

THERE = NOW + timedelta(days=90)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def machine() -> HandClock:
    """The machine's clock."""
    return HandClock()


@pytest.fixture
def simulated(tmp_path: Path, machine: HandClock) -> DemoClock:
    """A clock that begins ninety days ahead of the machine's."""
    made = DemoClock(tmp_path, machine)
    made.begin(uuid4(), 0, THERE, date(2026, 5, 31))
    return made


def test_without_a_made_up_practice_it_is_the_machines(tmp_path: Path, machine: HandClock):
    """And nothing that is pressed changes that."""
    clock = DemoClock(tmp_path, machine)
    clock.play(THERE)
    clock.forward_to(THERE)
    clock.resume(THERE)
    clock.note()
    assert clock() == NOW
    assert clock.pace is None
    assert not (tmp_path / FILE).exists()


def test_time_goes_on_by_the_machines_clock(simulated: DemoClock, machine: HandClock):
    """From where it began."""
    machine.forward(minutes=3)
    assert simulated() == THERE + 3 * MINUTE


def test_another_process_sees_the_same_time(
    simulated: DemoClock, machine: HandClock, tmp_path: Path
):
    """Also after it was changed."""
    other = DemoClock(tmp_path, machine)
    assert other() == THERE
    simulated.forward_to(THERE + 15 * MINUTE)
    machine.forward(seconds=5)
    assert other() == simulated() == THERE + 15 * MINUTE + timedelta(seconds=5)


def test_a_day_is_played_up_to_a_moment(simulated: DemoClock, machine: HandClock):
    """After which time goes at the machine's pace again, without a jump."""
    simulated.play(THERE + timedelta(hours=2))
    machine.forward(minutes=1)
    assert simulated() == THERE + PLAYED * MINUTE
    assert simulated.playing
    machine.forward(minutes=1)
    assert simulated() == THERE + timedelta(hours=2)
    assert not simulated.playing
    machine.forward(minutes=7)
    assert simulated() == THERE + timedelta(hours=2, minutes=7)


def test_a_pause_keeps_what_was_played(simulated: DemoClock, machine: HandClock):
    """And time goes on from there."""
    simulated.play(THERE + timedelta(hours=8))
    machine.forward(seconds=10)
    simulated.pause()
    machine.forward(seconds=10)
    assert simulated() == THERE + 10 * MINUTE + timedelta(seconds=10)


def test_it_never_goes_back(simulated: DemoClock, machine: HandClock):
    """Neither when it is put forward to what is past nor when the machine's clock is set back."""
    simulated.forward_to(THERE - timedelta(days=1))
    assert simulated() == THERE
    machine.forward(hours=1)
    assert simulated() == THERE + timedelta(hours=1)
    machine.forward(hours=-30)
    assert simulated() == THERE + timedelta(hours=1)
    simulated.forward_to(THERE + timedelta(hours=2))
    assert simulated() == THERE + timedelta(hours=2)


def test_two_who_put_it_forward_at_once_do_so_once(simulated: DemoClock, tmp_path: Path):
    """To the same moment."""
    clocks = [DemoClock(tmp_path, simulated.machine) for _ in range(8)]
    to = simulated() + 15 * MINUTE
    threads = [threading.Thread(target=one.forward_to, args=(to,)) for one in clocks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one() for one in clocks} == {to}


def test_a_service_that_begins_anew_goes_on_where_it_was(simulated: DemoClock, machine: HandClock):
    """While nobody was there no time passed; what was seen before is not seen again."""
    machine.forward(hours=1)
    simulated.note()
    seen = simulated()
    machine.forward(days=3)
    began = DemoClock(simulated.home, machine)
    began.resume(None)
    assert seen <= began() <= seen + MINUTE
    machine.forward(days=3)
    began = DemoClock(simulated.home, machine)
    began.resume(THERE + timedelta(hours=5))
    assert timedelta() <= began() - (THERE + timedelta(hours=5)) <= MINUTE


def test_it_is_never_there_without_the_demo_mode(tmp_path: Path):
    """Even with the file of a made-up practice in the folder."""
    DemoClock(tmp_path).begin(uuid4(), 0, THERE, date(2026, 5, 31))
    app = create_app(Settings(home=str(tmp_path), secret_key=KEY))
    assert app.config["CLOCK"] is machine_clock
    assert app.config["SESSION_CLOCK"] is machine_clock
    assert not any(rule.rule.startswith("/demo") for rule in app.url_map.iter_rules())


def test_sessions_in_browsers_age_by_the_machines_clock(tmp_path: Path):
    """A day that is skipped signs nobody out."""
    app = create_app(Settings(home=str(tmp_path), secret_key=KEY, demo="true"))
    assert isinstance(app.config["CLOCK"], DemoClock)
    assert app.config["SESSION_CLOCK"] is machine_clock
