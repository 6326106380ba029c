"""Appointments changed by PUT and PATCH."""

from typing import Any

import pytest

from serve.fhir.dialect import JSON_PATCH
from serve.models import Appointment
from tests.serve.conftest import HandClock
from tests.serve.fhir.conftest import Fhir, Filled, refusal


def change(client: Fhir, told: Any, method: str = "PUT", version: Any = None, **values: Any) -> Any:
    """Send an appointment with other values, or a patch that gives it these."""
    version = version or told["meta"]["versionId"]
    headers = {"If-Match": f'W/"{version}"'}
    path = f"Appointment/{told['id']}"
    if method == "PUT":
        return client(method, path, told | values, headers=headers)
    patch = [{"op": "add", "path": f"/{name}", "value": one} for name, one in values.items()]
    return client(method, path, patch, JSON_PATCH, headers=headers)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_patient_cancels(filled: Filled, fhir_as: Any, method: str):
    """With the version that was read; the slot is free again."""
    client = fhir_as("patient")
    told = client.get(f"Appointment/{filled.appointments['booked']}")
    refusal(change(client, told, method, version=7, status="cancelled"), 412)
    answer = change(client, told, method, status="cancelled")
    assert answer.status_code == 200, answer.text
    after = answer.get_json()
    assert after["status"] == "cancelled"
    assert after["cancelationReason"]["coding"][0]["code"] == "pat"
    assert answer.headers["ETag"] == f'W/"{after["meta"]["versionId"]}"'
    assert client.get(told["slot"][0]["reference"])["status"] == "free"
    refusal(change(client, after, method, status="booked"), 409)


def test_a_change_needs_the_version(filled: Filled, fhir_as: Any):
    """428 without If-Match."""
    client = fhir_as("patient")
    path = f"Appointment/{filled.appointments['booked']}"
    told = client.get(path)
    assert refusal(client("PUT", path, told), 428)[0]["code"] == "required"
    refusal(client("PUT", path, told, headers={"If-Match": "soon"}), 422)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_another_slot_moves_it(filled: Filled, fhir_as: Any, method: str):
    """The times follow the slot."""
    client = fhir_as("patient")
    told = client.get(f"Appointment/{filled.appointments['booked']}")
    slot = [{"reference": f"Slot/{filled.seats[2]}"}]
    after = change(client, told, method, slot=slot).get_json()
    assert (after["slot"], after["start"]) == (slot, "2026-03-05T09:20:00+01:00")
    assert after["status"] == "booked"


def test_a_held_one_is_confirmed_by_its_status(filled: Filled, fhir_as: Any):
    """Pending becomes booked."""
    client = fhir_as("patient")
    told = client.get(f"Appointment/{filled.appointments['held']}")
    assert change(client, told, status="booked").get_json()["status"] == "booked"


def test_the_front_desk_follows_a_visit(filled: Filled, fhir_as: Any, clock: HandClock):
    """Arrived, checked in, fulfilled; a patient does none of it."""
    clock.forward(days=3, hours=2)
    desk = fhir_as("front_desk")
    told = desk.get(f"Appointment/{filled.appointments['booked']}")
    refusal(change(fhir_as("patient"), told, status="arrived"), 403)
    for status in ("arrived", "checked-in", "fulfilled"):
        told = change(desk, told, status=status).get_json()
        assert told["status"] == status
    row = filled.get(Appointment, filled.appointments["booked"])
    assert row.status == "completed"
    issues = refusal(change(desk, told, status="booked"), 409)
    assert issues[0]["details"]["coding"][0]["code"] == "status"


def test_who_did_not_come_is_noted(filled: Filled, fhir_as: Any, clock: HandClock):
    """Only once the time has come."""
    desk = fhir_as("front_desk")
    told = desk.get(f"Appointment/{filled.appointments['booked']}")
    issues = refusal(change(desk, told, status="noshow"), 409)
    assert issues[0]["code"] == "business-rule"
    clock.forward(days=3, hours=2)
    assert change(desk, told, status="noshow").get_json()["status"] == "noshow"


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ({"comment": "by the door"}, "Appointment.comment"),
        ({"start": "2026-03-05T11:10:00+01:00"}, "Appointment.start"),
        ({"status": "waitlist"}, "Appointment.status"),
        ({"serviceType": [{"text": "another"}]}, "Appointment.serviceType"),
        ({"id": "another"}, "Appointment.id"),
    ],
)
def test_what_is_not_kept_is_refused(filled: Filled, fhir_as: Any, values: Any, place: str):
    """Rather than left out without a word."""
    client = fhir_as("front_desk")
    told = client.get(f"Appointment/{filled.appointments['booked']}")
    issues = refusal(change(client, told, **values), 422)
    assert [one["expression"] for one in issues] == [[place]]


def test_the_patient_of_an_appointment_stays(filled: Filled, fhir_as: Any):
    """An appointment is not given to somebody else."""
    client = fhir_as("front_desk")
    told = client.get(f"Appointment/{filled.appointments['booked']}")
    other = {
        "actor": {"reference": f"Patient/{filled.clinic.stranger}"}, "status": "accepted",
    }  # fmt: skip
    issues = refusal(change(client, told, participant=[other]), 422)
    assert issues[0]["expression"] == ["Appointment.participant"]


def test_what_is_as_it_was_changes_nothing(filled: Filled, fhir_as: Any):
    """A PUT of what was read is the same appointment of the same version."""
    client = fhir_as("patient")
    told = client.get(f"Appointment/{filled.appointments['booked']}")
    assert change(client, told).get_json() == told


@pytest.mark.parametrize(
    "patch",
    [
        [{"op": "test", "path": "/status", "value": "fulfilled"}],
        [{"op": "replace", "path": "/nothing/1", "value": 1}],
        [{"op": "remove", "path": ""}],
        [{"op": "remove", "path": "/participant"}],
        [{"op": "move", "path": "/slot/0/a", "from": "/slot"}],
        [{"op": "copy", "path": "/slot/9", "from": "/slot/0"}],
        [{"op": "replace", "path": "status", "value": "cancelled"}],
        [{"op": "spin", "path": "/status"}],
        [{"op": "add", "path": "/status"}],
        [{"op": "add", "path": 7, "value": 1}],
        [{}],
        [{"op": "copy", "from": "/participant", "path": "/participant/-"}] * 100,
        [{"op": "add", "path": "/x", "value": 1}] * 101,
    ],
)
def test_a_patch_that_cannot_be_is_refused(filled: Filled, fhir_as: Any, patch: Any):
    """And leaves the appointment as it is."""
    client = fhir_as("front_desk")
    path = f"Appointment/{filled.appointments['booked']}"
    told = client.get(path)
    refusal(client("PATCH", path, patch, JSON_PATCH, headers={"If-Match": 'W/"1"'}), 422)
    assert client.get(path) == told
