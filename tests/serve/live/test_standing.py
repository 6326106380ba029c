"""Who counts on a clinic day, and what is known of each."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.database import reading, transaction
from serve.live.expectation import expectations
from serve.live.observation import observe
from serve.live.standing import standings
from serve.models import Appointment, ClinicDay, Seat
from tests.serve.live.conftest import MINUTE, NOW, START, Running


def test_who_is_booked_or_there_counts(running: Running):
    """Extra seats and walk-ins, too; not who cancelled, holds a seat, did not come or asks."""
    day, booked = running.add_day((2, 1, 1, 1, 1, 1))
    running.become(booked[1], "cancelled_by_patient")
    running.become(booked[2], "no_show")
    running.set(Appointment, booked[3], status="held", held_until=START)
    running.become(booked[4], "expired")
    extra = running.add_extra(day, 2)
    walk_in = running.add_extra(day, 3, 8, status="arrived", walk_in=True, arrived_at=START)
    found = running.standing(day)
    assert {one.appointment_id for one in found.visits} == {
        booked[0], booked[5], booked[6], extra, walk_in,
    }  # fmt: skip
    assert [one.rank for one in found.visits] == [0, None, None, 5, 6]
    # The session was planned for seven: here are five.
    observed = observe(found, START - MINUTE)
    assert observed.day.session.patients == 5
    assert list(observed.day.schedule) == [1, 0, 1, 1, 1, 1]


def test_a_seat_that_was_withdrawn_counts_once_its_patient_has_come(running: Running):
    """Not while the patient is only booked; and it takes no place in the schedule."""
    day, booked = running.add_day()

    def withdraw(session: Session) -> None:
        for identifier in booked[:2]:
            seat_id = running.get(Appointment, identifier).seat_id
            session.get_one(Seat, seat_id).withdrawn = True

    transaction(withdraw)
    running.become(booked[1], "arrived", arrived=-5)
    found = running.standing(day)
    assert [one.appointment_id for one in found.visits] == booked[1:]
    assert [one.rank for one in found.visits] == [None, 0, 1, 2, 3]


def test_empty_seats_keep_their_place(running: Running):
    """Only some are booked: each has the law for which the seat was planned."""
    types = {"new": {"no_show": 0.5}, "return": {"no_show": 0.2}}
    order = ["new", "new", "return", "return", "new", "return"]
    day, _ = running.add_day(booked=[1, 2, 4], patient_types=types, order=order)
    observed = observe(running.standing(day), START - MINUTE)
    assert observed.day.session.shows.tolist() == pytest.approx([0.5, 0.8, 0.5])


def test_a_session_is_over_when_nobody_who_came_is_left(running: Running):
    """Until then, or for twelve hours, it runs; before its time it is ahead, unless one is seen."""
    day, booked = running.add_day(booked=[0, 5])
    ends = START + timedelta(hours=1)

    def state(moment: datetime) -> str:
        return running.standing(day).state(moment)

    assert [state(one) for one in (NOW, START, ends - MINUTE, ends)] == [
        "ahead", "running", "running", "over",
    ]  # fmt: skip
    running.become(booked[0], "in_consultation", arrived=-20, started=-10)
    assert state(START - 9 * MINUTE) == "running"
    assert state(ends + 30 * MINUTE) == "running"
    running.become(booked[0], "completed", arrived=-20, started=-10, ended=70)
    assert state(ends + 30 * MINUTE) == "over"
    running.become(booked[1], "arrived", arrived=55)
    assert state(ends + 30 * MINUTE) == "running"
    assert state(ends + timedelta(hours=12)) == "over"


def test_days_are_read_together_as_one_by_one(running: Running):
    """In the order of their starts."""
    later, _ = running.add_day(starts=START + timedelta(hours=2))
    first, _ = running.add_day(provider=running.add_provider())
    with reading() as session:
        together = standings(session, session.scalars(select(ClinicDay.id)))
    assert [one.clinic_day_id for one in together] == [first, later]
    alone = [running.standing(one) for one in (first, later)]
    assert together == alone
    one = expectations(together, START)[1]
    assert one.calls[0].expected_at == expectations(alone[1:], START)[0].calls[0].expected_at
