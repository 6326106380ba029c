"""What is expected is kept fresh, written down once, announced, and told to whom it delays."""

import threading
import time
from collections import Counter
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from objective import InvalidInput
from serve.database import reading, transaction
from serve.errors import Conflict
from serve.live import watching
from serve.live.expectation import Expectation, expectations
from serve.live.keeping import Known, keep
from serve.live.watching import FRESH, Watching
from serve.models import (
    Appointment,
    ClinicDay,
    ExpectedStart,
    OutboxMessage,
    Outlook,
    Preference,
)
from tests.serve.conftest import HandClock
from tests.serve.live.conftest import MINUTE, START, Running, add_running_days
from tests.serve.live.samples import standing, visit

TOLD = ("clinic_day.outlook", "appointment.expected")
#: Nine minutes each, so that starts are known to the second.
NINE = {"law": "deterministic", "minutes": 9.0}


def counted(running: Running) -> Counter[str]:
    """Return how many events of each kind the looks announced."""
    return Counter(event.kind for event in running.events(*TOLD))


def start_of(running: Running, appointment: UUID) -> float:
    """Return the expected start that is written down, in minutes from the sessions' start."""
    return (running.get(ExpectedStart, appointment).expected_at - START) / MINUTE


def notices(running: Running) -> list[UUID | None]:
    """Return the appointments of which a delay is told."""
    with reading() as session:
        query = select(OutboxMessage.appointment_id).where(OutboxMessage.kind.like("%delay%"))
        return list(session.scalars(query))


def test_an_outlook_is_written_and_announced(running: Running, clock: HandClock, as_role: Any):
    """What the endpoint tells, for the day and everybody who is expected."""
    day, booked = running.add_day(law=NINE)
    watch = Watching(running.app)
    clock.moment = START - MINUTE
    assert watch.look() == 1
    told = as_role("front_desk").get(f"/clinic-days/{day}/live")
    outlook = running.get(Outlook, day)
    assert outlook.computed_at == clock.moment
    for name in ("finish_at", "finish_earliest_at", "finish_latest_at"):
        assert getattr(outlook, name) == datetime.fromisoformat(told[name])
    assert outlook.overtime_probability == told["overtime_probability"]
    for call in told["calls"]:
        row = running.get(ExpectedStart, UUID(call["appointment_id"]))
        assert row.clinic_day_id == day
        for name in ("expected_at", "earliest_at", "latest_at"):
            assert getattr(row, name) == datetime.fromisoformat(call[name])
    [event] = running.events("clinic_day.outlook")
    assert (event.subject_id, event.clinic_day_id) == (day, day)
    assert event.details == {
        "finish_at": told["finish_at"].replace("Z", "+00:00"),
        "overtime_probability": round(told["overtime_probability"], 4),
    }
    # The first patient and two more are expected at their time to the minute: nothing moved there.
    moved = running.events("appointment.expected")
    assert booked[1] in {one.subject_id for one in moved}
    assert booked[0] not in {one.subject_id for one in moved}
    for one in moved:
        assert one.patient_id == running.get(Appointment, one.subject_id).patient_id
        assert set(one.details) == {"expected_at", "earliest_at", "latest_at"}


def test_news_is_looked_at_at_once_and_time_after_half_a_minute(
    running: Running, clock: HandClock, as_role: Any
):
    """Without news nothing is done before; its own announcements are no news."""
    day, booked = running.add_day(law=NINE)
    watch, desk = Watching(running.app), as_role("front_desk")
    clock.moment = START
    assert [watch.look() for _ in range(3)] == [1, 0, 0]
    clock.forward(seconds=10)
    assert watch.look() == 0
    desk.post(f"/appointments/{booked[0]}/arrive", {}, version=1)
    assert [watch.look(), watch.look()] == [1, 0]
    clock.forward(seconds=FRESH.total_seconds() - 1)
    assert watch.look() == 0
    clock.forward(seconds=1)
    assert [watch.look(), watch.look()] == [1, 0]
    desk.post(f"/clinic-days/{day}/break", {"minutes": 5}, version=1)
    assert watch.look() == 1
    assert running.get(Outlook, day).event_id == running.events("clinic_day.break_began")[0].id


