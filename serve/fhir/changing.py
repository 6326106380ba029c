"""An appointment that is there, changed by PUT or PATCH: another slot, another status."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from serve.api.booking_access import who_changes
from serve.api.call import Call
from serve.api.route import route
from serve.booking import holding
from serve.booking.status import step
from serve.fhir.appointment import tell_appointment
from serve.fhir.booking import cancel, move, to_change
from serve.fhir.codes import CODES
from serve.fhir.dialect import FHIR, JSON_PATCH, Patch, Resource, fhir, resource
from serve.fhir.json_patch import patched
from serve.fhir.outcome import Issue, NotTaken
from serve.fhir.serving import date_headers
from serve.fhir.statuses import STEP_TO, by_patient
from serve.fhir.target import patient_of, seat_of
from serve.fhir.validation import checked
from serve.models import Appointment

APPOINTMENT = resource("Appointment")
#: Elements that follow from others, or are looked at on their own.
FOLLOW = (
    "resourceType", "id", "meta", "text", "status", "cancelationReason", "slot", "participant",
    "start", "end", "minutesDuration", "requestedPeriod", "created", "extension",
)  # fmt: skip


@route(
    fhir, "PUT", "/Appointment/<uuid:appointment_id>", "appointment.change",
    "Change an appointment", takes=Resource, gives=APPOINTMENT, dialect=FHIR,
    example={
        "resourceType": "Appointment", "status": "cancelled",
        "participant": [{"status": "declined"}],
    },
)  # fmt: skip
def put_appointment(call: Call, appointment_id: UUID, given: Resource) -> dict[str, Any]:
    """Give an appointment another slot or status; what is left out stays."""
    found = call.find_to_change(Appointment, appointment_id)
    return _changed(call, found, given.model_dump())


@route(
    fhir, "PATCH", "/Appointment/<uuid:appointment_id>", "appointment.change",
    "Change an appointment by a JSON Patch", takes=Patch, gives=APPOINTMENT, dialect=FHIR,
    takes_media=JSON_PATCH,
    example=[{"op": "replace", "path": "/status", "value": "cancelled"}],
)  # fmt: skip
def patch_appointment(call: Call, appointment_id: UUID, given: Patch) -> dict[str, Any]:
    """Give an appointment another slot or status by a JSON Patch."""
    found = call.find_to_change(Appointment, appointment_id)
    return _changed(call, found, patched(tell_appointment(call, found), given.root))


def _changed(call: Call, found: Appointment, sent: dict[str, Any]) -> dict[str, Any]:
    before = tell_appointment(call, found)
    wanted = checked(sent, "Appointment")
    _check_kept(call, found, before, wanted)
    status = str(wanted["status"])
    seat_id = seat_of(wanted, "Appointment")
    cancelled = status == "cancelled" and before["status"] != "cancelled"
    if seat_id is not None and seat_id != found.seat_id and not cancelled:
        move(call, found, seat_id)
    if status != tell_appointment(call, found)["status"]:
        _step(call, found, status, wanted)
    told = tell_appointment(call, found)
    date_headers(call, told)
    return told


def _check_kept(
    call: Call, found: Appointment, before: Mapping[str, Any], wanted: dict[str, Any]
) -> None:
    """Refuse changes of what is not changed here, rather than leave them out."""
    issues = []
    if wanted.get("id", before["id"]) != before["id"]:
        issues.append(Issue("invalid", "must be that of the address", "Appointment.id"))
    for name, value in wanted.items():
        if name not in FOLLOW and value != before.get(name):
            message = "must be as it is: slot and status alone are changed here"
            issues.append(Issue("business-rule", message, f"Appointment.{name}"))
    same_slot = wanted.get("slot", before.get("slot")) == before.get("slot")
    for name in ("start", "end"):
        if same_slot and wanted.get(name, before.get(name)) != before.get(name):
            message = "must be that of the slot: name another slot to move the appointment"
            issues.append(Issue("business-rule", message, f"Appointment.{name}"))
    if patient_of(call, wanted, "Appointment") not in (None, found.patient_id):
        message = "must be the patient whose appointment it is"
        issues.append(Issue("business-rule", message, "Appointment.participant"))
    if issues:
        raise NotTaken(issues)


def _step(call: Call, found: Appointment, status: str, wanted: Mapping[str, Any]) -> None:
    step_to = STEP_TO.get(status)
    if step_to is None:
        allowed = ", ".join(code for code in CODES["Appointment.status"] if code in STEP_TO)
        message = f"must be one of {allowed}, or as it is"
        raise NotTaken([Issue("business-rule", message, "Appointment.status")])
    if step_to == "cancelled":
        cancel(call, found, by_patient(wanted))
    elif step_to == "booked":
        within = to_change(call, found, "appointment.book")
        holding.confirm(call.session, found, call.now, who_changes(within, found))
    else:
        within = to_change(call, found, "appointment.attend")
        step(call.session, found, step_to, call.now, who_changes(within, found))
