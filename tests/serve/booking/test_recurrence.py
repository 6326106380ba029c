"""Dates that recur, beside dateutil's."""

from datetime import date, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from objective import InvalidInput
from serve.booking.recurrence import WEEKDAYS, checked_recurrence, recurrence_of


def dates(text: str, first: date, start: date, end: date) -> list[date]:
    """Return a rule's dates as a list."""
    return list(recurrence_of(text).dates(first, start, end))


def test_mondays_and_thursdays_go_over_the_end_of_the_year():
    """Every second week: weeks are counted on, not begun again in January."""
    found = dates(
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH", date(2026, 12, 17), date(2026, 12, 1),
        date(2027, 1, 31),
    )  # fmt: skip
    assert found == [
        date(2026, 12, 17), date(2026, 12, 28), date(2026, 12, 31), date(2027, 1, 11),
        date(2027, 1, 14), date(2027, 1, 25), date(2027, 1, 28),
    ]  # fmt: skip


def test_29_february_comes_in_leap_years_only():
    """Not on 28 February or 1 March of other years; 2100 is none."""
    found = dates("FREQ=YEARLY", date(2024, 2, 29), date(2024, 1, 1), date(2110, 1, 1))
    assert found[:3] == [date(2024, 2, 29), date(2028, 2, 29), date(2032, 2, 29)]
    assert date(2096, 2, 29) in found
    assert found[-2:] == [date(2104, 2, 29), date(2108, 2, 29)]
    assert dates("FREQ=MONTHLY", date(2027, 12, 29), date(2028, 1, 1), date(2028, 4, 1)) == [
        date(2028, 1, 29), date(2028, 2, 29), date(2028, 3, 29),
    ]  # fmt: skip
    assert dates("FREQ=MONTHLY", date(2026, 12, 29), date(2027, 2, 1), date(2027, 3, 1)) == []


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Texts of rules whose dates dateutil tells as RFC 5545 does.

    dateutil cuts the first week before it applies BYSETPOS, and takes plain and numbered weekdays
    together as both, so that these combinations are left out.
    """
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = [f"FREQ={frequency}", f"INTERVAL={draw(st.integers(1, 5))}"]

    def some(values: list[str]) -> str:
        return ",".join(
            draw(st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True))
        )

    by = False
    if draw(st.booleans()):
        numbers = [""]
        if frequency in ("MONTHLY", "YEARLY"):
            numbers = draw(st.sampled_from([[""], ["1", "2", "-1", "+5", "-4"]]))
        parts.append("BYDAY=" + some([number + day for number in numbers for day in WEEKDAYS]))
        by = True
    if frequency != "WEEKLY" and draw(st.booleans()):
        parts.append("BYMONTHDAY=" + some(["1", "13", "28", "29", "30", "31", "-1", "-2", "-31"]))
        by = True
    if draw(st.booleans()):
        parts.append("BYMONTH=" + some([str(month) for month in range(1, 13)]))
        by = True
    if by and frequency != "WEEKLY" and draw(st.booleans()):
        parts.append("BYSETPOS=" + some(["1", "2", "-1", "-2"]))
    if draw(st.booleans()):
        parts.append(f"WKST={draw(st.sampled_from(WEEKDAYS))}")
    end = draw(st.sampled_from(["", "COUNT", "UNTIL"]))
    if end == "COUNT":
        parts.append(f"COUNT={draw(st.integers(1, 30))}")
    if end == "UNTIL":
        parts.append(f"UNTIL=20{draw(st.integers(26, 31))}0630")
    return ";".join(draw(st.permutations(parts)))


@given(rules(), st.dates(date(2023, 1, 1), date(2030, 12, 31)), st.integers(0, 900))
@settings(max_examples=80, deadline=None)
def test_the_dates_are_those_of_dateutil(text: str, first: date, later: int):
    """For three years from some date on."""
    start = first + timedelta(days=later)
    end = start + timedelta(days=1000)
    midnight = datetime.min.time()
    theirs = rrulestr(text, dtstart=datetime.combine(first, midnight))
    wanted = []
    for moment in theirs:
        if moment.date() > end:
            break
        if moment.date() >= start:
            wanted.append(moment.date())
    assert dates(text, first, start, end) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "", "FREQ=HOURLY", "RRULE:FREQ=DAILY", "FREQ=DAILY;FREQ=DAILY", "BYDAY=MO", "FREQ",
        "FREQ=WEEKLY;BYDAY=1MO", "FREQ=DAILY;BYDAY=-1MO", "FREQ=MONTHLY;BYDAY=6MO",
        "FREQ=YEARLY;BYDAY=54MO", "FREQ=MONTHLY;BYDAY=0MO", "FREQ=WEEKLY;BYDAY=", "FREQ=DAILY;",
        "FREQ=WEEKLY;BYMONTHDAY=3", "FREQ=MONTHLY;BYMONTHDAY=32", "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=YEARLY;BYMONTH=13", "FREQ=YEARLY;BYMONTH=-1", "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=99999", "FREQ=DAILY;INTERVAL=-1", "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=2;UNTIL=20270101", "FREQ=DAILY;UNTIL=20270230",
        "FREQ=DAILY;UNTIL=20270101T000000Z", "FREQ=DAILY;UNTIL=00000101", "FREQ=WEEKLY;WKST=XX",
        "FREQ=MONTHLY;BYSETPOS=1", "FREQ=YEARLY;BYWEEKNO=3", "FREQ=YEARLY;BYYEARDAY=3",
        "FREQ=DAILY;BYHOUR=3", "FREQ=DAILY;INTERVAL=٣", "FREQ=WEEKLY;BYDAY=" + "MO," * 200 + "TU",
        "FREQ=DAILY\nX=1", "FREQ=WEEKLY;BYEASTER=1",
    ],
)  # fmt: skip
def test_what_is_no_rule_of_dates_is_refused(text: str):
    """With what would be one."""
    with pytest.raises(InvalidInput, match="recurrence"):
        checked_recurrence(text, date(2026, 3, 2), None)


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31",
        # 2026, 2030, 2034 ... are no leap years; every seventh day is a Monday again.
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29", "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6", "FREQ=DAILY;UNTIL=20260301",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTH=4",
    ],
)  # fmt: skip
@pytest.mark.timeout(30)
def test_a_rule_without_any_date_is_refused(text: str):
    """However long one would search."""
    with pytest.raises(InvalidInput, match="with a date"):
        checked_recurrence(text, date(2026, 3, 2), None)


def test_a_last_date_before_the_first_match_is_refused():
    """As the rule would never apply."""
    assert checked_recurrence("freq=weekly;byday=tu", date(2026, 3, 2), date(2026, 3, 3))
    with pytest.raises(InvalidInput):
        checked_recurrence("FREQ=WEEKLY;BYDAY=TU", date(2026, 3, 2), date(2026, 3, 2))
    leap = checked_recurrence("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", date(2096, 3, 1), None)
    assert dates(leap, date(2096, 3, 1), date(2096, 3, 1), date(2106, 1, 1)) == [date(2104, 2, 29)]