def test_what_moves_by_less_than_a_minute_is_not_announced(running: Running, clock: HandClock):
    """What moves slowly is announced when it has come to a minute."""
    day, booked = running.add_day(law=NINE, booked=[0, 1], no_show=0.0)
    running.become(booked[0], "arrived", arrived=0)
    running.become(booked[1], "arrived", arrived=0)
    watch = Watching(running.app)
    clock.moment = START
    watch.look()
    first = counted(running)
    heard = []
    for _ in range(6):
        # Nobody is called: all is put off by half a minute each time.
        clock.forward(seconds=30)
        assert watch.look() == 1
        heard.append(counted(running)["clinic_day.outlook"] - first["clinic_day.outlook"])
    # The points of the end's interval are whole minutes: it may move by two at once.
    assert heard in ([0, 1, 1, 2, 2, 3], [1, 1, 2, 2, 3, 3])
    assert counted(running)["appointment.expected"] - first["appointment.expected"] == 6
    assert start_of(running, booked[1]) == 12
    assert running.get(Outlook, day).computed_at == clock.moment


def test_only_days_that_run_are_looked_at(running: Running, clock: HandClock):
    """From two hours before; once over, no more without news."""
    day, booked = running.add_day(law=NINE)
    watch = Watching(running.app)
    clock.moment = START - timedelta(hours=2, minutes=1)
    assert watch.look() == 0
    clock.forward(minutes=1)
    assert watch.look() == 1
    for one in booked:
        running.become(one, "completed", arrived=0, started=0, ended=9)
    clock.moment = START + timedelta(hours=1)
    assert watch.look() == 1
    outlook = running.get(Outlook, day)
    assert (outlook.finish_at, outlook.overtime_probability) == (START + 9 * MINUTE, 0.0)
    clock.forward(minutes=30)
    assert watch.look() == 0


def test_a_patient_who_moves_is_news_for_both_days(
    running: Running, clock: HandClock, as_role: Any
):
    """The day that is left does not keep the patient; what was told of it is forgotten."""
    day, booked = running.add_day(law=NINE)
    other, _ = running.add_day(provider=running.add_provider(), booked=[])
    watch = Watching(running.app)
    clock.moment = START - MINUTE
    watch.look()
    running.set(ExpectedStart, booked[5], told_at=45)
    late = running.get(Outlook, day).finish_at
    with reading() as session:
        [seat] = [
            one for one in session.get_one(ClinicDay, other).seats if one.interval == 5
        ]  # fmt: skip
    desk = as_role("front_desk")
    desk.post(f"/appointments/{booked[5]}/move", {"seat_id": str(seat.id)}, version=1)
    assert running.get(ExpectedStart, booked[5]) is None
    assert watch.look() == 2
    assert running.get(Outlook, day).finish_at < late
    row = running.get(ExpectedStart, booked[5])
    assert (row.clinic_day_id, row.told_at) == (other, None)


def test_a_delay_is_told_once_it_is_longer_than_the_practice_says(
    running: Running, clock: HandClock, as_role: Any
):
    """And again when it moved as much, also when the patient is expected earlier again."""
    schedule = (1, *[0] * 12, 1, 0, 0)
    day, booked = running.add_day(schedule, NINE, booked=[1], no_show=0.0)
    desk, watch = as_role("front_desk"), Watching(running.app)
    last = booked[0]
    clock.moment = START
    version = 1

    def away(minutes: int) -> int:
        nonlocal version
        desk.post(f"/clinic-days/{day}/break", {"minutes": minutes}, version=version)
        version += 1
        watch.look()
        return len(notices(running))

    assert away(145) == 0
    assert running.get(ExpectedStart, last).told_at is None
    assert away(146) == 1
    row = running.get(ExpectedStart, last)
    assert (row.told_at, row.noticed_at) == (START + 146 * MINUTE, START)
    clock.forward(minutes=31)
    assert away(120) == 1
    assert away(131) == 2
    clock.forward(minutes=31)
    assert desk("DELETE", f"/clinic-days/{day}/break", version=version).status_code == 200
    watch.look()
    assert len(notices(running)) == 3
    assert running.get(ExpectedStart, last).told_at == START + 130 * MINUTE


def test_a_patient_says_how_long_a_delay_is(running: Running, clock: HandClock):
    """Beside one who did not."""
    running.set_practice(delay_minutes=5)
    _, booked = running.add_day((1, 1, 0, 0), NINE, no_show=0.0)
    patient_id = running.get(Appointment, booked[0]).patient_id
    transaction(
        lambda session: session.add(
            Preference(patient_id=patient_id, notices={"delay_minutes": 60, "channels": ["email"]})
        )
    )
    for one in booked:
        running.become(one, "arrived", arrived=0)
    clock.moment = START + 30 * MINUTE
    Watching(running.app).look()
    assert notices(running) == [booked[1]]


