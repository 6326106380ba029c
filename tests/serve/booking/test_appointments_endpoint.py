"""Appointments by the API: who may, what is refused, and that a request is done once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from apiflask import APIFlask
from sqlalchemy import func, select

from serve.booking.holding import book
from serve.database import reading, transaction
from serve.models import Appointment, AuditEntry, Carer, User
from tests.serve.booking.conftest import PATIENT, STAFF, START, Books
from tests.serve.conftest import NOW, HandClock, make_clinic

ROLES = ("patient", "provider", "front_desk", "administrator")


def taking(books: Books, seat: int = 0, patient: UUID | None = None) -> dict[str, str]:
    """Return the body of a booking."""
    return {
        "seat_id": str(books.seats[seat]),
        "patient_id": str(patient or books.clinic.patient),
    }


@pytest.mark.parametrize("role", ROLES)
def test_everybody_concerned_books_and_reads(as_role: Any, books: Books, role: str):
    """For oneself, in one's own session, or for the practice; with every step."""
    client = as_role(role)
    held = client.post("/holds", taking(books))
    assert held["status"] == "held"
    assert held["provider_id"] == str(books.clinic.provider)
    assert "booked" in held["allowed"]
    where = f"/appointments/{held['id']}"
    booked = client.post(f"{where}/confirm", version=held["version"])
    assert booked["status"] == "booked"
    read = client.get(where)
    assert [one["status"] for one in read["changes"]] == ["held", "booked"]
    moved = client.post(f"{where}/move", {"seat_id": str(books.seats[3])}, version=2)
    assert moved["starts_at"] == (START + timedelta(minutes=30)).isoformat().replace("+00:00", "Z")
    assert [one["id"] for one in client.get("/appointments")["items"]] == [held["id"]]
    cancelled = client.post(f"{where}/cancel", {}, version=3)
    by = "patient" if role == "patient" else "practice"
    assert cancelled["status"] == f"cancelled_by_{by}"
    direct = client.post("/appointments", taking(books, 1))
    assert direct["status"] == "booked"


def test_a_stranger_is_not_found(as_role: Any, books: Books, app: APIFlask):
    """Neither patient nor appointment of others; unknown ones look the same."""
    patient = as_role("patient")
    other = as_role("front_desk").post("/appointments", taking(books, 0, books.clinic.stranger))
    for path, body in (
        ("/appointments", taking(books, 1, books.clinic.stranger)),
        ("/holds", taking(books, 1, books.clinic.stranger)),
        ("/holds", taking(books, 1) | {"patient_id": str(uuid4())}),
        ("/holds", taking(books, 1) | {"seat_id": str(uuid4())}),
    ):
        assert patient("POST", path, body).status_code == 404
    known = patient("GET", f"/appointments/{other['id']}")
    unknown = patient("GET", f"/appointments/{uuid4()}")
    assert known.status_code == unknown.status_code == 404
    assert known.get_json()["detail"] == unknown.get_json()["detail"]
    for what in ("confirm", "move", "cancel"):
        body = {"seat_id": str(books.seats[2])} if what == "move" else {}
        answer = patient("POST", f"/appointments/{other['id']}/{what}", body, version=1)
        assert answer.status_code == 404
    for what in ("arrive", "start", "end", "no-show", "undo"):
        answer = patient("POST", f"/appointments/{other['id']}/{what}", {}, version=1)
        assert answer.status_code == 403
    assert patient.get("/appointments")["items"] == []


def test_a_carer_books_for_whom_they_care_for(as_role: Any, books: Books):
    """As for oneself."""

    def care(session: Any) -> None:
        user = session.get(User, books.clinic.users["patient"])
        session.add(Carer(user_id=user.id, patient_id=books.clinic.stranger))

    transaction(care)
    made = as_role("patient").post("/appointments", taking(books, 0, books.clinic.stranger))
    assert made["patient_id"] == str(books.clinic.stranger)


def test_a_provider_acts_in_own_sessions(as_role: Any, books: Books):
    """Elsewhere nothing is there: no seat to book or to move to, no appointment."""
    other = books.add_provider("Dr Koole")
    day, seats = books.add_day(provider=other, starts_at=START + timedelta(days=1))
    provider = as_role("provider")
    elsewhere = {"seat_id": str(seats[0]), "patient_id": str(books.clinic.patient)}
    assert provider("POST", "/appointments", elsewhere).status_code == 404
    mine = provider.post("/appointments", taking(books))
    where = f"/appointments/{mine['id']}"
    answer = provider("POST", f"{where}/move", {"seat_id": str(seats[0])}, version=1)
    assert answer.status_code == 404
    theirs = books.do(book, seats[1], books.clinic.stranger, NOW, STAFF)
    assert provider("GET", f"/appointments/{theirs.id}").status_code == 404
    assert [one["id"] for one in provider.get("/appointments")["items"]] == [mine["id"]]
    extra = {
        "clinic_day_id": str(day),
        "interval": 0,
        "patient_id": str(books.clinic.patient),
        "reason": "urgent",
    }
    assert provider("POST", "/extra-seats", extra).status_code == 404
    extra |= {"clinic_day_id": str(books.day), "patient_id": str(books.clinic.stranger)}
    assert provider.post("/extra-seats", extra)["status"] == "booked"
    walk_in = {"provider_id": str(other), "patient_id": str(books.clinic.patient)}
    assert provider("POST", "/walk-ins", walk_in).status_code == 404


