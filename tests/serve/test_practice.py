"""The practice, and what all endpoints share."""

from typing import Any

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
