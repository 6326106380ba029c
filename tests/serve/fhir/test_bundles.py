"""Bundles of patients, practitioners and appointments from elsewhere."""

from copy import deepcopy
from typing import Any

import pytest
from sqlalchemy import func, select

from serve.database import reading
from serve.fhir.bundles import MOST
from serve.models import Appointment, Import, Patient, PatientIdentifier, Provider
from tests.serve.conftest import Client
from tests.serve.fhir.conftest import HOSPITAL, Filled, refusal

VISITS = "https://hospital.example/visits"
#: The practice's provider, by what the hospital's system calls the provider.
PROVIDER = {"type": "Practitioner", "identifier": {"system": "https://big.example", "value": "99"}}


def entry(resource: dict[str, Any], full_url: str = "", **request: str) -> dict[str, Any]:
    """Return an entry that posts a resource."""
    kind = resource["resourceType"]
    made: dict[str, Any] = {
        "resource": resource,
        "request": {"method": "POST", "url": kind} | request,
    }
    return made | {"fullUrl": full_url} if full_url else made


def patient(value: str = "P-7", **more: Any) -> dict[str, Any]:
    """Return a patient of the hospital."""
    return {
        "resourceType": "Patient",
        "identifier": [{"system": HOSPITAL, "value": value}],
        "name": [{"family": "Koole", "given": ["Guus", "M."]}],
        "birthDate": "1970-03-21",
        "gender": "male",
        "telecom": [{"system": "email", "value": "Guus@people.example"}],
    } | more


def practitioner() -> dict[str, Any]:
    """Return somebody who is new."""
    return {
        "resourceType": "Practitioner",
        "identifier": [{"system": "https://big.example", "value": "100"}],
        "name": [{"text": "Dr Kaandorp"}],
    }


def appointment(actor: Any, value: str = "V-1", **more: Any) -> dict[str, Any]:
    """Return a booking of somebody with the practice's provider."""
    return {
        "resourceType": "Appointment",
        "identifier": [{"system": VISITS, "value": value}],
        "status": "booked",
        "serviceType": [{"text": "return"}],
        "start": "2026-03-05T09:20:00+01:00",
        "end": "2026-03-05T09:30:00+01:00",
        "participant": [
            {"actor": actor, "status": "accepted"},
            {"actor": PROVIDER, "status": "accepted"},
        ],
    } | more


def bundle(*entries: Any, kind: str = "transaction") -> dict[str, Any]:
    """Return a bundle."""
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def counts() -> tuple[int, ...]:
    """Return how many patients, providers, appointments and imports there are."""
    with reading() as session:
        return tuple(
            session.scalar(select(func.count()).select_from(model)) or 0
            for model in (Patient, Provider, Appointment, Import)
        )


WHOLE = bundle(
    entry(appointment({"reference": "urn:uuid:p"}), "urn:uuid:a"),
    entry(patient(), "urn:uuid:p"),
    entry(practitioner()),
)


def statuses(answer: Any) -> list[str]:
    """Return the status of each entry of an answer."""
    assert answer.status_code == 200, answer.text
    return [one["response"]["status"][:3] for one in answer.get_json()["entry"]]


def test_a_transaction_is_imported_and_its_references_are_resolved(filled: Filled, fhir_as: Any):
    """Whatever the order; what is there afterwards is what was sent."""
    client = fhir_as("administrator")
    answer = client("POST", "", WHOLE)
    assert answer.get_json()["type"] == "transaction-response"
    assert statuses(answer) == ["201", "201", "201"]
    places = [one["response"]["location"] for one in answer.get_json()["entry"]]
    visit, person, provider = (client.get(place) for place in places)
    assert visit["participant"][0]["actor"]["reference"] == places[1]
    assert visit["identifier"] == [{"system": VISITS, "value": "V-1"}]
    assert (visit["status"], visit["start"]) == ("booked", "2026-03-05T09:20:00+01:00")
    assert visit["slot"] == [{"reference": f"Slot/{filled.seats[2]}"}]
    assert person["name"] == [{"text": "Guus M. Koole"}]
    assert person["birthDate"] == "1970-03-21"
    assert person["telecom"] == [{"system": "email", "value": "guus@people.example"}]
    assert provider["name"] == [{"text": "Dr Kaandorp"}]


def test_a_bundle_sent_again_changes_nothing(filled: Filled, fhir_as: Any):
    """Rows are known by their identifiers; what differs is changed."""
    client = fhir_as("administrator")
    first = client("POST", "", WHOLE).get_json()
    before = counts()
    again = client("POST", "", WHOLE)
    assert statuses(again) == ["200", "200", "200"]
    assert [one["response"]["location"] for one in again.get_json()["entry"]] == [
        one["response"]["location"] for one in first["entry"]
    ]
    assert counts()[:3] == before[:3]
    changed = entry(patient(birthDate="1971-03-21"), method="PUT",
                    url=f"Patient?identifier={HOSPITAL}|P-7")  # fmt: skip
    assert statuses(client("POST", "", bundle(changed))) == ["200"]
    assert client.found("Patient", identifier="P-7")[0]["birthDate"] == "1971-03-21"


