"""The pages of the administrator."""

from serve.web.administrator import (
    allocation,
    exchange,
    optimising,
    overview,
    people,
    sessions,
    settings,
    setup,
    templates,
)
from serve.web.administrator.blueprint import pages
from serve.web.area import Area, Entry
from serve.web.texts import marked

__all__ = [
    "allocation",
    "exchange",
    "optimising",
    "overview",
    "people",
    "sessions",
    "settings",
    "setup",
    "templates",
]

AREA = Area(
    "administrator",
    marked("Practice"),
    pages,
    menu=(
        Entry(marked("Practice"), "administrator.overview", "practice.metrics"),
        Entry(marked("Templates"), "administrator.templates", "template.read"),
        Entry(marked("Sessions"), "administrator.sessions", "clinic_day.read"),
        Entry(marked("Allocation"), "administrator.allocation", "run.submit"),
        Entry(marked("Waiting list"), "front_desk.waiting_list", "waitlist.read"),
        Entry(marked("Providers"), "administrator.providers", "provider.change"),
        Entry(marked("Visits"), "administrator.visit_types", "visit_type.change"),
        Entry(marked("Places"), "administrator.places", "location.change"),
        Entry(marked("Users"), "administrator.users", "user.read"),
        Entry(marked("Imports"), "administrator.imports", "import.read"),
        Entry(marked("Webhooks"), "administrator.webhooks", "webhook.read"),
        Entry(marked("Audit"), "administrator.audit", "audit.read"),
        Entry(marked("Settings"), "administrator.settings", "practice.change"),
    ),
)
