"""Patient: who somebody is, with no more than booking needs."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from serve.api.call import Call
from serve.fhir import values
from serve.fhir.identifiers import identifier
from serve.fhir.kinds import Kind, Parameter
from serve.fhir.practice import meta
from serve.fhir.serving import serve
from serve.models import Patient, PatientIdentifier


def _rows(call: Call) -> Select[Any]:
    query = select(Patient).where(
        Patient.practice_id == call.practice_id, Patient.erased_at.is_(None)
    )
    if call.reach == "own":
        query = query.where(Patient.id.in_(call.actor.patient_ids))
    return query


def tell_patients(call: Call, patients: Sequence[Patient]) -> list[dict[str, Any]]:
    """Return patients as Patients."""
    return [_told(one) for one in patients]


def _told(one: Patient) -> dict[str, Any]:
    told: dict[str, Any] = {
        "resourceType": "Patient",
        "id": str(one.id),
        "meta": meta(one),
        "active": one.erased_at is None,
    }
    if one.identifiers:
        told["identifier"] = [identifier(each.system, each.value) for each in one.identifiers]
    if one.name.strip():
        told["name"] = [{"text": one.name}]
    telecom = [
        {"system": system, "value": value}
        for system, value in (("phone", one.phone), ("email", one.email))
        if value.strip()
    ]
    if telecom:
        told["telecom"] = telecom
    if one.born_on is not None:
        told["birthDate"] = one.born_on.isoformat()
    language = {"coding": [{"system": "urn:ietf:bcp:47", "code": one.language}]}
    told["communication"] = [{"language": language, "preferred": True}]
    return told


def with_identifier(text: str) -> ColumnElement[bool]:
    """Return the condition that a patient has the identifier of a token."""
    system, value = values.token(text)
    query = select(PatientIdentifier.patient_id).where(PatientIdentifier.value == value)
    if system is not None:
        query = query.where(PatientIdentifier.system == system)
    return Patient.id.in_(query)


def _named(call: Call, value: str, modifier: str) -> ColumnElement[bool]:
    return values.begins_with(Patient.name, value, modifier)


PATIENT = Kind(
    name="Patient",
    model=Patient,
    argument="uuid:patient_id",
    action="patient.read",
    rows=_rows,
    order=(Patient.name, Patient.id),
    tell=tell_patients,
    parameters={
        "identifier": Parameter(
            "token", "what another system calls the patient",
            lambda call, value, _: with_identifier(value),
        ),
        "name": Parameter("string", "how a word of the name begins", _named, ("exact", "contains")),
        "family": Parameter("string", "the same", _named, ("exact", "contains")),
        "given": Parameter("string", "the same", _named, ("exact", "contains")),
        "birthdate": Parameter(
            "date", "when the patient was born",
            lambda call, value, _: values.on_day("birthdate", value, "UTC", Patient.born_on),
        ),
    },
)  # fmt: skip
serve(PATIENT)
