"""Values of search parameters: dates with their prefixes, tokens, references and texts."""

import calendar
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, not_, or_
from sqlalchemy.orm import InstrumentedAttribute

from serve.api.fields import FIRST_YEAR, LAST_YEAR
from serve.clock import at_wall_clock
from serve.fhir.outcome import Issue, NotTaken
from serve.fhir.references import id_in

#: How two dates compare (R4, search, 2.21.1.5).
PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
#: A date, or a part of one, or a time of at least minutes, with or without a zone.
DATE = re.compile(
    r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}:\d{2})(:\d{2}(?:\.\d{1,6})?)?"
    r"(Z|[+ -]\d{2}:\d{2})?)?)?)?"
)
#: By how much an approximate date may be beside.
ABOUT = timedelta(days=1)
#: Longest value of a parameter, characters.
LONGEST = 400

Condition = ColumnElement[bool]
Moment = InstrumentedAttribute[datetime]


def wrong(name: str, allowed: str) -> NotTaken:
    """Return the refusal of a search parameter's value."""
    return NotTaken([Issue("value", f"must be {allowed}", f"http.{name}")], 400)


def span(name: str, text: str, zone: str) -> tuple[datetime, datetime]:
    """Return from when until when a date or a time is; a date is one of the practice's clock."""
    found = DATE.fullmatch(text)
    refusal = wrong(name, "a date such as 2026-03-02, or a time such as 2026-03-02T09:00:00+01:00")
    if found is None:
        raise refusal
    year, month, day, clock, seconds, offset = found.groups()
    try:
        if not FIRST_YEAR < int(year) < LAST_YEAR:
            raise refusal
        if clock is None:
            return _days(int(year), month, day, zone)
        # In an address a plus may have become a space.
        zoned = (offset or "").replace(" ", "+").replace("Z", "+00:00")
        begins = datetime.fromisoformat(f"{year}-{month}-{day}T{clock}{seconds or ''}{zoned}")
        if not zoned:
            exact = begins
            begins = at_wall_clock(begins.date(), begins.time(), zone)
            begins = begins.replace(microsecond=exact.microsecond)
    except (ValueError, OverflowError):
        raise refusal from None
    return begins, begins + (timedelta(seconds=1) if seconds else timedelta(minutes=1))


def _days(year: int, month: str | None, day: str | None, zone: str) -> tuple[datetime, datetime]:
    first = date(year, int(month or 1), int(day or 1))
    if day is not None:
        last = first
    elif month is not None:
        last = first.replace(day=calendar.monthrange(year, first.month)[1])
    else:
        last = date(year, 12, 31)
    after = last + timedelta(days=1)
    return at_wall_clock(first, time(), zone), at_wall_clock(after, time(), zone)


def prefixed(text: str) -> tuple[str, str]:
    """Return a prefix and what follows it."""
    return (text[:2], text[2:]) if text[:2] in PREFIXES else ("eq", text)


def when(name: str, text: str, zone: str, begins: Moment, ends: Moment | None = None) -> Condition:
    """Return the condition that a moment, or a time from one to another, is when a value says."""
    prefix, rest = prefixed(text)
    low, high = span(name, rest, zone)
    until = begins if ends is None else ends
    within = and_(begins >= low, until < high if ends is None else until <= high)
    conditions: dict[str, Callable[[], Condition]] = {
        "eq": lambda: within,
        "ne": lambda: not_(within),
        "gt": lambda: until >= high if ends is None else until > high,
        "sa": lambda: begins >= high,
        "lt": lambda: begins < low,
        "eb": lambda: until < low if ends is None else until <= low,
        "ge": lambda: until >= low if ends is None else until > low,
        "le": lambda: begins < high,
        "ap": lambda: and_(begins < high + ABOUT, until >= low - ABOUT),
    }
    return conditions[prefix]()


def on_day(name: str, text: str, zone: str, column: InstrumentedAttribute[Any]) -> Condition:
    """Return the condition that a date is when a value says."""
    prefix, rest = prefixed(text)
    if "T" in rest:
        raise wrong(name, "a date such as 2026-03-02")
    low, high = (one.date() for one in span(name, rest, "UTC"))
    within = and_(column >= low, column < high)
    return {
        "eq": within,
        "ne": not_(within),
        "gt": column >= high,
        "sa": column >= high,
        "lt": column < low,
        "eb": column < low,
        "ge": column >= low,
        "le": column < high,
        "ap": and_(column >= low - ABOUT, column < high + ABOUT),
    }[prefix]


def token(text: str) -> tuple[str | None, str]:
    """Return system and code of a token; None for any system."""
    system, bar, code = text.rpartition("|")
    return (system if bar else None), code


def code_of(name: str, text: str, system: str, codes: Sequence[str]) -> str | None:
    """Return a code of a list; None for one of another system.

    Raises
    ------
    NotTaken
        If the list has no such code.
    """
    given, code = token(text)
    if given not in (None, "", system):
        return None
    if code not in codes:
        raise wrong(name, f"one of {', '.join(codes)}")
    return code


def flag(name: str, text: str) -> bool:
    """Return true or false."""
    _, code = token(text)
    if code not in ("true", "false"):
        raise wrong(name, "true or false")
    return code == "true"


def refers(text: str, **columns: InstrumentedAttribute[Any]) -> Condition:
    """Return the condition that one of some columns, each of a kind of resource, is referred to.

    An identifier without a kind may be of any of them.
    """
    found = []
    for kind, column in columns.items():
        identifier = id_in(text, kind)
        if identifier is not None:
            found.append(column == identifier)
    return or_(*found) if found else false()


def begins_with(column: InstrumentedAttribute[Any], text: str, modifier: str) -> Condition:
    """Return the condition that a text begins with another, has it in it, or is it exactly."""
    if modifier == "exact":
        return column == text
    plain = text
    for letter in ("\\", "%", "_"):
        plain = plain.replace(letter, f"\\{letter}")
    known = func.lower(column)
    if modifier == "contains":
        return known.like(func.lower(f"%{plain}%"), escape="\\")
    return or_(
        known.like(func.lower(f"{plain}%"), escape="\\"),
        known.like(func.lower(f"% {plain}%"), escape="\\"),
    )
