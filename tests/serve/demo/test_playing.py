"""A made-up day goes on by itself, whoever plays it, and leaves room for those who join in."""

import threading
from datetime import timedelta
from itertools import pairwise

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from serve.booking.status import step
from serve.booking.undoing import undo
from serve.booking.who import THE_SERVICE
from serve.consistency import what_is_wrong
from serve.database import reading, transaction
from serve.demo.playing import catch_up, is_over
from serve.models import Appointment, ClinicDay, Event, StatusChange
from tests.serve.demo.conftest import MadeUp

SETTLED = {"completed", "no_show", "cancelled_by_patient"}


def test_whoever_is_due_comes_and_is_called(made_up: MadeUp):
    """And nobody whose time is yet to come is done."""
    assert catch_up(made_up.clock) > 0
    statuses = made_up.statuses()
    assert {"arrived", "in_consultation", "completed"} & set(statuses)
    assert statuses[-1] == "booked"
    assert statuses.count("in_consultation") <= 1
    assert catch_up(made_up.clock) == 0


def test_a_day_is_played_to_its_end_and_stops_there(made_up: MadeUp):
    """Everybody is settled, in an order that can be, and time goes at the usual pace again."""
    clock = made_up.clock
    clock.play(clock() + timedelta(hours=12))
    looks = 0
    while clock.playing:
        made_up.machine.forward(seconds=2)
        catch_up(clock)
        looks += 1
        assert looks < 400
    assert set(made_up.statuses()) <= SETTLED
    with reading() as session:
        assert is_over(session, made_up.clinic.practice, 3, clock())
        assert what_is_wrong(session) == []
        assert clock() >= session.get_one(ClinicDay, made_up.day).ends_at
        moments = session.scalars(select(Event.at).order_by(Event.id)).all()
    assert all(one <= clock() for one in moments)
    seen = [one for one in made_up.appointments() if one.ended_at]
    starts = sorted((one.started_at, one.ended_at) for one in seen)
    assert all(end <= begin for (_, end), (begin, _) in pairwise(starts))
    assert len(seen) >= 8


def test_the_same_day_is_played_however_it_is_put_forward(made_up: MadeUp):
    """At once or in steps: when each came and was done is drawn, and not when it was looked at."""
    for _ in range(20):
        made_up.clock.forward_to(made_up.clock() + timedelta(minutes=13))
        catch_up(made_up.clock)
    stepwise = [(one.arrived_at, one.started_at, one.ended_at) for one in made_up.appointments()]
    begun = [one[1] for one in stepwise if one[1] is not None]
    # Not the moments of the looks, which are whole steps after the clock's first.
    assert any((one - begun[0]) % timedelta(minutes=13) for one in begun)
    with reading() as session:
        changes = session.scalars(select(StatusChange)).all()
        assert all(one.at <= made_up.clock() for one in changes)


def test_two_who_play_at_once_do_everything_once(made_up: MadeUp):
    """No step is taken twice, and nobody walks in twice."""
    made_up.clock.forward_to(made_up.clock() + timedelta(hours=4))
    trouble: list[Exception] = []

    def play() -> None:
        try:
            with made_up.app.app_context():
                catch_up(made_up.clock)
        except Exception as error:
            trouble.append(error)

    threads = [threading.Thread(target=play) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not trouble
    assert set(made_up.statuses()) <= SETTLED
    with reading() as session:
        twice = (
            select(StatusChange.appointment_id)
            .group_by(StatusChange.appointment_id, StatusChange.status)
            .having(func.count() > 1)
        )
        assert session.scalars(twice).all() == []
        came = select(Appointment.arrived_at).where(Appointment.walk_in)
        moments = session.scalars(came).all()
        assert len(moments) == len(set(moments))
        assert what_is_wrong(session) == []


def test_who_joins_in_is_part_of_the_day(made_up: MadeUp):
    """A patient whom somebody calls is in consultation until the drawn time is over."""
    clock, last = made_up.clock, made_up.booked[-1]
    with reading() as session:
        moment = clock()

    def come(session: Session) -> None:
        row = session.get_one(Appointment, last, with_for_update=True)
        step(session, row, "arrived", moment, THE_SERVICE)
        step(session, row, "in_consultation", moment, THE_SERVICE)

    transaction(come)
    clock.forward_to(clock() + timedelta(hours=1))
    catch_up(clock)
    with reading() as session:
        row = session.get_one(Appointment, last)
        assert row.status == "completed"
        assert row.ended_at > moment


def test_what_is_taken_back_is_left_alone(made_up: MadeUp):
    """Until somebody takes the step again; the day ends all the same."""
    clock = made_up.clock
    catch_up(clock)
    here = ("arrived", "in_consultation")
    undone = next(
        identifier
        for identifier, status in zip(made_up.booked, made_up.statuses(), strict=True)
        if status in here
    )

    def take_back(session: Session) -> None:
        row = session.get_one(Appointment, undone, with_for_update=True)
        undo(session, row, clock(), THE_SERVICE)

    transaction(take_back)
    with reading() as session:
        before = session.get_one(Appointment, undone).status
    clock.forward_to(clock() + timedelta(hours=5))
    catch_up(clock)
    with reading() as session:
        assert session.get_one(Appointment, undone).status == before
        assert is_over(session, made_up.clinic.practice, 3, clock())


def test_nothing_happens_without_a_made_up_practice(made_up: MadeUp):
    """A clock without its file plays nothing."""
    (made_up.clock.home / "demo.json").unlink()
    assert catch_up(made_up.clock) == 0
