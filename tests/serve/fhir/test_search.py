"""Searching: what booking clients ask for, page by page, and what is not understood."""

from typing import Any

import pytest

from tests.serve.fhir.conftest import HOSPITAL, NATIONAL, Filled, refusal

STRICT = {"Prefer": "return=minimal; handling=strict"}


SLOTS = [
    ({}, 18),
    ({"start": "2026-03-05"}, 18),
    ({"start": "2026-03"}, 18),
    ({"start": "2025"}, 0),
    ({"start": "ge2026-03-05T09:30:00+01:00"}, 15),
    ({"start": "gt2026-03-05T09:30:00+01:00"}, 14),
    ({"start": "lt2026-03-05T08:30:00Z"}, 3),
    ({"start": "le2026-03-05T09:30:00+01:00"}, 4),
    ({"start": ["ge2026-03-05T09:30", "lt2026-03-05T10:00"]}, 3),
    ({"start": "2026-03-05T09:30,2026-03-05T09:40"}, 2),
    ({"start": "ne2026-03-05"}, 0),
    ({"start": "sa2026-03-04"}, 18),
    ({"start": "eb2026-03-05"}, 0),
    ({"start": "ap2026-03-04"}, 18),
    ({"status": "free"}, 10),
    ({"status": "busy"}, 5),
    ({"status": "busy-tentative"}, 1),
    ({"status": "busy-unavailable"}, 2),
    ({"status": "free,busy-tentative"}, 11),
    ({"status": "http://hl7.org/fhir/slotstatus|busy"}, 5),
    ({"status": "entered-in-error"}, 0),
    ({"service-type": "return"}, 18),
    ({"service-type": "urn:bailey:visit-type|RETURN"}, 18),
    ({"service-type": "http://snomed.info/sct|return"}, 0),
    ({"schedule": "nothing"}, 0),
    ({"schedule": "Patient/00000000-0000-0000-0000-000000000000"}, 0),
]


def test_slots_are_found(filled: Filled, fhir_as: Any):
    """By time with every prefix, status, type of visit and schedule."""
    for query, number in SLOTS:
        bundle = fhir_as("front_desk").get("Slot", **query)
        assert bundle["total"] == number, query
        assert len(bundle.get("entry", ())) == number


def test_a_slot_comes_with_its_schedule_once(filled: Filled, fhir_as: Any):
    """As an included resource, by reference and by address."""
    client = fhir_as("patient")
    for schedule in (f"Schedule/{filled.day}", str(filled.day), None):
        query = {"schedule": schedule} if schedule else {"schedule.actor": filled.clinic.provider}
        bundle = client.get("Slot", status="free", _include="Slot:schedule", **query)
        modes = [one["search"]["mode"] for one in bundle["entry"]]
        assert (modes.count("match"), modes.count("include")) == (10, 1)
        assert bundle["total"] == 10
        assert bundle["entry"][-1]["resource"]["id"] == str(filled.day)


SCHEDULES = [
    ({"date": "2026-03-05"}, 1),
    ({"date": "ge2026-03-05T11:59:00+01:00"}, 1),
    ({"date": "gt2026-03-05"}, 0),
    ({"date": "lt2026-03-05"}, 0),
    ({"active": "true"}, 1),
    ({"active": "false"}, 0),
    ({"service-type": "return", "actor": "PROVIDER"}, 1),
    ({"actor": "Practitioner/PROVIDER"}, 1),
    ({"actor": "Location/PROVIDER"}, 0),
]


def test_schedules_are_found(filled: Filled, fhir_as: Any):
    """By actor, date, type of visit and whether they are open."""
    for query, number in SCHEDULES:
        given = {
            name: value.replace("PROVIDER", str(filled.clinic.provider))
            for name, value in query.items()
        }
        assert fhir_as("patient").get("Schedule", **given)["total"] == number, query


APPOINTMENTS = [
    ({}, 10),
    ({"status": "booked"}, 1),
    ({"status": "cancelled"}, 3),
    ({"status": "booked,pending,proposed"}, 3),
    ({"status": "waitlist"}, 0),
    ({"patient": "Patient/PATIENT"}, 10),
    ({"patient": "Practitioner/PATIENT"}, 0),
    ({"practitioner": "PROVIDER"}, 9),
    ({"actor": "Patient/PATIENT", "date": "2026-03-05"}, 9),
    ({"actor": "PATIENT"}, 10),
    ({"date": "lt2026-03-05"}, 0),
    ({"identifier": "https://hospital.example/visits|booked"}, 1),
    ({"identifier": "booked"}, 1),
    ({"identifier": "|booked"}, 0),
    ({"identifier": "book%"}, 0),
    ({"patient.identifier": f"{HOSPITAL}|P-1"}, 10),
    ({"patient.identifier": f"{NATIONAL}|1"}, 0),
    ({"practitioner.identifier": "https://big.example|99"}, 9),
    ({"service-type": "return"}, 10),
    ({"_lastUpdated": "2026-03-02"}, 9),
    ({"_lastUpdated": "gt2026-03-02"}, 0),
    ({"_id": "nothing"}, 0),
]


def test_appointments_are_found(filled: Filled, fhir_as: Any):
    """By whose they are, when, what became of them and what others call them."""
    for query, number in APPOINTMENTS:
        clinic = filled.clinic
        given = {
            name: value.replace("PROVIDER", str(clinic.provider)).replace(
                "PATIENT", str(clinic.patient)
            )
            for name, value in query.items()
        }
        assert fhir_as("front_desk").get("Appointment", **given)["total"] == number, query


