"""The endpoints of a kind of resource: read one, and search it by address or by form."""

from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from flask import request

from serve.api.call import Call
from serve.api.route import route
from serve.errors import NotFound
from serve.fhir.dialect import FHIR, fhir, resource
from serve.fhir.kinds import KINDS, OF_PATIENTS, Kind
from serve.fhir.search import CONTROLS, parameters_of, searched

#: Largest number of a row.
LARGEST = 2**62
#: What a page of resources is.
BUNDLE = resource("Bundle")


def serve(kind: Kind) -> None:
    """Let a kind of resource be read and searched."""
    KINDS[kind.name] = kind
    parameters = described(kind)
    given = kind.argument.rpartition(":")[2]
    by_address = route(
        fhir, "GET", f"/{kind.name}", kind.action, f"Search {kind.name}",
        gives=BUNDLE, dialect=FHIR, parameters=parameters,
    )  # fmt: skip
    by_form = route(
        fhir, "POST", f"/{kind.name}/_search", kind.action, f"Search {kind.name} by a form",
        gives=BUNDLE, dialect=FHIR, parameters=parameters, effect="computes",
    )  # fmt: skip
    one = route(
        fhir, "GET", f"/{kind.name}/<{kind.argument}>", kind.action, f"Read a {kind.name}",
        gives=resource(kind.name), dialect=FHIR,
    )  # fmt: skip

    def search(call: Call) -> dict[str, Any]:
        return searched(call, kind, request.args.items(multi=True))

    def search_by_form(call: Call) -> dict[str, Any]:
        both = [*request.args.items(multi=True), *request.form.items(multi=True)]
        return searched(call, kind, both)

    def read(call: Call, **path: Any) -> dict[str, Any]:
        return read_one(call, kind, path[given])

    for view, make in ((search, by_address), (search_by_form, by_form), (read, one)):
        view.__name__ = f"{view.__name__}_{kind.name.lower()}"
        make(view)


def read_one(call: Call, kind: Kind, identifier: Any) -> dict[str, Any]:
    """Return a resource; raise `NotFound` if there is none for whoever asks."""
    if isinstance(identifier, int) and identifier > LARGEST:
        # No database has so large a number.
        raise NotFound(kind.name)
    column = kind.model.id  # type: ignore[attr-defined]
    row = call.session.scalar(kind.rows(call).where(column == identifier))
    if row is None:
        raise NotFound(kind.name)
    if kind.name in OF_PATIENTS:
        call.saw(row)
    told = kind.tell(call, [row])[0]
    date_headers(call, told)
    return told


def date_headers(call: Call, told: Mapping[str, Any]) -> None:
    """Say when a resource was last changed, where that is known."""
    changed = told.get("meta", {}).get("lastUpdated")
    if changed:
        moment = datetime.fromisoformat(changed)
        call.headers["Last-Modified"] = format_datetime(moment, usegmt=True)


def described(kind: Kind) -> list[dict[str, Any]]:
    """Return the search parameters of a kind as OpenAPI describes them."""
    told = {name: one.about for name, one in parameters_of(kind).items()}
    told.update(CONTROLS)
    return [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": about,
            "schema": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
        }
        for name, about in told.items()
    ]
