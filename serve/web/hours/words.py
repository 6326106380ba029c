"""How a rule of availability is asked for in a form, and said in words."""

import re
from collections.abc import Mapping, Sequence

from serve.models import AvailabilityRule
from serve.web.texts import _, marked

#: Days of the week as RFC 5545 names them, and as forms do.
DAYS: Mapping[str, str] = {
    "MO": marked("Monday"),
    "TU": marked("Tuesday"),
    "WE": marked("Wednesday"),
    "TH": marked("Thursday"),
    "FR": marked("Friday"),
    "SA": marked("Saturday"),
    "SU": marked("Sunday"),
}


def recurrence_of(days: Sequence[str], weeks: str) -> str:
    """Return a recurrence on days of every so many weeks (RFC 5545, 3.3.10)."""
    every = "" if weeks in ("", "1") else f"INTERVAL={weeks};"
    return f"FREQ=WEEKLY;{every}BYDAY={','.join(day for day in DAYS if day in days)}"


def days_of(recurrence: str) -> list[str]:
    """Return the days of the week of a recurrence; none for one that is not of that form."""
    found = re.fullmatch(r"FREQ=WEEKLY;(?:INTERVAL=\d+;)?BYDAY=((?:[A-Z]{2},?)+)", recurrence)
    days = found[1].split(",") if found else []
    return days if all(day in DAYS for day in days) else []


def weeks_of(recurrence: str) -> int:
    """Return every how many weeks a recurrence is."""
    found = re.search(r"INTERVAL=(\d+)", recurrence)
    return int(found[1]) if found else 1


def in_words(rule: AvailabilityRule) -> str:
    """Return on which days a rule is."""
    days = days_of(rule.recurrence)
    if not days:
        return rule.recurrence
    names = ", ".join(_(DAYS[day]) for day in days)
    weeks = weeks_of(rule.recurrence)
    if weeks == 1:
        return names
    return _("%(days)s of every %(weeks)s weeks") % {"days": names, "weeks": weeks}
