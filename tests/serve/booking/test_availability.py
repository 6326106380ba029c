"""Rules and exceptions as blocks of time, on clocks of several places."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest

from serve.booking.availability import Block, blocks_of
from serve.models import AvailabilityException, AvailabilityRule

PROVIDER, VISITS, PLACE = uuid4(), uuid4(), uuid4()
AMSTERDAM, NEW_YORK, KATHMANDU = "Europe/Amsterdam", "America/New_York", "Asia/Kathmandu"


def rule(starts: time, minutes: int, recurrence: str = "FREQ=DAILY", **more: Any) -> Any:
    """Return a rule from the beginning of 2026 on."""
    given = {"first_date": date(2026, 1, 1), "last_date": None, "room_id": None} | more
    return AvailabilityRule(
        provider_id=PROVIDER, visit_type_id=VISITS, location_id=PLACE, starts=starts,
        minutes=minutes, recurrence=recurrence, **given,
    )  # fmt: skip


def away(day: date, starts: time | None = None, minutes: int | None = None) -> Any:
    """Return that the provider is away."""
    return AvailabilityException(
        provider_id=PROVIDER, day=day, kind="away", starts=starts, minutes=minutes
    )


def extra(day: date, starts: time, minutes: int) -> Any:
    """Return an extra block."""
    return AvailabilityException(
        provider_id=PROVIDER, day=day, kind="extra", starts=starts, minutes=minutes,
        visit_type_id=VISITS, location_id=PLACE,
    )  # fmt: skip


def spans(blocks: list[Block]) -> list[tuple[str, str]]:
    """Return when blocks begin and end, in UTC."""
    return [
        (one.starts_at.strftime("%m-%d %H:%M"), one.ends_at.strftime("%m-%d %H:%M"))
        for one in blocks
    ]


def on(day: date, zone: str, *made: Any) -> list[tuple[str, str]]:
    """Return the blocks of one date by rules and exceptions."""
    rules = [one for one in made if isinstance(one, AvailabilityRule)]
    exceptions = [one for one in made if isinstance(one, AvailabilityException)]
    return spans(blocks_of(rules, exceptions, day, day, zone))


@pytest.mark.parametrize(
    ("zone", "day", "before", "after"),
    [
        (AMSTERDAM, date(2026, 3, 29), "08:00", "07:00"),
        (AMSTERDAM, date(2026, 10, 25), "07:00", "08:00"),
        (NEW_YORK, date(2026, 3, 8), "14:00", "13:00"),
        (NEW_YORK, date(2026, 11, 1), "13:00", "14:00"),
    ],
)
def test_nine_o_clock_stays_nine_o_clock(zone: str, day: date, before: str, after: str):
    """The day before the clocks change, and the day itself."""
    morning = rule(time(9), 60)
    assert on(day - timedelta(days=1), zone, morning)[0][0].endswith(before)
    assert on(day, zone, morning)[0][0].endswith(after)


@pytest.mark.parametrize(
    ("zone", "day", "span"),
    [
        # From one o'clock for four hours: until six by the clock in spring, until four in autumn.
        (AMSTERDAM, date(2026, 3, 29), ("03-29 00:00", "03-29 04:00")),
        (AMSTERDAM, date(2026, 10, 25), ("10-24 23:00", "10-25 03:00")),
        (NEW_YORK, date(2026, 3, 8), ("03-08 06:00", "03-08 10:00")),
        # In New York one o'clock comes twice: it is the first.
        (NEW_YORK, date(2026, 11, 1), ("11-01 05:00", "11-01 09:00")),
    ],
)
def test_a_block_across_the_change_lasts_its_minutes(zone: str, day: date, span: tuple[str, str]):
    """Consultations do not become shorter because the clocks change."""
    assert on(day, zone, rule(time(1), 240)) == [span]


@pytest.mark.parametrize(
    ("zone", "day", "clock", "starts"),
    [
        # The gap: half past two is half past three.
        (AMSTERDAM, date(2026, 3, 29), time(2, 30), "03-29 01:30"),
        (NEW_YORK, date(2026, 3, 8), time(2, 30), "03-08 07:30"),
        # The hour that is there twice: the first half past two, the first half past one.
        (AMSTERDAM, date(2026, 10, 25), time(2, 30), "10-25 00:30"),
        (NEW_YORK, date(2026, 11, 1), time(1, 30), "11-01 05:30"),
    ],
)
def test_a_start_inside_the_gap_or_the_repeated_hour(
    zone: str, day: date, clock: time, starts: str
):
    """As RFC 5545 has it."""
    assert on(day, zone, rule(clock, 30))[0][0] == starts


def test_a_whole_date_away_is_as_long_as_the_date():
    """25 hours in autumn: also the block that runs into it from the evening before is cut."""
    day = date(2026, 10, 25)
    night = rule(time(22), 300)
    found = blocks_of([night], [away(day)], day - timedelta(days=1), day, AMSTERDAM)
    assert spans(found) == [("10-24 20:00", "10-24 22:00")]
    after = blocks_of([night], [away(day)], day, day + timedelta(days=1), AMSTERDAM)
    assert spans(after) == [("10-26 21:00", "10-27 02:00")]


def test_a_practice_in_kathmandu_is_a_quarter_of_an_hour_off():
    """Three quarters past five hours ahead, the whole year; midnight is on the date before."""
    assert on(date(2026, 7, 1), KATHMANDU, rule(time(9), 180)) == [("07-01 03:15", "07-01 06:15")]
    assert on(date(2026, 1, 5), KATHMANDU, rule(time(0, 15), 60)) == [
        ("01-04 18:30", "01-04 19:30")
    ]


def test_rules_end_with_their_last_date():
    """That date included."""
    limited = rule(time(9), 60, last_date=date(2026, 1, 3))
    found = blocks_of([limited], [], date(2025, 12, 1), date(2026, 2, 1), AMSTERDAM)
    assert [one.day.day for one in found] == [1, 2, 3]


def test_an_absence_takes_the_part_that_it_covers():
    """From the beginning, from the end, from the middle, or all."""
    day = date(2026, 3, 2)
    morning = rule(time(9), 180)
    assert on(day, AMSTERDAM, morning, away(day, time(8), 90)) == [("03-02 08:30", "03-02 11:00")]
    assert on(day, AMSTERDAM, morning, away(day, time(11), 60)) == [("03-02 08:00", "03-02 10:00")]
    assert on(day, AMSTERDAM, morning, away(day, time(10), 30)) == [
        ("03-02 08:00", "03-02 09:00"),
        ("03-02 09:30", "03-02 11:00"),
    ]
    assert on(day, AMSTERDAM, morning, away(day, time(10), 30), away(day, time(11), 15)) == [
        ("03-02 08:00", "03-02 09:00"),
        ("03-02 09:30", "03-02 10:00"),
        ("03-02 10:15", "03-02 11:00"),
    ]
    assert on(day, AMSTERDAM, morning, away(day, time(9), 180)) == []
    assert on(day, AMSTERDAM, morning, away(day)) == []
    assert on(day, AMSTERDAM, morning, away(day, time(12), 60)) == [("03-02 08:00", "03-02 11:00")]
    other = away(day)
    other.provider_id = uuid4()
    assert len(on(day, AMSTERDAM, morning, other)) == 1


def test_the_rest_of_a_night_belongs_to_the_date_on_which_it_begins():
    """Cut over midnight, the later piece is the next date's."""
    night, cut = rule(time(22), 240), away(date(2026, 3, 2), time(23), 90)
    found = blocks_of([night], [cut], date(2026, 3, 3), date(2026, 3, 3), AMSTERDAM)
    assert spans(found) == [("03-02 23:30", "03-03 01:00"), ("03-03 21:00", "03-04 01:00")]
    assert [one.day for one in found] == [date(2026, 3, 3)] * 2


def test_extra_blocks_stand_beside_the_rules_unless_one_is_away():
    """Whoever is away holds no extra session either."""
    day = date(2026, 3, 2)
    evening = extra(day, time(18), 60)
    assert on(day, AMSTERDAM, rule(time(9), 60), evening) == [
        ("03-02 08:00", "03-02 09:00"),
        ("03-02 17:00", "03-02 18:00"),
    ]
    assert on(day, AMSTERDAM, rule(time(9), 60), evening, away(day)) == []
    assert on(date(2026, 3, 3), AMSTERDAM, evening) == []


def test_blocks_know_their_zone():
    """Moments are in UTC."""
    (block,) = blocks_of([rule(time(9), 60)], [], date(2026, 3, 2), date(2026, 3, 2), AMSTERDAM)
    assert block.starts_at == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert block.minutes == 60
