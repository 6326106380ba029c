"""Everything that is served is FHIR R4: elements, required ones, code lists."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy import select

from serve.database import reading, transaction
from serve.fhir.codes import CODES
from serve.fhir.kinds import KINDS
from serve.fhir.statuses import STATUS_OF
from serve.fhir.validation import RESOURCES, class_of, wrong_with
from serve.models import Seat
from tests.serve.booking.conftest import START, add_day
from tests.serve.fhir.conftest import FHIR_JSON, NATIONAL, Filled

#: Elements of R4 (4.0.1) of the resources that are served, made by hand from the standard, because
#: its definitions are not at hand offline: those that must be there, and others that are used. A
#: backbone element has its own line.
R4: dict[str, tuple[set[str], set[str]]] = {
    "Appointment": ({"status", "participant"}, {
        "identifier", "cancelationReason", "serviceCategory", "serviceType", "specialty",
        "appointmentType", "reasonCode", "reasonReference", "priority", "description",
        "supportingInformation", "start", "end", "minutesDuration", "slot", "created", "comment",
        "patientInstruction", "basedOn", "requestedPeriod",
    }),
    "AppointmentParticipant": ({"status"}, {"type", "actor", "required", "period"}),
    "AuditEvent": ({"type", "recorded", "agent", "source"}, {
        "subtype", "action", "period", "outcome", "outcomeDesc", "purposeOfEvent", "entity",
    }),
    "AuditEventAgent": ({"requestor"}, {
        "type", "role", "who", "altId", "name", "location", "policy", "media", "network",
        "purposeOfUse",
    }),
    "AuditEventSource": ({"observer"}, {"site", "type"}),
    "Bundle": ({"type"}, {"identifier", "timestamp", "total", "link", "entry", "signature"}),
    "BundleEntryRequest": ({"method", "url"}, {
        "ifNoneMatch", "ifModifiedSince", "ifMatch", "ifNoneExist",
    }),
    "BundleEntryResponse": ({"status"}, {"location", "etag", "lastModified", "outcome"}),
    "BundleLink": ({"relation", "url"}, set()),
    "CapabilityStatement": ({"status", "date", "kind", "fhirVersion", "format"}, {
        "url", "version", "name", "title", "experimental", "publisher", "contact", "description",
        "useContext", "jurisdiction", "purpose", "copyright", "instantiates", "imports",
        "software", "implementation", "patchFormat", "implementationGuide", "rest", "messaging",
        "document",
    }),
    "CapabilityStatementRest": ({"mode"}, {
        "documentation", "security", "resource", "interaction", "searchParam", "operation",
        "compartment",
    }),
    "CapabilityStatementRestResourceSearchParam": ({"name", "type"}, {
        "definition", "documentation",
    }),
    "CapabilityStatementRestResourceOperation": ({"name", "definition"}, {"documentation"}),
    "HealthcareService": (set(), {
        "identifier", "active", "providedBy", "category", "type", "specialty", "location", "name",
        "comment", "extraDetails", "photo", "telecom", "coverageArea", "serviceProvisionCode",
        "eligibility", "program", "characteristic", "communication", "referralMethod",
        "appointmentRequired", "availableTime", "notAvailable", "availabilityExceptions",
        "endpoint",
    }),
    "Location": (set(), {
        "identifier", "status", "operationalStatus", "name", "alias", "description", "mode",
        "type", "telecom", "address", "physicalType", "position", "managingOrganization",
        "partOf", "hoursOfOperation", "availabilityExceptions", "endpoint",
    }),
    "OperationOutcome": ({"issue"}, set()),
    "OperationOutcomeIssue": ({"severity", "code"}, {
        "details", "diagnostics", "location", "expression",
    }),
    "Parameters": (set(), {"parameter"}),
    "ParametersParameter": ({"name"}, {"resource", "part", "valueReference", "valueDateTime"}),
    "Patient": (set(), {
        "identifier", "active", "name", "telecom", "gender", "birthDate", "deceasedBoolean",
        "deceasedDateTime", "address", "maritalStatus", "multipleBirthBoolean",
        "multipleBirthInteger", "photo", "contact", "communication", "generalPractitioner",
        "managingOrganization", "link",
    }),
    "PatientCommunication": ({"language"}, {"preferred"}),
    "Practitioner": (set(), {
        "identifier", "active", "name", "telecom", "address", "gender", "birthDate", "photo",
        "qualification", "communication",
    }),
    "Schedule": ({"actor"}, {
        "identifier", "active", "serviceCategory", "serviceType", "specialty", "planningHorizon",
        "comment",
    }),
    "Slot": ({"schedule", "status", "start", "end"}, {
        "identifier", "serviceCategory", "serviceType", "specialty", "appointmentType",
        "overbooked", "comment",
    }),
}  # fmt: skip
#: What every resource and every element may have.
OF_ALL = {
    "resourceType", "fhir_comments", "id", "meta", "implicitRules", "language", "text", "contained",
    "extension", "modifierExtension",
}  # fmt: skip


def _within(model: Any) -> Iterator[Any]:
    """Yield a resource's class and the classes of its own elements."""
    import sys

    module = sys.modules[model.__module__]
    for name in vars(module):
        one = getattr(module, name)
        if isinstance(one, type) and name.startswith(model.__name__):
            yield one


