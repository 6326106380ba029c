"""One appointment as a file: what it tells, what it keeps to itself, and which revision it is."""

from datetime import timedelta
from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy.orm import Session

from serve.booking import changing, holding
from serve.booking.status import step
from serve.booking.undoing import undo
from serve.calendars.appointment import calendar_of
from serve.database import reading, transaction
from serve.errors import Conflict
from serve.models import Appointment, Location, Patient, Practice
from tests.serve.booking.conftest import STAFF, START, Books
from tests.serve.booking.ground import add
from tests.serve.calendars.reader import Reader, events, lines, moment, moment_by_file
from tests.serve.conftest import NOW, Clinic


def booked(books: Books, seat: int = 0) -> Appointment:
    """Return the patient's appointment in a seat."""
    return books.do(holding.book, books.seats[seat], books.clinic.patient, NOW, STAFF)


def file_of(appointment: Appointment, method: Any = "PUBLISH", now: Any = NOW) -> bytes:
    """Return an appointment's file as it is now."""
    with reading() as session:
        found = session.get_one(Appointment, appointment.id)
        return calendar_of(session, found, now, method)


def test_a_file_tells_when_and_where(books: Books):
    """And names the practice, as the practice's clock has it."""
    transaction(
        lambda session: setattr(
            session.get_one(Location, books.clinic.location), "address", "1, Main street; Delft"
        )
    )
    made = booked(books)
    content = file_of(made)
    (one,) = events(content)
    assert one["UID"][1] == f"{made.id}@visit.bailey"
    assert one["DTSTART"] == ({"TZID": "Europe/Amsterdam"}, "20260305T090000")
    assert moment(one["DTSTART"]) == moment_by_file(content, one["DTSTART"]) == START
    assert moment(one["DTEND"]) == START + timedelta(minutes=10)
    assert one["SUMMARY"][1] == "Bailey"
    assert one["LOCATION"][1] == r"Main street\, 1\, Main street\; Delft"
    assert (one["STATUS"][1], one["SEQUENCE"][1]) == ("CONFIRMED", "0")
    assert one["DTSTAMP"][1] == one["LAST-MODIFIED"][1] == "20260302T081500Z"
    assert one["ORGANIZER"] == ({"CN": "Bailey"}, f"urn:uuid:{books.clinic.practice}")
    assert not {"VALARM", "ATTENDEE"} & {name for name, *_ in lines(content)}


def test_a_file_does_not_tell_what_the_visit_is_for(books: Books):
    """Neither its type, nor the provider, nor who the patient is."""
    content = file_of(booked(books)).decode()
    for word in ("return", "Dr Welch", "Ada"):
        assert word not in content


@pytest.mark.parametrize("method", ["PUBLISH", "REQUEST", "CANCEL"])
def test_a_method_has_what_the_standard_asks_for(books: Books, method: str):
    """An organizer always; an attendee where one is asked or told, and never where one reads."""
    books.set(Practice, books.clinic.practice, contact="desk@bailey.example")
    books.set(Patient, books.clinic.patient, email="ada@people.example")
    content = file_of(booked(books), method, NOW + timedelta(hours=1))
    (one,) = events(content)
    assert [value for name, _, value in lines(content) if name == "METHOD"] == [method]
    assert one["ORGANIZER"][1] == "mailto:desk@bailey.example"
    assert one["CONTACT"][1] == "desk@bailey.example"
    attendee = one.get("ATTENDEE", ({}, ""))[1]
    assert attendee == ("" if method == "PUBLISH" else "mailto:ada@people.example")
    assert one["STATUS"][1] == ("CANCELLED" if method == "CANCEL" else "CONFIRMED")
    # When the file was made, not when the visit was.
    assert one["DTSTAMP"][1] == "20260302T091500Z"
    assert one["LAST-MODIFIED"][1] == "20260302T081500Z"


def test_the_mails_address_organizes_what_a_practice_without_one_does(app: APIFlask, books: Books):
    """As far as one is set."""
    app.config["SETTINGS"] = app.config["SETTINGS"].__class__(
        **{**vars(app.config["SETTINGS"]), "mail_from": "Bailey <clinic@bailey.example>"}
    )
    (one,) = events(file_of(booked(books)))
    assert one["ORGANIZER"][1] == "mailto:clinic@bailey.example"


def test_the_number_of_a_revision_rises_and_never_falls(books: Books):
    """With each new time, place or status that is shown, also when steps are taken back."""
    reader, numbers = Reader(), []
    clock = NOW

    def look() -> None:
        content = file_of(held, now=clock)
        numbers.append(int(events(content)[0]["SEQUENCE"][1]))
        reader.read(content)

    held = books.do(holding.hold, books.seats[0], books.clinic.patient, clock, STAFF)
    look()
    books.do(holding.confirm, held, clock, STAFF)
    look()
    for seat in (1, 2):
        books.do(changing.move, held, books.seats[seat], clock, STAFF)
        look()
    books.do(undo, held, clock, STAFF)
    look()
    books.do(changing.cancel, held, clock, STAFF)
    look()
    books.do(undo, held, clock, STAFF)
    look()
    clock = START
    for status in ("arrived", "in_consultation", "completed"):
        books.do(step, held, status, clock, STAFF)
        look()
    books.do(undo, held, clock, STAFF)
    look()
    assert numbers == [0, 1, 2, 3, 4, 5, 6, 6, 6, 6, 6]
    assert reader.noticed == [
        "new", "confirmed", "moved", "moved", "moved", "cancelled", "confirmed"
    ]  # fmt: skip


def test_an_appointment_without_a_time_has_no_file(books: Books):
    """It is said so."""
    made = add(
        Appointment(
            practice_id=books.clinic.practice, patient_id=books.clinic.patient,
            visit_type_id=books.clinic.visit_type, status="requested",
        )
    )  # fmt: skip

    def work(session: Session) -> bytes:
        return calendar_of(session, session.get_one(Appointment, made), NOW)

    with pytest.raises(Conflict, match="no time"):
        transaction(work)


def test_an_appointment_is_fetched_as_a_file(books: Books, as_role: Any, clinic: Clinic):
    """By its patient, its provider and the desk; taken out of a calendar once it is cancelled."""
    made = booked(books)
    reader = Reader()
    for role in ("patient", "provider", "front_desk", "administrator"):
        answer = as_role(role)("GET", f"/appointments/{made.id}/calendar")
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8; method=PUBLISH"
        assert answer.headers["Content-Disposition"] == "attachment; filename=appointment.ics"
        reader.read(answer.data)
    assert as_role("analyst")("GET", f"/appointments/{made.id}/calendar").status_code == 403
    desk = as_role("front_desk")
    version = desk.get(f"/appointments/{made.id}")["version"]
    desk.post(f"/appointments/{made.id}/cancel", version=version)
    answer = desk("GET", f"/appointments/{made.id}/calendar")
    assert "method=CANCEL" in answer.headers["Content-Type"]
    reader.read(answer.data)
    assert reader.noticed == ["new", "cancelled"]


def test_a_practices_name_cannot_break_out_of_its_line(books: Books):
    """Neither from the title nor from a parameter."""
    name = 'Prac; "x": y, \\ é' + "z" * 100 + "\r\nBEGIN:VALARM"
    books.set(Practice, books.clinic.practice, name=name)
    content = file_of(booked(books))
    assert [value for line, _, value in lines(content) if line == "BEGIN"].count("VALARM") == 0
    assert [value for line, _, value in lines(content) if line == "BEGIN"].count("VEVENT") == 1
