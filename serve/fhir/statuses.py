"""The status of an appointment in R4's words, and back."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, not_, or_

from serve.models import Appointment

#: What each status here is in R4; nothing here is ever entered in error, or waits as an
#: appointment: who waits has an entry of the waiting list.
STATUS_OF: Mapping[str, str] = {
    "requested": "proposed",
    "held": "pending",
    "booked": "booked",
    "arrived": "arrived",
    "in_consultation": "checked-in",
    "completed": "fulfilled",
    "no_show": "noshow",
    "cancelled_by_patient": "cancelled",
    "cancelled_by_practice": "cancelled",
    "expired": "cancelled",
}
#: To which status here one of R4 leads; ``cancelled`` depends on who cancels.
STEP_TO: Mapping[str, str] = {
    "booked": "booked",
    "arrived": "arrived",
    "checked-in": "in_consultation",
    "fulfilled": "completed",
    "noshow": "no_show",
    "cancelled": "cancelled",
}
STATUSES = "http://hl7.org/fhir/appointmentstatus"
WHY = "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason"
#: Why an appointment was cancelled.
REASON_OF: Mapping[str, tuple[str, str]] = {
    "cancelled_by_patient": ("pat", "Patient"),
    "cancelled_by_practice": ("prov", "Provider"),
    "expired": ("other", "The hold ran out"),
}
#: What patient and practice have said, by the status here: a participant's status each.
SAID: Mapping[str, tuple[str, str]] = {
    "requested": ("accepted", "needs-action"),
    "held": ("tentative", "accepted"),
    "cancelled_by_patient": ("declined", "accepted"),
    "cancelled_by_practice": ("accepted", "declined"),
    "expired": ("declined", "accepted"),
}


def status_now(appointment: Appointment, now: datetime) -> str:
    """Return the status here: a hold that ran out has expired, swept or not."""
    until = appointment.held_until
    if appointment.status == "held" and until is not None and until <= now:
        return "expired"
    return appointment.status


def has_status(code: str | None, now: datetime) -> ColumnElement[bool]:
    """Return the condition that an appointment has a status of R4."""
    over = and_(Appointment.status == "held", Appointment.held_until <= now)
    ours = [status for status, theirs in STATUS_OF.items() if theirs == code]
    if not ours:
        return false()
    found = and_(Appointment.status.in_(ours), not_(over))
    return or_(found, over) if code == "cancelled" else found


def why_cancelled(status: str) -> dict[str, Any]:
    """Return the element that says why an appointment was cancelled; nothing if it was not."""
    if status not in REASON_OF:
        return {}
    code, display = REASON_OF[status]
    return {"cancelationReason": {"coding": [{"system": WHY, "code": code, "display": display}]}}


def by_patient(resource: Mapping[str, Any]) -> bool:
    """Return whether a cancellation that was sent is the patient's wish."""
    codings: Sequence[Mapping[str, Any]] = resource.get("cancelationReason", {}).get("coding", ())
    return any(
        one.get("system") == WHY and str(one.get("code", "")).startswith("pat") for one in codings
    )
