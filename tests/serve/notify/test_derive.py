"""What a visit's patient is told follows from how the visit is, and from what was told before."""

from datetime import timedelta
from typing import Any

import pytest

from serve.booking.changing import cancel, move
from serve.booking.extra_seats import register_walk_in
from serve.booking.holding import book, confirm, hold, request_visit
from serve.booking.status import step
from serve.booking.undoing import undo
from serve.models import Appointment, Patient, Practice, Seat
from serve.notify.derive import rederive
from serve.privacy.erasure import erase
from tests.serve.booking.conftest import PATIENT, STAFF, START
from tests.serve.conftest import NOW
from tests.serve.notify.conftest import Told

DAY_BEFORE = START - timedelta(hours=24)


@pytest.fixture
def booked(told: Told) -> Appointment:
    """The first seat, booked; nothing is sent yet."""
    return told.do(book, told.seats[0], told.clinic.patient, NOW, STAFF)


def test_a_booking_is_confirmed_now_and_its_reminder_comes_later(told: Told, booked: Appointment):
    """The practice reminds a day before, unless the patient says otherwise."""
    assert told.messages(booked) == [("confirmation", NOW), ("reminder", DAY_BEFORE)]
    told.send()
    assert told.subjects() == ["your appointment on Thursday, 5 March 2026"]
    told.clock.moment = DAY_BEFORE
    told.send()
    assert told.subjects()[1] == "reminder of your appointment on Thursday, 5 March 2026"
    assert told.send() == 0


def test_a_hold_and_a_request_tell_nothing(told: Told):
    """Until the hold is confirmed."""
    held = told.do(hold, told.seats[0], told.clinic.patient, NOW, PATIENT)
    wish = told.do(request_visit, told.clinic.stranger, told.clinic.visit_type, NOW, STAFF)
    assert told.kinds(held) == told.kinds(wish) == []
    told.do(confirm, held, NOW, PATIENT)
    assert told.kinds(held) == ["confirmation", "reminder"]
    told.do(move, wish, told.seats[1], NOW, STAFF)
    assert told.kinds(wish) == ["confirmation", "reminder"]


def test_a_hold_that_is_released_tells_nothing(told: Told):
    """Nobody was told that there is a visit."""
    held = told.do(hold, told.seats[0], told.clinic.patient, NOW, PATIENT)
    told.do(cancel, held, NOW, PATIENT)
    assert told.kinds(held) == []


def test_a_move_is_told_and_its_old_reminder_withdrawn(told: Told, booked: Appointment):
    """The new one comes a day before the new time."""
    told.send()
    told.clock.forward(minutes=1)
    now = told.clock()
    told.do(move, booked, told.seats[3], now, STAFF)
    later = DAY_BEFORE + timedelta(minutes=30)
    assert told.kinds(booked, "sent") == ["confirmation"]
    assert told.messages(booked, "withdrawn") == [("reminder", DAY_BEFORE)]
    assert told.messages(booked, "waiting") == [("change", now), ("reminder", later)]
    told.send()
    assert told.subjects()[-1] == "your appointment was moved to Thursday, 5 March 2026"
    assert "at 09:30" in told.mails()[-1].get_body(("plain",)).get_content()


def test_moved_before_anything_was_sent_only_the_last_is_told(told: Told, booked: Appointment):
    """Of a time that is not true any more nobody hears."""
    told.do(move, booked, told.seats[3], NOW, STAFF)
    told.do(move, booked, told.seats[4], NOW, STAFF)
    assert told.send() == 1
    assert told.subjects() == ["your appointment was moved to Thursday, 5 March 2026"]
    assert "at 09:40" in told.mails()[0].get_body(("plain",)).get_content()


@pytest.mark.parametrize("undone", [True, False])
def test_moved_and_moved_back_before_anything_was_sent_it_is_confirmed(
    told: Told, booked: Appointment, undone: bool
):
    """At the time that was booked first, once, and not as a change."""
    told.clock.forward(seconds=2)
    told.do(move, booked, told.seats[3], told.clock(), STAFF)
    told.clock.forward(seconds=2)
    if undone:
        told.do(undo, booked, told.clock(), STAFF)
    else:
        told.do(move, told.appointment(booked), told.seats[0], told.clock(), STAFF)
    assert told.kinds(booked, "waiting") == ["confirmation", "reminder"]
    assert told.send() == 1
    assert told.subjects() == ["your appointment on Thursday, 5 March 2026"]
    assert "at 09:00" in told.mails()[0].get_body(("plain",)).get_content()


