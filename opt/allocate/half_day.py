"""A morning or an afternoon of a date."""

from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from objective import InvalidInput
from opt.words import WEEKDAYS

Half = Literal["am", "pm"]
HALVES: tuple[Half, ...] = get_args(Half)


@dataclass(frozen=True, order=True)
class HalfDay:
    """A morning (``am``) or an afternoon (``pm``) of a date; written ``2026-03-02 am``."""

    day: date
    half: Half

    def __post_init__(self) -> None:
        a_date("half_day.day", self.day)
        if self.half not in HALVES:
            raise InvalidInput("half_day.half", self.half, "am or pm")

    def __str__(self) -> str:
        return f"{self.day.isoformat()} {self.half}"

    @property
    def weekday(self) -> str:
        """The name of the day of the week, in lower case."""
        return WEEKDAYS[self.day.weekday()]

    @property
    def words(self) -> str:
        """The half-day as people write it."""
        return f"{self.day:%a} {self.day.day} {self.day:%b} {self.half}"


def a_date(field: str, value: object) -> date:
    """Return a date, or that of an ISO 8601 text; raise `InvalidInput` if it is none."""
    if isinstance(value, date) and not hasattr(value, "hour"):
        return value
    try:
        if isinstance(value, str):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise InvalidInput(field, value, "a date like 2026-03-02")


def a_half_day(field: str, value: object) -> HalfDay:
    """Return a half-day, or that of a text; raise `InvalidInput` if it is none."""
    if isinstance(value, HalfDay):
        return value
    day, _, half = value.partition(" ") if isinstance(value, str) else ("", "", "")
    if half not in HALVES:
        raise InvalidInput(field, value, "a half-day like '2026-03-02 am'")
    return HalfDay(a_date(field, day), half)
