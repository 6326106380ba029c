"""Location: a building of the practice."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, or_, select

from serve.api.call import Call
from serve.fhir import values
from serve.fhir.kinds import Kind, Parameter
from serve.fhir.practice import meta
from serve.fhir.serving import serve
from serve.models import Location


def _rows(call: Call) -> Select[Any]:
    return select(Location).where(Location.practice_id == call.practice_id)


def tell_locations(call: Call, locations: Sequence[Location]) -> list[dict[str, Any]]:
    """Return buildings as Locations."""
    return [
        {
            "resourceType": "Location",
            "id": str(one.id),
            "meta": meta(one),
            "status": "active",
            "name": one.name,
            "mode": "instance",
            **({"address": {"text": one.address}} if one.address.strip() else {}),
        }
        for one in locations
    ]


def at_address(value: str) -> Any:
    """Return the condition that a name or an address has a text in it."""
    return or_(
        values.begins_with(Location.name, value, "contains"),
        values.begins_with(Location.address, value, "contains"),
    )


LOCATION = Kind(
    name="Location",
    model=Location,
    argument="uuid:location_id",
    action="location.read",
    rows=_rows,
    order=(Location.name, Location.id),
    tell=tell_locations,
    parameters={
        "name": Parameter(
            "string",
            "how a word of the name begins",
            lambda call, value, modifier: values.begins_with(Location.name, value, modifier),
            ("exact", "contains"),
        ),
        "address": Parameter(
            "string", "what the address has in it", lambda call, value, _: at_address(value)
        ),
    },
)
serve(LOCATION)
