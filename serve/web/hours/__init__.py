"""When a provider holds clinic: as a week, as rules and exceptions, and what a change would do."""

from serve.web.hours import changing, week
from serve.web.hours.blueprint import pages

__all__ = ["changing", "pages", "week"]
