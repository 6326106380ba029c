"""Rules and exceptions by the API, and what a change would do."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from apiflask import APIFlask
from sqlalchemy import select

from serve.database import transaction
from serve.models import AuditEntry, Practice
from tests.serve.booking.ground import (
    add_location,
    add_provider,
    add_room,
    add_rule,
    add_template,
    book,
    publish_dates,
    seats_of,
)
from tests.serve.conftest import Clinic, make_clinic


def rule(clinic: Clinic, **changes: Any) -> dict[str, Any]:
    """Return a rule that can be sent: Tuesdays at nine, an hour."""
    return {
        "provider_id": str(clinic.provider),
        "visit_type_id": str(clinic.visit_type),
        "location_id": str(clinic.location),
        "first_date": "2026-03-01",
        "starts": "09:00",
        "minutes": 60,
        "recurrence": "FREQ=WEEKLY;BYDAY=TU",
    } | changes


def absence(clinic: Clinic, **changes: Any) -> dict[str, Any]:
    """Return an absence that can be sent, on Tuesday."""
    given = {"provider_id": str(clinic.provider), "day": "2026-03-03", "kind": "away"}
    return given | changes


def body(sent: dict[str, Any]) -> dict[str, Any]:
    """Return what is sent to change something: without its provider."""
    return {name: value for name, value in sent.items() if name != "provider_id"}


def test_a_rule_is_added_read_changed_and_deleted(as_role: Any, clinic: Clinic):
    """By the provider whose it is."""
    provider = as_role("provider")
    made = provider.post("/availability-rules", rule(clinic, recurrence="freq=weekly;byday=tu"))
    assert made["recurrence"] == "FREQ=WEEKLY;BYDAY=TU"
    assert made["appointments_outside"] == []
    path = f"/availability-rules/{made['id']}"
    assert provider.get(path)["starts"] == "09:00"
    changed = provider("PUT", path, body(rule(clinic, minutes=90)), version=1)
    assert changed.get_json()["minutes"] == 90
    assert changed.headers["ETag"] == '"2"'
    assert provider("PUT", path, body(rule(clinic)), version=1).status_code == 412
    (listed,) = provider.get("/availability-rules", provider_id=clinic.provider)["items"]
    assert listed["id"] == made["id"]
    assert provider("DELETE", path, version=2).status_code == 200
    assert provider("GET", path).status_code == 404


def test_an_exception_is_added_read_changed_and_deleted(as_role: Any, clinic: Clinic):
    """For the whole date, then for a part of it."""
    administrator = as_role("administrator")
    made = administrator.post("/availability-exceptions", absence(clinic, reason="congress"))
    path = f"/availability-exceptions/{made['id']}"
    part = body(absence(clinic, starts="09:30", minutes=15))
    changed = administrator("PUT", path, part, version=1).get_json()
    assert (changed["starts"], changed["minutes"], changed["reason"]) == ("09:30", 15, "")
    assert administrator.get(path)["version"] == 2
    assert len(administrator.get("/availability-exceptions")["items"]) == 1
    assert administrator("DELETE", path, version=2).status_code == 200
    assert administrator.get("/availability-exceptions")["items"] == []


def test_everybody_sees_and_changes_what_is_theirs(as_role: Any, clinic: Clinic, app: APIFlask):
    """A provider only the own, the front desk reads all, a patient nothing."""
    with app.app_context():
        other = add_provider(clinic)
        elsewhere = make_clinic("Elsewhere")
    administrator, provider = as_role("administrator"), as_role("provider")
    own = administrator.post("/availability-rules", rule(clinic))
    theirs = administrator.post("/availability-rules", rule(clinic, provider_id=str(other)))
    assert [one["id"] for one in provider.get("/availability-rules")["items"]] == [own["id"]]
    path = f"/availability-rules/{theirs['id']}"
    assert provider("GET", path).status_code == 404
    assert provider("PUT", path, body(rule(clinic)), version=1).status_code == 404
    assert provider("DELETE", path, version=1).status_code == 404
    added = provider("POST", "/availability-rules", rule(clinic, provider_id=str(other)))
    assert added.status_code == 404
    asked = {"provider_id": other, "first": "2026-03-01", "last": "2026-03-31"}
    assert provider("GET", "/availability", query_string=asked).status_code == 404
    desk = as_role("front_desk")
    assert len(desk.get("/availability-rules")["items"]) == 2
    assert desk("POST", "/availability-rules", rule(clinic)).status_code == 403
    assert as_role("patient")("GET", "/availability-rules").status_code == 403
    # What belongs to another practice is not there.
    for name, value in (
        ("provider_id", elsewhere.provider),
        ("visit_type_id", elsewhere.visit_type),
        ("location_id", elsewhere.location),
        ("room_id", uuid4()),
        ("template_id", uuid4()),
    ):
        sent = rule(clinic, **{name: str(value)})
        assert administrator("POST", "/availability-rules", sent).status_code == 404, name


BAD_RULES = [
    ({"recurrence": "FREQ=HOURLY"}, "recurrence"),
    ({"recurrence": "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"}, "recurrence"),
    ({"recurrence": ""}, "recurrence"),
    ({"recurrence": "X" * 501}, "recurrence"),
    ({"recurrence": 7}, "recurrence"),
    ({"last_date": "2026-02-28"}, "last_date"),
    ({"last_date": "2026-03-02"}, "recurrence"),
    ({"first_date": 0}, "first_date"),
    ({"first_date": "2026-02-30"}, "first_date"),
    ({"starts": "09:00:30"}, "starts"),
    ({"starts": "25:00"}, "starts"),
    ({"minutes": 0}, "minutes"),
    ({"minutes": 1441}, "minutes"),
    ({"minutes": "60"}, "minutes"),
    ({"provider_id": "me"}, "provider_id"),
    ({"sabbath": True}, "sabbath"),
]


def test_a_rule_that_cannot_be_is_refused(as_role: Any, clinic: Clinic):
    """With its field, before anything is saved; adding and preview alike."""
    administrator = as_role("administrator")
    asked = {"provider_id": str(clinic.provider), "first": "2026-03-01", "last": "2026-03-31"}
    for changes, field in BAD_RULES:
        sent = rule(clinic, **changes)
        answer = administrator("POST", "/availability-rules", sent)
        assert answer.status_code == 422, changes
        assert any(field in error["field"] for error in answer.get_json()["errors"]), changes
        if field != "provider_id":
            preview = administrator("POST", "/availability/preview", asked | {"rule": body(sent)})
            assert preview.status_code == 422, changes
    assert administrator.get("/availability-rules")["items"] == []


BAD_EXCEPTIONS = [
    {"starts": "09:00"},
    {"minutes": 30},
    {"kind": "late"},
    {"kind": "extra"},
    {"kind": "extra", "starts": "09:00", "minutes": 30},
    {"room_id": str(uuid4())},
    {"day": "today"},
    {"reason": "x" * 201},
]


def test_an_exception_that_cannot_be_is_refused(as_role: Any, clinic: Clinic):
    """Half a time, an extra block without a place, an absence with one."""
    administrator = as_role("administrator")
    for changes in BAD_EXCEPTIONS:
        sent = absence(clinic, **changes)
        answer = administrator("POST", "/availability-exceptions", sent)
        assert answer.status_code == 422, changes


def test_a_room_is_at_its_location_and_a_template_of_its_type(
    as_role: Any, clinic: Clinic, app: APIFlask
):
    """Otherwise the rule is refused."""
    with app.app_context():
        room, side = add_room(clinic), add_location(clinic)
        template = add_template(clinic, "usual", [1] * 6)
    administrator = as_role("administrator")
    assert administrator.post("/availability-rules", rule(clinic, room_id=str(room)))["room_id"]
    wrong = rule(clinic, room_id=str(room), location_id=str(side))
    assert administrator("POST", "/availability-rules", wrong).status_code == 422
    other = administrator.post(
        "/visit-types",
        {"name": "new", "minutes": 20, "service_time": {"law": "exponential", "mean": 18}},
    )
    wrong = rule(clinic, visit_type_id=other["id"], template_id=str(template))
    assert administrator("POST", "/availability-rules", wrong).status_code == 422
    assert administrator.post("/availability-rules", rule(clinic, template_id=str(template)))


def _booked(app: APIFlask, clinic: Clinic, rules: Any) -> list[UUID]:
    """Publish a Tuesday, and book its first and its last seat."""
    rules.post("/availability-rules", rule(clinic))
    with app.app_context():
        (one,) = publish_dates(clinic, add_template(clinic, "usual", [1] * 6))
        seats = seats_of(one.clinic_day_id)
        return [book(clinic, seats[0]), book(clinic, seats[5], patient=clinic.stranger)]


def test_a_change_tells_which_appointments_are_outside_then(
    as_role: Any, clinic: Clinic, app: APIFlask
):
    """They stay booked; who read them is written down."""
    administrator = as_role("administrator")
    first, last = _booked(app, clinic, administrator)
    morning = absence(clinic, starts="09:45", minutes=60)
    made = administrator.post("/availability-exceptions", morning)
    assert made["appointments_outside"] == [
        {
            "id": str(last), "starts_at": "2026-03-03T08:50:00Z",
            "ends_at": "2026-03-03T09:00:00Z", "status": "booked",
        }
    ]  # fmt: skip
    (stored,) = administrator.get("/availability-rules")["items"]
    path = f"/availability-rules/{stored['id']}"
    # An hour later the other one is outside as well; the first change's is not told again.
    later = administrator("PUT", path, body(rule(clinic, starts="10:00")), version=1).get_json()
    assert [one["id"] for one in later["appointments_outside"]] == [str(first)]
    back = administrator("PUT", path, body(rule(clinic)), version=2).get_json()
    assert back["appointments_outside"] == []
    gone = administrator("DELETE", path, version=3).get_json()
    assert [one["id"] for one in gone["appointments_outside"]] == [str(first)]
    asked = {"provider_id": clinic.provider, "first": "2026-03-01", "last": "2026-03-31"}
    told = administrator.get("/availability", **asked)
    assert told["blocks"] == []
    assert [one["id"] for one in told["appointments_outside"]] == [str(first), str(last)]
    with app.app_context():
        seen = transaction(
            lambda session: list(
                session.scalars(select(AuditEntry).where(AuditEntry.patient_id == clinic.stranger))
            )
        )
    assert {one.action for one in seen} == {"availability.change", "availability.read"}


def test_a_preview_tells_what_a_change_would_do(as_role: Any, clinic: Clinic, app: APIFlask):
    """Without doing it: adding, changing and deleting, rules and exceptions."""
    administrator, desk = as_role("administrator"), as_role("front_desk")
    first, last = _booked(app, clinic, administrator)
    (stored,) = administrator.get("/availability-rules")["items"]
    asked = {"provider_id": str(clinic.provider), "first": "2026-03-02", "last": "2026-03-11"}
    preview = "/availability/preview"

    def starts(blocks: list[dict[str, Any]]) -> list[str]:
        return [one["starts_at"] for one in blocks]

    tuesdays = ["2026-03-03T08:00:00Z", "2026-03-10T08:00:00Z"]
    thursday = rule(clinic, recurrence="FREQ=WEEKLY;BYDAY=TH")
    added = desk.post(preview, asked | {"rule": body(thursday)})
    assert starts(added["blocks"]) == [tuesdays[0], "2026-03-05T08:00:00Z", tuesdays[1]]
    assert starts(added["added"]) == ["2026-03-05T08:00:00Z"]
    assert added["removed"] == added["appointments_outside"] == []

    changed = desk.post(preview, asked | {"rule": body(thursday), "replaces": stored["id"]})
    assert starts(changed["blocks"]) == ["2026-03-05T08:00:00Z"]
    assert starts(changed["removed"]) == tuesdays
    assert [one["id"] for one in changed["appointments_outside"]] == [str(first), str(last)]

    deleted = desk.post(preview, asked | {"replaces": stored["id"]})
    assert (deleted["blocks"], starts(deleted["removed"])) == ([], tuesdays)

    away = absence(clinic, starts="09:30", minutes=60)
    cut = desk.post(preview, asked | {"exception": body(away)})
    assert [one["ends_at"] for one in cut["added"]] == ["2026-03-03T08:30:00Z"]
    assert [one["id"] for one in cut["appointments_outside"]] == [str(last)]
    extra = body(absence(clinic, kind="extra", day="2026-03-04", starts="13:00", minutes=30))
    extra |= {"visit_type_id": str(clinic.visit_type), "location_id": str(clinic.location)}
    beside = desk.post(preview, asked | {"exception": extra})
    assert starts(beside["added"]) == ["2026-03-04T12:00:00Z"]

    assert starts(desk.get("/availability", **asked)["blocks"]) == tuesdays
    assert len(administrator.get("/availability-rules")["items"]) == 1
    assert administrator.get("/availability-exceptions")["items"] == []
    for wrong, status in (
        ({}, 422),
        ({"rule": body(thursday), "exception": body(away)}, 422),
        ({"replaces": str(uuid4())}, 404),
        ({"replaces": stored["id"], "last": "2027-03-31"}, 422),
        ({"replaces": stored["id"], "last": "2026-03-01"}, 422),
    ):
        assert desk("POST", preview, asked | wrong).status_code == status, wrong


def test_the_clock_is_that_of_the_practice(as_role: Any, clinic: Clinic, app: APIFlask):
    """Nine o'clock in Kathmandu."""
    with app.app_context():

        def move(session: Any) -> None:
            session.get_one(Practice, clinic.practice).zone = "Asia/Kathmandu"

        transaction(move)
    administrator = as_role("administrator")
    administrator.post("/availability-rules", rule(clinic, first_date=str(date(2026, 3, 3))))
    told = administrator.get(
        "/availability", provider_id=clinic.provider, first="2026-03-03", last="2026-03-03"
    )
    assert [one["starts_at"] for one in told["blocks"]] == ["2026-03-03T03:15:00Z"]


