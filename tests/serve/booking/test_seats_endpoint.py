"""Search of seats and the waiting list by the API."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from serve.booking.offering import offer_freed_seats
from tests.serve.booking.conftest import START, Books
from tests.serve.conftest import NOW

WEEK = {"first": "2026-03-02", "last": "2026-03-08"}


def asked(books: Books, **more: Any) -> dict[str, Any]:
    """Return a query."""
    return {"visit_type_id": str(books.clinic.visit_type), **WEEK, **more}


@pytest.mark.parametrize("role", ["patient", "provider", "front_desk", "administrator"])
def test_seats_are_found_with_rank_and_reason(as_role: Any, books: Books, role: str):
    """By everybody who books."""
    client = as_role(role)
    items = client.get("/seats", **asked(books, patient_id=str(books.clinic.patient)))["items"]
    assert [one["rank"] for one in items] == [1, 2, 3, 4, 5, 6]
    assert {one["id"] for one in items} == {str(one) for one in books.seats}
    assert items[0]["provider_id"] == str(books.clinic.provider)
    assert "own wait" in items[0]["explanation"]
    early = client.get("/seats", **asked(books, order="earliest", limit=2))["items"]
    assert [one["interval"] for one in early] == [0, 1]


def test_preferences_are_sent_with_commas_between(as_role: Any, books: Books):
    """Days, times of day and providers."""
    query = asked(
        books,
        weekdays="thursday,friday",
        times="09:40-10:00, 14:00-15:30",
        providers=str(books.clinic.provider),
    )
    (first, *_) = as_role("patient").get("/seats", **query)["items"]
    assert first["met"] == ["provider", "weekday", "time"]
    assert first["interval"] >= 4


@pytest.mark.parametrize(
    "wrong",
    [
        {"weekdays": "someday"},
        {"times": "12:00-09:00"},
        {"times": "9"},
        {"providers": "Dr Welch"},
        {"last": "2026-03-01"},
        {"last": "2026-12-01"},
        {"first": "0"},
        {"urgency": "inf"},
        {"limit": "1000"},
        {"order": "cheapest"},
        {"unknown": "field"},
    ],
)
def test_a_search_that_cannot_be_is_refused(as_role: Any, books: Books, wrong: dict[str, str]):
    """Each wrong input with its name."""
    answer = as_role("patient")("GET", "/seats", query_string=asked(books) | wrong)
    assert answer.status_code == 422, answer.text
    assert next(iter(wrong)) in answer.text


@pytest.mark.parametrize("field", ["visit_type_id", "provider_id", "patient_id", "appointment_id"])
def test_a_search_names_what_is_there(as_role: Any, books: Books, field: str):
    """Anything else is not found; other patients are not there for a patient."""
    patient = as_role("patient")
    query = asked(books) | {field: str(uuid4())}
    assert patient("GET", "/seats", query_string=query).status_code == 404
    query = asked(books, patient_id=str(books.clinic.stranger))
    assert patient("GET", "/seats", query_string=query).status_code == 404
    assert as_role("analyst")("GET", "/seats", query_string=asked(books)).status_code == 403


def entry(books: Books, **more: Any) -> dict[str, Any]:
    """Return the body of an entry."""
    return {
        "patient_id": str(books.clinic.patient),
        "visit_type_id": str(books.clinic.visit_type),
        "earliest": "2026-03-01",
        "latest": "2026-03-31",
        **more,
    }


def test_a_patient_waits_is_offered_a_seat_and_takes_it(as_role: Any, books: Books):
    """And sees nobody else's."""
    patient, desk = as_role("patient"), as_role("front_desk")
    made = patient.post("/waiting-list", entry(books))
    desk.post("/waiting-list", entry(books, patient_id=str(books.clinic.stranger), urgency=2))
    assert [one["id"] for one in patient.get("/waiting-list")["items"]] == [made["id"]]
    assert len(desk.get("/waiting-list", status="waiting")["items"]) == 2
    assert books.do(offer_freed_seats, NOW) == 2
    (offer,) = patient.get("/offers", status="offered")["items"]
    (other,) = [one for one in desk.get("/offers")["items"] if one["id"] != offer["id"]]
    assert patient("POST", f"/offers/{other['id']}/accept", version=1).status_code == 404
    booked = patient.post(f"/offers/{offer['id']}/accept", version=1)
    assert (booked["status"], booked["id"]) == ("booked", offer["hold_id"])
    declined = desk.post(f"/offers/{other['id']}/decline", version=1)
    assert declined["status"] == "declined"
    (waiting,) = desk.get("/waiting-list", status="waiting")["items"]
    left = desk.post(f"/waiting-list/{waiting['id']}/leave", version=waiting["version"])
    assert left["status"] == "left"


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"latest": "2026-02-01"}, 422),
        ({"latest": "2030-02-01"}, 422),
        ({"urgency": 0}, 422),
        ({"urgency": 5}, 422),
        ({"earliest": 0}, 422),
        ({"patient_id": str(uuid4())}, 404),
        ({"provider_id": str(uuid4())}, 404),
        ({"visit_type_id": str(uuid4())}, 404),
        ({"appointment_id": str(uuid4())}, 404),
    ],
)
def test_an_entry_that_cannot_be_is_refused(
    as_role: Any, books: Books, wrong: dict[str, Any], status: int
):
    """Only the practice says what is urgent."""
    answer = as_role("patient")("POST", "/waiting-list", entry(books) | wrong)
    assert answer.status_code == status, answer.text


def test_nobody_waits_for_somebody_else(as_role: Any, books: Books):
    """A stranger is not found, and a provider has no waiting list."""
    strange = entry(books, patient_id=str(books.clinic.stranger))
    assert as_role("patient")("POST", "/waiting-list", strange).status_code == 404
    assert as_role("provider")("GET", "/waiting-list").status_code == 403
    twice = as_role("patient")
    twice.post("/waiting-list", entry(books))
    again = twice("POST", "/waiting-list", entry(books))
    assert (again.status_code, again.get_json()["reason"]) == (409, "waiting")
    late = (START + timedelta(days=1)).date().isoformat()
    assert late > "2026-03-05"
