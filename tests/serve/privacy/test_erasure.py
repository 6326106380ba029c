"""Exporting and erasing a patient's data."""

import json
from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy import select, text

from serve.database import db, reading, transaction
from serve.models import (
    Appointment,
    ExternalIdentity,
    ImportedRow,
    OutboxMessage,
    Patient,
    StatusChange,
    User,
    WaitlistEntry,
)
from tests.serve.conftest import NOW, Client, Clinic, token_for
from tests.serve.things import Things

#: Said of the patient in every place where something can be said.
SECRETS = ("Ophelia", "1999-12-31", "ophelia@people.example", "+31 6 4242", "id-4242", "1234 ZZ")


@pytest.fixture
def things(app: APIFlask, clinic: Clinic) -> Any:
    """A patient with everything that there can be, and the identifiers of that."""

    def work(session: Any) -> dict[str, Any]:
        made = Things(session, clinic.practice, ("patient",))
        patient, user = made.patient, made.user
        user.email, user.name = "ophelia@people.example", "Ophelia"
        appointment = made.appointment
        appointment.external_id = "id-4242"
        session.add_all(
            [
                made.preference,
                made.offer,
                made.token,
                StatusChange(
                    appointment_id=appointment.id, number=1, status="booked", at=NOW,
                    reason="Ophelia called",
                ),
                OutboxMessage(
                    practice_id=clinic.practice, appointment_id=appointment.id, channel="email",
                    kind="reminder", try_at=NOW,
                    due_at=NOW, details={"name": "Ophelia"},
                ),
                ImportedRow(
                    import_id=made.import_.id, kind="patient", row_id=patient.id,
                    before={"name": "Ophelia"},
                ),
                ExternalIdentity(user_id=user.id, issuer="https://sign.in", subject="id-4242"),
            ]
        )  # fmt: skip
        return {
            "patient": patient.id, "user": user.id, "appointment": appointment.id,
            "offer": made.offer.id, "hold": made.offer.hold_id,
        }  # fmt: skip

    with app.app_context():
        return transaction(work)


