"""The pages of the front desk."""

from serve.web.area import Area, Entry
from serve.web.front_desk import book, patients, today, waiting
from serve.web.front_desk.blueprint import pages
from serve.web.texts import marked

__all__ = ["book", "patients", "today", "waiting"]

AREA = Area(
    "front_desk",
    marked("Front desk"),
    pages,
    menu=(
        Entry(marked("Day list"), "front_desk.today", "appointment.attend"),
        Entry(marked("Book"), "front_desk.book", "appointment.book"),
        Entry(marked("Walk-in"), "front_desk.walk_in", "walk_in.register"),
        Entry(marked("Patients"), "front_desk.patients", "patient.read"),
        Entry(marked("Waiting list"), "front_desk.waiting_list", "waitlist.read"),
        Entry(marked("Messages"), "front_desk.messages", "message.read"),
    ),
)
