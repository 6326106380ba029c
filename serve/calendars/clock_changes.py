"""A practice's zone as a calendar has it: when its clocks change and how (RFC 5545, 3.6.5).

The library's own description of a zone gives the beginning of summer time as the new clock shows
it, where the standard asks for the old one's time; readers that trust it are an hour wrong then.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

#: Clocks change less often than this.
STEP = timedelta(hours=6)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Observance:
    """From one change of the clocks on: offsets before and after, and what that time is called."""

    offset_from: timedelta
    offset_to: timedelta
    name: str
    summer: bool


def zone_component(zone: str, first_year: int, last_year: int) -> Timezone:
    """Return the description of a zone that is right from one year to another.

    Parameters
    ----------
    zone
        Name in the IANA database.
    """
    component = Timezone()
    component.add("tzid", zone)
    for observance, starts in _observances(zone, first_year, last_year):
        part = TimezoneDaylight() if observance.summer else TimezoneStandard()
        part.add("dtstart", starts[0])
        if len(starts) > 1:
            part.add("rdate", list(starts[1:]))
        part.add("tzoffsetfrom", observance.offset_from)
        part.add("tzoffsetto", observance.offset_to)
        part.add("tzname", observance.name)
        component.add_component(part)
    return component


@lru_cache(maxsize=128)
def _observances(
    zone: str, first_year: int, last_year: int
) -> tuple[tuple[Observance, tuple[datetime, ...]], ...]:
    """Return each kind of time of a zone with the wall-clock times at which it begins.

    These are as the clocks show it before the change.
    """
    here = ZoneInfo(zone)
    moment = datetime(first_year, 1, 1, tzinfo=here).astimezone(UTC)
    end = datetime(last_year + 1, 1, 1, tzinfo=here).astimezone(UTC)
    before = _kept(moment, here)
    found = {Observance(before[0], *before): [datetime(first_year, 1, 1)]}
    while moment < end:
        later = min(moment + STEP, end)
        if _kept(later, here) != before:
            later = _change(moment, later, here)
            after = _kept(later, here)
            observance = Observance(before[0], *after)
            found.setdefault(observance, []).append(later.replace(tzinfo=None) + before[0])
            before = after
        moment = later
    return tuple((observance, tuple(starts)) for observance, starts in found.items())


def _kept(moment: datetime, zone: ZoneInfo) -> tuple[timedelta, str, bool]:
    """Return offset and name of the time that a zone keeps at a moment, and if it is summer's."""
    local = moment.astimezone(zone)
    return local.utcoffset() or timedelta(), local.tzname() or zone.key, bool(local.dst())


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the first second at which what a zone keeps is no longer what it was before."""
    kept = _kept(before, zone)
    while after - before > SECOND:
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if _kept(middle, zone) == kept:
            before = middle
        else:
            after = middle
    return after
