"""Dates that recur: the part of RFC 5545's RRULE by which clinics are held.

The dates of a window are found by looking at the periods in it and no further, so that a rule that
never matches costs as little as one that does.
"""

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from objective import InvalidInput

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
#: Most periods from one to the next, and most dates by COUNT.
LONGEST_INTERVAL, MOST_DATES = 1000, 10_000
#: Within so many years a rule must have its first date; 29 February may take eight.
FIRST_WITHIN = 10
#: Longest text of a rule.
LONGEST = 500


@dataclass(frozen=True)
class Recurrence:
    """A recurrence rule by dates.

    Attributes
    ----------
    frequency, interval
        The period, and how many periods it is from one to the next.
    weekdays
        Pairs of which one, None for every one, and the weekday, Monday is 0.
    month_days, months, positions
        Numbers as in BYMONTHDAY, BYMONTH and BYSETPOS.
    count, until
        How many dates at most; the last date.
    week_start
        The weekday with which weeks begin.
    """

    frequency: str
    interval: int = 1
    weekdays: tuple[tuple[int | None, int], ...] = ()
    month_days: tuple[int, ...] = ()
    months: tuple[int, ...] = ()
    positions: tuple[int, ...] = ()
    count: int | None = None
    until: date | None = None
    week_start: int = 0

    def dates(self, first: date, start: date, end: date) -> Iterator[date]:
        """Yield the dates from ``start`` to ``end`` of the rule that begins on ``first``."""
        rule = self._anchored(first)
        end = end if self.until is None else min(end, self.until)
        # Dates are counted from the first one on; without a count the periods before are skipped.
        period = 0 if self.count is not None else rule._period_before(first, start)
        given = 0
        while (days := rule._days(first, period))[0] <= end:
            for day in rule._chosen([day for day in days if rule._fits(day)]):
                if day < first:
                    continue
                given += 1
                if day > end or (self.count is not None and given > self.count):
                    return
                if day >= start:
                    yield day
            period += 1

    def _anchored(self, first: date) -> "Recurrence":
        """Return the rule with what it leaves to its first date."""
        if self.weekdays or self.month_days:
            return self
        if self.frequency == "WEEKLY":
            return replace(self, weekdays=((None, first.weekday()),))
        if self.frequency == "MONTHLY":
            return replace(self, month_days=(first.day,))
        if self.frequency == "YEARLY":
            return replace(self, month_days=(first.day,), months=self.months or (first.month,))
        return self

    def _period_before(self, first: date, start: date) -> int:
        """Return the number of a period that is not after a date."""
        days = max((start - first).days, 0)
        shortest = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 31, "YEARLY": 366}[self.frequency]
        return max(days // shortest // self.interval - 1, 0)

    def _days(self, first: date, period: int) -> list[date]:
        """Return the days of a period; the one of the first date is number 0."""
        steps = period * self.interval
        if self.frequency == "DAILY":
            return [first + timedelta(days=steps)]
        if self.frequency == "WEEKLY":
            into = (first.weekday() - self.week_start) % 7
            monday = first.toordinal() - into + 7 * steps
            return [date.fromordinal(max(monday + number, 1)) for number in range(7)]
        if self.frequency == "MONTHLY":
            years, month = divmod(first.year * 12 + first.month - 1 + steps, 12)
            return _month(years, month + 1)
        return [day for month in range(1, 13) for day in _month(first.year + steps, month)]

    def _fits(self, day: date) -> bool:
        length = calendar.monthrange(day.year, day.month)[1]
        return (
            (not self.months or day.month in self.months)
            and (
                not self.month_days
                or day.day in self.month_days
                or day.day - length - 1 in self.month_days
            )
            and (not self.weekdays or any(self._is(day, *one) for one in self.weekdays))
        )

    def _is(self, day: date, which: int | None, weekday: int) -> bool:
        if day.weekday() != weekday:
            return False
        if which is None:
            return True
        if self.frequency == "YEARLY" and not self.months:
            length = 366 if calendar.isleap(day.year) else 365
            number = day.timetuple().tm_yday
        else:
            length = calendar.monthrange(day.year, day.month)[1]
            number = day.day
        return which in ((number - 1) // 7 + 1, -((length - number) // 7 + 1))

    def _chosen(self, days: list[date]) -> list[date]:
        if not self.positions:
            return days
        size = len(days)
        places = {one - 1 if one > 0 else size + one for one in self.positions}
        return [day for place, day in enumerate(days) if place in places]


def recurrence_of(text: str) -> Recurrence:
    """Return the rule that a text describes.

    Raises
    ------
    InvalidInput
        If it is none, or has parts that dates do not have.
    """
    parts: dict[str, str] = {}
    for part in text.upper().split(";"):
        name, equals, value = part.partition("=")
        if not equals or name not in _PARTS or name in parts:
            raise _refused("parts such as FREQ=WEEKLY;BYDAY=MO, each of them once: ", *_PARTS)
        parts[name] = value
    if parts.get("FREQ") not in FREQUENCIES or len(text) > LONGEST:
        raise _refused("at most 500 characters with a FREQ of ", *FREQUENCIES)
    read = {field: reader(parts[name]) for name, (field, reader) in _PARTS.items() if name in parts}
    made = Recurrence(**read)  # type: ignore[arg-type]
    _check_together(made)
    return made


def checked_recurrence(text: str, first: date, last: date | None) -> str:
    """Return a rule's text in capitals, once it is sure that it has a date.

    Raises
    ------
    InvalidInput
        If it is no rule, or has no date from the first to the last one within ten years.
    """
    end = date(first.year + FIRST_WITHIN, first.month, min(first.day, 28))
    end = end if last is None else min(end, last)
    if next(recurrence_of(text).dates(first, first, end), None) is None:
        raise _refused(
            f"one with a date from the first date to the last, within {FIRST_WITHIN} years"
        )
    return text.upper()


def _check_together(rule: Recurrence) -> None:
    numbered = any(which is not None for which, _ in rule.weekdays)
    if numbered and rule.frequency not in ("MONTHLY", "YEARLY"):
        raise _refused("without numbers in BYDAY, which only months and years have")
    most = 5 if rule.frequency == "MONTHLY" or rule.months else 53
    if any(which is not None and abs(which) > most for which, _ in rule.weekdays):
        raise _refused(f"with numbers in BYDAY up to {most}")
    if rule.month_days and rule.frequency == "WEEKLY":
        raise _refused("without BYMONTHDAY, which weeks do not have")
    if rule.positions and not (rule.weekdays or rule.month_days or rule.months):
        raise _refused("with BYSETPOS only beside another BY")
    if rule.count is not None and rule.until is not None:
        raise _refused("with COUNT or UNTIL, not both")


def _month(year: int, month: int) -> list[date]:
    return [date(year, month, 1 + number) for number in range(calendar.monthrange(year, month)[1])]


def _refused(*allowed: str) -> InvalidInput:
    return InvalidInput("recurrence", "the rule", allowed[0] + ", ".join(allowed[1:]))


def _text(value: str) -> str:
    return value


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,5}", value, re.ASCII) or not low <= int(value) <= high:
            raise _refused(f"with whole numbers from {low} to {high} for INTERVAL and COUNT")
        return int(value)

    return read


def _numbers(high: int, negative: bool = True) -> Callable[[str], tuple[int, ...]]:
    def read(value: str) -> tuple[int, ...]:
        sign = "[+-]?" if negative else ""
        listed = value.split(",")
        for one in listed:
            if (
                not re.fullmatch(sign + "[0-9]{1,3}", one, re.ASCII)
                or not 1 <= abs(int(one)) <= high
            ):
                raise _refused("with days of a month to 31, months to 12, positions to 366, not 0")
        return tuple(sorted({int(one) for one in listed}))

    return read


def _weekdays(value: str) -> tuple[tuple[int | None, int], ...]:
    found = []
    for one in value.split(","):
        match = re.fullmatch(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)", one, re.ASCII)
        if match is None or (match[1] is not None and int(match[1]) == 0):
            raise _refused("with weekdays such as MO or, in months and years, 1MO or -1FR")
        found.append((None if match[1] is None else int(match[1]), WEEKDAYS.index(match[2])))
    return tuple(found)


def _weekday(value: str) -> int:
    if value not in WEEKDAYS:
        raise _refused("with a WKST of ", *WEEKDAYS)
    return WEEKDAYS.index(value)


def _date(value: str) -> date:
    try:
        if re.fullmatch(r"[0-9]{8}", value, re.ASCII):
            return date(int(value[:4]), int(value[4:6]), int(value[6:]))
    except ValueError:
        pass
    raise _refused("with an UNTIL that is a date such as 20261231")


#: The parts of a rule by name: the attribute that each is, and how it is read.
_PARTS: dict[str, tuple[str, Callable[[str], object]]] = {
    "FREQ": ("frequency", _text),
    "INTERVAL": ("interval", _whole(1, LONGEST_INTERVAL)),
    "BYDAY": ("weekdays", _weekdays),
    "BYMONTHDAY": ("month_days", _numbers(31)),
    "BYMONTH": ("months", _numbers(12, negative=False)),
    "BYSETPOS": ("positions", _numbers(366)),
    "COUNT": ("count", _whole(1, MOST_DATES)),
    "UNTIL": ("until", _date),
    "WKST": ("week_start", _weekday),
}