def test_every_move_is_told_even_at_one_moment_of_the_clock(told: Told, booked: Appointment):
    """And each once, also one that leads back."""
    told.send()
    for seat in (3, 0, 3):
        told.do(move, told.appointment(booked), told.seats[seat], NOW, STAFF)
        assert told.send() == 1
    assert told.kinds(booked, "sent") == ["confirmation", "change", "change", "change"]
    assert told.kinds(booked, "waiting") == ["reminder"]


@pytest.mark.parametrize("by_patient", [True, False])
def test_a_cancellation_is_told_and_all_else_withdrawn(
    told: Told, booked: Appointment, by_patient: bool
):
    """Whoever cancels."""
    told.send()
    told.do(cancel, booked, NOW, STAFF, by_patient=by_patient)
    assert told.kinds(booked, "waiting") == ["cancellation"]
    assert told.kinds(booked, "withdrawn") == ["reminder"]
    told.send()
    assert told.subjects()[-1] == "your appointment on Thursday, 5 March 2026 is cancelled"
    told.clock.moment = START
    assert told.send() == 0


def test_a_cancellation_before_anything_was_sent_is_all_that_is_told(
    told: Told, booked: Appointment
):
    """No confirmation of a visit that is cancelled."""
    told.do(cancel, booked, NOW, STAFF)
    assert told.send() == 1
    assert told.kinds(booked, "sent") == ["cancellation"]


def test_a_cancellation_undone_in_time_is_not_told(told: Told, booked: Appointment):
    """The reminder comes back, and what was confirmed is not confirmed again."""
    told.send()
    told.do(cancel, booked, NOW, STAFF)
    told.do(undo, booked, NOW, STAFF)
    assert told.messages(booked, "waiting") == [("reminder", DAY_BEFORE)]
    assert told.kinds(booked, "sent") == ["confirmation"]


def test_a_cancellation_undone_too_late_is_followed_by_a_confirmation(
    told: Told, booked: Appointment
):
    """The patient was told that there is no visit, and there is one."""
    told.send()
    told.do(cancel, booked, NOW, STAFF)
    told.send()
    told.do(undo, booked, NOW, STAFF)
    told.send()
    assert told.kinds(booked, "sent") == ["confirmation", "cancellation", "confirmation"]
    assert told.messages(booked, "waiting") == [("reminder", DAY_BEFORE)]


def test_a_move_undone_is_a_change_back(told: Told, booked: Appointment):
    """If the move was told; else nothing is."""
    told.send()
    told.do(move, booked, told.seats[3], NOW, STAFF)
    told.do(undo, booked, NOW, STAFF)
    assert told.send() == 0
    told.do(move, booked, told.seats[3], NOW, STAFF)
    told.send()
    told.do(undo, booked, NOW, STAFF)
    told.send()
    assert told.kinds(booked, "sent") == ["confirmation", "change", "change"]
    assert told.messages(booked, "waiting") == [("reminder", DAY_BEFORE)]


def test_a_booking_undone_and_never_confirmed_is_told_to_be_cancelled(told: Told):
    """Who was told of a visit hears that there is none, however it came to that."""
    held = told.do(hold, told.seats[0], told.clinic.patient, NOW, PATIENT)
    told.do(confirm, held, NOW, PATIENT)
    told.send()
    told.do(undo, held, NOW, STAFF)
    assert told.kinds(held, "waiting") == []
    told.do(step, held, "expired", NOW, STAFF)
    told.send()
    assert told.kinds(held, "sent") == ["confirmation", "cancellation"]


def test_a_patient_who_came_is_told_nothing_more(told: Told, booked: Appointment):
    """Nor again when that was noted by mistake."""
    told.clock.moment = START - timedelta(minutes=20)
    told.do(step, booked, "arrived", told.clock(), STAFF)
    assert told.kinds(booked, "waiting") == []
    told.do(undo, booked, told.clock(), STAFF)
    assert told.kinds(booked, "waiting") == []


def test_a_walk_in_gets_no_confirmation_and_no_reminder(told: Told):
    """Who is there knows."""
    told.clock.moment = START + timedelta(minutes=5)
    came = told.do(register_walk_in, told.clinic.provider, told.clinic.patient, told.clock(), STAFF)
    assert told.kinds(came) == []
    told.do(cancel, came, told.clock(), STAFF)
    assert told.kinds(came) == []


