"""The table of steps."""

from datetime import timedelta

import pytest

from objective import InvalidInput
from serve.booking.holding import book
from serve.booking.status import MOMENTS, STEPS, step
from serve.models.appointment import STATUSES
from tests.serve.booking.conftest import PATIENT, STAFF, START, Books
from tests.serve.conftest import NOW

MINUTE = timedelta(minutes=1)


def test_the_table_has_every_status():
    """And leads only to statuses that there are, each of them reachable."""
    assert tuple(STEPS) == STATUSES
    reached = {"requested"}
    for _ in STATUSES:
        reached |= {after for status in reached for after in STEPS[status]}
    assert reached == set(STATUSES)
    assert set(MOMENTS) <= reached


@pytest.mark.parametrize("minutes", [1, 60 * 24 * 365])
def test_nothing_is_recorded_before_it_happens(books: Books, minutes: int):
    """A moment in the future is refused."""
    made = books.do(book, books.seats[0], books.clinic.patient, NOW, PATIENT)
    with pytest.raises(InvalidInput, match="up to now"):
        books.do(step, made, "arrived", START, STAFF, at=START + minutes * MINUTE)


def test_steps_come_in_the_order_of_their_moments(books: Books):
    """A start before the arrival, and an end before the start, are refused."""
    made = books.do(book, books.seats[0], books.clinic.patient, NOW, PATIENT)
    with pytest.raises(InvalidInput, match="step before"):
        books.do(step, made, "arrived", START, STAFF, at=NOW - MINUTE)
    made = books.do(step, made, "arrived", START, STAFF)
    with pytest.raises(InvalidInput, match="step before"):
        books.do(step, made, "in_consultation", START + MINUTE, STAFF, at=START - MINUTE)
    made = books.do(step, made, "in_consultation", START + MINUTE, STAFF)
    with pytest.raises(InvalidInput, match="step before"):
        books.do(step, made, "completed", START + 9 * MINUTE, STAFF, at=START)
