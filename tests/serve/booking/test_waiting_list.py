"""Seats that come free go to those who wait."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from objective import InvalidInput
from serve.booking.changing import cancel
from serve.booking.expiry import expire_holds
from serve.booking.holding import book, confirm
from serve.booking.offering import offer_freed_seats
from serve.booking.status import step
from serve.booking.undoing import undo
from serve.booking.waiting_list import accept, decline, expire_offers, join, leave
from serve.database import reading
from serve.errors import Conflict, NotFound
from serve.models import Appointment, Offer, Seat, WaitlistEntry
from tests.serve.booking.conftest import PATIENT, STAFF, START, Books
from tests.serve.booking.test_holding import MINUTE, refused
from tests.serve.conftest import NOW

DAY = timedelta(days=1)


def wait(books: Books, patient: UUID, now: datetime = NOW, **more: Any) -> WaitlistEntry:
    """Put a patient on the list."""
    window = {"earliest": date(2026, 3, 1), "latest": date(2026, 3, 31)} | more
    return books.do(join, patient, books.clinic.visit_type, now=now, **window)  # type: ignore[no-any-return]


def open_offers(books: Books) -> list[Offer]:
    """Return the offers that are open, the first to be made first."""
    with reading() as session:
        return list(
            session.scalars(
                select(Offer).where(Offer.status == "offered").order_by(Offer.created_at)
            )
        )


def fill(books: Books) -> list[Appointment]:
    """Book all seats, each for somebody else."""
    return [books.do(book, seat, books.add_patient(), NOW, STAFF) for seat in books.seats]


def test_a_freed_seat_is_offered_and_accepted(books: Books):
    """It is held until the offer ends, and booked when it is accepted."""
    booked = fill(books)
    entry = wait(books, books.clinic.patient)
    assert books.do(offer_freed_seats, NOW) == 0
    books.do(cancel, booked[2], NOW, STAFF)
    assert books.do(offer_freed_seats, NOW) == 1
    (offer,) = open_offers(books)
    hold = books.get(Appointment, offer.hold_id)
    assert (offer.seat_id, offer.ends_at) == (books.seats[2], NOW + 120 * MINUTE)
    assert (hold.status, hold.held_until) == ("held", offer.ends_at)
    refused("offer", books, confirm, hold, NOW, PATIENT)
    refused("offer", books, cancel, hold, NOW, PATIENT)
    refused("seat_taken", books, book, books.seats[2], books.clinic.stranger, NOW, STAFF)
    made = books.do(accept, offer, NOW + 119 * MINUTE, PATIENT)
    assert (made.id, made.status) == (hold.id, "booked")
    refused("offer", books, undo, made, NOW + 119 * MINUTE, STAFF)
    assert books.get(WaitlistEntry, entry.id).status == "served"
    assert books.get(Offer, offer.id).status == "accepted"
    refused("offer_over", books, accept, offer, NOW, PATIENT)
    # What happens to it later is taken back as with any other.
    came = books.do(step, made, "arrived", START, STAFF)
    assert books.do(undo, came, START, STAFF).status == "booked"


def test_urgency_times_days_waited_decides_then_who_came_first(books: Books):
    """Three times as urgent is first after a third of the time."""
    booked = fill(books)
    names = {}
    for name, ago, urgency in (("long", 8, 1.0), ("urgent", 3, 3.0), ("same", 3, 3.0)):
        patient = books.add_patient(name)
        entry = wait(books, patient, NOW - ago * DAY, urgency=urgency)
        names[entry.id] = name
    books.do(cancel, booked[0], NOW, STAFF)
    order = []
    for number in range(3):
        assert books.do(offer_freed_seats, NOW + number * MINUTE) == 1
        (offer,) = open_offers(books)
        order.append(names[offer.entry_id])
        books.do(decline, offer, NOW + number * MINUTE)
    # The two that are alike in everything come in either order.
    assert set(order[:2]) == {"urgent", "same"}
    assert order[2] == "long"


def test_an_offer_that_is_declined_or_runs_out_goes_to_the_next(books: Books):
    """And nobody is offered the same seat twice."""
    booked = fill(books)
    first = wait(books, books.clinic.patient, NOW - 2 * DAY)
    second = wait(books, books.clinic.stranger, NOW - DAY)
    books.do(cancel, booked[0], NOW, STAFF)
    books.do(offer_freed_seats, NOW)
    (offer,) = open_offers(books)
    assert offer.entry_id == first.id
    assert books.do(expire_offers, NOW + 119 * MINUTE) == 0
    later = NOW + 120 * MINUTE
    refused("offer_over", books, accept, offer, later, PATIENT)
    assert books.do(expire_offers, later) == 1
    assert books.get(Offer, offer.id).status == "expired"
    assert books.get(Appointment, offer.hold_id).status == "expired"
    assert books.get(WaitlistEntry, first.id).status == "waiting"
    books.do(offer_freed_seats, later)
    (offer,) = open_offers(books)
    assert offer.entry_id == second.id
    books.do(decline, offer, later)
    assert books.do(offer_freed_seats, later) == 0
    books.do(cancel, booked[1], later, STAFF)
    books.do(offer_freed_seats, later)
    assert [one.entry_id for one in open_offers(books)] == [first.id]


def test_the_job_for_holds_ends_offers_too(books: Books):
    """Whichever comes first, the entry waits again."""
    entry = wait(books, books.clinic.patient)
    books.do(offer_freed_seats, NOW)
    assert books.do(expire_holds, NOW + 120 * MINUTE) == 1
    assert books.do(expire_offers, NOW + 120 * MINUTE) == 0
    assert books.get(WaitlistEntry, entry.id).status == "waiting"
    assert open_offers(books) == []


def test_a_seat_whose_offer_ran_out_can_be_booked_at_once(books: Books):
    """By anybody, before any job ran."""
    entry = wait(books, books.clinic.patient)
    books.do(offer_freed_seats, NOW)
    later = NOW + 120 * MINUTE
    books.do(book, books.seats[0], books.clinic.stranger, later, PATIENT)
    assert open_offers(books) == []
    assert books.get(WaitlistEntry, entry.id).status == "waiting"


def test_an_offer_ends_before_it_is_too_late_to_book(books: Books):
    """An hour before the appointment; later than that there is none."""
    for seat in books.seats[1:]:
        books.set(Seat, seat, withdrawn=True)
    entry = wait(books, books.clinic.patient)
    assert books.do(offer_freed_seats, START - 60 * MINUTE) == 0
    assert books.do(offer_freed_seats, START - 100 * MINUTE) == 1
    (offer,) = open_offers(books)
    assert offer.ends_at == START - 60 * MINUTE
    assert offer.entry_id == entry.id


def test_only_seats_that_fit_are_offered(books: Books):
    """By provider, dates, and where the patient is at that time."""
    other = books.add_provider("Dr Koole")
    _, later = books.add_day(provider=other, starts_at=START + DAY)
    entry = wait(books, books.clinic.patient, provider_id=other)
    assert books.do(offer_freed_seats, NOW) == 1
    (offer,) = open_offers(books)
    assert offer.seat_id == later[0]
    books.do(leave, entry, NOW)
    assert open_offers(books) == []
    wait(books, books.clinic.patient, earliest=date(2026, 3, 7))
    assert books.do(offer_freed_seats, NOW) == 0
    stranger = books.clinic.stranger
    books.do(book, books.seats[0], stranger, NOW, STAFF)
    _, same = books.add_day(provider=other)
    wait(books, stranger, provider_id=other, latest=date(2026, 3, 5))
    books.do(offer_freed_seats, NOW)
    assert [one.seat_id for one in open_offers(books)] == [same[1]]


def test_an_earlier_seat_moves_the_appointment_that_is_named(books: Books):
    """The hold goes, the old seat is free, and there is one appointment."""
    patient = books.clinic.patient
    late = books.do(book, books.seats[5], patient, NOW, PATIENT)
    for seat in books.seats[1:5]:
        books.do(book, seat, books.add_patient(), NOW, STAFF)
    wait(books, patient, appointment_id=late.id)
    assert books.do(offer_freed_seats, NOW) == 1
    (offer,) = open_offers(books)
    made = books.do(accept, offer, NOW + MINUTE, PATIENT)
    assert (made.id, made.status, made.seat_id) == (late.id, "booked", books.seats[0])
    assert books.get(Appointment, offer.hold_id).status == "expired"
    books.do(book, books.seats[5], books.clinic.stranger, NOW, PATIENT)


def test_a_later_seat_is_no_reason_to_move(books: Books):
    """Nor is any seat once it is too late to leave the old one."""
    patient = books.clinic.patient
    made = books.do(book, books.seats[0], patient, NOW, PATIENT)
    wait(books, patient, appointment_id=made.id)
    assert books.do(offer_freed_seats, NOW) == 0


def test_whoever_lost_the_appointment_to_be_moved_books_the_seat(books: Books):
    """It was cancelled after the offer."""
    patient = books.clinic.patient
    late = books.do(book, books.seats[5], patient, NOW, PATIENT)
    wait(books, patient, appointment_id=late.id)
    books.do(offer_freed_seats, NOW)
    (offer,) = open_offers(books)
    books.do(cancel, late, NOW, PATIENT)
    made = books.do(accept, offer, NOW, PATIENT)
    assert (made.id, made.status) == (offer.hold_id, "booked")


def test_one_waits_once_for_a_type_of_visit(books: Books):
    """And can come back after leaving."""
    entry = wait(books, books.clinic.patient)
    with pytest.raises(Conflict) as error:
        wait(books, books.clinic.patient)
    assert error.value.reason == "waiting"
    books.do(leave, entry, NOW)
    refused("status", books, leave, entry, NOW)
    wait(books, books.clinic.patient)


def test_what_is_named_must_be_there(books: Books):
    """A provider, an appointment of the patient that is booked, a window."""
    made = books.do(book, books.seats[0], books.clinic.stranger, NOW, STAFF)
    with pytest.raises(NotFound, match="appointment"):
        wait(books, books.clinic.patient, appointment_id=made.id)
    with pytest.raises(NotFound, match="provider"):
        wait(books, books.clinic.patient, provider_id=books.clinic.patient)
    with pytest.raises(InvalidInput, match="latest"):
        wait(books, books.clinic.patient, latest=date(2026, 2, 1))
    made = books.do(cancel, made, NOW, STAFF)
    with pytest.raises(Conflict) as error:
        wait(books, books.clinic.stranger, appointment_id=made.id)
    assert error.value.reason == "status"