def test_nobody_books_with_a_provider_who_is_away(as_role: Any, clinic: Clinic, app: APIFlask):
    """Free seats are withdrawn with the exception, and come back when it goes and one publishes."""
    with app.app_context():
        add_rule(clinic)
    administrator, patient = as_role("administrator"), as_role("patient")
    week = {"first": "2026-03-09", "last": "2026-03-15"}
    publication = {"visit_type_id": str(clinic.visit_type), **week}
    administrator.post("/publications", publication)
    query = {"visit_type_id": str(clinic.visit_type), **week}
    seats = patient.get("/seats", **query)["items"]
    assert seats
    away = {"provider_id": str(clinic.provider), "day": "2026-03-10", "kind": "away"}
    exception = administrator.post("/availability-exceptions", away)
    assert patient.get("/seats", **query)["items"] == []
    body = {"seat_id": seats[0]["id"], "patient_id": str(clinic.patient)}
    refused = patient("POST", "/appointments", body)
    assert (refused.status_code, refused.get_json()["reason"]) == (409, "withdrawn")
    path = f"/availability-exceptions/{exception['id']}"
    assert administrator("DELETE", path, version=1).status_code == 200
    administrator.post("/publications", publication)
    assert len(patient.get("/seats", **query)["items"]) == len(seats)