def test_another_practice_is_not_there(as_role: Any, books: Books):
    """Not even for its administrator."""
    there = Books(make_clinic("Elsewhere"))
    _, seats = there.add_day()
    made = there.do(book, seats[0], there.clinic.patient, NOW, STAFF)
    administrator = as_role("administrator")
    assert administrator("GET", f"/appointments/{made.id}").status_code == 404
    for body in (
        {"seat_id": str(seats[1]), "patient_id": str(books.clinic.patient)},
        {"seat_id": str(books.seats[1]), "patient_id": str(there.clinic.patient)},
    ):
        assert administrator("POST", "/appointments", body).status_code == 404
    mine = administrator.post("/appointments", taking(books))
    move = administrator(
        "POST", f"/appointments/{mine['id']}/move", {"seat_id": str(seats[1])}, version=1
    )
    assert move.status_code == 404
    query = {"patient_id": str(there.clinic.patient)}
    assert administrator.get("/appointments", **query)["items"] == []


def test_the_day_is_recorded_at_the_desk(as_role: Any, books: Books, clock: HandClock):
    """Arrival, start and end, each with its moment, and undone."""
    desk = as_role("front_desk")
    made = desk.post("/appointments", taking(books))
    where = f"/appointments/{made['id']}"
    clock.moment = START + timedelta(minutes=30)
    at = (START + timedelta(minutes=1)).isoformat()
    arrived = desk.post(f"{where}/arrive", {"at": at}, version=1)
    assert arrived["arrived_at"].startswith(at[:16])
    desk.post(f"{where}/start", {}, version=2)
    ended = desk.post(f"{where}/end", {}, version=3)
    assert (ended["status"], ended["allowed"]) == ("completed", [])
    wrong = desk("POST", f"{where}/arrive", {}, version=4)
    assert (wrong.status_code, wrong.get_json()["reason"]) == (409, "status")
    undone = desk.post(f"{where}/undo", {"reason": "wrong patient"}, version=4)
    assert undone["status"] == "in_consultation"
    future = {"at": (START + timedelta(days=1)).isoformat()}
    assert desk("POST", f"{where}/end", future, version=5).status_code == 422
    absent = desk.post("/appointments", taking(books, 5, books.clinic.stranger))
    early = desk("POST", f"/appointments/{absent['id']}/no-show", {}, version=1)
    assert (early.status_code, early.get_json()["reason"]) == (409, "too_early")
    clock.moment = datetime.fromisoformat(absent["starts_at"])
    assert desk.post(f"/appointments/{absent['id']}/no-show", {}, version=1)["status"] == "no_show"
    person = books.add_patient()
    walk_in = {"provider_id": str(books.clinic.provider), "patient_id": str(person)}
    here = desk.post("/walk-ins", walk_in)
    assert (here["status"], here["walk_in"]) == ("arrived", True)


def test_refusals_say_why_and_what_is_possible(as_role: Any, books: Books, clock: HandClock):
    """As problem details with a reason, and without the name of anybody."""
    patient = as_role("patient")
    books.do(book, books.seats[0], books.clinic.stranger, NOW, STAFF)
    taken = patient("POST", "/appointments", taking(books))
    assert (taken.status_code, taken.get_json()["reason"]) == (409, "seat_taken")
    assert "Stranger" not in taken.text
    mine = patient.post("/appointments", taking(books, 1))
    confirmed = patient("POST", f"/appointments/{mine['id']}/confirm", version=1)
    assert confirmed.status_code == 409
    assert "cancelled_by_patient" in confirmed.get_json()["allowed"]
    clock.moment = START - timedelta(hours=2)
    late = patient("POST", f"/appointments/{mine['id']}/cancel", {}, version=1)
    assert (late.status_code, late.get_json()["reason"]) == (409, "notice")
    stale = patient("POST", f"/appointments/{mine['id']}/cancel", {}, version=7)
    assert stale.status_code == 412
    bare = patient("POST", f"/appointments/{mine['id']}/cancel", {})
    assert bare.status_code == 428


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"seat_id": 1, "patient_id": 2},
        {"seat_id": "none", "patient_id": "none"},
        {"seat_id": str(uuid4()), "patient_id": str(uuid4()), "status": "booked"},
    ],
)
def test_a_booking_that_is_none_is_refused(as_role: Any, books: Books, body: dict[str, Any]):
    """Without an echo of what was sent."""
    answer = as_role("front_desk")("POST", "/appointments", body)
    assert answer.status_code == 422
    assert "none" not in answer.text


