"""HealthcareService: a type of visit that the practice offers."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select

from serve.api.call import Call
from serve.fhir import values
from serve.fhir.kinds import Kind, Parameter
from serve.fhir.practice import meta, of_service_type, service_type
from serve.fhir.serving import serve
from serve.models import VisitType


def _rows(call: Call) -> Select[Any]:
    return select(VisitType).where(VisitType.practice_id == call.practice_id)


def tell_services(call: Call, types: Sequence[VisitType]) -> list[dict[str, Any]]:
    """Return types of visits as HealthcareServices."""
    return [
        {
            "resourceType": "HealthcareService",
            "id": str(one.id),
            "meta": meta(one),
            "active": one.active,
            "type": service_type(one),
            "name": one.name,
            "appointmentRequired": True,
        }
        for one in types
    ]


HEALTHCARE_SERVICE = Kind(
    name="HealthcareService",
    model=VisitType,
    argument="uuid:visit_type_id",
    action="visit_type.read",
    rows=_rows,
    order=(VisitType.name, VisitType.id),
    tell=tell_services,
    parameters={
        "name": Parameter(
            "string",
            "how a word of the name begins",
            lambda call, value, modifier: values.begins_with(VisitType.name, value, modifier),
            ("exact", "contains"),
        ),
        "service-type": Parameter(
            "token", "which visits they are", lambda call, value, _: of_service_type(value)
        ),
        "active": Parameter(
            "token",
            "whether such visits are booked",
            lambda call, value, _: VisitType.active.is_(values.flag("active", value)),
        ),
    },
)
serve(HEALTHCARE_SERVICE)
