"""Notices of delay: past the threshold, not too often, and only while they are true."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from serve.booking.holding import book
from serve.booking.status import step
from serve.models import Appointment, Preference
from serve.notify.derive import notice_of_delay
from tests.serve.booking.conftest import STAFF, START
from tests.serve.conftest import NOW
from tests.serve.notify.conftest import Told


@pytest.fixture
def visit(told: Told) -> Appointment:
    """The visit of today at nine; it is half past eight."""
    made: Appointment = told.do(book, told.seats[0], told.clinic.patient, NOW, STAFF)
    told.send()
    told.clock.moment = START - timedelta(minutes=31)
    told.send()
    told.clock.forward(minutes=1)
    return made


def delayed(told: Told, visit: Appointment, minutes: float) -> bool:
    """Say that a visit is expected so many minutes after its time."""
    expected: datetime = START + timedelta(minutes=minutes)
    done: bool = told.do(notice_of_delay, visit, expected, told.clock())
    return done


def wish(told: Told, **notices: Any) -> None:
    """Let the patient wish something."""

    def work(session: Any) -> None:
        session.add(Preference(patient_id=told.clinic.patient, notices=notices))

    told.do(work)


def test_a_delay_is_told_with_the_expected_time(told: Told, visit: Appointment):
    """From the practice's quarter of an hour on."""
    assert not delayed(told, visit, 14)
    assert delayed(told, visit, 15)
    assert told.send() == 1
    mail = told.mails()[-1]
    assert mail["Subject"] == "Bailey: another time for your appointment today"
    assert (
        "Your appointment of 09:00 is expected to begin at about 09:15."
        in mail.get_body(("plain",)).get_content()
    )


def test_no_patient_is_told_more_often_than_the_patient_likes(told: Told, visit: Appointment):
    """Every half an hour, if nothing else is said, and only what moved again by as much."""
    assert delayed(told, visit, 15)
    told.send()
    told.clock.forward(minutes=29)
    assert not delayed(told, visit, 60)
    told.clock.forward(minutes=1)
    assert not delayed(told, visit, 25)
    assert delayed(told, visit, 60)
    assert told.kinds(visit, "sent", "waiting")[-2:] == ["delay", "delay"]


def test_that_it_goes_faster_again_is_told_too(told: Told, visit: Appointment):
    """Who was told of an hour's delay would come too late."""
    assert delayed(told, visit, 60)
    told.clock.forward(minutes=30)
    assert delayed(told, visit, 20)


def test_a_patient_has_a_threshold_and_a_pause_of_its_own(told: Told, visit: Appointment):
    """In place of the practice's."""
    wish(told, channels=["email"], delay_minutes=5, delay_every_minutes=10)
    assert delayed(told, visit, 5)
    told.clock.forward(minutes=10)
    assert delayed(told, visit, 10)


@pytest.mark.parametrize(
    "notices", [{"channels": []}, {"channels": ["email"], "opted_out": ["delay"]}]
)
def test_who_does_not_wish_it_is_not_told(told: Told, visit: Appointment, notices: Any):
    """And the caller hears that nothing was queued."""
    wish(told, **notices)
    assert not delayed(told, visit, 60)


def test_a_delay_that_is_over_is_not_told(told: Told, visit: Appointment):
    """Neither after the expected time nor once the consultation has begun."""
    assert delayed(told, visit, 15)
    told.clock.moment = START + timedelta(minutes=15)
    told.send()
    assert told.kinds(visit, "withdrawn") == ["delay"]
    assert not delayed(told, visit, 10)
    told.do(step, visit, "arrived", told.clock(), STAFF)
    assert delayed(told, visit, 60)
    told.do(step, visit, "in_consultation", told.clock(), STAFF)
    assert told.kinds(visit, "withdrawn") == ["delay", "delay"]
    assert not delayed(told, visit, 90)


def test_who_is_there_still_hears_of_a_delay(told: Told, visit: Appointment):
    """A notice that waits is kept when its patient arrives."""
    assert delayed(told, visit, 15)
    told.do(step, visit, "arrived", told.clock(), STAFF)
    assert told.kinds(visit, "waiting") == ["delay"]
    assert told.send() == 1
    assert told.kinds(visit, "sent")[-1] == "delay"