def test_further_identifiers_are_kept(filled: Filled, fhir_as: Any):
    """A patient is known by each; those of two patients are one's."""
    client = fhir_as("administrator")
    both = [{"system": HOSPITAL, "value": "P-1"}, {"system": VISITS, "value": "X-1"}]
    assert statuses(client("POST", "", bundle(entry(patient(identifier=both))))) == ["200"]
    found = client.found("Patient", identifier=f"{VISITS}|X-1")
    assert [one["id"] for one in found] == [str(filled.clinic.patient)]
    client("POST", "", bundle(entry(patient())))
    both = [{"system": HOSPITAL, "value": "P-7"}, {"system": HOSPITAL, "value": "P-1"}]
    issues = refusal(client("POST", "", bundle(entry(patient(identifier=both)))), 422)
    assert issues[0]["code"] == "multiple-matches"


def test_appointments_of_those_who_are_there(filled: Filled, fhir_as: Any):
    """By reference to a resource here, or by identifier."""
    client = fhir_as("administrator")
    here = {"reference": f"Patient/{filled.clinic.stranger}"}
    named = {"type": "Patient", "identifier": {"system": HOSPITAL, "value": "P-1"}}
    sent = bundle(
        entry(appointment(here, "V-1")),
        entry(appointment(named, "V-2", start="2026-03-05T09:30:00+01:00")),
    )
    assert statuses(client("POST", "", sent)) == ["201", "201"]


def test_a_transaction_is_all_or_nothing_and_a_batch_is_not(filled: Filled, fhir_as: Any):
    """One wrong entry, and whoever refers to it."""
    client = fhir_as("administrator")
    entries = [
        entry(patient("P-8", birthDate="2999-01-01"), "urn:uuid:p"),
        entry(patient("P-9", gender="secret")),
        entry(appointment({"reference": "urn:uuid:p"})),
        entry(practitioner()),
        entry(appointment({"reference": f"Patient/{filled.clinic.stranger}"}, "V-3")),
    ]
    before = counts()
    issues = refusal(client("POST", "", bundle(*entries)), 422)
    assert issues[0]["expression"] == ["Bundle.entry[1].resource.gender"]
    issues = refusal(client("POST", "", bundle(*entries[:1], *entries[2:])), 422)
    assert [one["expression"][0] for one in issues] == [
        "Bundle.entry[0].resource.birthDate",
        "Bundle.entry[1].resource.participant[0].actor",
    ]
    assert counts() == before
    answer = client("POST", "", bundle(*entries, kind="batch"))
    assert statuses(answer) == ["422", "422", "422", "201", "201"]
    outcome = answer.get_json()["entry"][1]["response"]["outcome"]
    assert outcome["issue"][0]["code"] == "code-invalid"
    assert "secret" not in answer.text
    assert counts() == (before[0], before[1] + 1, before[2] + 1, before[3] + 2)


def test_a_try_writes_nothing(filled: Filled, fhir_as: Any):
    """The answer says what would happen."""
    before = counts()
    answer = fhir_as("administrator")("POST", "", WHOLE, query_string="dry-run=true")
    assert statuses(answer) == ["201", "201", "201"]
    assert counts() == before


def test_an_import_of_a_bundle_can_be_undone(filled: Filled, fhir_as: Any, as_role: Any):
    """Each kind is an import of its own, the last one first."""
    before = counts()
    fhir_as("administrator")("POST", "", WHOLE)
    desk: Client = as_role("administrator")
    imports = desk.get("/imports")["items"]
    assert {one["table"] for one in imports} == {"appointments", "patients", "providers"}
    for table in ("appointments", "patients", "providers"):
        one = next(each for each in imports if each["table"] == table)
        answer = desk("POST", f"/imports/{one['id']}/undo", {}, version=one["version"])
        assert answer.status_code == 200, answer.text
    assert counts()[:3] == before[:3]
    with reading() as session:
        known = select(PatientIdentifier).where(PatientIdentifier.value == "P-7")
        assert session.scalar(known) is None


