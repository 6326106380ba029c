"""Opening a made-up practice: in the middle of a morning, and beside no other."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from apiflask import APIFlask
from sqlalchemy import func, select

from serve import create_app
from serve.commands.start import tell_of_demo
from serve.consistency import what_is_wrong
from serve.database import db, reading
from serve.demo.clock import FILE, DemoClock
from serve.demo.opening import ZONE, Opened, go_on, open_demo
from serve.demo.playing import catch_up
from serve.demo.today import next_sessions, working_day
from serve.errors import Conflict
from serve.migrations import migrate
from serve.models import (
    Appointment,
    ClinicDay,
    HistoryRow,
    OutboxMessage,
    Patient,
    Practice,
    Seat,
    User,
    WaitlistEntry,
)
from serve.models.people import ROLES
from serve.settings import Settings
from tests.serve.conftest import KEY, HandClock, make_clinic

#: A Wednesday, late in the evening.
LATE = datetime(2026, 3, 4, 22, 41, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Opened]:
    """The folder of a practice that was made up late on a Wednesday."""
    home = tmp_path_factory.mktemp("made")
    app, machine = application(home)
    machine.moment = LATE
    with app.app_context():
        migrate(db.engine)
        opened = open_demo(app.config["CLOCK"])
        with db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.engine.dispose()
    return home, opened


def application(home: Path) -> tuple[APIFlask, HandClock]:
    """Return the service of a folder, and the machine's clock."""
    machine = HandClock()
    settings = Settings(home=str(home), secret_key=KEY, rate_limit="", demo="true")
    return create_app(settings, DemoClock(home, machine)), machine


@pytest.fixture
def again(made: tuple[Path, Opened], tmp_path: Path) -> Iterator[tuple[APIFlask, HandClock]]:
    """The service of a copy of that folder, on the next Saturday; with an application context."""
    for name in ("bailey.db", FILE):
        shutil.copy(made[0] / name, tmp_path / name)
    app, machine = application(tmp_path)
    machine.moment = LATE + timedelta(days=3)
    with app.app_context():
        yield app, machine
        db.engine.dispose()


def clock_of(app: APIFlask) -> DemoClock:
    """Return its clock."""
    clock: DemoClock = app.config["CLOCK"]
    return clock


@pytest.mark.slow
def test_it_is_the_middle_of_a_morning_half_of_which_is_done(
    made: tuple[Path, Opened], again: tuple[APIFlask, HandClock]
):
    """With an account for each role, a quarter of history, and somebody in consultation."""
    _, opened = made
    assert (opened.now.date(), opened.now.time()) == (LATE.date(), time(10))
    assert {email.partition("@")[0] for email in opened.passwords} == set(ROLES)
    with reading() as session:
        assert what_is_wrong(session) == []
        today = (
            select(Appointment.status, func.count())
            .join(Seat, Seat.id == Appointment.seat_id)
            .join(ClinicDay, ClinicDay.id == Seat.clinic_day_id)
            .where(ClinicDay.day == LATE.date())
            .group_by(Appointment.status)
        )
        counts = dict(tuple(row) for row in session.execute(today))
        assert {"booked", "completed", "in_consultation"} <= set(counts)
        assert counts["completed"] >= 20
        assert session.scalar(select(func.count()).select_from(HistoryRow)) > 1000
        assert session.scalar(select(func.count()).select_from(WaitlistEntry)) >= 3
        # Nobody is told of what is past.
        now = opened.now.astimezone(UTC)
        due = select(func.count()).where(
            OutboxMessage.state == "waiting", OutboxMessage.due_at <= now
        )
        assert session.scalar(due) == 0


@pytest.mark.slow
def test_the_patient_with_an_account_is_expected_today(again: tuple[APIFlask, HandClock]):
    """So that there is something to follow."""
    with reading() as session:
        patient = session.scalars(select(Patient).where(Patient.user_id.is_not(None))).one()
        own = select(Appointment.status).where(
            Appointment.patient_id == patient.id, Appointment.starts_at > LATE - timedelta(days=1)
        )
        assert set(session.scalars(own)) & {"booked", "arrived"}


@pytest.mark.slow
def test_a_later_start_goes_on_where_it_was(again: tuple[APIFlask, HandClock]):
    """However long the machine was off; passwords stay."""
    app, _ = again
    opened = open_demo(clock_of(app))
    assert opened.passwords == {}
    assert opened.now.date() == LATE.date()
    assert time(10) <= opened.now.time() <= time(10, 2)


