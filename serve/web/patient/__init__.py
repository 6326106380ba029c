"""The pages of the patient."""

from serve.web.area import Area, Entry
from serve.web.patient import calendar, data, find, moving, offers, visits, waiting, wishes
from serve.web.patient.blueprint import pages
from serve.web.texts import marked

__all__ = ["calendar", "data", "find", "moving", "offers", "visits", "waiting", "wishes"]

AREA = Area(
    "patient",
    marked("My visits"),
    pages,
    menu=(
        Entry(marked("My visits"), "patient.visits", "appointment.read"),
        Entry(marked("Find a time"), "patient.find", "appointment.book"),
        Entry(marked("Waiting list"), "patient.waiting_list", "waitlist.read"),
        Entry(marked("Preferences"), "patient.preferences", "patient.read"),
        Entry(marked("Calendar"), "patient.calendar", "calendar_feed.read"),
        Entry(marked("My data"), "patient.data", "patient.export"),
    ),
)
