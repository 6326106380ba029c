"""Finding, holding, booking, moving and cancelling by the operations of the profile."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from serve.database import reading
from serve.models import Appointment, AuditEntry
from tests.serve.conftest import HandClock
from tests.serve.fhir.conftest import HOSPITAL, Fhir, Filled, refers, refusal

PATIENT = "patient-reference"


def proposals(client: Fhir, filled: Filled, patient: str | None = None) -> list[Any]:
    """Return what is proposed to a patient, the earliest first."""
    patient = patient or f"Patient/{filled.clinic.patient}"
    found = client.find(refers(patient, PATIENT), {"name": "_count", "valueInteger": 50})
    return sorted(found, key=lambda one: one["start"])


def sent(appointment: Any) -> dict[str, Any]:
    """Return the parameter that is an appointment."""
    return {"name": "appointment-resource", "resource": appointment}


def count(**values: Any) -> int:
    """Return how many appointments there are with some values."""
    with reading() as session:
        query = select(func.count()).select_from(Appointment).filter_by(**values)
        return session.scalar(query) or 0


def test_what_is_found_is_free_and_names_everything(filled: Filled, fhir_as: Any):
    """Ten seats are free, three of them again; each has slot, times and people."""
    found = proposals(fhir_as("patient"), filled)
    assert [one["slot"][0]["reference"] for one in found] == [
        f"Slot/{seat}" for seat in (*filled.seats[:6], *filled.seats[12:16])
    ]
    assert {one["status"] for one in found} == {"proposed"}
    assert all(one["requestedPeriod"][0]["start"] for one in found)


@pytest.mark.parametrize(
    ("parameter", "number"),
    [
        ({"name": "visit-type", "valueString": "return"}, 10),
        ({"name": "service-type", "valueCode": "new"}, 0),
        ({"name": "specialty", "valueString": "http://snomed.info/sct|394579002"}, 0),
        ({"name": "start", "valueDateTime": "2026-03-05T09:30:00+01:00"}, 7),
        ({"name": "end", "valueDateTime": "2026-03-05T09:20:00+01:00"}, 2),
        ({"name": "end", "valueDateTime": "2026-03-04"}, 0),
        ({"name": "_count", "valueInteger": 2}, 2),
        ({"name": "location-string", "valueString": "amsterdam"}, 10),
        ({"name": "location-string", "valueString": "Utrecht"}, 0),
        ({"name": "organization", "valueReference": {"reference": "Organization/1"}}, 0),
        (
            {
                "name": "practitioner",
                "valueReference": {"identifier": {"system": "https://big.example", "value": "99"}},
            },
            10,
        ),
        (
            {
                "name": "patient-resource",
                "resource": {
                    "resourceType": "Patient",
                    "identifier": [{"system": HOSPITAL, "value": "P-1"}],
                },
            },
            10,
        ),
    ],
)
def test_a_find_keeps_to_what_was_asked(
    filled: Filled, fhir_as: Any, parameter: dict[str, Any], number: int
):
    """By visit, time, place, provider, and no more than wanted."""
    assert len(fhir_as("front_desk").find(parameter)) == number


def test_a_find_by_address_is_the_same(filled: Filled, fhir_as: Any):
    """The profile's parameters in a GET."""
    client = fhir_as("front_desk")
    found = client.found(
        "Appointment/$find",
        start="2026-03-05",
        end="2026-03-05",
        practitioner=f"Practitioner/{filled.clinic.provider}",
        **{"location-reference": f"Location/{filled.clinic.location}"},
    )
    assert len(found) == 10


def test_an_appointment_is_found_held_and_booked(filled: Filled, fhir_as: Any, clock: HandClock):
    """Pending until the hold ends, then booked; nobody else is proposed the seat meanwhile."""
    client = fhir_as("patient")
    first = proposals(client, filled)[0]
    held = client.done("hold", refers(first))
    assert held["status"] == "pending"
    until = [one["valueInstant"] for one in held["extension"]]
    assert until == ["2026-03-02T09:25:00+01:00"]
    slots = [one["slot"] for one in proposals(fhir_as("front_desk"), filled)]
    assert first["slot"] not in slots
    answer = client.operation("book", refers(held))
    booked = answer.get_json()["entry"][0]["resource"]
    assert (booked["status"], booked["id"]) == ("booked", held["id"])
    assert answer.headers["ETag"] == 'W/"2"'
    assert answer.headers["Location"].endswith(f"/fhir/r4/Appointment/{held['id']}")
    assert client.get(answer.headers["Location"]) == booked


