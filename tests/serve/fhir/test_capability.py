"""The CapabilityStatement says what is done, and nothing else."""

import subprocess
import sys
from typing import Any
from uuid import UUID

import pytest
from apiflask import APIFlask

from serve.fhir.codes import CODES
from serve.fhir.kinds import KINDS
from serve.fhir.outcome import ISSUE_OF
from tests.serve.fhir.conftest import Fhir, Filled


def test_everybody_may_read_what_the_server_does(app: APIFlask):
    """Without a token; only JSON."""
    client = Fhir(app, None)
    told = client.get("metadata")
    assert told["fhirVersion"] == "4.0.1"
    assert {one["type"] for one in told["rest"][0]["resource"]} == set(KINDS)
    assert client("GET", "metadata", headers={"Accept": "application/xml"}).status_code == 406


def test_what_it_says_is_so(app: APIFlask, filled: Filled, fhir_as: Any):
    """Every interaction, search parameter, include and operation that is told works."""
    client = fhir_as("administrator")
    strict = {"Prefer": "handling=strict"}
    values = {"date": "2026-03-05", "reference": str(UUID(int=1)), "string": "a", "token": "true"}
    for one in client.get("metadata")["rest"][0]["resource"]:
        kind = one["type"]
        for parameter in one["searchParam"]:
            value = "booked" if kind == "Appointment" else values[parameter["type"]]
            value = values[parameter["type"]] if parameter["type"] != "token" else value
            value = "free" if (kind, parameter["name"]) == ("Slot", "status") else value
            query = {parameter["name"]: value}
            answer = client("GET", kind, query_string=query, headers=strict)
            assert answer.status_code == 200, (kind, parameter, answer.text)
        for include in one.get("searchInclude", ()):
            answer = client("GET", kind, query_string={"_include": include}, headers=strict)
            assert answer.status_code == 200
        for operation in one.get("operation", ()):
            assert client.operation(operation["name"]).status_code in (200, 422)
        codes = {each["code"] for each in one["interaction"]}
        assert codes == {"read", "search-type"} | (
            {"update", "patch"} if kind == "Appointment" else set()
        )
        resources = client.found(kind)
        versioned = one["versioning"] != "no-version"
        assert all(("versionId" in each.get("meta", {})) == versioned for each in resources)


def test_refusals_have_codes_of_the_list():
    """Every status of HTTP has an issue type of R4."""
    assert set(ISSUE_OF.values()) <= set(CODES["OperationOutcomeIssue.code"])


@pytest.mark.slow
def test_the_classes_of_resources_are_loaded_only_when_they_are_needed():
    """Whoever imports the service does not wait for them."""
    code = "import serve, sys; sys.exit(any(one.startswith('fhir.') for one in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
