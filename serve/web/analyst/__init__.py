"""The pages of the analyst."""

from serve.web.analyst import atlas, coming, comparison, history, models, replay
from serve.web.analyst.blueprint import pages
from serve.web.area import Area, Entry
from serve.web.texts import marked

__all__ = ["atlas", "coming", "comparison", "history", "models", "replay"]

AREA = Area(
    "analyst",
    marked("Analysis"),
    pages,
    menu=(
        Entry(marked("Models"), "analyst.models", "run.read"),
        Entry(marked("Coming session"), "analyst.coming", "run.submit"),
        Entry(marked("History"), "analyst.history", "history.export"),
        Entry(marked("Replay"), "analyst.replay", "history.export"),
        Entry(marked("Strategies"), "analyst.comparison_form", "run.submit"),
        Entry(marked("Atlas"), "analyst.atlas", "run.read"),
        Entry(marked("Schedules"), "administrator.optimise", "schedule.price"),
        Entry(marked("Runs"), "work.runs", "run.read"),
    ),
)
