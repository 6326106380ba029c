"""The pages of the administrator."""

from serve.web.administrator import optimising, sessions, templates
from serve.web.administrator.blueprint import pages
from serve.web.area import Area, Entry
from serve.web.texts import marked

__all__ = ["optimising", "sessions", "templates"]

AREA = Area(
    "administrator",
    marked("Practice"),
    pages,
    menu=(
        Entry(marked("Templates"), "administrator.templates", "template.read"),
        Entry(marked("Sessions"), "administrator.sessions", "clinic_day.read"),
    ),
)
