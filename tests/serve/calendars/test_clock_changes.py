"""The description of a zone, read by a program that knows no other."""

import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil import tz

from serve.calendars.clock_changes import zone_component

ZONES = (
    "Europe/Amsterdam", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe",
    "Africa/Casablanca", "Europe/Dublin", "America/Sao_Paulo", "UTC",
)  # fmt: skip


@pytest.mark.parametrize("zone", ZONES)
def test_every_half_hour_of_three_years_is_right(zone: str):
    """Also where summer time is half an hour, is told as negative winter time, or is none."""
    text = zone_component(zone, 2025, 2027).to_ical().decode().replace("\r\n", "\n")
    read, known = tz.tzical(io.StringIO(text)).get(), ZoneInfo(zone)
    moment = datetime(2025, 1, 2, tzinfo=UTC)
    while moment < datetime(2027, 12, 31, tzinfo=UTC):
        wall = moment.astimezone(known)
        # Which of two is meant is told by nobody.
        if wall.fold == 0 and wall.utcoffset() == wall.replace(fold=1).utcoffset():
            assert wall.replace(tzinfo=read).astimezone(UTC) == moment, (zone, wall)
        moment += timedelta(minutes=30)


def test_summer_time_begins_by_the_clock_before_the_change():
    """At two, which is when the clocks go to three (RFC 5545, 3.6.5)."""
    text = zone_component("Europe/Amsterdam", 2026, 2027).to_ical().decode()
    summer = text.split("BEGIN:DAYLIGHT")[1].split("END:DAYLIGHT")[0].split("\r\n")
    assert "DTSTART:20260329T020000" in summer
    assert "RDATE:20270328T020000" in summer
    assert "TZOFFSETFROM:+0100" in summer
    assert "TZOFFSETTO:+0200" in summer
    winter = text.split("BEGIN:STANDARD")[-1].split("\r\n")
    assert "DTSTART:20261025T030000" in winter
