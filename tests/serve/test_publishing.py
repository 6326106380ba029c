"""Sessions by the API: published, listed, read with their seats, closed and deleted."""

from typing import Any
from uuid import UUID, uuid4

from apiflask import APIFlask
from sqlalchemy import select

from serve.database import transaction
from serve.models import Event
from tests.serve.booking.ground import (
    add_provider,
    add_rule,
    add_template,
    book,
    publish_dates,
    seats_of,
)
from tests.serve.conftest import Clinic, make_clinic

MARCH = {"first": "2026-03-02", "last": "2026-03-31"}


def test_a_template_is_published_and_the_sessions_read(as_role: Any, clinic: Clinic, app: APIFlask):
    """Seats are counted; who has them is not told."""
    with app.app_context():
        add_rule(clinic)
        template = add_template(clinic, "usual", [2, 0, 1, 1, 1, 1])
    administrator = as_role("administrator")
    sent = {"template_id": str(template), "provider_id": str(clinic.provider)}
    sent |= {"first": "2026-03-02", "last": "2026-03-10"}
    first = administrator.post("/publications", sent)
    done = {one["day"]: one["done"] for one in first["items"]}
    assert done["2026-03-03"] == done["2026-03-10"] == "published"
    assert list(done.values()).count("left_out") == 7
    again = administrator.post("/publications", sent)
    assert {one["done"] for one in again["items"]} == {"unchanged", "left_out"}
    tuesday = next(one for one in first["items"] if one["day"] == "2026-03-03")["clinic_day_id"]
    with app.app_context():
        seats = seats_of(UUID(tuesday))
        book(clinic, seats[1])
    listed = as_role("provider").get("/clinic-days", **MARCH)["items"]
    assert [(one["day"], one["seats"], one["taken"]) for one in listed] == [
        ("2026-03-03", 6, 1),
        ("2026-03-10", 6, 0),
    ]
    answer = as_role("front_desk")("GET", f"/clinic-days/{tuesday}")
    told = answer.get_json()
    assert [one["taken"] for one in told["places"]] == [False, True, *[False] * 4]
    assert told["places"][2]["starts_at"] == "2026-03-03T08:20:00Z"
    assert told["objective"]["session"]["intervals"] == 6
    assert str(clinic.patient) not in answer.text


def test_the_default_rule_is_published_with_all_who_hold_clinic(
    as_role: Any, clinic: Clinic, app: APIFlask
):
    """Each provider sees the own sessions."""
    with app.app_context():
        other = add_provider(clinic)
        add_rule(clinic)
        add_rule(clinic, provider_id=other)
    administrator = as_role("administrator")
    sent = {"visit_type_id": str(clinic.visit_type), "first": "2026-03-02", "last": "2026-03-04"}
    items = administrator.post("/publications", sent)["items"]
    assert {(one["provider_id"], one["done"]) for one in items} == {
        (str(clinic.provider), "published"),
        (str(other), "published"),
    }
    assert len(administrator.get("/clinic-days", **MARCH)["items"]) == 2
    (own,) = administrator.get("/clinic-days", provider_id=other, **MARCH)["items"]
    assert own["rule"] == "individual"
    provider = as_role("provider")
    assert len(provider.get("/clinic-days", **MARCH)["items"]) == 1
    assert provider("GET", f"/clinic-days/{own['id']}").status_code == 404
    assert provider("PATCH", f"/clinic-days/{own['id']}", {"open": False}, 1).status_code == 403
    assert as_role("patient")("GET", "/clinic-days", query_string=MARCH).status_code == 403


def test_a_session_is_closed_opened_and_deleted(as_role: Any, clinic: Clinic, app: APIFlask):
    """Deleted only if no seat of it was ever booked; each is an event."""
    with app.app_context():
        add_rule(clinic)
        (one,) = publish_dates(clinic)
    administrator, path = as_role("administrator"), f"/clinic-days/{one.clinic_day_id}"
    closed = administrator("PATCH", path, {"open": False}, version=1)
    assert (closed.get_json()["open"], closed.headers["ETag"]) == (False, '"2"')
    same = administrator("PATCH", path, {"open": False}, version=2)
    assert same.headers["ETag"] == '"2"'
    assert administrator("PATCH", path, {"open": True}, version=1).status_code == 412
    assert administrator("PATCH", path, {"open": True}, version=2).get_json()["open"]
    with app.app_context():
        appointment = seats_of(one.clinic_day_id)[0]
        book(clinic, appointment, "cancelled_by_patient")
    answer = administrator("DELETE", path, version=3)
    assert (answer.status_code, answer.get_json()["reason"]) == (409, "in_use")
    with app.app_context():
        add_rule(clinic, recurrence="FREQ=WEEKLY;BYDAY=WE")
        (other,) = publish_dates(clinic, first=one.day.replace(day=4))
    unused = f"/clinic-days/{other.clinic_day_id}"
    assert administrator("DELETE", unused, version=1).status_code == 204
    assert administrator("GET", unused).status_code == 404
    with app.app_context():
        kinds = transaction(
            lambda session: list(session.scalars(select(Event.kind).order_by(Event.id)))
        )
    assert kinds == [
        f"clinic_day.{kind}" for kind in ("published", "closed", "opened", "published", "deleted")
    ]


