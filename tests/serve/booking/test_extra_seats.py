"""Overbooking with a reason, and patients who come unbooked."""

from datetime import timedelta

import pytest

from objective import InvalidInput
from serve.booking.extra_seats import book_extra, register_walk_in
from serve.booking.holding import book
from serve.models import ClinicDay, Seat
from tests.serve.booking.conftest import PATIENT, STAFF, START, Books
from tests.serve.booking.test_holding import MINUTE, refused
from tests.serve.conftest import NOW


def test_staff_overbook_by_an_extra_seat(books: Books):
    """It has the next number of its interval and a reason, and is not there for patients."""
    made = books.do(book_extra, books.day, 2, books.clinic.patient, "urgent", NOW, STAFF)
    seat = books.get(Seat, made.seat_id)
    assert (seat.interval, seat.number, seat.extra, seat.reason) == (2, 1, True, "urgent")
    assert made.starts_at == START + 20 * MINUTE
    second = books.do(book_extra, books.day, 2, books.clinic.stranger, "urgent", NOW, STAFF)
    assert books.get(Seat, second.seat_id).number == 2
    refused("extra_seat", books, book, seat.id, books.add_patient(), NOW, PATIENT)


@pytest.mark.parametrize(("interval", "reason"), [(6, "urgent"), (-1, "urgent"), (0, " ")])
def test_an_extra_seat_needs_an_interval_and_a_reason(books: Books, interval: int, reason: str):
    """Both are inputs that can be wrong."""
    with pytest.raises(InvalidInput):
        books.do(book_extra, books.day, interval, books.clinic.patient, reason, NOW, STAFF)


def test_no_extra_seat_is_left_where_nobody_could_be_booked(books: Books):
    """The patient is elsewhere: there is no seat either."""
    books.do(book, books.seats[2], books.clinic.patient, NOW, STAFF)
    refused("patient_busy", books, book_extra, books.day, 2, books.clinic.patient, "x", NOW, STAFF)
    made = books.do(book_extra, books.day, 2, books.clinic.stranger, "urgent", NOW, STAFF)
    assert books.get(Seat, made.seat_id).number == 1
    books.set(ClinicDay, books.day, open=False)
    refused("closed", books, book_extra, books.day, 2, books.add_patient(), "x", NOW, STAFF)


def test_whoever_comes_unbooked_is_there_at_once(books: Books):
    """In the interval of the moment, beside whoever is booked."""
    now = START + 25 * MINUTE
    made = books.do(register_walk_in, books.clinic.provider, books.clinic.patient, now, STAFF)
    assert (made.status, made.walk_in, made.arrived_at) == ("arrived", True, now)
    seat = books.get(Seat, made.seat_id)
    assert (seat.interval, seat.number, seat.extra) == (2, 1, True)
    refused(
        "patient_busy",
        books,
        register_walk_in,
        books.clinic.provider,
        books.clinic.patient,
        now,
        STAFF,
    )


@pytest.mark.parametrize("minutes", [-1, 60])
def test_nobody_walks_in_outside_sessions(books: Books, minutes: int):
    """Before the first and after the last interval."""
    now = START + timedelta(minutes=minutes)
    refused(
        "no_session",
        books,
        register_walk_in,
        books.clinic.provider,
        books.clinic.patient,
        now,
        STAFF,
    )
