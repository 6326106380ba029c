"""Schedule: a session of a provider, on one date, of one type of visit."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from serve.api.call import Call
from serve.fhir import values
from serve.fhir.healthcare_service import HEALTHCARE_SERVICE
from serve.fhir.kinds import Kind, Parameter, others
from serve.fhir.location import LOCATION
from serve.fhir.practice import local, meta, of_service_type, rows_by_id, service_type, zone_of
from serve.fhir.practitioner import PRACTITIONER
from serve.fhir.references import reference
from serve.fhir.serving import serve
from serve.models import ClinicDay, Location, Provider, VisitType


def _rows(call: Call) -> Select[Any]:
    return select(ClinicDay).where(ClinicDay.practice_id == call.practice_id)


def tell_schedules(call: Call, days: Sequence[ClinicDay]) -> list[dict[str, Any]]:
    """Return clinic days as Schedules; who is on leave has none, so each is active or closed."""
    zone = zone_of(call)
    providers = rows_by_id(call, Provider, (day.provider_id for day in days))
    types = rows_by_id(call, VisitType, (day.visit_type_id for day in days))
    locations = rows_by_id(call, Location, (day.location_id for day in days))
    return [
        {
            "resourceType": "Schedule",
            "id": str(day.id),
            "meta": meta(day),
            "active": day.open,
            "serviceType": service_type(types[day.visit_type_id]),
            "actor": [
                reference("Practitioner", day.provider_id, providers[day.provider_id].name),
                reference("Location", day.location_id, locations[day.location_id].name),
                reference("HealthcareService", day.visit_type_id, types[day.visit_type_id].name),
            ],
            "planningHorizon": {
                "start": local(day.starts_at, zone),
                "end": local(day.ends_at, zone),
            },
        }
        for day in days
    ]


def actor(value: str) -> ColumnElement[bool]:
    """Return the condition that a clinic day has an actor."""
    return values.refers(
        value,
        Practitioner=ClinicDay.provider_id,
        Location=ClinicDay.location_id,
        HealthcareService=ClinicDay.visit_type_id,
    )


def day_of_type(value: str) -> ColumnElement[bool]:
    """Return the condition that a clinic day is of a type of visit."""
    return ClinicDay.visit_type_id.in_(select(VisitType.id).where(of_service_type(value)))


def _actors(call: Call, days: Sequence[ClinicDay]) -> list[dict[str, Any]]:
    return [
        *others(call, PRACTITIONER, [day.provider_id for day in days]),
        *others(call, LOCATION, [day.location_id for day in days]),
        *others(call, HEALTHCARE_SERVICE, [day.visit_type_id for day in days]),
    ]


SCHEDULE = Kind(
    name="Schedule",
    model=ClinicDay,
    argument="uuid:clinic_day_id",
    action="seat.search",
    rows=_rows,
    order=(ClinicDay.starts_at, ClinicDay.id),
    tell=tell_schedules,
    parameters={
        "actor": Parameter("reference", "whose it is", lambda call, value, _: actor(value)),
        "date": Parameter(
            "date",
            "when it is",
            lambda call, value, _: values.when(
                "date", value, zone_of(call), ClinicDay.starts_at, ClinicDay.ends_at
            ),
        ),
        "service-type": Parameter(
            "token", "for which visits", lambda call, value, _: day_of_type(value)
        ),
        "active": Parameter(
            "token",
            "whether it is open",
            lambda call, value, _: ClinicDay.open.is_(values.flag("active", value)),
        ),
    },
    includes={"actor": _actors},
)
serve(SCHEDULE)