def test_nobody_is_told_who_does_not_wish_it_or_left(running: Running, clock: HandClock):
    """Nor who is expected before the appointment."""
    running.set_practice(delay_minutes=5)
    _, booked = running.add_day((2, 2, 1), NINE, no_show=0.0)
    running.become(booked[0], "in_consultation", arrived=0, started=5)
    for one in (booked[1], booked[2], booked[4]):
        running.become(one, "arrived", arrived=0)
    running.become(booked[3], "cancelled_by_patient")
    patient_id = running.get(Appointment, booked[2]).patient_id
    transaction(
        lambda session: session.add(Preference(patient_id=patient_id, notices={"channels": []}))
    )
    clock.moment = START + 8 * MINUTE
    Watching(running.app).look()
    # They are expected at 14, 23 and 32 minutes past, and booked for 0, 10 and 20.
    assert set(notices(running)) == {booked[1], booked[4]}


def test_of_two_workers_one_writes(running: Running, clock: HandClock):
    """Both look at the same moment, at the first outlook and at a later one."""
    day, booked = running.add_day(law=NINE, no_show=0.0)
    for one in booked[:2]:
        running.become(one, "arrived", arrived=0)
    together = threading.Barrier(8)
    written: list[int] = []

    def look(watch: Watching) -> None:
        with running.app.app_context():
            together.wait()
            written.append(watch.look())

    watches = [Watching(running.app) for _ in range(8)]
    for minutes in (0, 35, 70):
        clock.moment = START + minutes * MINUTE
        threads = [threading.Thread(target=look, args=(one,)) for one in watches]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sum(written) == 3
    assert counted(running)["clinic_day.outlook"] == 3
    told = [one.subject_id for one in running.events("appointment.expected")]
    assert max(Counter(told).values()) <= 3
    assert Counter(notices(running))[booked[1]] == 2
    assert running.get(Outlook, day).computed_at == clock.moment


def test_what_was_computed_from_an_older_outlook_is_dropped(
    running: Running, clock: HandClock, as_role: Any
):
    """Nothing of it is written."""
    day, _ = running.add_day(law=NINE)
    watch = Watching(running.app)
    clock.moment = START
    watch.look()
    [found] = expectations([running.standing(day)], START + 20 * MINUTE)
    outlook = running.get(Outlook, day)

    def try_(found: Expectation, known: Known | None) -> bool:
        practice = running.clinic.practice
        return transaction(lambda session: keep(session, practice, found, known, 99))

    before = counted(running)
    names = [field.name for field in fields(Known)]
    known = Known(**{name: getattr(outlook, name) for name in names})
    with pytest.raises(Conflict):
        try_(found, None)
    assert not try_(found, replace(known, event_id=known.event_id - 1))
    assert not try_(found, replace(known, computed_at=known.computed_at - MINUTE))
    assert counted(running) == before
    assert running.get(Outlook, day).finish_at == outlook.finish_at
    assert try_(found, known)


def test_one_day_that_cannot_be_looked_at_keeps_no_other(caplog: pytest.LogCaptureFixture):
    """It is logged by its identifier: here one with more patients than a session can have."""
    days = [standing([visit(0)]), standing([visit(one % 6) for one in range(1001)])]
    days.append(standing([visit(1)]))
    with pytest.raises(InvalidInput):
        expectations(days, START)
    found = watching.all_that_can_be_told(days, START)
    assert [one.clinic_day_id for one in found] == [one.clinic_day_id for one in days[::2]]
    assert str(days[1].clinic_day_id) in caplog.text


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks that follow each other at once."""
    monkeypatch.setattr(watching, "LOOK", 0.02)


def test_the_loop_looks_until_it_is_stopped(running: Running, clock: HandClock, quick: None):
    """In a thread of its own."""
    day, booked = running.add_day(law=NINE)
    clock.moment = START
    stop = threading.Event()
    loop = threading.Thread(target=Watching(running.app).run, args=(stop,))
    loop.start()
    try:
        wait_for(lambda: running.get(Outlook, day) is not None)
        clock.forward(minutes=5)
        wait_for(lambda: running.get(Outlook, day).computed_at == clock.moment)
    finally:
        stop.set()
        loop.join(5)
    assert not loop.is_alive()
    assert start_of(running, booked[0]) == 5


def wait_for(condition: Any) -> None:
    """Wait until something is so."""
    until = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_forty_providers_days_are_refreshed_in_one_look(running: Running, clock: HandClock):
    """All with news, sixteen patients each with laws of their own, and everything moved."""
    add_running_days(running, 40)
    watch = Watching(running.app)
    clock.moment = START + 41 * MINUTE
    assert watch.look() == 40
    # A consultation goes on: all starts after it move, and with them the end.
    clock.forward(minutes=4)
    assert watch.look() == 40
    assert watch.look() == 0
