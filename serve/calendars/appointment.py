"""One appointment as a file for a calendar program, or to be sent with a mail (RFC 5546)."""

import re
from datetime import datetime
from email.utils import parseaddr
from typing import Literal

from flask import current_app
from icalendar import vCalAddress, vDatetime, vText
from sqlalchemy import select
from sqlalchemy.orm import Session

from serve.calendars.component import calendar
from serve.calendars.revision import revision_of
from serve.calendars.visit import Places, visit_event
from serve.models import Appointment, Patient, Practice, StatusChange

#: Tells a calendar that a visit is, asks a patient to put it down, or calls it off.
Method = Literal["PUBLISH", "REQUEST", "CANCEL"]


def calendar_of(
    session: Session, appointment: Appointment, now: datetime, method: Method = "PUBLISH"
) -> bytes:
    """Return a calendar with an appointment as its one event.

    Whoever keeps its UID sees by its SEQUENCE that it was moved, or called off.

    Parameters
    ----------
    method
        ``CANCEL`` says that it is cancelled, whatever its status.

    Raises
    ------
    Conflict
        If the appointment has no time yet.
    """
    practice = session.get_one(Practice, appointment.practice_id)
    changes = session.scalars(
        select(StatusChange)
        .where(StatusChange.appointment_id == appointment.id)
        .order_by(StatusChange.number)
    ).all()
    made = visit_event(appointment, practice, Places(session), revision_of(appointment, changes))
    # With a method it is the moment at which the file was made (RFC 5545, 3.8.7.2).
    made["dtstamp"] = vDatetime(now)
    made.add("organizer", _organizer(practice), parameters={"CN": practice.name})
    if method == "CANCEL":
        made["status"] = vText("CANCELLED")
    if method != "PUBLISH":
        # Who only publishes names nobody (RFC 5546, 3.2.1).
        patient = session.get_one(Patient, appointment.patient_id)
        given = {"PARTSTAT": "ACCEPTED", "ROLE": "REQ-PARTICIPANT", "RSVP": "FALSE"}
        made.add("attendee", _address(patient.email, patient), parameters=given)
    whole = calendar(practice.zone, [made])
    whole.add("method", method)
    return bytes(whole.to_ical())


def _organizer(practice: Practice) -> vCalAddress:
    """Return where the practice is written to: its own address, or that of the service's mails."""
    settings = current_app.config["SETTINGS"]
    contact = practice.contact
    # Mails are sent as from "Bailey <clinic@example.org>".
    mails = parseaddr(settings.mail_from)[1]
    return _address(contact if re.fullmatch(r"[^@\s]+@[^@\s]+", contact) else mails, practice)


def _address(email: str, of: Practice | Patient) -> vCalAddress:
    """Return the address of an e-mail; where there is none, a name of somebody (RFC 4122)."""
    return vCalAddress(f"mailto:{email}" if email else f"urn:uuid:{of.id}")
