"""How moments and durations are written: by the practice's clock, with units."""

from datetime import date, datetime, time

from babel import Locale
from babel.dates import format_date
from flask import g

from serve.clock import wall_clock
from serve.web.texts import _, language

#: How dates are written in English: the day before the month.
ENGLISH = "en_GB"


def clock(moment: datetime | time | None) -> str:
    """Return the time of day, such as 10:25; a dash for none."""
    if moment is None:
        return "–"
    if isinstance(moment, datetime):
        moment = wall_clock(moment, g.zone).time()
    return moment.strftime("%H:%M")


def day(moment: datetime | date) -> str:
    """Return a date in full, such as Thursday 26 November 2026."""
    return format_date(on_wall(moment), "EEEE d MMMM y", locale=_locale())


def short_day(moment: datetime | date) -> str:
    """Return a date without its year, such as Thu 26 Nov."""
    return format_date(on_wall(moment), "EEE d MMM", locale=_locale())


def plain_date(moment: datetime | date) -> str:
    """Return a date in figures, such as 26 Nov 2026."""
    return format_date(on_wall(moment), "d MMM y", locale=_locale())


def moment_of(text: str) -> datetime:
    """Return a moment that is kept as text (ISO 8601)."""
    return datetime.fromisoformat(text)


def on_wall(moment: datetime | date) -> date:
    """Return the date of a moment by the practice's clock; a date is one already."""
    return wall_clock(moment, g.zone).date() if isinstance(moment, datetime) else moment


def minutes(value: float | None, digits: int = 0) -> str:
    """Return a duration such as 12 min; a dash for none."""
    return "–" if value is None else _("%(number)s min") % {"number": f"{value:.{digits}f}"}


def percent(value: float | None, digits: int = 0) -> str:
    """Return a share such as 25 %; a dash for none."""
    return "–" if value is None else f"{100 * value:.{digits}f} %"


def _locale() -> Locale:
    name = language()
    return Locale.parse(ENGLISH if name == "en" else name, sep="-" if "-" in name else "_")
