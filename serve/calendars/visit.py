"""A visit as an event of its patient's calendar: when, where and with which practice, no more."""

from datetime import datetime
from uuid import UUID

from icalendar import Event
from sqlalchemy.orm import Session

from serve.calendars.component import event
from serve.calendars.revision import Revision, shown
from serve.errors import Conflict
from serve.models import Appointment, ClinicDay, Location, Practice, Resource

#: After an appointment's identifier, what its event is called.
VISIT = "visit.bailey"


class Places:
    """Where sessions are held, in words; each place is read once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[tuple[UUID, UUID | None], str] = {}

    def of(self, day: ClinicDay) -> str:
        """Return location, address and room of a session."""
        key = (day.location_id, day.room_id)
        if key not in self._known:
            location = self._session.get_one(Location, day.location_id)
            room = None if day.room_id is None else self._session.get(Resource, day.room_id)
            parts = [location.name, location.address, "" if room is None else room.name]
            self._known[key] = ", ".join(part for part in parts if part)
        return self._known[key]


def visit_event(
    appointment: Appointment, practice: Practice, places: Places, revision: Revision
) -> Event:
    """Return the event of an appointment; nothing in it tells what the visit is for.

    Raises
    ------
    Conflict
        If the appointment has no time yet.
    """
    starts_at, ends_at = times_of(appointment)
    made = event(
        f"{appointment.id}@{VISIT}", starts_at, ends_at, practice.zone,
        revision.sequence, revision.at,
    )  # fmt: skip
    status = shown(appointment.status)
    made.add("created", appointment.created_at)
    made.add("status", status)
    made.add("transp", "TRANSPARENT" if status == "CANCELLED" else "OPAQUE")
    made.add("summary", practice.name)
    if appointment.seat is not None:
        made.add("location", places.of(appointment.seat.clinic_day))
    if practice.contact:
        made.add("contact", practice.contact)
    return made


def times_of(appointment: Appointment) -> tuple[datetime, datetime]:
    """Return when an appointment begins and ends; raise `Conflict` if that is not known yet."""
    if appointment.starts_at is None or appointment.ends_at is None:
        raise Conflict("The appointment has no time yet.", "no_time")
    return appointment.starts_at, appointment.ends_at
