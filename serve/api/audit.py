"""The audit: who read or changed what, when and from where."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from apiflask import APIBlueprint
from pydantic import Field
from sqlalchemy import select

from serve.api.call import Call
from serve.api.fields import Day, Identifier, Told
from serve.api.pages import PageIn, PageOut, page
from serve.api.route import route
from serve.clock import day_bounds
from serve.models import AuditEntry, Practice

audit = APIBlueprint("audit", __name__, url_prefix="/api/v1")


class AuditIn(PageIn):
    """Which entries: of a patient, a user, an action, from a first to a last date."""

    patient_id: Identifier | None = None
    user_id: Identifier | None = None
    action: Annotated[str, Field(max_length=60, pattern=r"^[a-z_.]+$")] | None = None
    first: Day | None = None
    last: Day | None = None


class AuditEntryOut(Told):
    """An entry of the audit."""

    id: int
    at: datetime
    user_id: UUID | None
    by: str
    action: str
    subject: str
    subject_id: UUID | None
    patient_id: UUID | None
    address: str
    request_id: str
    details: dict[str, Any]


class AuditOut(PageOut):
    """A page of the audit."""

    items: list[AuditEntryOut]


@route(audit, "GET", "/audit", "audit.read", "Search the audit", query=AuditIn, gives=AuditOut)
def get_audit(call: Call, asked: AuditIn) -> dict[str, Any]:
    """Return a page of the practice's entries, the latest first."""
    query = select(AuditEntry).where(AuditEntry.practice_id == call.practice_id)
    for column in (AuditEntry.patient_id, AuditEntry.user_id, AuditEntry.action):
        value = getattr(asked, column.key)
        if value is not None:
            query = query.where(column == value)
    if asked.first is not None or asked.last is not None:
        zone = call.find(Practice, call.practice_id, "practice.read").zone
        if asked.first is not None:
            query = query.where(AuditEntry.at >= day_bounds(asked.first, asked.first, zone)[0])
        if asked.last is not None:
            query = query.where(AuditEntry.at < day_bounds(asked.last, asked.last, zone)[1])
    call.note("audit_entry", None, asked.patient_id)
    return page(call.session, query, (AuditEntry.id,), asked, latest_first=True)
