"""The pages of the analyst."""

from serve.web.analyst import comparison, history, models
from serve.web.analyst.blueprint import pages
from serve.web.area import Area, Entry
from serve.web.texts import marked

__all__ = ["comparison", "history", "models"]

AREA = Area(
    "analyst",
    marked("Analysis"),
    pages,
    menu=(
        Entry(marked("Models"), "analyst.models", "run.read"),
        Entry(marked("History"), "analyst.history", "history.export"),
        Entry(marked("Strategies"), "analyst.comparison_form", "run.submit"),
        Entry(marked("Schedules"), "administrator.optimise", "schedule.price"),
        Entry(marked("Runs"), "work.runs", "run.read"),
    ),
)
