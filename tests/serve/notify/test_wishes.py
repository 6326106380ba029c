"""What patients choose: by which channels, when to be reminded, and what not to be told."""

from datetime import timedelta
from typing import Any

import pytest

from serve.booking.holding import book
from serve.models import Appointment, Practice, Preference
from tests.serve.booking.conftest import STAFF, START
from tests.serve.conftest import NOW, Client
from tests.serve.notify.conftest import Told

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def patient(told: Told, as_role: Any) -> Client:
    """The patient, who can sign in."""
    client: Client = as_role("patient")
    return client


def wish(patient: Client, told: Told, version: int = 0, **notices: Any) -> Any:
    """Say what to be told; ``channels`` is mail if it is not given."""
    answer = patient(
        "PUT",
        f"/patients/{told.clinic.patient}/preferences",
        {"notices": {"channels": ["email"]} | notices},
        version=version,
    )
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def booked(told: Told) -> Appointment:
    """Book the first seat."""
    made: Appointment = told.do(book, told.seats[0], told.clinic.patient, NOW, STAFF)
    return made


def before(hours: float) -> tuple[str, Any]:
    """Return a reminder so long before the visit."""
    return "reminder", START - timedelta(hours=hours)


def test_a_patient_is_reminded_as_often_as_the_patient_likes(told: Told, patient: Client):
    """Several times, or never."""
    wish(patient, told, reminder_hours=[2, 48, 24])
    made = booked(told)
    assert told.messages(made)[1:] == [before(48), before(24), before(2)]
    wish(patient, told, 1, reminder_hours=[])
    assert told.kinds(made, "waiting") == ["confirmation"]


def test_what_waits_follows_a_change_of_mind(told: Told, patient: Client):
    """Reminders come and go; what was told stays told."""
    made = booked(told)
    told.send()
    wish(patient, told, reminder_hours=[48, 1000 // 20])
    assert told.messages(made, "waiting") == [before(50), before(48)]
    wish(patient, told, 1, reminder_hours=None)
    assert told.messages(made, "waiting") == [before(24)]
    wish(patient, told, 2, channels=[])
    assert told.kinds(made, "waiting") == []
    wish(patient, told, 3)
    assert told.messages(made, "waiting") == [before(24)]
    assert told.kinds(made, "sent") == ["confirmation"]


def test_none_at_all(told: Told, patient: Client):
    """Nothing is queued for who wishes nothing, and nothing comes when that changes later."""
    wish(patient, told, channels=[])
    made = booked(told)
    assert told.kinds(made) == []
    wish(patient, told, 1)
    assert told.kinds(made, "waiting") == ["reminder"]


def test_kinds_can_be_opted_out_of_one_by_one(told: Told, patient: Client):
    """And the others still come."""
    wish(patient, told, opted_out=["confirmation"])
    made = booked(told)
    assert told.kinds(made, "waiting") == ["reminder"]
    wish(patient, told, 1, opted_out=["reminder", "confirmation"])
    assert told.kinds(made, "waiting") == []


def test_what_still_waits_is_not_sent_to_who_does_not_wish_it(told: Told, patient: Client):
    """Also if the wish came by a way that derives nothing."""
    made = booked(told)

    def work(session: Any) -> None:
        session.add(Preference(patient_id=told.clinic.patient, notices={"channels": []}))

    told.do(work)
    told.send()
    assert told.kinds(made, "withdrawn") == ["confirmation"]
    assert told.mails() == []


def test_the_practice_can_stop_reminding(told: Told, patient: Client):
    """What waited by its old rule is not sent."""
    made = booked(told)
    told.set(Practice, told.clinic.practice, reminder_hours=0)
    told.clock.moment = START - timedelta(hours=24)
    told.send()
    assert told.kinds(made, "sent") == ["confirmation"]
    assert told.kinds(made, "withdrawn") == ["reminder"]


@pytest.mark.parametrize(
    "notices",
    [
        {"channels": ["pigeon"]},
        {"channels": ["email"], "reminder_hours": [0]},
        {"channels": ["email"], "reminder_hours": [721]},
        {"channels": ["email"], "reminder_hours": [1, 2, 3, 4, 5, 6]},
        {"channels": ["email"], "delay_minutes": 0},
        {"channels": ["email"], "delay_every_minutes": 1441},
        {"channels": ["email"], "opted_out": ["weather"]},
    ],
)
def test_what_cannot_be_wished_is_refused(told: Told, patient: Client, notices: Any):
    """With the field that is wrong."""
    answer = patient(
        "PUT", f"/patients/{told.clinic.patient}/preferences", {"notices": notices}, version=0
    )
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"].startswith("notices")


def test_a_practice_says_its_usual(told: Told, as_role: Any):
    """How long before it reminds, by how much an expected start moves, and where it is reached."""
    administrator = as_role("administrator")
    usual = {"reminder_hours": 48, "delay_minutes": 20, "contact": "020 7654321"}
    answer = administrator("PATCH", "/practice", usual, version=2)
    assert answer.status_code == 200, answer.text
    assert administrator.get("/practice").items() >= usual.items()
    for wrong in ({"reminder_hours": 721}, {"delay_minutes": 0}, {"contact": "x" * 201}):
        assert administrator("PATCH", "/practice", wrong, version=3).status_code == 422
    assert told.messages(booked(told))[1:] == [before(48)]