def test_a_session_is_called_off(as_role: Any, clinic: Clinic, app: APIFlask):
    """What is held or booked is cancelled by the practice; who is there stays; nothing is free."""
    with app.app_context():
        add_rule(clinic)
        template = add_template(clinic, "two at a time", [2] * 6)
        (one,) = publish_dates(clinic, template)
        seats = seats_of(one.clinic_day_id)
        others = [book(clinic, seats[2 * place], patient=clinic.stranger) for place in (0, 1)]
        there = book(clinic, seats[4], "arrived")
    administrator, path = as_role("administrator"), f"/clinic-days/{one.clinic_day_id}"
    patient, desk = as_role("patient"), as_role("front_desk")
    held = patient.post(
        "/holds",
        {"seat_id": str(seats[6].id), "patient_id": str(clinic.patient)},
    )
    asked = f"{path}/call-off", {"reason": "The building is closed."}
    assert desk("POST", *asked, version=1).status_code == 403
    assert administrator("POST", *asked, version=7).status_code == 412
    answer = administrator("POST", *asked, version=1)
    assert answer.status_code == 200, answer.text
    told = answer.get_json()
    assert (told["open"], told["cancelled"], told["taken"]) == (False, 3, 1)
    for identifier in (*others, held["id"]):
        found = administrator.get(f"/appointments/{identifier}")
        assert found["status"] == "cancelled_by_practice"
        assert found["changes"][-1]["reason"] == "The building is closed."
    assert administrator.get(f"/appointments/{there}")["status"] == "arrived"
    window = {"first": "2026-03-03", "last": "2026-03-03", "visit_type_id": clinic.visit_type}
    assert patient.get("/seats", **window)["items"] == []
    again = administrator("POST", *asked, version=told["version"])
    assert again.get_json()["cancelled"] == 0


def test_what_cannot_be_published_is_refused(as_role: Any, clinic: Clinic, app: APIFlask):
    """Nothing named, other practices, other types of visit, dates that are not there."""
    with app.app_context():
        elsewhere = make_clinic("Elsewhere")
        theirs = add_template(elsewhere, "theirs", [1] * 6)
        template = add_template(clinic, "usual", [1] * 6)
    administrator = as_role("administrator")
    right = {"template_id": str(template)} | MARCH
    for changes, status in (
        ({"template_id": None}, 422),
        ({"visit_type_id": str(elsewhere.visit_type)}, 422),
        ({"template_id": str(theirs)}, 404),
        ({"template_id": str(uuid4())}, 404),
        ({"template_id": None, "visit_type_id": str(elsewhere.visit_type)}, 404),
        ({"provider_id": str(elsewhere.provider)}, 404),
        ({"first": "2026-03-01"}, 422),
        ({"last": "2026-03-01"}, 422),
        ({"last": "2027-03-31"}, 422),
        ({"first": 0}, 422),
        ({"first": "soon"}, 422),
        ({"rooms": []}, 422),
    ):
        answer = administrator("POST", "/publications", right | changes)
        assert answer.status_code == status, (changes, answer.text)
    for role, status in (("provider", 403), ("front_desk", 403), ("nobody", 401)):
        assert as_role(role)("POST", "/publications", right).status_code == status
    for query in ({"first": "2026-03-02"}, MARCH | {"last": "2029-01-01"}, MARCH | {"limit": 0}):
        answer = administrator("GET", "/clinic-days", query_string=query)
        assert answer.status_code == 422, query
    assert administrator("PATCH", f"/clinic-days/{uuid4()}", {"open": True}, 1).status_code == 404
