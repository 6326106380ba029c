"""The pages of the provider."""

from serve.web.area import Area, Entry
from serve.web.provider import calendar, day, walk_in, week
from serve.web.provider.blueprint import pages
from serve.web.texts import marked

__all__ = ["calendar", "day", "walk_in", "week"]

AREA = Area(
    "provider",
    marked("My clinic"),
    pages,
    menu=(
        Entry(marked("My day"), "provider.today", "live.read"),
        Entry(marked("My week"), "provider.week", "clinic_day.read"),
        Entry(marked("Walk-in"), "provider.walk_in", "walk_in.register"),
        Entry(marked("Availability"), "provider.availability", "availability.read"),
        Entry(marked("Calendar"), "provider.calendar", "calendar_feed.read"),
    ),
)
