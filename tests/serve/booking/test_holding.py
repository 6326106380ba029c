"""Seats that are held, confirmed and booked, and every reason for which they are not."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from serve.booking.expiry import expire_holds
from serve.booking.holding import book, confirm, hold, request_visit
from serve.database import reading
from serve.errors import Conflict, NotFound
from serve.models import ClinicDay, Event, Patient, Provider, Seat, StatusChange, VisitType
from tests.serve.booking.conftest import PATIENT, STAFF, START, Books
from tests.serve.conftest import NOW

MINUTE = timedelta(minutes=1)


def refused(reason: str, books: Books, *arguments: Any, **more: Any) -> None:
    """Expect a conflict with a reason."""
    with pytest.raises(Conflict) as error:
        books.do(*arguments, **more)
    assert error.value.reason == reason


def test_a_seat_is_held_and_confirmed(books: Books):
    """Each step is written down, and told without a word about the patient."""
    seat, patient = books.seats[0], books.clinic.patient
    made = books.do(hold, seat, patient, NOW, PATIENT)
    assert (made.status, made.held_until) == ("held", NOW + 10 * MINUTE)
    booked = books.do(confirm, made, NOW + MINUTE, PATIENT)
    assert (booked.status, booked.held_until, booked.booked_at) == ("booked", None, NOW + MINUTE)
    assert booked.version == made.version + 1
    assert (booked.starts_at, booked.ends_at) == (START, START + 10 * MINUTE)
    with reading() as session:
        changes = session.scalars(select(StatusChange).order_by(StatusChange.number)).all()
        assert [(one.number, one.status) for one in changes] == [(1, "held"), (2, "booked")]
        assert changes[1].before["status"] == "held"
        events = session.scalars(select(Event).order_by(Event.id)).all()
        assert [one.kind for one in events] == ["appointment.held", "appointment.booked"]
        assert str(patient) not in str([one.details for one in events])


def test_a_seat_has_one_holder(books: Books):
    """Whoever comes second is told so; a hold counts like a booking."""
    books.do(hold, books.seats[0], books.clinic.patient, NOW, PATIENT)
    books.do(book, books.seats[1], books.clinic.patient, NOW, PATIENT)
    for seat in books.seats[:2]:
        refused("seat_taken", books, book, seat, books.clinic.stranger, NOW, STAFF)


def test_a_patient_is_in_one_place(books: Books):
    """Not in two sessions at once, but in two after each other."""
    provider = books.add_provider("Dr Koole")
    _, others = books.add_day(provider=provider, starts_at=START + 5 * MINUTE)
    books.do(book, books.seats[0], books.clinic.patient, NOW, PATIENT)
    refused("patient_busy", books, book, others[0], books.clinic.patient, NOW, PATIENT)
    books.do(book, others[1], books.clinic.patient, NOW, PATIENT)


def test_a_hold_that_ran_out_keeps_nobody_away(books: Books):
    """Neither from the seat nor, the patient's own, from another one at the same time."""
    provider = books.add_provider("Dr Koole")
    _, others = books.add_day(provider=provider)
    seat, patient = books.seats[0], books.clinic.patient
    first = books.do(hold, seat, patient, NOW, PATIENT)
    refused("seat_taken", books, book, seat, books.clinic.stranger, NOW + 9 * MINUTE, STAFF)
    later = NOW + 10 * MINUTE
    refused("hold_over", books, confirm, first, later, PATIENT)
    books.do(book, seat, books.clinic.stranger, later, STAFF)
    assert books.appointment(first).status == "expired"
    second = books.do(hold, others[0], patient, later, PATIENT)
    books.do(book, books.seats[1], patient, later + 10 * MINUTE, PATIENT)
    assert books.appointment(second).status == "expired"


def test_a_job_ends_holds_that_ran_out(books: Books):
    """Once each, and none before its time."""
    for seat, patient in zip(
        books.seats, (books.clinic.patient, books.clinic.stranger), strict=False
    ):
        books.do(hold, seat, patient, NOW, PATIENT)
    assert books.do(expire_holds, NOW + 9 * MINUTE) == 0
    assert books.do(expire_holds, NOW + 10 * MINUTE) == 2
    assert books.do(expire_holds, NOW + 10 * MINUTE) == 0


@pytest.mark.parametrize(
    ("model", "values", "reason"),
    [
        (ClinicDay, {"open": False}, "closed"),
        (Seat, {"withdrawn": True}, "withdrawn"),
        (Provider, {"active": False}, "provider_inactive"),
        (VisitType, {"active": False}, "visit_type_inactive"),
        (Patient, {"erased_at": NOW}, "erased"),
    ],
)
def test_what_is_not_there_any_more_is_not_booked(
    books: Books, model: type, values: dict[str, Any], reason: str
):
    """Each with its reason, for patients and staff alike."""
    clinic = books.clinic
    identifier = {
        ClinicDay: books.day,
        Seat: books.seats[0],
        Provider: clinic.provider,
        VisitType: clinic.visit_type,
        Patient: clinic.patient,
    }[model]
    books.set(model, identifier, **values)
    refused(reason, books, book, books.seats[0], clinic.patient, NOW, PATIENT)
    refused(reason, books, hold, books.seats[0], clinic.patient, NOW, STAFF)


def test_time_limits_bind_patients_until_the_hour_before(books: Books):
    """Staff may book until the seat's time; nobody after it."""
    seat, patient = books.seats[0], books.clinic.patient
    late = START - 60 * MINUTE + MINUTE
    refused("notice", books, book, seat, patient, late, PATIENT)
    refused("past", books, book, seat, patient, START, STAFF)
    books.do(book, seat, patient, late, STAFF)
    books.do(book, books.seats[1], books.clinic.stranger, START - 50 * MINUTE, PATIENT)


def test_a_patient_holds_five_seats_at_most(books: Books):
    """So that nobody keeps a whole session from the others; staff may."""
    for seat in books.seats[:5]:
        books.do(hold, seat, books.clinic.patient, NOW, PATIENT)
    refused("holds", books, hold, books.seats[5], books.clinic.patient, NOW, PATIENT)
    books.do(hold, books.seats[5], books.clinic.patient, NOW, STAFF)


def test_what_does_not_exist_is_not_found(books: Books):
    """A seat, a patient, a type of visit."""
    with pytest.raises(NotFound, match="seat"):
        books.do(book, uuid4(), books.clinic.patient, NOW, STAFF)
    with pytest.raises(NotFound, match="patient"):
        books.do(book, books.seats[0], uuid4(), NOW, STAFF)
    with pytest.raises(NotFound, match="visit type"):
        books.do(request_visit, books.clinic.patient, uuid4(), NOW, STAFF)


def test_a_request_needs_no_seat(books: Books):
    """And any number of them may wait for one."""
    for _ in range(2):
        made = books.do(request_visit, books.clinic.patient, books.clinic.visit_type, NOW, PATIENT)
        assert (made.status, made.seat_id, made.starts_at) == ("requested", None, None)
