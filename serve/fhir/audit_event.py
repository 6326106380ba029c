"""AuditEvent: who read or changed what, when and from where."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, select

from serve.api.call import Call
from serve.fhir import values
from serve.fhir.kinds import Kind, Parameter
from serve.fhir.practice import instant, zone_of
from serve.fhir.references import reference
from serve.fhir.serving import serve
from serve.models import AuditEntry

ACTIONS, SUBJECTS, USERS = "urn:bailey:action", "urn:bailey:row", "urn:bailey:user"
REST = {
    "system": "http://terminology.hl7.org/CodeSystem/audit-event-type",
    "code": "rest",
    "display": "RESTful Operation",
}
#: What an action is in R4's words, by its last word; the others are done.
DOES: Mapping[str, str] = {
    "read": "R",
    "search": "R",
    "export": "R",
    "create": "C",
    "add": "C",
    "book": "C",
    "request": "C",
    "register": "C",
    "change": "U",
    "attend": "U",
    "undo": "U",
    "erase": "D",
}
#: Rows that are resources here, by their table.
RESOURCES: Mapping[str, str] = {
    "appointment": "Appointment",
    "patient": "Patient",
    "seat": "Slot",
    "clinic_day": "Schedule",
    "provider": "Practitioner",
}


def _rows(call: Call) -> Select[Any]:
    # Reading the audit is in the audit too.
    call.note("audit_entry", None)
    return select(AuditEntry).where(AuditEntry.practice_id == call.practice_id)


def tell_audit(call: Call, entries: Sequence[AuditEntry]) -> list[dict[str, Any]]:
    """Return entries of the audit as AuditEvents."""
    return [_told(one) for one in entries]


def _told(one: AuditEntry) -> dict[str, Any]:
    who = str(one.user_id) if one.user_id is not None else one.by
    agent: dict[str, Any] = {
        "who": {"identifier": {"system": USERS, "value": who}},
        "requestor": True,
    }
    if one.address:
        agent["network"] = {"address": one.address, "type": "2"}
    told: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "id": str(one.id),
        "type": REST,
        "subtype": [{"system": ACTIONS, "code": one.action}],
        "action": DOES.get(one.action.rpartition(".")[2], "E"),
        "recorded": instant(one.at),
        "outcome": "0",
        "agent": [agent],
        "source": {"observer": {"display": "Bailey"}},
    }
    entities = []
    if one.patient_id is not None:
        entities.append({"what": reference("Patient", one.patient_id)})
    if one.subject and one.subject_id is not None and one.subject_id != one.patient_id:
        kind = RESOURCES.get(one.subject)
        row = {"identifier": {"system": f"{SUBJECTS}:{one.subject}", "value": str(one.subject_id)}}
        entities.append({"what": reference(kind, one.subject_id) if kind else row})
    if entities:
        told["entity"] = entities
    return told


AUDIT_EVENT = Kind(
    name="AuditEvent",
    model=AuditEntry,
    argument="int:audit_entry_id",
    action="audit.read",
    rows=_rows,
    order=(AuditEntry.id,),
    tell=tell_audit,
    parameters={
        "date": Parameter(
            "date",
            "when it was",
            lambda call, value, _: values.when("date", value, zone_of(call), AuditEntry.at),
        ),
        "patient": Parameter(
            "reference",
            "whose data they were",
            lambda call, value, _: values.refers(value, Patient=AuditEntry.patient_id),
        ),
        "subtype": Parameter(
            "token",
            "what was done",
            lambda call, value, _: AuditEntry.action == values.token(value)[1],
        ),
    },
    versioned=False,
    # Reading on adds entries, which come before the first page and not after the last.
    latest_first=True,
)
serve(AUDIT_EVENT)
