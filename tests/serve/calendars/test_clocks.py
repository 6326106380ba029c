"""Feeds across both changes of the clocks, read by two readers that share nothing with ours."""

from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import pytest
import recurring_ical_events
from apiflask import APIFlask

from tests.serve.booking.conftest import Books
from tests.serve.booking.ground import book, seats_of
from tests.serve.calendars.reader import events, moment, moment_by_file
from tests.serve.calendars.test_feeds import feed, path_of, read
from tests.serve.conftest import Client, HandClock, make_clinic, token_for

#: When clocks change in Europe and in America, in spring and in autumn.
CHANGES = (
    datetime(2026, 3, 8, 7, tzinfo=UTC),
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 11, 1, 6, tzinfo=UTC),
)


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "America/New_York", "Asia/Kathmandu"])
def test_instants_are_right_across_both_changes(app: APIFlask, clock: HandClock, zone: str):
    """Also in the hour that clocks show twice, by the zone's name and by the file's own zone."""
    instants: set[datetime] = set()
    with app.app_context():
        clinic = make_clinic("Clinic", zone)
        books = Books(clinic)
        for change in CHANGES:
            # Half hours from three hours before to three after, by sessions of ten minutes each.
            for half in range(-6, 7):
                starts = change + timedelta(minutes=30 * half)
                day, _ = books.add_day(starts_at=starts, schedule=(1,), zone=zone)
                book(clinic, seats_of(day)[0])
                instants.add(starts)
        patient = Client(app, token_for(clinic.users["patient"]))
        provider = Client(app, token_for(clinic.users["provider"]))
    for client, whose, times in ((patient, clinic.patient, 1), (provider, None, 2)):
        content = read(app, path_of(feed(client, whose))).data
        found = events(content)
        for told in (by_name(found), by_file(content, found), by_library(content)):
            starts, ends = zip(*told, strict=True)
            assert len(told) == times * len(instants)
            assert set(starts) == instants
            assert {one - timedelta(minutes=10) for one in ends} == instants


def by_name(found: list[dict[str, Any]]) -> list[tuple[datetime, datetime]]:
    """Return beginnings and ends by the names of the zones."""
    return [(moment(one["DTSTART"]), moment(one["DTEND"])) for one in found]


def by_file(content: bytes, found: list[dict[str, Any]]) -> list[tuple[datetime, datetime]]:
    """Return beginnings and ends by the zones that the file describes."""
    return [
        (moment_by_file(content, one["DTSTART"]), moment_by_file(content, one["DTEND"]))
        for one in found
    ]


def by_library(content: bytes) -> list[tuple[datetime, datetime]]:
    """Return beginnings and ends as a library for recurring events finds them."""
    read_back = icalendar.Calendar.from_ical(content)
    found = recurring_ical_events.of(read_back).between((2026, 1, 1), (2027, 1, 1))
    return [(one.start.astimezone(UTC), one.end.astimezone(UTC)) for one in found]
