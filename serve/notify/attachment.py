"""The visit as a file for the patient's calendar, attached to mails."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from serve.calendars.appointment import Method, calendar_of
from serve.models import Appointment

#: What a calendar does with the file of each kind of notice that has one (RFC 5546).
METHODS: Mapping[str, Method] = {
    "confirmation": "PUBLISH",
    "change": "PUBLISH",
    "cancellation": "CANCEL",
}
NAME = "appointment.ics"


@dataclass(frozen=True)
class Attachment:
    """A file for a calendar, and what it asks the calendar to do."""

    content: bytes
    method: Method


def attachment_for(
    session: Session, appointment: Appointment, kind: str, now: datetime
) -> Attachment | None:
    """Return the file of a visit; None for kinds of notices that need none."""
    method = METHODS.get(kind)
    if method is None:
        return None
    return Attachment(calendar_of(session, appointment, now, method=method), method)
