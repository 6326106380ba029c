"""The practice, and what all endpoints share."""

import base64
import json
from typing import Any
from uuid import uuid4

import pytest

from tests.serve.conftest import Clinic


def test_a_practice_is_read_and_changed(as_role: Any, clinic: Clinic):
    """By its administrator, of the version that was read."""
    administrator = as_role("administrator")
    answer = administrator("GET", "/practice")
    assert answer.headers["ETag"] == '"1"'
    assert answer.get_json()["zone"] == "Europe/Amsterdam"
    changed = administrator("PATCH", "/practice", {"zone": "Asia/Kathmandu"}, version=1)
    assert changed.status_code == 200, changed.text
    assert changed.headers["ETag"] == '"2"'
    assert changed.get_json()["hold_minutes"] == 10
    late = administrator("PATCH", "/practice", {"hold_minutes": 5}, version=1)
    assert late.status_code == 412
    unversioned = administrator("PATCH", "/practice", {"hold_minutes": 5})
    assert unversioned.status_code == 428


def test_the_same_request_sent_twice_is_done_once(as_role: Any):
    """And gets the same answer; with another body the key is refused."""
    administrator = as_role("administrator")
    first = administrator("POST", "/providers", {"name": "Dr Kaandorp"}, key="one")
    again = administrator("POST", "/providers", {"name": "Dr Kaandorp"}, key="one")
    assert first.status_code == again.status_code == 201
    assert first.get_json() == again.get_json()
    assert again.headers["Idempotent-Replayed"] == "true"
    other = administrator("POST", "/providers", {"name": "Dr Koole"}, key="one")
    assert other.status_code == 422
    assert [one["name"] for one in administrator.get("/providers")["items"]] == [
        "Dr Kaandorp",
        "Dr Welch",
    ]


CURSORS = (
    ["a", 5], ["Dr A", "no identifier"], [None, None], ["Dr \ud800", "x"], [1e400, "x"],
)  # fmt: skip


def test_cursors_that_were_made_by_hand_are_refused(as_role: Any):
    """Whatever they hold."""
    for values in CURSORS:
        text = base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")
        for path in ("/providers", "/users", "/runs", "/audit"):
            answer = as_role("administrator")("GET", path, query_string={"cursor": text})
            assert answer.status_code == 422, (path, values, answer.text)
    for moment in ("2026-01-01T00:00:00", "0001-01-01T00:00:00+14:00"):
        text = base64.urlsafe_b64encode(json.dumps([moment, str(uuid4())]).encode()).decode()
        answer = as_role("administrator")("GET", "/runs", query_string={"cursor": text})
        assert answer.status_code == 422, answer.text


def test_lists_come_page_by_page(as_role: Any):
    """Each row once, in order, by cursors."""
    administrator = as_role("administrator")
    for number in range(5):
        administrator.post("/providers", {"name": f"Dr {number}"})
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = administrator.get("/providers", **query)
        seen += [one["name"] for one in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert seen == [*(f"Dr {number}" for number in range(5)), "Dr Welch"]
    for cursor in ("nothing", "e30", "WzEsMl0", page["next"] or "!" * 400):
        answer = administrator("GET", "/providers", query_string={"cursor": cursor})
        assert answer.status_code == 422, answer.text


@pytest.mark.parametrize(
    ("role", "status"),
    [("nobody", 401), ("patient", 403), ("analyst", 403), ("administrator", 200)],
)
def test_only_an_administrator_changes_the_practice(as_role: Any, role: str, status: int):
    """Others are told that they may not."""
    answer = as_role(role)("PATCH", "/practice", {"hold_minutes": 5}, version=1)
    assert answer.status_code == status
    if status > 400:
        assert answer.mimetype == "application/problem+json"


def test_rooms_equipment_and_types_of_visits_are_added_and_changed(as_role: Any, clinic: Clinic):
    """A type of visit names what it needs."""
    administrator = as_role("administrator")
    location = administrator.post("/locations", {"name": "Hill road", "address": "Hill road 1"})
    room = administrator.post(
        "/resources", {"location_id": location["id"], "kind": "room", "name": "Room 2"}
    )
    body = {
        "name": "new",
        "minutes": 20,
        "service_time": {"law": "gamma", "mean": 15, "cv": 0.6},
        "resource_ids": [room["id"]],
    }
    made = administrator.post("/visit-types", body)
    assert made["resource_ids"] == [room["id"]]
    assert made["service_time"] == body["service_time"]
    put = administrator(
        "PUT", f"/visit-types/{made['id']}", body | {"resource_ids": [], "minutes": 25}, version=1
    )
    assert put.get_json()["resource_ids"] == []
    assert put.get_json()["minutes"] == 25
    renamed = administrator("PATCH", f"/resources/{room['id']}", {"name": "Room 3"}, version=1)
    assert renamed.get_json()["name"] == "Room 3"
    assert [one["name"] for one in as_role("patient").get("/visit-types")["items"]] == [
        "new",
        "return",
    ]


BAD = {
    "a zone of no place": ("PATCH", "/practice", {"zone": "Mars/Olympus"}, "zone"),
    "a hold of no time": ("PATCH", "/practice", {"hold_minutes": 0}, "hold_minutes"),
    "a provider without a name": ("POST", "/providers", {"name": "  "}, "name"),
    "a name with a control character": ("POST", "/providers", {"name": "Dr\x07"}, "name"),
    "an unknown field": ("POST", "/providers", {"name": "Dr", "salary": 1}, "salary"),
    "two pieces of a room": (
        "POST", "/resources", {"location_id": "LOCATION", "kind": "room", "name": "R", "pieces": 0},
        "pieces"),
    "a law without its parameter": (
        "POST", "/visit-types",
        {"name": "x", "minutes": 10, "service_time": {"law": "gamma", "mean": 9}}, "service_time"),
    "a resource named twice": (
        "POST", "/visit-types",
        {"name": "x", "minutes": 10, "service_time": {"law": "exponential", "mean": 9},
         "resource_ids": ["LOCATION", "LOCATION"]}, "resource_ids"),
}  # fmt: skip


@pytest.mark.parametrize("case", list(BAD))
def test_what_a_practice_cannot_be_is_refused(case: str, as_role: Any, clinic: Clinic):
    """422, which names the field and does not echo what was sent."""
    method, path, body, field = BAD[case]
    body = {
        key: str(clinic.location) if value == "LOCATION" else value for key, value in body.items()
    }
    if isinstance(body.get("resource_ids"), list):
        body["resource_ids"] = [str(clinic.location)] * 2
    answer = as_role("administrator")(method, path, body, version=1)
    assert answer.status_code == 422, answer.text
    assert any(error["field"].startswith(field) for error in answer.get_json()["errors"])
    assert "Mars" not in answer.text