PEOPLE_AND_PLACES = [
    ("Patient", {"name": "ada"}, 1),
    ("Patient", {"name": "pat"}, 1),
    ("Patient", {"family:exact": "Pat"}, 0),
    ("Patient", {"given:contains": "trange"}, 1),
    ("Patient", {"birthdate": "1980-02-29"}, 1),
    ("Patient", {"birthdate": "lt1980"}, 0),
    ("Patient", {"identifier": f"{HOSPITAL}|P-1"}, 1),
    ("Patient", {"identifier": "P-1"}, 1),
    ("Practitioner", {"name": "welch"}, 1),
    ("Practitioner", {"identifier": "99", "active": "true"}, 1),
    ("HealthcareService", {"service-type": "return"}, 1),
    ("Location", {"address": "amsterdam"}, 1),
]


def test_people_and_places_are_found(filled: Filled, fhir_as: Any):
    """By name, identifier, birth date and address; also by a form."""
    for kind, query, number in PEOPLE_AND_PLACES:
        client = fhir_as("front_desk")
        assert client.get(kind, **query)["total"] == number, query
        answer = client("POST", f"{kind}/_search", data=query)
        assert answer.get_json()["total"] == number, query


def test_pages_follow_each_other(filled: Filled, fhir_as: Any):
    """By their links, each resource once; the total is of all."""
    client = fhir_as("front_desk")
    path, seen, pages = "Slot?_count=4&status=free", [], 0
    while True:
        bundle = client.get(path)
        pages += 1
        assert bundle["total"] == 10
        seen += [one["fullUrl"] for one in bundle["entry"]]
        links = {one["relation"]: one["url"] for one in bundle["link"]}
        assert client.get(links["self"])["entry"] == bundle["entry"]
        if "next" not in links:
            break
        path = links["next"]
    assert (pages, len(seen), len(set(seen))) == (3, 10, 10)


@pytest.mark.parametrize("query", [{"_summary": "count"}, {"_count": "0"}])
def test_the_total_alone(filled: Filled, fhir_as: Any, query: dict[str, str]):
    """Without resources."""
    bundle = fhir_as("front_desk").get("Slot", **query)
    assert bundle["total"] == 18
    assert "entry" not in bundle


def test_unknown_parameters_are_left_out_or_refused(filled: Filled, fhir_as: Any):
    """As whoever asks prefers; the link to itself has those that were used."""
    client = fhir_as("patient")
    query = "Slot?status=free&colour=secret-red&_include=Slot:colour&status:not=busy"
    bundle = client.get(query)
    assert bundle["total"] == 10
    assert bundle["link"][0]["url"].endswith("/fhir/r4/Slot?status=free")
    issues = refusal(client("GET", query, headers=STRICT), 400)
    assert issues[0]["code"] == "not-supported"
    assert "secret" not in str(issues)
    assert client("GET", "Slot?status=free", headers=STRICT).status_code == 200


WRONG_VALUES = [
    ("Slot?start=yesterday", "http.start"),
    ("Slot?start=2026-13-01", "http.start"),
    ("Slot?start=2026-02-30", "http.start"),
    ("Slot?start=ge", "http.start"),
    ("Slot?start=0001-01-01", "http.start"),
    ("Slot?start=2026-03-05T25:00", "http.start"),
    ("Slot?start=2026-03-05T10:00:00%2B99:00", "http.start"),
    ("Slot?status=occupied", "http.status"),
    ("Slot?status=,", "http.status"),
    ("Schedule?active=perhaps", "http.active"),
    ("Appointment?status=taken", "http.status"),
    ("Patient?birthdate=1980-02-30", "http.birthdate"),
    ("Slot?_count=-1", "http._count"),
    ("Slot?status=" + "x" * 500, "http.status"),
    ("Slot?status=%01", "http.status"),
]


def test_values_that_cannot_be_are_refused(filled: Filled, fhir_as: Any):
    """With the name of the parameter and what it may be, and not what it was."""
    for path, place in WRONG_VALUES:
        client = fhir_as("front_desk")
        issues = refusal(client("GET", path), 400)
        assert issues[0]["expression"] == [place]
        for word in ("yesterday", "occupied", "perhaps", "taken"):
            assert word not in str(issues)


INJECTIONS = [
    "' OR 1=1 --",
    "x'; DROP TABLE patient; --",
    "%",
    "_",
    "\\",
    "${jndi:ldap://x}",
    "<script>alert(1)</script>",
    "🦆" * 50,
]


def test_nothing_in_a_value_is_a_query(filled: Filled, fhir_as: Any):
    """Whatever is looked for is only that."""
    for value in INJECTIONS:
        client = fhir_as("front_desk")
        for kind, name in (
            ("Patient", "name"),
            ("Patient", "identifier"),
            ("Appointment", "patient"),
            ("Slot", "service-type"),
            ("Appointment", "identifier"),
            ("Slot", "_id"),
        ):
            assert client.get(kind, **{name: value})["total"] == 0, (kind, name)
        assert client("GET", "Slot", query_string={"_cursor": value}).status_code == 422
        assert client.get("Patient")["total"] == 2
