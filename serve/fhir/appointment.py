"""Appointment: a visit that is planned, held, booked, and what became of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from serve.api.appointments import seen
from serve.api.call import Call
from serve.fhir import values
from serve.fhir.codes import CODES
from serve.fhir.identifiers import external, of_external
from serve.fhir.kinds import Kind, Parameter, others
from serve.fhir.location import LOCATION
from serve.fhir.patient import PATIENT, with_identifier
from serve.fhir.practice import (
    instant,
    local,
    meta,
    of_service_type,
    rows_by_id,
    service_type,
    zone_of,
)
from serve.fhir.practitioner import PRACTITIONER
from serve.fhir.references import reference
from serve.fhir.serving import serve
from serve.fhir.slot import SLOT
from serve.fhir.statuses import SAID, STATUS_OF, STATUSES, has_status, status_now, why_cancelled
from serve.models import (
    Appointment,
    ClinicDay,
    Location,
    Patient,
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


def _last_change() -> Any:
    query = select(func.max(StatusChange.created_at))
    return query.where(StatusChange.appointment_id == Appointment.id).scalar_subquery()


def _changed(call: Call, identifiers: Sequence[UUID]) -> dict[UUID, datetime]:
    query = (
        select(StatusChange.appointment_id, func.max(StatusChange.created_at))
        .where(StatusChange.appointment_id.in_(identifiers))
        .group_by(StatusChange.appointment_id)
    )
    return {one: moment for one, moment in call.session.execute(query)}


def _of_status(call: Call, value: str, modifier: str) -> ColumnElement[bool]:
    codes = CODES["Appointment.status"]
    return has_status(values.code_of("status", value, STATUSES, codes), call.now)


def _actor(value: str) -> ColumnElement[bool]:
    return values.refers(
        value,
        Patient=Appointment.patient_id,
        Practitioner=ClinicDay.provider_id,
        Location=ClinicDay.location_id,
        HealthcareService=Appointment.visit_type_id,
    )


def _date(call: Call, value: str, modifier: str) -> ColumnElement[bool]:
    begins: Any = Appointment.starts_at
    return values.when("date", value, zone_of(call), begins)


def _of_type(call: Call, value: str, modifier: str) -> ColumnElement[bool]:
    types = select(VisitType.id).where(of_service_type(value))
    return Appointment.visit_type_id.in_(types)


def _patient_identified(call: Call, value: str, modifier: str) -> ColumnElement[bool]:
    return Appointment.patient_id.in_(select(Patient.id).where(with_identifier(value)))


def _provider_identified(call: Call, value: str, modifier: str) -> ColumnElement[bool]:
    identified = select(Provider.id).where(of_external(Provider.external_id, value))
    return ClinicDay.provider_id.in_(identified)


def _actors(call: Call, rows: Sequence[Appointment]) -> list[dict[str, Any]]:
    return [*_patients(call, rows), *_providers(call, rows), *_locations(call, rows)]


def _patients(call: Call, rows: Sequence[Appointment]) -> list[dict[str, Any]]:
    return others(call, PATIENT, [one.patient_id for one in rows])


def _providers(call: Call, rows: Sequence[Appointment]) -> list[dict[str, Any]]:
    return others(call, PRACTITIONER, [one.provider_id for one in rows])


def _locations(call: Call, rows: Sequence[Appointment]) -> list[dict[str, Any]]:
    seats = [one.seat for one in rows if one.seat is not None]
    return others(call, LOCATION, [seat.clinic_day.location_id for seat in seats])


def _slots(call: Call, rows: Sequence[Appointment]) -> list[dict[str, Any]]:
    return others(call, SLOT, [one.seat_id for one in rows])


APPOINTMENT = Kind(
    name="Appointment",
    model=Appointment,
    argument="uuid:appointment_id",
    action="appointment.read",
    rows=seen,
    order=(Appointment.created_at, Appointment.id),
    tell=tell_appointments,
    parameters={
        "actor": Parameter("reference", "who takes part", lambda call, value, _: _actor(value)),
        "date": Parameter("date", "when it begins", _date),
        "identifier": Parameter(
            "token",
            "what another system calls it",
            lambda call, value, _: of_external(Appointment.external_id, value),
        ),
        "location": Parameter(
            "reference",
            "where it is",
            lambda call, value, _: values.refers(value, Location=ClinicDay.location_id),
        ),
        "patient": Parameter(
            "reference",
            "whose it is",
            lambda call, value, _: values.refers(value, Patient=Appointment.patient_id),
        ),
        "patient.identifier": Parameter(
            "token", "what another system calls the patient", _patient_identified
        ),
        "practitioner": Parameter(
            "reference",
            "with whom it is",
            lambda call, value, _: values.refers(value, Practitioner=ClinicDay.provider_id),
        ),
        "practitioner.identifier": Parameter(
            "token", "what another system calls the provider", _provider_identified
        ),
        "service-type": Parameter("token", "for which visit", _of_type),
        "slot": Parameter(
            "reference",
            "which seat it has",
            lambda call, value, _: values.refers(value, Slot=Appointment.seat_id),
        ),
        "status": Parameter("token", "what became of it", _of_status),
        "_lastUpdated": Parameter(
            "date",
            "when it was last changed",
            lambda call, value, _: values.when(
                "_lastUpdated", value, zone_of(call), _last_change()
            ),
        ),
    },
    includes={
        "actor": _actors,
        "patient": _patients,
        "practitioner": _providers,
        "location": _locations,
        "slot": _slots,
    },
    profile="https://profiles.ihe.net/ITI/Scheduling/StructureDefinition/ihe-sched-appt",
)
serve(APPOINTMENT)
