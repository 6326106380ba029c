"""The visit as a file for the patient's calendar, attached to mails."""

from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec

from sqlalchemy.orm import Session

from serve.models import Appointment

#: What a calendar does with the file of each kind of notice that has one (RFC 5546).
METHODS = {"confirmation": "PUBLISH", "change": "PUBLISH", "cancellation": "CANCEL"}
NAME = "appointment.ics"


@dataclass(frozen=True)
class Attachment:
    """A file for a calendar, and what it asks the calendar to do."""

    content: bytes
    method: str


def attachment_for(
    session: Session, appointment: Appointment, kind: str, now: datetime
) -> Attachment | None:
    """Return the file of a visit; None for kinds of notices that need none."""
    method = METHODS.get(kind)
    if method is None or find_spec("serve.calendars") is None:
        return None
    calendar_of = import_module("serve.calendars.appointment").calendar_of
    return Attachment(calendar_of(session, appointment, now, method=method), method)
