"""Appointments by whose they are, when, and what became of them (IHE ITI-118)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select

from serve.api.appointments import seen
from serve.api.call import Call
from serve.fhir import values
from serve.fhir.appointment import tell_appointments
from serve.fhir.codes import CODES
from serve.fhir.identifiers import of_external
from serve.fhir.kinds import Kind, Parameter, others
from serve.fhir.location import LOCATION
from serve.fhir.patient import PATIENT, with_identifier
from serve.fhir.practice import of_service_type, zone_of
from serve.fhir.practitioner import PRACTITIONER
from serve.fhir.serving import serve
from serve.fhir.slot import SLOT
from serve.fhir.statuses import STATUSES, has_status
from serve.models import Appointment, ClinicDay, Patient, Provider, StatusChange, VisitType


def _last_change() -> Any:
    query = select(func.max(StatusChange.created_at))
    return query.where(StatusChange.appointment_id == Appointment.id).scalar_subquery()


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
