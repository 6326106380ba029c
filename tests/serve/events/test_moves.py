"""An appointment that is moved is told to both sessions."""

from sqlalchemy import select

from serve.booking.changing import move
from serve.booking.holding import book
from serve.database import reading
from serve.models import Event
from tests.serve.booking.conftest import STAFF, Books
from tests.serve.booking.conftest import books as books
from tests.serve.conftest import NOW


def test_the_provider_who_is_left_is_told_too(books: Books):
    """By an event of the session that was left; within a session there is nothing to leave."""
    other = books.add_provider("Dr Koole")
    there, seats = books.add_day(provider=other)
    made = books.do(book, books.seats[0], books.clinic.patient, NOW, STAFF)
    books.do(move, books.appointment(made), books.seats[1], NOW, STAFF)
    books.do(move, books.appointment(made), seats[2], NOW, STAFF)
    with reading() as session:
        events = session.scalars(select(Event).order_by(Event.id)).all()
    assert [(one.kind, one.clinic_day_id, one.provider_id) for one in events] == [
        ("appointment.booked", books.day, books.clinic.provider),
        ("appointment.moved", books.day, books.clinic.provider),
        ("appointment.moved", there, other),
        ("appointment.left", books.day, books.clinic.provider),
    ]
    assert [one.patient_id for one in events] == [books.clinic.patient] * 3 + [None]
    assert events[3].details == {"seat_id": str(books.seats[1]), "status": "booked"}
