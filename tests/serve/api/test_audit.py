"""The audit is searched by administrators, and changed by nobody."""

from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from serve.database import db
from tests.serve.conftest import Clinic, HandClock, make_clinic


def test_the_audit_is_searched(app: APIFlask, as_role: Any, clinic: Clinic, clock: HandClock):
    """By patient, user, action and dates on the practice's clock; the search itself is in it."""
    desk, administrator = as_role("front_desk"), as_role("administrator")
    desk.get(f"/patients/{clinic.patient}")
    clock.forward(hours=14, minutes=44)  # One minute before midnight in Amsterdam.
    desk.get(f"/patients/{clinic.stranger}")
    clock.forward(minutes=1)
    changed = desk("PATCH", f"/patients/{clinic.patient}", {"phone": "020"}, version=1)
    assert changed.status_code == 200

    def found(**query: Any) -> list[tuple[str, str]]:
        items = administrator.get("/audit", **query)["items"]
        return [(one["action"], one["patient_id"]) for one in items]

    patient, stranger = str(clinic.patient), str(clinic.stranger)
    everything = [
        ("patient.change", patient),
        ("patient.read", stranger),
        ("patient.read", patient),
    ]
    desk_user = str(clinic.users["front_desk"])
    assert found() == everything
    assert found(user_id=desk_user) == everything
    assert found(patient_id=patient) == everything[::2]
    assert found(action="audit.read", patient_id=patient) == [("audit.read", patient)]
    assert found(action="patient.read") == everything[1:]
    assert found(last="2026-03-02", user_id=desk_user) == everything[1:]
    assert found(first="2026-03-03", user_id=desk_user) == everything[:1]
    assert found(first="2026-03-04") == []
    first = administrator.get("/audit", user_id=desk_user, limit=2)
    second = administrator.get("/audit", user_id=desk_user, limit=2, cursor=first["next"])
    assert len(first["items"] + second["items"]) == 3


def test_the_audit_of_another_practice_is_none(app: APIFlask, as_role: Any, clinic: Clinic):
    """Not even by the identifier of its patient."""
    as_role("front_desk").get(f"/patients/{clinic.patient}")
    with app.app_context():
        other = make_clinic("Welch")
    clinic.users["administrator"] = other.users["administrator"]
    assert as_role("administrator").get("/audit", patient_id=str(clinic.patient))["items"] == []


def test_others_do_not_read_the_audit(as_role: Any):
    """403."""
    for role in ("patient", "provider", "front_desk", "analyst"):
        assert as_role(role)("GET", "/audit").status_code == 403


BAD_SEARCHES = (
    {"patient_id": "x"},
    {"action": "' OR 1"},
    {"first": "yesterday"},
    {"cursor": "WyJ4Il0"},
)


def test_bad_searches_are_refused(as_role: Any):
    """422."""
    administrator = as_role("administrator")
    for query in BAD_SEARCHES:
        assert administrator("GET", "/audit", query_string=query).status_code == 422, query


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_entry SET action = 'nothing'", "DELETE FROM audit_entry"]
)
def test_what_is_written_down_stays(app: APIFlask, as_role: Any, clinic: Clinic, statement: str):
    """The database itself refuses to change or delete it."""
    as_role("front_desk").get(f"/patients/{clinic.patient}")
    with app.app_context():
        with pytest.raises(DBAPIError, match="only ever added"), db.engine.begin() as connection:
            connection.execute(text(statement))
        with db.engine.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM audit_entry")) == 1