@pytest.mark.parametrize(
    "query",
    [
        {"first": "yesterday"},
        {"first": "2026-03-02", "last": "2026-03-01"},
        {"first": "2026-01-01", "last": "2028-01-01"},
        {"status": "lost"},
        {"provider_id": "1"},
        {"limit": 0},
        {"cursor": "nothing"},
    ],
)
def test_a_list_that_cannot_be_is_refused(as_role: Any, books: Books, query: dict[str, Any]):
    """Wrong dates, statuses, identifiers, pages."""
    answer = as_role("front_desk")("GET", "/appointments", query_string=query)
    assert answer.status_code == 422


def test_lists_are_of_dates_providers_patients_and_statuses(as_role: Any, books: Books):
    """In the order of time, page by page; requests by their status."""
    desk = as_role("front_desk")
    for seat in (4, 0, 2):
        desk.post("/appointments", taking(books, seat, books.add_patient()))
    made = desk.post("/appointments", taking(books, 1))
    kind = {
        "patient_id": taking(books)["patient_id"],
        "visit_type_id": str(books.clinic.visit_type),
    }
    asked = desk.post("/requests", kind)
    starts = [one["starts_at"] for one in desk.get("/appointments")["items"]]
    assert len(starts) == 4
    assert starts == sorted(starts)
    page = desk.get("/appointments", limit=3)
    rest = desk.get("/appointments", limit=3, cursor=page["next"])
    assert [one["starts_at"] for one in page["items"] + rest["items"]] == starts
    assert len(desk.get("/appointments", first="2026-03-05", last="2026-03-05")["items"]) == 4
    assert desk.get("/appointments", first="2026-03-06")["items"] == []
    of_patient = desk.get("/appointments", patient_id=str(books.clinic.patient))["items"]
    assert [one["id"] for one in of_patient] == [made["id"]]
    assert desk.get("/appointments", provider_id=str(uuid4()))["items"] == []
    assert len(desk.get("/appointments", provider_id=str(books.clinic.provider))["items"]) == 4
    requests = desk.get("/appointments", status="requested")["items"]
    assert [one["id"] for one in requests] == [asked["id"]]
    seated = desk.post(
        f"/appointments/{asked['id']}/move", {"seat_id": str(books.seats[5])}, version=1
    )
    assert seated["status"] == "booked"


def test_what_is_read_and_booked_is_written_down(as_role: Any, books: Books):
    """By whom and of whom."""
    patient = as_role("patient")
    made = patient.post("/appointments", taking(books))
    patient.get(f"/appointments/{made['id']}")
    with reading() as session:
        entries = session.execute(
            select(AuditEntry.action, AuditEntry.patient_id, AuditEntry.user_id).where(
                AuditEntry.subject == "appointment"
            )
        ).all()
    who = (books.clinic.patient, books.clinic.users["patient"])
    assert entries == [("appointment.book", *who), ("appointment.read", *who)]


def test_a_request_sent_many_times_at_once_books_once(as_role: Any, books: Books, app: APIFlask):
    """All get the same answer; none is told that the seat is taken."""
    client = as_role("front_desk")
    body = taking(books)

    def send(_: int) -> Any:
        return client.__class__(app, client.token)("POST", "/appointments", body, key="one key")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(16)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.get_json()["id"] for answer in answers}) == 1
    replayed = [answer.headers.get("Idempotent-Replayed") for answer in answers]
    assert replayed.count("true") == 15
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Appointment)) == 1


def test_different_requests_at_once_give_one_booking(as_role: Any, books: Books, app: APIFlask):
    """Sixteen patients want the same seat."""
    client = as_role("front_desk")
    bodies = [taking(books, 0, books.add_patient()) for _ in range(16)]

    def send(body: dict[str, str]) -> int:
        sent = client.__class__(app, client.token)("POST", "/appointments", body)
        return int(sent.status_code)

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(send, bodies))
    assert sorted(statuses) == [201, *[409] * 15]


def test_a_hold_of_a_patient_counts_against_nobody_after_it_ended(
    as_role: Any, books: Books, clock: HandClock
):
    """By the application's clock."""
    as_role("patient").post("/holds", taking(books))
    clock.forward(minutes=10)
    made = as_role("front_desk").post("/appointments", taking(books, 0, books.clinic.stranger))
    assert made["status"] == "booked"
    assert books.do(book, books.seats[1], books.clinic.patient, clock.moment, PATIENT).version == 1
