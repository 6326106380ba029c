"""Appointment: a visit that is planned, held, booked, and what became of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from serve.api.call import Call
from serve.fhir.identifiers import external
from serve.fhir.practice import (
    instant,
    local,
    meta,
    rows_by_id,
    service_type,
    zone_of,
)
from serve.fhir.references import reference
from serve.fhir.statuses import SAID, STATUS_OF, status_now, why_cancelled
from serve.models import (
    Appointment,
    Location,
    Provider,
    StatusChange,
    VisitType,
)

#: Until when a pending appointment keeps its seat, for which R4 has no element.
HELD_UNTIL = "urn:bailey:held-until"
WALK_IN = {
    "coding": [
        {
            "system": "http://terminology.hl7.org/CodeSystem/v2-0276",
            "code": "WALKIN",
            "display": "A previously unscheduled walk-in visit",
        }
    ]
}


def tell_appointments(call: Call, appointments: Sequence[Appointment]) -> list[dict[str, Any]]:
    """Return appointments as Appointments."""
    zone = zone_of(call)
    days = [one.seat.clinic_day for one in appointments if one.seat is not None]
    types = rows_by_id(call, VisitType, (one.visit_type_id for one in appointments))
    providers = rows_by_id(call, Provider, (day.provider_id for day in days))
    locations = rows_by_id(call, Location, (day.location_id for day in days))
    changed = _changed(call, [one.id for one in appointments])
    return [
        _told(
            one,
            types[one.visit_type_id],
            None if one.provider_id is None else providers[one.provider_id],
            None if one.seat is None else locations[one.seat.clinic_day.location_id],
            changed.get(one.id, one.created_at),
            zone,
            call.now,
        )
        for one in appointments
    ]


def tell_appointment(call: Call, one: Appointment) -> dict[str, Any]:
    """Return an appointment as it is after what was done to it."""
    call.session.flush()
    return tell_appointments(call, [one])[0]


def participants(
    patient_id: UUID | None, provider: Provider | None, location: Location | None, status: str
) -> list[dict[str, Any]]:
    """Return who takes part, and what each has said."""
    patient_said, practice_said = SAID.get(status, ("accepted", "accepted"))
    found = []
    if patient_id is not None:
        found.append({"actor": reference("Patient", patient_id), "status": patient_said})
    if provider is not None:
        told = reference("Practitioner", provider.id, provider.name)
        found.append({"actor": told, "status": practice_said})
    if location is not None:
        told = reference("Location", location.id, location.name)
        found.append({"actor": told, "status": "accepted"})
    return found


def _told(
    one: Appointment,
    visit_type: VisitType,
    provider: Provider | None,
    location: Location | None,
    changed: datetime,
    zone: str,
    now: datetime,
) -> dict[str, Any]:
    status = status_now(one, now)
    told: dict[str, Any] = {
        "resourceType": "Appointment",
        "id": str(one.id),
        "meta": meta(one, changed),
        **external(one.external_id),
        "status": STATUS_OF[status],
        **why_cancelled(status),
        "serviceType": service_type(visit_type),
        "created": instant(one.created_at),
        "participant": participants(one.patient_id, provider, location, status),
    }
    if status == "held" and one.held_until is not None:
        until = {"url": HELD_UNTIL, "valueInstant": local(one.held_until, zone)}
        told["extension"] = [until]
    if one.walk_in:
        told["appointmentType"] = WALK_IN
    if one.starts_at is not None and one.ends_at is not None:
        told |= times(one.starts_at, one.ends_at, zone)
    if one.seat_id is not None:
        told["slot"] = [reference("Slot", one.seat_id)]
    return told


def times(starts_at: datetime, ends_at: datetime, zone: str) -> dict[str, Any]:
    """Return from when until when an appointment is."""
    period = {"start": local(starts_at, zone), "end": local(ends_at, zone)}
    minutes = max(round((ends_at - starts_at).total_seconds() / 60), 1)
    return {**period, "minutesDuration": minutes, "requestedPeriod": [period]}


def _changed(call: Call, identifiers: Sequence[UUID]) -> dict[UUID, datetime]:
    query = (
        select(StatusChange.appointment_id, func.max(StatusChange.created_at))
        .where(StatusChange.appointment_id.in_(identifiers))
        .group_by(StatusChange.appointment_id)
    )
    return {one: moment for one, moment in call.session.execute(query)}