def test_a_hold_that_ran_out_is_cancelled_and_not_booked(
    filled: Filled, fhir_as: Any, clock: HandClock
):
    """Its seat is proposed again."""
    client = fhir_as("patient")
    first = proposals(client, filled)[0]
    held = client.done("hold", refers(first))
    clock.forward(minutes=11)
    assert client.get(f"Appointment/{held['id']}")["status"] == "cancelled"
    refusal(client.operation("book", refers(held)), 409)
    assert client.done("book", refers(first))["id"] != held["id"]


def test_operations_sent_again_do_nothing_again(filled: Filled, fhir_as: Any):
    """A proposal that is held or booked by its patient already gives the same appointment."""
    client = fhir_as("patient")
    first = proposals(client, filled)[0]
    before = count()
    held = [client.done("hold", refers(first))["id"] for _ in range(2)]
    booked = [client.done("book", refers(first)) for _ in range(3)]
    assert len({*held, *(one["id"] for one in booked)}) == 1
    assert {one["meta"]["versionId"] for one in booked} == {"2"}
    assert count() == before + 1
    refusal(client.operation("hold", refers(first)), 409)


def test_an_identifier_of_the_client_finds_its_appointment_again(filled: Filled, fhir_as: Any):
    """The same identifier is the same appointment; with another slot it is moved there."""
    client = fhir_as("patient")
    one, other = proposals(client, filled)[:2]
    named = {"identifier": [{"system": "https://app.example", "value": "42"}], "status": "pending"}
    before = count()
    booked = [client.done("book", sent(one | named | {"id": uuid4().hex[:20]})) for _ in range(2)]
    assert booked[0] == booked[1]
    assert booked[0]["identifier"] == named["identifier"]
    moved = client.done("book", sent(other | named | {"status": "booked", "id": "mine"}))
    assert (moved["id"], moved["slot"]) == (booked[0]["id"], other["slot"])
    assert count() == before + 1
    told = client.found("Appointment", identifier="https://app.example|42")
    assert [each["id"] for each in told] == [moved["id"]]
    assert client.found("Appointment", identifier="https://other.example|42") == []


def test_a_key_of_the_request_gives_the_same_answer(filled: Filled, fhir_as: Any):
    """Whoever sends Idempotency-Key gets the answer again, and only the same request's."""
    client = fhir_as("patient")
    one, other = proposals(client, filled)[:2]
    key = {"headers": {"Idempotency-Key": "k-1"}}
    first, again = (client.operation("book", refers(one), **key) for _ in range(2))
    assert first.get_json() == again.get_json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.mimetype == first.mimetype
    refusal(client.operation("book", refers(other), **key), 422)


def test_booking_one_that_is_booked_with_another_slot_moves_it(filled: Filled, fhir_as: Any):
    """The old slot is free again; the version that was read must be the one that is there."""
    client = fhir_as("patient")
    one, other = proposals(client, filled)[:2]
    booked = client.done("book", refers(one))
    changed = booked | {name: other[name] for name in ("slot", "start", "end")}
    stale = {"headers": {"If-Match": 'W/"9"'}}
    refusal(client.operation("book", sent(changed), **stale), 412)
    fresh = {"headers": {"If-Match": f'W/"{booked["meta"]["versionId"]}"'}}
    moved = client.done("book", sent(changed), **fresh)
    assert (moved["id"], moved["slot"], moved["start"]) == (
        booked["id"], other["slot"], other["start"],
    )  # fmt: skip
    assert client.get(one["slot"][0]["reference"])["status"] == "free"


def test_book_cancels_what_is_sent_as_cancelled(filled: Filled, fhir_as: Any):
    """Who cancels is told as R4's reason."""
    patient, desk = fhir_as("patient"), fhir_as("front_desk")
    one, other = proposals(patient, filled)[:2]
    for client, proposal, code in ((patient, one, "pat"), (desk, other, "prov")):
        booked = client.done("book", refers(proposal))
        cancelled = client.done("book", sent(booked | {"status": "cancelled"}))
        assert cancelled["status"] == "cancelled"
        assert cancelled["cancelationReason"]["coding"][0]["code"] == code