def test_the_classes_have_the_elements_of_r4():
    """Those that R4 requires are required, and those of R4 are there, and no others."""
    seen = set()
    for kind in RESOURCES:
        for model in _within(class_of(kind)):
            if model.__name__ not in R4:
                continue
            seen.add(model.__name__)
            required, others = R4[model.__name__]
            fields = {one.alias or name: one for name, one in model.model_fields.items()}
            names = {name for name in fields if not name.startswith("_")} - (
                OF_ALL - required - others
            )
            assert required | others <= names, model.__name__
            if model.__name__ != "ParametersParameter":
                assert names == required | others, (model.__name__, names ^ (required | others))
            needed = {
                name
                for name, one in fields.items()
                if one.is_required() or (one.json_schema_extra or {}).get("element_required")
            }
            assert needed == required, (model.__name__, needed)
    assert seen == set(R4)


def test_the_code_lists_are_those_of_the_classes():
    """Where the classes name codes, although they do not check them, the lists are the same."""
    compared = 0
    for kind in RESOURCES:
        for model in _within(class_of(kind)):
            for name, one in model.model_fields.items():
                listed = (one.json_schema_extra or {}).get("enum_values")
                ours = CODES.get(f"{model.__name__}.{one.alias or name}")
                if listed and ours and "fhirVersion" not in (one.alias or name):
                    compared += 1
                    assert set(listed) <= set(ours), (model.__name__, name)
    assert compared >= 15


def test_every_status_has_one_of_r4_and_the_other_way():
    """Every status here is told; every code of R4 is some status here, or is never told."""
    assert set(STATUS_OF.values()) <= set(CODES["Appointment.status"])
    never = set(CODES["Appointment.status"]) - set(STATUS_OF.values())
    assert never == {"entered-in-error", "waitlist"}


def walk(app: APIFlask, client: Any) -> Iterator[tuple[str, Any]]:
    """Yield everything that can be read: each search, page by page, and each resource of it."""
    yield "metadata", client.get("metadata")
    for kind in KINDS.values():
        includes = [f"{kind.name}:{name}" for name in kind.includes]
        path, query = kind.name, {"_count": 3, "_include": includes}
        while True:
            bundle = client.get(path, **query)
            yield path, bundle
            for entry in bundle.get("entry", ()):
                told = entry["resource"]
                if entry["search"]["mode"] == "match":
                    assert client.get(entry["fullUrl"]) == told
                yield entry["fullUrl"], told
            following = [one["url"] for one in bundle["link"] if one["relation"] == "next"]
            if not following:
                break
            path, query = following[0], {}
    yield "$find", client.get("Appointment/$find", _count=50)


