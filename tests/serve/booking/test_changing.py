"""Appointments that move, are cancelled, and are brought back."""

from datetime import timedelta

import pytest

from serve.booking.changing import cancel, move
from serve.booking.holding import book, hold, request_visit
from serve.booking.status import step
from serve.booking.undoing import undo
from serve.database import transaction
from serve.errors import Conflict
from serve.models import Appointment, ClinicDay, Seat, VisitType
from tests.serve.booking.conftest import PATIENT, STAFF, START, Books
from tests.serve.booking.test_holding import MINUTE, refused
from tests.serve.conftest import NOW


def test_a_move_takes_the_new_seat_and_frees_the_old_one(books: Books):
    """In one step that can be undone while the old seat is free."""
    made = books.do(book, books.seats[0], books.clinic.patient, NOW, PATIENT)
    moved = books.do(move, made, books.seats[3], NOW, PATIENT)
    assert (moved.id, moved.status, moved.seat_id) == (made.id, "booked", books.seats[3])
    assert moved.starts_at == START + 30 * MINUTE
    assert moved.version == made.version + 1
    back = books.do(undo, moved, NOW, STAFF)
    assert (back.seat_id, back.starts_at) == (books.seats[0], START)
    again = books.do(move, back, books.seats[3], NOW, PATIENT)
    books.do(book, books.seats[0], books.clinic.stranger, NOW, PATIENT)
    refused("seat_taken", books, undo, again, NOW, STAFF)


def test_a_move_to_a_seat_that_is_taken_changes_nothing(books: Books):
    """The patient keeps the old seat."""
    made = books.do(book, books.seats[0], books.clinic.patient, NOW, PATIENT)
    books.do(book, books.seats[1], books.clinic.stranger, NOW, PATIENT)
    refused("seat_taken", books, move, made, books.seats[1], NOW, PATIENT)
    refused("same_seat", books, move, made, books.seats[0], NOW, PATIENT)
    assert books.appointment(made).seat_id == books.seats[0]


def test_a_move_may_overlap_the_appointment_itself(books: Books):
    """Five minutes later with somebody else."""
    provider = books.add_provider("Dr Koole")
    _, others = books.add_day(provider=provider, starts_at=START + 5 * MINUTE)
    made = books.do(book, books.seats[0], books.clinic.patient, NOW, PATIENT)
    assert books.do(move, made, others[0], NOW, PATIENT).seat_id == others[0]


def test_a_move_is_to_a_seat_of_the_same_type(books: Books):
    """Another type of visit is another appointment."""

    def other_type(session: object) -> object:
        kind = VisitType(
            practice_id=books.clinic.practice,
            name="new",
            minutes=20,
            service_time={"law": "exponential", "mean": 18.0},
        )
        session.add(kind)  # type: ignore[attr-defined]
        session.flush()  # type: ignore[attr-defined]
        return kind.id

    kind = transaction(other_type)
    day, others = books.add_day(starts_at=START + timedelta(days=1))
    books.set(ClinicDay, day, visit_type_id=kind)
    made = books.do(book, books.seats[0], books.clinic.patient, NOW, PATIENT)
    refused("visit_type", books, move, made, others[0], NOW, STAFF)


def test_a_request_gets_a_seat(books: Books):
    """And is booked by it; undone it is a request again."""
    made = books.do(request_visit, books.clinic.patient, books.clinic.visit_type, NOW, STAFF)
    booked = books.do(move, made, books.seats[0], NOW, STAFF)
    assert (booked.status, booked.booked_at) == ("booked", NOW)
    back = books.do(undo, booked, NOW, STAFF)
    assert (back.status, back.seat_id, back.starts_at) == ("requested", None, None)


def test_a_hold_moves_until_it_is_over(books: Books):
    """It lasts as long as it would have."""
    made = books.do(hold, books.seats[0], books.clinic.patient, NOW, PATIENT)
    moved = books.do(move, made, books.seats[1], NOW + 9 * MINUTE, PATIENT)
    assert moved.held_until == made.held_until
    refused("hold_over", books, move, moved, books.seats[2], NOW + 10 * MINUTE, PATIENT)


def test_patients_leave_a_seat_a_day_before_at_the_latest(books: Books):
    """Staff may later; a hold can always be released."""
    made = books.do(book, books.seats[0], books.clinic.patient, NOW, PATIENT)
    late = START - timedelta(days=1) + MINUTE
    refused("notice", books, cancel, made, late, PATIENT)
    refused("notice", books, move, made, books.seats[1], late, PATIENT)
    held = books.do(hold, books.seats[1], books.clinic.stranger, late, PATIENT)
    assert books.do(cancel, held, late, PATIENT).status == "cancelled_by_patient"
    cancelled = books.do(cancel, made, late, STAFF, by_patient=True, reason="rang")
    assert (cancelled.status, cancelled.cancelled_at) == ("cancelled_by_patient", late)
    books.do(book, books.seats[0], books.clinic.stranger, late, STAFF)


def test_a_cancellation_is_undone_while_the_seat_is_free(books: Books):
    """A hold that ran out meanwhile is no obstacle; a seat that was withdrawn is."""
    made = books.do(book, books.seats[0], books.clinic.patient, NOW, PATIENT)
    made = books.do(cancel, made, NOW, STAFF)
    assert made.status == "cancelled_by_practice"
    books.do(hold, books.seats[0], books.clinic.stranger, NOW, PATIENT)
    refused("seat_taken", books, undo, made, NOW, STAFF)
    back = books.do(undo, made, NOW + 10 * MINUTE, STAFF)
    assert (back.status, back.cancelled_at, back.booked_at) == ("booked", None, NOW)
    made = books.do(cancel, back, NOW, STAFF)
    books.set(Seat, books.seats[0], withdrawn=True)
    refused("withdrawn", books, undo, made, NOW, STAFF)


def test_a_day_is_recorded_and_taken_back_step_by_step(books: Books):
    """Each undo goes one step further back; what was done is all there."""
    made = books.do(book, books.seats[0], books.clinic.patient, NOW, PATIENT)
    moments = [START - 5 * MINUTE, START + 2 * MINUTE, START + 12 * MINUTE]
    for status, at in zip(("arrived", "in_consultation", "completed"), moments, strict=True):
        made = books.do(step, made, status, START + 20 * MINUTE, STAFF, at=at)
    assert [made.arrived_at, made.started_at, made.ended_at] == moments
    refused("status", books, cancel, made, START, STAFF)
    seen = []
    for _ in range(3):
        made = books.do(undo, made, START + 21 * MINUTE, STAFF)
        seen.append((made.status, made.arrived_at, made.started_at, made.ended_at))
    assert seen == [
        ("in_consultation", *moments[:2], None),
        ("arrived", moments[0], None, None),
        ("booked", None, None, None),
    ]
    refused("nothing_to_undo", books, undo, made, START, STAFF)
    made = books.do(step, made, "no_show", START, STAFF)
    assert books.do(undo, made, START, STAFF).status == "booked"
    numbers = transaction(lambda session: len(session.get_one(Appointment, made.id).changes))
    assert numbers == 9


def test_an_illegal_step_names_the_legal_ones(books: Books):
    """As a conflict."""
    made = books.do(book, books.seats[0], books.clinic.patient, NOW, PATIENT)
    with pytest.raises(Conflict) as error:
        books.do(step, made, "completed", NOW, STAFF)
    assert error.value.allowed == (
        "arrived",
        "no_show",
        "cancelled_by_patient",
        "cancelled_by_practice",
    )
