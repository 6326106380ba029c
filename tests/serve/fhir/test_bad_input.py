"""What cannot be used is refused with an OperationOutcome, and changes nothing."""

from dataclasses import replace
from typing import Any

import pytest

from serve import create_app
from serve.fhir.codes import CODES
from serve.settings import Settings
from tests.serve.fhir.conftest import FHIR_JSON, Fhir, Filled, refers, refusal

PARAMETERS = "Appointment/$book"


ADDRESSES = [
    ("GET", "Nothing", 404, "not-found"),
    ("GET", "Slot/not-an-id", 404, "not-found"),
    ("GET", "Slot/00000000-0000-0000-0000-000000000000", 404, "not-found"),
    ("GET", "AuditEvent/" + "9" * 30, 404, "not-found"),
    ("DELETE", "Slot", 405, "not-supported"),
    ("POST", "Slot", 405, "not-supported"),
    ("GET", "x" * 9000, 414, "too-long"),
    ("GET", "Patient/%00", 400, "invalid"),
]


def test_addresses_of_nothing(filled: Filled, fhir_as: Any):
    """404, 405 and the like as outcomes too."""
    for method, path, status, code in ADDRESSES:
        answer = fhir_as("administrator")(method, path)
        issues = refusal(answer, status)
        assert issues[0]["code"] == code
        assert code in CODES["OperationOutcomeIssue.code"]
        if status == 405:
            assert answer.headers["Allow"]


@pytest.mark.parametrize(
    "asked", [{"headers": {"Accept": "application/fhir+xml"}}, {"query_string": "_format=xml"}]
)
def test_xml_is_not_answered(filled: Filled, fhir_as: Any, asked: dict[str, Any]):
    """406, also without a token."""
    for role in ("patient", "nobody"):
        issues = refusal(fhir_as(role)("GET", "Slot", **asked), 406)
        assert issues[0]["code"] == "not-supported"


MEDIA_TYPES = [
    ("POST", PARAMETERS, "application/fhir+xml"),
    ("POST", PARAMETERS, "text/plain"),
    ("POST", "", "application/x-ndjson"),
    ("POST", "Slot/_search", FHIR_JSON),
    ("PATCH", "Appointment/{}", FHIR_JSON),
    ("PATCH", "Appointment/{}", "application/merge-patch+json"),
    ("PUT", "Appointment/{}", "application/json-patch+json"),
]


def test_other_media_types_are_not_taken(filled: Filled, fhir_as: Any):
    """415 wherever a body of another type comes."""
    for method, path, media in MEDIA_TYPES:
        path = path.format(filled.appointments["booked"])
        refusal(fhir_as("administrator")(method, path, {}, media), 415)


@pytest.mark.parametrize(
    "body", [b"{", b"", b"\xff", b'{"a": 1, "a": 2}', b'{"a": NaN}', b"[" * 100, b"null"]
)
def test_what_is_no_json_is_malformed(filled: Filled, fhir_as: Any, body: bytes):
    """400, and not a guess."""
    for path in (PARAMETERS, ""):
        answer = fhir_as("administrator")("POST", path, data=body, content_type=FHIR_JSON)
        assert answer.status_code == 400, answer.text
        refusal(answer, 400)


def test_a_body_that_is_too_large_is_not_read(filled: Filled, fhir_as: Any):
    """413 beyond a megabyte."""
    body = {"resourceType": "Parameters", "language": "x" * 2**20}
    issues = refusal(fhir_as("administrator")("POST", PARAMETERS, body), 413)
    assert issues[0]["code"] == "too-long"


NO_PARAMETERS = [
    ({}, None, None),
    ([], None, None),
    ({"resourceType": "Bundle", "type": "batch"}, "invalid", "Parameters.resourceType"),
    ({"resourceType": "Parameters"}, "required", "Parameters.parameter"),
    ({"resourceType": "Parameters", "parameter": [{}]}, "required", None),
    ({"resourceType": "Parameters", "secret": 1}, "structure", "Parameters"),
    ({"resourceType": "Parameters", "parameter": 7}, "structure", "Parameters.parameter"),
]


def test_another_resource_is_not_taken_for_parameters(filled: Filled, fhir_as: Any):
    """422 with the place."""
    for body, code, place in NO_PARAMETERS:
        issues = refusal(fhir_as("patient")("POST", PARAMETERS, body), 422)
        assert code in (None, issues[0]["code"])
        assert place is None or issues[0]["expression"] == [place]
        assert "secret" not in str(issues)


