"""How these endpoints speak: media types, weak ETags, and whose data an answer has."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from apiflask import APIBlueprint
from flask import request
from pydantic import BaseModel, ConfigDict, RootModel, create_model

from serve.api.dialect import Answer, Dialect
from serve.api.problems import RENDERERS
from serve.errors import Malformed
from serve.fhir.outcome import FHIR_JSON, render

#: Where all of it is.
BASE = "/fhir/r4"
JSON_PATCH = "application/json-patch+json"
FORM = "application/x-www-form-urlencoded"
#: What an ``Accept`` or a ``_format`` may ask for.
ANSWERED = (FHIR_JSON, "application/json", "application/json+fhir", "text/json", "json")
ANYTHING = ("*/*", "application/*", "text/*")

fhir = APIBlueprint("fhir", __name__, url_prefix=BASE)
RENDERERS.append((lambda: request.path.startswith(BASE), render))


class Resource(BaseModel):
    """A resource of FHIR R4; the standard tells its elements."""

    model_config = ConfigDict(extra="allow")

    resourceType: str  # noqa: N815


def resource(kind: str) -> type[BaseModel]:
    """Return the loose form of a resource, as the description has it."""
    made: type[BaseModel] = create_model(
        f"Fhir{kind}",
        __doc__=f"A {kind} of FHIR R4; the standard tells its elements.",
        __config__=ConfigDict(extra="allow"),
        resourceType=(str, ...),
    )
    return made


class Patch(RootModel[list[dict[str, Any]]]):
    """A JSON Patch (RFC 6902)."""


def first_appointment(answer: Answer) -> Mapping[str, Any]:
    """Return the appointment that an answer is or has; empty for none."""
    if answer.get("resourceType") == "Appointment":
        return answer
    entries = answer.get("entry")
    for entry in entries if isinstance(entries, list) else ():
        one = entry.get("resource", {})
        if one.get("resourceType") == "Appointment":
            found: Mapping[str, Any] = one
            return found
    return {}


def actor_ids(appointment: Mapping[str, Any], kind: str) -> Sequence[UUID]:
    """Return identifiers of participants of a kind."""
    found = []
    for one in appointment.get("participant", ()):
        name, _, identifier = str(one.get("actor", {}).get("reference", "")).rpartition("/")
        if name.rpartition("/")[2] == kind and re.fullmatch(r"[0-9a-f-]{36}", identifier):
            found.append(UUID(identifier))
    return found


def _etag(answer: Answer) -> str:
    version = answer.get("meta", {}).get("versionId")
    return f'W/"{version}"' if version else ""


def _about(answer: Answer) -> tuple[UUID | None, UUID | None]:
    appointment = first_appointment(answer)
    patients = actor_ids(appointment, "Patient")
    providers = actor_ids(appointment, "Practitioner")
    return patients[0] if patients else None, providers[0] if providers else None


FHIR = Dialect(
    media=FHIR_JSON,
    errors=(FHIR_JSON, "OperationOutcome"),
    keyed=False,
    version='^(W/)?"[0-9]{1,9}"$',
    refuses=(406,),
    etag=_etag,
    about=_about,
)


@fhir.before_request
def negotiate() -> None:
    """Refuse what cannot be answered, or read, as JSON."""
    asked = request.args.get("_format")
    wanted = [asked] if asked else [kind for kind, _ in request.accept_mimetypes] or ["*/*"]
    kinds = {str(one).partition(";")[0].strip().lower().replace(" ", "+") for one in wanted}
    if not kinds & {*ANSWERED, *ANYTHING}:
        raise Malformed(406, f"Answers are {FHIR_JSON} alone.")
    if request.method not in ("POST", "PUT", "PATCH"):
        return
    sent = request.mimetype
    taken: tuple[str, ...] = (FHIR_JSON, "application/json", "application/json+fhir")
    if request.method == "PATCH":
        taken = (JSON_PATCH,)
    elif request.path.endswith("/_search"):
        taken = (FORM,)
        if not request.get_data(cache=True) and not sent:
            return
    if sent not in taken:
        raise Malformed(415, f"The body must be {taken[0]}.")