def test_the_second_of_two_gets_an_outcome(filled: Filled, fhir_as: Any):
    """409 with the reason, and still one booking."""
    stranger = f"Patient/{filled.clinic.stranger}"
    mine = proposals(fhir_as("patient"), filled)[0]
    theirs = proposals(fhir_as("front_desk"), filled, stranger)[0]
    fhir_as("patient").done("book", refers(mine))
    issues = refusal(fhir_as("front_desk").operation("book", refers(theirs)), 409)
    assert issues[0]["code"] == "conflict"
    assert issues[0]["details"]["coding"][0]["code"] == "seat_taken"
    assert count(seat_id=filled.seats[0]) == 1


def test_the_rules_of_the_practice_hold(filled: Filled, fhir_as: Any, clock: HandClock):
    """Too near for patients, who can then neither book nor cancel; staff can."""
    patient, desk = fhir_as("patient"), fhir_as("front_desk")
    one, other = proposals(patient, filled)[1:3]
    booked = patient.done("book", refers(one))
    clock.forward(days=2, hours=23, minutes=50)
    found = proposals(patient, filled)
    assert other["slot"] not in [each["slot"] for each in found]
    assert min(each["start"] for each in found) > "2026-03-05T10:05"
    issues = refusal(patient.operation("book", refers(other)), 409)
    assert issues[0]["code"] == "business-rule"
    assert issues[0]["details"]["coding"][0]["code"] == "notice"
    refusal(patient.operation("book", sent(booked | {"status": "cancelled"})), 409)
    assert desk.done("book", sent(booked | {"status": "cancelled"}))["status"] == "cancelled"


def test_patients_book_for_themselves_alone(filled: Filled, fhir_as: Any):
    """Others are not there for them, whatever names them."""
    client = fhir_as("patient")
    stranger = f"Patient/{filled.clinic.stranger}"
    refusal(client.operation("find", refers(stranger, PATIENT)), 404)
    theirs = proposals(fhir_as("front_desk"), filled, stranger)[0]
    refusal(client.operation("book", refers(theirs)), 404)
    refusal(client.operation("hold", refers(theirs)), 404)
    booked = fhir_as("front_desk").done("book", refers(theirs))
    refusal(client.operation("book", sent(booked | {"status": "cancelled"})), 404)
    refusal(client("GET", f"Appointment/{booked['id']}"), 404)
    assert booked["id"] not in [one["id"] for one in client.found("Appointment", _count=50)]
    assert client.found("Patient", identifier="nobody") == []
    # Who has a slot is nobody's to see, nor that somebody has it.
    refusal(client("GET", theirs["slot"][0]["reference"]), 404)


def test_a_token_does_what_it_is_for(filled: Filled, fhir_as: Any):
    """Booking is not changing, and seeing is neither."""
    books = fhir_as("patient", ["appointment.book", "seat.search", "patient.read"])
    one, other = proposals(books, filled)[:2]
    booked = books.done("book", refers(one))
    changed = booked | {"slot": other["slot"]}
    refusal(books.operation("book", sent(changed)), 403)
    refusal(books.operation("book", sent(booked | {"status": "cancelled"})), 403)
    refusal(books("GET", "Appointment"), 403)
    refusal(fhir_as("patient", ["appointment.read"]).operation("book", refers(other)), 403)
    refusal(fhir_as("nobody").operation("book", refers(other)), 401)


def test_everything_done_to_a_patient_is_written_down(filled: Filled, fhir_as: Any):
    """Searches, reads and bookings, each with whose data they were."""
    client = fhir_as("front_desk")

    def entries() -> list[tuple[str, str]]:
        with reading() as session:
            query = select(AuditEntry.action, AuditEntry.subject).where(
                AuditEntry.patient_id == filled.clinic.patient,
                AuditEntry.user_id == filled.clinic.users["front_desk"],
            )
            return [tuple(one) for one in session.execute(query)]

    client.found("Patient", identifier=f"{HOSPITAL}|P-1")
    assert entries() == [("patient.read", "patient")]
    client.get(
        f"Appointment/{filled.appointments['booked']}",
    )
    assert entries()[1:] == [("appointment.read", "appointment")]
    client.found("Appointment", status="booked", _include="Appointment:patient")
    assert entries()[2:] == [("appointment.read", "appointment"), ("patient.read", "patient")]
    before = len(entries())
    client.done("book", refers(proposals(client, filled)[0]))
    actions = [action for action, _ in entries()[before:]]
    assert actions.count("appointment.book") == 2
    events = fhir_as("administrator").found(
        "AuditEvent", patient=f"Patient/{filled.clinic.patient}", _count=50
    )
    assert len(events) == len(entries())