WRONG = [
    (entry(patient(identifier=[])), "required", "identifier"),
    (entry({"resourceType": "Patient", "name": [{"text": "A"}]}), "required", "identifier"),
    (entry(patient(name=[])), None, None),
    (entry({**patient(), "name": [{"use": "old", "text": "A"}]}), "required", "name"),
    (entry(patient(birthDate="1970")), "value", "birthDate"),
    (entry(patient(birthDate="soon")), "value", "birthDate"),
    (entry(patient(birthDate=1970)), "structure", "birthDate"),
    (entry(patient(telecom=[{"system": "email", "value": "no"}])), "value", "telecom"),
    (entry(patient(telecom=[{"system": "pigeon"}])), "code-invalid", "telecom[0].system"),
    (entry(patient(secret=1)), "structure", ""),
    (entry({"resourceType": "Observation", "secret": 1}), "not-supported", "resourceType"),
    (entry(appointment({"reference": "urn:uuid:nobody"})), "not-found", "participant[0].actor"),
    (entry(appointment({"reference": "Patient/1"})), "not-found", "participant[0].actor"),
    (entry(appointment({"display": "somebody"})), "required", "participant"),
    (
        entry(appointment({"reference": "PATIENT"}, serviceType=[{"text": "secret"}])),
        "code-invalid",
        "serviceType",
    ),
    (entry(appointment({"reference": "PATIENT"}, status="noshow")), "business-rule", "status"),
    (
        entry(appointment({"reference": "PATIENT"}, start="2026-03-01T09:00:00Z")),
        "business-rule",
        "start",
    ),
    (
        entry(appointment({"reference": "PATIENT"}, start="2026-03-06T09:00:00Z")),
        "business-rule",
        "start",
    ),
]


def test_entries_that_cannot_be_used_are_refused(filled: Filled, fhir_as: Any):
    """Each with the place of what is wrong, and without what it was."""
    client = fhir_as("administrator")
    before = counts()
    for example, code, place in WRONG:
        sent = deepcopy(example)
        person = f"Patient/{filled.clinic.stranger}"
        body = bundle(entry(practitioner()), sent)
        if "participant" in sent["resource"]:
            actor = sent["resource"]["participant"][0]["actor"]
            if actor.get("reference") == "PATIENT":
                actor["reference"] = person
        issues = refusal(client("POST", "", body), 422)
        assert code in (None, issues[0]["code"]), (sent, issues)
        whole = "Bundle.entry[1].resource"
        if place is not None:
            assert issues[0]["expression"] == [f"{whole}.{place}".rstrip(".")], issues
        assert "secret" not in str(issues)
    assert counts() == before


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"method": "FETCH"}, "code-invalid"),
        ({"method": "DELETE"}, "not-supported"),
        ({"url": "Practitioner"}, "invalid"),
        ({"method": "PUT", "url": "Patient/1"}, "invalid"),
        ({"method": "PUT", "url": "Patient?identifier=other"}, "invalid"),
    ],
)
def test_other_requests_of_entries_are_refused(
    filled: Filled, fhir_as: Any, request_: dict[str, str], code: str
):
    """What is not posted, or put by its identifier."""
    sent = bundle(entry(patient(), **request_))
    assert refusal(fhir_as("administrator")("POST", "", sent), 422)[0]["code"] == code


def test_bundles_of_another_form_are_refused(filled: Filled, fhir_as: Any):
    """Other types, entries that are none, names twice."""
    client = fhir_as("administrator")
    for body in (
        bundle(kind="searchset"),
        bundle(kind="secret"),
        bundle(7),
        bundle({}),
        bundle({"resource": patient()}),
        bundle(entry(patient("A"), "urn:uuid:a"), entry(patient("B"), "urn:uuid:a")),
        {"resourceType": "Bundle", "type": "batch", "entry": {}},
        {"resourceType": "Bundle"},
        {"resourceType": "Patient"},
    ):
        assert "secret" not in str(refusal(client("POST", "", body), 422))
    assert client("POST", "", bundle(kind="batch")).get_json()["type"] == "batch-response"


def test_a_bundle_of_ten_thousand_is_refused_before_any_work(filled: Filled, fhir_as: Any):
    """With how many there may be; as many as there may be are taken."""
    client = fhir_as("administrator")
    before = counts()
    sent = bundle(*(entry(patient(f"N-{number}")) for number in range(10_000)))
    issues = refusal(client("POST", "", sent), 413)
    assert issues[0]["code"] == "too-long"
    assert "1,000" in issues[0]["diagnostics"]
    assert counts() == before
    sent["entry"] = sent["entry"][:MOST]
    assert set(statuses(client("POST", "", sent))) == {"201"}
    assert counts()[0] == before[0] + MOST


def test_only_administrators_import(filled: Filled, fhir_as: Any):
    """403 for others, 401 for nobody."""
    for role in ("patient", "provider", "front_desk", "analyst"):
        refusal(fhir_as(role)("POST", "", WHOLE), 403)
    refusal(fhir_as("nobody")("POST", "", WHOLE), 401)