@pytest.fixture
def administrator(as_role: Any, things: Any) -> Client:
    """Who has just given the patient a name."""
    client: Client = as_role("administrator")
    answer = client(
        "PATCH", f"/patients/{things['patient']}",
        {
            "name": "Ophelia", "born_on": "1999-12-31", "email": "ophelia@people.example",
            "phone": "+31 6 4242", "area": "1234 ZZ", "attributes": {"referral": "Ophelia"},
            "identifiers": [{"system": "hospital", "value": "id-4242"}],
        },
        version=1,
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    return client


def end_visits(app: APIFlask, things: Any) -> None:
    """Complete one visit, and let the hold of the other end."""

    def work(session: Any) -> None:
        done = session.get(Appointment, things["appointment"])
        done.status, done.arrived_at, done.started_at, done.ended_at = "completed", NOW, NOW, NOW
        hold = session.get(Appointment, things["hold"])
        hold.status, hold.held_until = "expired", None

    with app.app_context():
        transaction(work)


def everything(app: APIFlask) -> str:
    """Return all rows of all tables in one text."""
    with app.app_context(), db.engine.connect() as connection:
        names = Patient.metadata.tables
        tables = [connection.execute(text(f'SELECT * FROM "{name}"')).all() for name in names]
        # Not the row itself, whose text is cut.
        return "\n".join(str(value) for rows in tables for row in rows for value in row)


def test_an_export_has_everything(app: APIFlask, administrator: Client, things: Any):
    """As JSON, for the patient too; no passwords, and nobody else."""
    told = administrator.get(f"/patients/{things['patient']}/export")
    with app.app_context():
        own = Client(app, token_for(things["user"])).get(f"/patients/{things['patient']}/export")
    assert own["patient"] == told["patient"]
    for secret in SECRETS:
        assert secret in json.dumps(told), secret
    assert {one["status"] for one in told["appointments"]} == {"booked", "held"}
    steps = [step for one in told["appointments"] for step in one["steps"]]
    assert steps[0]["reason"] == "Ophelia called"
    assert told["account"]["providers"] == ["https://sign.in"]
    assert len(told["offers"]) == len(told["waitlist"]) == len(told["preferences"]) == 1
    assert [one["action"] for one in told["accesses"]] == ["patient.change"]
    assert "password" not in json.dumps(told)
    assert [one["action"] for one in own["accesses"]] == ["patient.change", "patient.export"]


def test_a_patient_with_a_visit_to_come_is_not_erased(
    app: APIFlask, administrator: Client, things: Any
):
    """It must be cancelled first; nothing is half erased."""
    path = f"/patients/{things['patient']}"
    answer = administrator("POST", f"{path}/erase", version=2)
    assert answer.status_code == 409
    assert answer.get_json()["reason"] == "future_appointments"
    assert administrator.get(path)["name"] == "Ophelia"
    assert administrator("POST", f"{path}/erase", version=1).status_code == 412


def test_nothing_says_who_an_erased_patient_was(app: APIFlask, administrator: Client, things: Any):
    """No row of any table; the visit stays with its times, and the audit with who read what."""
    end_visits(app, things)
    path = f"/patients/{things['patient']}"
    before = everything(app)
    for secret in SECRETS:
        assert secret in before, secret
    answer = administrator("POST", f"{path}/erase", version=2)
    assert answer.status_code == 200, answer.text
    told = answer.get_json()
    assert told["name"] == "erased"
    assert told["erased_at"] is not None
    left = everything(app)
    for secret in SECRETS:
        assert secret not in left, secret
    with app.app_context(), reading() as session:
        visit = session.get(Appointment, things["appointment"])
        assert (visit.status, visit.started_at, visit.patient_id) == (
            "completed", NOW, things["patient"],
        )  # fmt: skip
        user = session.get(User, things["user"])
        assert (user.active, user.password_hash) == (False, None)
        assert {one.status for one in session.scalars(select(WaitlistEntry))} == {"left"}
    entries = administrator.get("/audit", patient_id=str(things["patient"]))["items"]
    assert [one["action"] for one in entries] == ["patient.erase", "patient.change"]


def test_erasing_twice_changes_nothing_more(app: APIFlask, administrator: Client, things: Any):
    """And an erased patient is found by no search, and changed no more."""
    end_visits(app, things)
    path = f"/patients/{things['patient']}"
    first = administrator("POST", f"{path}/erase", version=2).get_json()
    version = first["version"]
    again = administrator("POST", f"{path}/erase", version=version)
    assert again.get_json() == first
    names = [one["name"] for one in administrator.get("/patients")["items"]]
    assert "erased" not in names
    for method, change, sent in (
        ("PATCH", path, {"name": "Ophelia"}),
        ("POST", f"{path}/carers", {"email": "analyst@bailey.example"}),
        ("PUT", f"{path}/preferences", {}),
    ):
        answer = administrator(method, change, sent, version=version)
        assert answer.status_code == 409, answer.text
        assert answer.get_json()["reason"] == "erased"


def test_a_patient_erases_itself(app: APIFlask, administrator: Client, things: Any):
    """Whose tokens are over with that."""
    end_visits(app, things)
    with app.app_context():
        client = Client(app, token_for(things["user"]))
    path = f"/patients/{things['patient']}"
    assert client("POST", f"{path}/erase", version=2).status_code == 200
    assert client("GET", path).status_code == 401


def test_a_user_who_is_more_than_the_patient_stays(app: APIFlask, as_role: Any, clinic: Clinic):
    """A carer of somebody else loses only the link."""
    administrator = as_role("administrator")
    sent = {"email": "patient@bailey.example"}
    added = administrator("POST", f"/patients/{clinic.stranger}/carers", sent, version=1)
    assert added.status_code == 200
    answer = administrator("POST", f"/patients/{clinic.patient}/erase", version=1)
    assert answer.status_code == 200, answer.text
    patient = as_role("patient")
    assert [one["id"] for one in patient.get("/patients")["items"]] == [str(clinic.stranger)]


def test_a_patient_who_is_there_is_not_erased(
    app: APIFlask, administrator: Client, things: Any, clock: Any
):
    """One who is in the practice is not erased, even when the time of the visit is over."""
    path = f"/patients/{things['patient']}/erase"

    def work(session: Any) -> None:
        visit = session.get(Appointment, things["appointment"])
        visit.status, visit.arrived_at = "arrived", NOW

    clock.forward(days=30)
    with app.app_context():
        transaction(work)
    assert administrator("POST", path, version=2).status_code == 409
    end_visits(app, things)
    assert administrator("POST", path, version=2).status_code == 200