@pytest.mark.parametrize("role", ["administrator", "patient", "provider"])
def test_everything_served_is_r4(app: APIFlask, filled: Filled, fhir_as: Any, role: str):
    """Each resource is one of R4 by its class and its code lists; each status is seen."""
    seen: dict[str, set[str]] = {}
    client = fhir_as(role)
    denied = {"patient": {"AuditEvent"}, "provider": {"AuditEvent"}}.get(role, set())
    kinds = dict(KINDS)
    for name in denied:
        assert client("GET", name).status_code == 403
        KINDS.pop(name)
    try:
        for place, told in walk(app, client):
            assert not list(wrong_with(told, told["resourceType"])), (place, told)
            seen.setdefault(told["resourceType"], set()).add(str(told.get("status")))
    finally:
        KINDS.clear()
        KINDS.update(kinds)
    assert set(seen) - {"Bundle", "CapabilityStatement"} == set(KINDS) - denied
    # A request has no seat yet, and so no provider.
    requests = {"proposed"} if role == "provider" else set()
    assert seen["Appointment"] == set(STATUS_OF.values()) - requests
    free_only = {"free", "busy", "busy-tentative"}
    assert seen["Slot"] == (free_only if role == "patient" else free_only | {"busy-unavailable"})


def test_a_slot_tells_for_how_many_patients_its_interval_is(filled: Filled, fhir_as: Any):
    """Each seat is a slot of its own; what was withdrawn does not count."""
    transaction(
        lambda session: add_day(session, filled.clinic, START + timedelta(days=1), (2, 0, 3))[0].id
    )
    with reading() as session:
        seats = {str(one.id): one for one in session.scalars(select(Seat))}
    room = Counter((one.clinic_day_id, one.interval) for one in seats.values() if not one.withdrawn)
    assert set(room.values()) == {1, 2, 3}
    slots = fhir_as("front_desk").found("Slot", _count=100)
    assert len(slots) > 10
    for slot in slots:
        seat = seats[slot["id"]]
        (told,) = slot["extension"]
        assert told["valueUnsignedInt"] == room[seat.clinic_day_id, seat.interval]


def test_a_national_number_is_told_of_but_not_told(filled: Filled, fhir_as: Any):
    """That there is one is told, and other systems' numbers are."""
    told = fhir_as("front_desk").found("Patient", identifier=f"{NATIONAL}|123456782")
    assert len(told) == 1
    systems = {one["system"]: one.get("value") for one in told[0]["identifier"]}
    assert systems[NATIONAL] is None
    assert "P-1" in systems.values()
    assert "123456782" not in str(told)


def test_appointments_tell_times_with_the_practices_offset(filled: Filled, fhir_as: Any):
    """On the wall clock in Amsterdam, with length, seat, session, people and version."""
    answer = fhir_as("patient")("GET", f"Appointment/{filled.appointments['booked']}")
    told = answer.get_json()
    assert told["start"] == "2026-03-05T10:10:00+01:00"
    assert told["end"] == "2026-03-05T10:20:00+01:00"
    assert told["minutesDuration"] == 10
    assert told["slot"] == [{"reference": f"Slot/{filled.seats[7]}"}]
    actors = [one["actor"]["reference"].partition("/")[0] for one in told["participant"]]
    assert actors == ["Patient", "Practitioner", "Location"]
    assert answer.headers["ETag"] == f'W/"{told["meta"]["versionId"]}"'
    assert answer.headers["Last-Modified"] == "Mon, 02 Mar 2026 08:15:00 GMT"
    assert answer.headers["Cache-Control"] == "no-store"
    again = fhir_as("patient")(
        "GET", f"Appointment/{told['id']}", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert again.status_code == 304


def test_the_answers_are_fhir_json_whatever_is_accepted_of_it(filled: Filled, fhir_as: Any):
    """JSON by any of its names."""
    for accept in (FHIR_JSON, "application/json", "*/*", "application/fhir+json;q=0.9, text/html"):
        answer = fhir_as("patient")("GET", "Slot", headers={"Accept": accept})
        assert (answer.status_code, answer.mimetype) == (200, FHIR_JSON)
    assert fhir_as("patient")("GET", "Slot?_format=json").status_code == 200
