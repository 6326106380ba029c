"""Practitioner: a provider of the practice."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select

from serve.api.call import Call
from serve.fhir import values
from serve.fhir.identifiers import external, of_external
from serve.fhir.kinds import Kind, Parameter
from serve.fhir.practice import meta
from serve.fhir.serving import serve
from serve.models import Provider


def _rows(call: Call) -> Select[Any]:
    return select(Provider).where(Provider.practice_id == call.practice_id)


def tell_practitioners(call: Call, providers: Sequence[Provider]) -> list[dict[str, Any]]:
    """Return providers as Practitioners."""
    return [
        {
            "resourceType": "Practitioner",
            "id": str(one.id),
            "meta": meta(one),
            **external(one.external_id),
            "active": one.active,
            "name": [{"text": one.name}],
        }
        for one in providers
    ]


PRACTITIONER = Kind(
    name="Practitioner",
    model=Provider,
    argument="uuid:provider_id",
    action="provider.read",
    rows=_rows,
    order=(Provider.name, Provider.id),
    tell=tell_practitioners,
    parameters={
        "name": Parameter(
            "string",
            "how a word of the name begins",
            lambda call, value, modifier: values.begins_with(Provider.name, value, modifier),
            ("exact", "contains"),
        ),
        "identifier": Parameter(
            "token",
            "what another system calls the provider",
            lambda call, value, _: of_external(Provider.external_id, value),
        ),
        "active": Parameter(
            "token",
            "whether the provider takes bookings",
            lambda call, value, _: Provider.active.is_(values.flag("active", value)),
        ),
    },
)
serve(PRACTITIONER)
