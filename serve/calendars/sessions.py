"""A provider's session, and what is booked in it: how many and when, and never who."""

from collections.abc import Sequence
from datetime import datetime

from icalendar import Event

from serve.calendars.component import event
from serve.calendars.revision import Revision, shown
from serve.calendars.visit import Places, times_of
from serve.models import Appointment, ClinicDay

#: After an identifier, what the events of a session and of one booking in it are called. A booking
#: has another name here than in its patient's calendar, which tells something else of it.
SESSION, BOOKED = "session.bailey", "booked.bailey"


def session_event(
    day: ClinicDay, found: Sequence[Appointment], zone: str, places: Places, at: datetime
) -> Event:
    """Return the event of a session with the number of its bookings.

    Parameters
    ----------
    found
        Its appointments, those that were cancelled among them.
    at
        When it, or one of them, was changed last.
    """
    made = event(f"{day.id}@{SESSION}", day.starts_at, day.ends_at, zone, day.version - 1, at)
    booked = sum(shown(one.status) != "CANCELLED" for one in found)
    made.add("status", "CONFIRMED")
    made.add("transp", "OPAQUE")
    made.add("summary", f"{booked} booked" + ("" if day.open else ", closed"))
    made.add("location", places.of(day))
    return made


def booked_event(appointment: Appointment, zone: str, revision: Revision) -> Event:
    """Return the event of a booking: its time, and that it is one."""
    starts_at, ends_at = times_of(appointment)
    uid = f"{appointment.id}@{BOOKED}"
    made = event(uid, starts_at, ends_at, zone, revision.sequence, revision.at)
    made.add("status", shown(appointment.status))
    # The session as a whole keeps the provider busy.
    made.add("transp", "TRANSPARENT")
    made.add("summary", "Booked")
    return made