def test_a_reminder_whose_moment_is_past_is_not_queued(told: Told):
    """Booked less than a day ahead there is a confirmation alone."""
    told.clock.moment = START - timedelta(hours=23)
    made = told.do(book, told.seats[0], told.clinic.patient, told.clock(), STAFF)
    assert told.kinds(made) == ["confirmation"]


def test_a_visit_that_is_booked_after_its_time_is_not_told(told: Told):
    """A step that staff take back late makes no news."""
    made = told.do(book, told.seats[0], told.clinic.patient, NOW, STAFF)
    told.clock.moment = START + timedelta(hours=1)
    told.do(step, made, "no_show", told.clock(), STAFF)
    told.do(undo, made, told.clock(), STAFF)
    assert told.kinds(made, "waiting") == []
    assert told.send() == 0


def test_an_erased_patient_is_told_nothing(told: Told, booked: Appointment):
    """And nothing that was queued stays."""
    told.clock.moment = START + timedelta(days=1)

    def work(session: Any) -> None:
        erase(session, session.get_one(Patient, told.clinic.patient), told.clock())
        session.flush()
        rederive(session, session.get_one(Appointment, booked.id), NOW)

    told.do(work)
    assert told.kinds(booked) == []


def test_derived_again_nothing_changes(told: Told, booked: Appointment):
    """At any time, as often as one likes."""
    for _ in range(2):
        before = [(one.id, one.state, one.try_at, one.details) for one in told.rows(booked)]
        told.clock.forward(minutes=1)
        told.do(rederive, booked, told.clock())
        after = [(one.id, one.state, one.try_at, one.details) for one in told.rows(booked)]
        assert before == after
        told.send()


def test_the_practice_says_how_long_before_it_reminds(told: Told):
    """With 0 it never does."""
    told.set(Practice, told.clinic.practice, reminder_hours=2)
    made = told.do(book, told.seats[0], told.clinic.patient, NOW, STAFF)
    assert told.messages(made)[1:] == [("reminder", START - timedelta(hours=2))]
    told.set(Practice, told.clinic.practice, reminder_hours=0)
    other = told.do(book, told.seats[1], told.clinic.stranger, NOW, STAFF)
    assert told.kinds(other) == ["confirmation"]


def test_nothing_is_queued_by_what_is_taken_back(told: Told):
    """The notices are part of the transaction of what they tell."""
    made = told.do(book, told.seats[0], told.clinic.patient, NOW, STAFF)

    def work(session: Any) -> None:
        appointment = session.get_one(Appointment, made.id, with_for_update=True)
        cancel(session, appointment, NOW, STAFF)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        told.do(work)
    assert told.kinds(made) == ["confirmation", "reminder"]


def test_what_is_not_true_any_more_is_not_sent_even_if_it_still_waits(
    told: Told, booked: Appointment
):
    """It is looked at again at the moment of sending: the status, the time, the seat."""
    for changed in ({"status": "completed"}, {"starts_at": START - timedelta(minutes=5)}):
        told.set(Appointment, booked.id, **changed)
        told.set(type(told.rows(booked)[0]), told.rows(booked)[0].id, state="waiting")
        told.send()
        assert told.rows(booked)[0].state == "withdrawn"
        told.set(Appointment, booked.id, status="booked", starts_at=START)
    assert told.get(Seat, told.seats[0]).starts_at == START
    assert told.mails() == []


def test_of_two_reminders_that_are_due_only_the_later_is_sent(told: Told):
    """After a night without a worker nobody is reminded twice at once."""
    told.set(Practice, told.clinic.practice, reminder_hours=24)
    made = told.do(book, told.seats[0], told.clinic.patient, NOW, STAFF)
    told.send()

    def work(session: Any) -> None:
        later = told.rows(made)[1]
        session.add(
            type(later)(
                practice_id=later.practice_id, appointment_id=made.id, channel=later.channel,
                kind="reminder", details=later.details, due_at=START - timedelta(hours=2),
                try_at=START - timedelta(hours=2),
            )
        )  # fmt: skip

    told.do(work)
    told.clock.moment = START - timedelta(hours=1)
    told.send()
    assert told.messages(made, "withdrawn") == [("reminder", DAY_BEFORE)]
    assert told.kinds(made, "sent") == ["confirmation", "reminder"]