@pytest.mark.parametrize(
    "text",
    [
        "Appointment/nothing",
        "Patient/00000000-0000-0000-0000-000000000000",
        "https://elsewhere.example/fhir/Appointment/00000000-0000-0000-0000-000000000000",
        "urn:uuid:00000000-0000-0000-0000-000000000000",
        "Appointment/" + "0" * 64,
        "",
    ],
)
@pytest.mark.parametrize("name", ["book", "hold"])
def test_a_reference_to_nothing_is_refused(filled: Filled, fhir_as: Any, text: str, name: str):
    """422, without what was referred to."""
    issues = refusal(fhir_as("front_desk").operation(name, refers(text)), 422)
    assert issues[0]["code"] in ("not-found", "structure", "value")
    assert "0000" not in str(issues)


APPOINTMENT = {
    "resourceType": "Appointment",
    "status": "pending",
    "participant": [{"status": "accepted"}],
}


WRONG_APPOINTMENTS = [
    ({"status": "secret"}, "code-invalid", "status"),
    ({"status": "fulfilled"}, "business-rule", "status"),
    ({"status": None}, None, "status"),
    ({"participant": []}, "required", None),
    ({"participant": [{"status": "secret"}]}, "code-invalid", "participant[0].status"),
    ({"participant": [{}]}, "required", "participant[0].status"),
    ({"start": "tomorrow-secret"}, "value", "start"),
    ({"start": "2026-02-30T09:00:00Z"}, "value", "start"),
    ({"start": 7}, None, "start"),
    ({"slot": [{"reference": "Slot/secret"}]}, "not-found", "slot[0].reference"),
    ({"slot": [{"reference": "Slot/1"}, {"reference": "Slot/2"}]}, None, "slot[1]"),
    ({}, "required", "slot"),
    ({"secret": 1}, "structure", ""),
    ({"identifier": [{"value": "x" * 300}]}, "too-long", "identifier[0]"),
    ({"resourceType": "Slot"}, None, None),
]


def test_an_appointment_that_cannot_be_is_refused(filled: Filled, fhir_as: Any):
    """Unknown codes, dates that are none, what is missing: each with its place in R4's words."""
    for values, code, place in WRONG_APPOINTMENTS:
        sent = {name: one for name, one in (APPOINTMENT | values).items() if one is not None}
        parameter = {"name": "appointment-resource", "resource": sent}
        issues = refusal(fhir_as("front_desk").operation("book", parameter), 422)
        assert code in (None, issues[0]["code"]), issues
        assert "secret" not in str(issues)
        if place is not None:
            whole = "Parameters.parameter[0].resource"
            assert issues[0]["expression"][0] == f"{whole}.{place}".rstrip("."), issues


def test_unknown_inputs_of_an_operation_are_left_out_or_refused(filled: Filled, fhir_as: Any):
    """As whoever asks prefers."""
    client = fhir_as("patient")
    strange = {"name": "secret", "valueString": "x"}
    assert client.operation("find", strange).status_code == 200
    answer = client.operation("find", strange, headers={"Prefer": "handling=strict"})
    assert "secret" not in str(refusal(answer, 400))


@pytest.mark.parametrize(
    "parameter",
    [
        {"name": "start", "valueDateTime": "2026-03-05T09:00:00"},
        {"name": "end", "valueDateTime": "2020-01-01"},
        {"name": "end", "valueDateTime": "2030-01-01"},
        {"name": "start", "valueString": "soon"},
        {"name": "_count", "valueString": "many"},
        refers("Practitioner/1", "practitioner"),
        refers("Location/1", "location-reference"),
        refers("Patient/1", "patient-reference"),
        refers("Appointment/1", "appointment-reference"),
    ],
)
def test_a_find_that_cannot_be_is_refused(filled: Filled, fhir_as: Any, parameter: Any):
    """Dates that are none or too far, references to nothing."""
    answer = fhir_as("front_desk").operation("find", parameter)
    assert answer.status_code in (400, 422), answer.text
    refusal(answer, answer.status_code)


def test_too_many_requests_are_an_outcome_too(settings: Settings):
    """429 with how long to wait."""
    app = create_app(replace(settings, rate_limit="2 per minute"))
    client = Fhir(app, None)
    answers = [client("GET", "metadata") for _ in range(3)]
    assert [one.status_code for one in answers[:2]] == [200, 200]
    assert refusal(answers[2], 429)[0]["code"] == "throttled"
    assert answers[2].headers["Retry-After"]
