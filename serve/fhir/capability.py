"""CapabilityStatement: what these endpoints do, read from the endpoints themselves."""

import re
from collections import defaultdict
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from flask import current_app

from serve.api.route import tag_of
from serve.clock import now
from serve.fhir.dialect import BASE, FHIR, JSON_PATCH, fhir, resource
from serve.fhir.kinds import KINDS, Kind
from serve.fhir.outcome import FHIR_JSON
from serve.fhir.practice import instant
from serve.fhir.references import base_url
from serve.fhir.search import parameters_of

#: Definitions of operations, by their names.
OPERATIONS: Mapping[str, str] = {
    name: f"https://profiles.ihe.net/ITI/Scheduling/OperationDefinition/appointment-{name}"
    for name in ("find", "hold", "book")
}
#: What a method does to the address of one resource.
OF_ONE: Mapping[str, str] = {"GET": "read", "PUT": "update", "PATCH": "patch"}
PATH = re.compile(rf"{BASE}(?:/([A-Za-z]+)(?:/(?:\$([a-z-]+)|(<[^>]+>)|(_search)))?)?/?")


@fhir.get("/metadata")
@fhir.output(resource("CapabilityStatement"))
@fhir.doc(summary="Tell what this server does", tags=[tag_of(fhir)])
def get_metadata() -> Any:
    """Return the CapabilityStatement, to everybody."""
    response = current_app.json.response(capability())
    response.mimetype = FHIR_JSON
    return response


get_metadata.dialect = FHIR  # type: ignore[attr-defined]


def capability() -> dict[str, Any]:
    """Return what the registered endpoints do."""
    done, operations, whole = _registered()
    rest: dict[str, Any] = {
        "mode": "server",
        "documentation": "Appointments of one practice, found, held and booked.",
        "security": {
            "cors": False,
            "description": "A bearer token of this service, limited to the actions it is for.",
        },
        "resource": [_resource(kind, done[name], operations[name]) for name, kind in KINDS.items()],
    }
    if whole:
        rest["interaction"] = [{"code": "transaction"}, {"code": "batch"}]
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": instant(now()),
        "kind": "instance",
        "software": {"name": "Bailey", "version": version("bailey")},
        "implementation": {"description": "Bailey", "url": base_url()},
        "fhirVersion": "4.0.1",
        "format": [FHIR_JSON, "json"],
        "patchFormat": [JSON_PATCH],
        "rest": [rest],
    }


def _registered() -> tuple[dict[str, set[str]], dict[str, set[str]], bool]:
    """Return interactions and operations of each kind, and whether bundles are taken."""
    done: dict[str, set[str]] = defaultdict(set)
    operations: dict[str, set[str]] = defaultdict(set)
    whole = False
    for rule in current_app.url_map.iter_rules():
        found = PATH.fullmatch(rule.rule)
        if found is None:
            continue
        kind, operation, one, _ = found.groups()
        methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if kind is None:
            whole = whole or "POST" in methods
        elif operation is not None:
            operations[kind].add(operation)
        elif one is not None:
            done[kind] |= {OF_ONE[method] for method in methods}
        elif "GET" in methods:
            done[kind].add("search-type")
    return done, operations, whole


def _resource(kind: Kind, done: set[str], operations: set[str]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "type": kind.name,
        "interaction": [{"code": code} for code in sorted(done)],
        "versioning": _versioning(kind, done),
        "searchParam": [
            {"name": name, "type": one.kind, "documentation": one.about}
            for name, one in parameters_of(kind).items()
        ],
    }
    if kind.profile:
        told["supportedProfile"] = [kind.profile]
    if kind.includes:
        told["searchInclude"] = [f"{kind.name}:{name}" for name in kind.includes]
    if operations:
        told["operation"] = [
            {"name": name, "definition": OPERATIONS[name]} for name in sorted(operations)
        ]
    return told


def _versioning(kind: Kind, done: set[str]) -> str:
    if not kind.versioned:
        return "no-version"
    return "versioned-update" if "update" in done else "versioned"
