"""The parts of which every calendar here is made."""

from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from serve.calendars.clock_changes import zone_component

#: Media type of a calendar, and what made it.
CALENDAR = "text/calendar"
PRODUCT = "-//Bailey//Outpatient clinic schedules//EN"


def event(
    uid: str, starts_at: datetime, ends_at: datetime, zone: str, sequence: int, at: datetime
) -> Event:
    """Return an event without a title.

    Parameters
    ----------
    uid
        What calendars know it by, for ever.
    zone
        On whose wall clock its times are told.
    sequence, at
        Its revision, and when that was made.
    """
    made = Event()
    made.add("uid", uid)
    made.add("dtstamp", at)
    made.add("last-modified", at)
    made.add("sequence", sequence)
    times = [moment.astimezone(ZoneInfo(zone)) for moment in (starts_at, ends_at)]
    # Of an hour that the clocks show twice, a wall-clock time is the first (RFC 5545, 3.3.5).
    if any(moment.fold for moment in times):
        times = [moment.astimezone(UTC) for moment in times]
    made.add("dtstart", times[0])
    made.add("dtend", times[1])
    made.add("class", "PRIVATE")
    return made


def calendar(zone: str, events: Iterable[Event]) -> Calendar:
    """Return a calendar of events on a zone's wall clock, with the description of the zone."""
    made = Calendar()
    made.add("prodid", PRODUCT)
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    given = list(events)
    years = [moment.year for one in given for moment in (one.start, one.end)]
    if years:
        made.add_component(zone_component(zone, min(years) - 1, max(years) + 1))
    for one in given:
        made.add_component(one)
    return made