@pytest.mark.slow
def test_a_start_after_the_day_is_over_is_in_the_next_morning(again: tuple[APIFlask, HandClock]):
    """Whatever was left of the day has happened by then, and new patients have booked."""
    app, machine = again
    clock = clock_of(app)
    open_demo(clock)
    clock.forward_to(clock() + timedelta(hours=12))
    machine.forward(days=9)
    opened = open_demo(clock)
    assert (opened.now.date(), opened.now.time()) == (LATE.date() + timedelta(days=1), time(10))
    with reading() as session:
        assert what_is_wrong(session) == []
        left = select(func.count()).where(
            Appointment.status.in_(("booked", "arrived", "in_consultation")),
            Appointment.ends_at < clock() - timedelta(hours=3),
        )
        assert session.scalar(left) == 0


@pytest.mark.nightly
def test_it_goes_on_for_weeks(again: tuple[APIFlask, HandClock]):
    """Sessions are published as they are needed, and booked."""
    app, _ = again
    clock = clock_of(app)
    open_demo(clock)
    for _ in range(15):
        clock.forward_to(clock() + timedelta(hours=12))
        catch_up(clock)
        pace = clock.pace
        assert pace is not None
        with reading() as session:
            found = next_sessions(session, pace.practice_id, clock().date())
        assert found is not None
        go_on(clock, found[0])
    assert clock().date() >= LATE.date() + timedelta(days=15)
    with reading() as session:
        assert what_is_wrong(session) == []
        today = clock().astimezone(ZoneInfo(ZONE)).date()
        seats = select(func.count()).select_from(Seat).join(ClinicDay).where(ClinicDay.day == today)
        taken = seats.join(Appointment, Appointment.seat_id == Seat.id)
        assert session.scalar(taken) > 0.6 * session.scalar(seats)


@pytest.mark.slow
def test_new_passwords_are_given_by_a_command(again: tuple[APIFlask, HandClock]):
    """And end the sessions of the old ones."""
    app, _ = again
    with reading() as session:
        before = session.scalars(select(User.sign_in_epoch)).all()
    ran = app.test_cli_runner().invoke(args=["demo-data", "--new-passwords"])
    assert ran.exit_code == 0, ran.output
    accounts = dict(line.split() for line in ran.output.splitlines() if line.startswith("  "))
    assert {email.partition("@")[0] for email in accounts} == set(ROLES)
    with reading() as session:
        assert sum(session.scalars(select(User.sign_in_epoch)).all()) == sum(before) + len(ROLES)
    other = app.test_cli_runner().invoke(args=["demo-data", "--new-passwords", "--practice", "X"])
    assert other.exit_code == 2


@pytest.mark.slow
def test_a_practice_is_refused_that_was_added_to_a_made_up_one(
    again: tuple[APIFlask, HandClock],
):
    """It may be real."""
    app, _ = again
    make_clinic()
    with pytest.raises(Conflict):
        open_demo(clock_of(app))


def test_none_is_made_up_beside_a_real_one(tmp_path: Path):
    """The command says so in a line, and changes nothing."""
    app = create_app(Settings(home=str(tmp_path), secret_key=KEY, rate_limit=""))
    with app.app_context():
        migrate(db.engine)
        make_clinic()
    ran = app.test_cli_runner().invoke(args=["start", "--demo", "--no-worker", "--no-events"])
    assert ran.exit_code == 2
    assert "BAILEY_HOME" in ran.output
    assert "Traceback" not in ran.output
    assert not (tmp_path / FILE).exists()
    with app.app_context():
        with reading() as session:
            assert session.scalars(select(Practice.name)).all() == ["Bailey"]
            with pytest.raises(Conflict):
                tell_of_demo()
        db.engine.dispose()


@pytest.mark.parametrize(
    ("machine", "day"),
    [("2026-03-04", "2026-03-04"), ("2026-03-07", "2026-03-09"), ("2026-03-08", "2026-03-09")],
)
def test_a_practice_is_opened_on_a_working_day(machine: str, day: str):
    """The real one, or the Monday after."""
    moment = datetime.fromisoformat(f"{machine}T12:00+00:00")
    assert working_day(moment, ZONE).isoformat() == day
