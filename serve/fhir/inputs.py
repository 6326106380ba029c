"""What an operation is asked: Parameters in, each with its value as a text or a resource."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from serve.api.call import Call
from serve.errors import NotFound
from serve.fhir.identifiers import of_external
from serve.fhir.outcome import Issue, NotTaken
from serve.fhir.patient import with_identifier
from serve.fhir.references import id_in
from serve.fhir.search import strict
from serve.fhir.validation import checked
from serve.models import Patient, Provider

#: Most parameters of an operation.
MOST = 100


@dataclass(frozen=True)
class Input:
    """A parameter.

    Attributes
    ----------
    name
        What it is called.
    text
        Its value; a code is ``system|code``, a reference what it refers to; empty for none.
    identifier
        System and value of what somebody else calls what is referred to.
    resource
        A resource instead of a value.
    place
        Where it stands, as FHIRPath.
    """

    name: str
    text: str = ""
    identifier: tuple[str, str] | None = None
    resource: dict[str, Any] | None = None
    place: str = "Parameters"


def read_inputs(body: Any, known: Collection[str]) -> list[Input]:
    """Return the parameters that are known of a body.

    Raises
    ------
    NotTaken
        If the body is no Parameters, or has parameters that are not known and are to be refused.
    """
    given = checked(body, "Parameters").get("parameter", [])
    if len(given) > MOST:
        raise NotTaken([Issue("too-long", f"at most {MOST} are taken", "Parameters.parameter")])
    found = [_read(one, f"Parameters.parameter[{place}]") for place, one in enumerate(given)]
    return only(found, known)


def only(found: Iterable[Input], known: Collection[str]) -> list[Input]:
    """Return the inputs that are known; refuse the others if whoever asks wants it so."""
    given = list(found)
    unknown = [one for one in given if one.name not in known]
    if unknown and strict():
        message = f"must be one of {', '.join(known)}"
        issues = [Issue("not-supported", message, f"{one.place}.name") for one in unknown]
        raise NotTaken(issues, 400)
    return [one for one in given if one.name in known]


def named(inputs: Sequence[Input], *names: str) -> list[Input]:
    """Return the inputs of some names."""
    return [one for one in inputs if one.name in names]


def patient_id(call: Call, one: Input) -> UUID:
    """Return the patient that an input refers to; raise `NotTaken` if that is nobody here."""
    found = id_in(one.text, "Patient")
    if one.identifier is not None:
        found = _by_patient_identifier(call, *one.identifier)
    patient = None if found is None else call.session.get(Patient, found)
    if patient is None or patient.practice_id != call.practice_id:
        raise nothing_there(one.place)
    return patient.id


def known_patient(call: Call, one: Input) -> UUID | None:
    """Return the patient whom a Patient that was sent is here by an identifier; None if new."""
    sent = checked(one.resource, "Patient", one.place)
    for each in sent.get("identifier", ()):
        if each.get("value"):
            found = _by_patient_identifier(call, str(each.get("system", "")), str(each["value"]))
            if found is not None:
                return found
    return None


def provider_id(call: Call, one: Input) -> UUID:
    """Return the provider that an input refers to; raise `NotTaken` if that is nobody here."""
    found = id_in(one.text, "Practitioner")
    if one.identifier is not None:
        system, value = one.identifier
        token = f"{system}|{value}" if system else value
        query = select(Provider.id).where(
            Provider.practice_id == call.practice_id, of_external(Provider.external_id, token)
        )
        found = call.session.scalars(query.limit(1)).first()
    provider = None if found is None else call.session.get(Provider, found)
    if provider is None or provider.practice_id != call.practice_id:
        raise nothing_there(one.place)
    return provider.id


def nothing_there(place: str) -> NotTaken:
    """Return the refusal of a reference to nothing."""
    return NotTaken([Issue("not-found", "must refer to what is there", place)])


def _by_patient_identifier(call: Call, system: str, value: str) -> UUID | None:
    token = f"{system}|{value}" if system else value
    query = select(Patient.id).where(
        Patient.practice_id == call.practice_id, with_identifier(token)
    )
    found = list(call.session.scalars(query.limit(2)))
    return found[0] if len(found) == 1 else None


def _read(one: dict[str, Any], place: str) -> Input:
    name = str(one.get("name", ""))
    if "resource" in one:
        return Input(name, resource=one["resource"], place=f"{place}.resource")
    values = [key for key in one if key.startswith("value")]
    if len(values) != 1:
        return Input(name, place=place)
    key, value = values[0], one[values[0]]
    where = f"{place}.value"
    if key == "valueReference":
        return reference_input(name, value, where)
    if key == "valueCoding":
        return Input(name, _code(value), place=where)
    if key == "valueCodeableConcept":
        codings = value.get("coding") or [{"code": value.get("text", "")}]
        return Input(name, _code(codings[0]), place=where)
    if isinstance(value, (dict, list)):
        return Input(name, place=where)
    return Input(name, str(value), place=where)


def reference_input(name: str, value: Any, place: str) -> Input:
    """Return a reference as an input."""
    if not isinstance(value, dict):
        raise NotFound(name)
    identifier = value.get("identifier")
    pair = None
    if isinstance(identifier, dict) and identifier.get("value") and not value.get("reference"):
        pair = str(identifier.get("system", "")), str(identifier["value"])
    return Input(name, str(value.get("reference", "")), pair, place=place)


def _code(coding: dict[str, Any]) -> str:
    system, code = coding.get("system", ""), coding.get("code", "")
    return f"{system}|{code}" if system else str(code)
