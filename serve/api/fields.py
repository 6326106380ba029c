"""What the values of requests may be: nothing is guessed, and nothing is echoed."""

import re
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, ClassVar
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

from objective import InvalidInput

#: Years within which dates are taken: beyond them clocks and recurrences make no sense.
FIRST_YEAR, LAST_YEAR = 1900, 2200


class Sent(BaseModel):
    """What is sent: no unknown fields, no infinities."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Told(BaseModel):
    """What is answered, read from a row.

    Attributes
    ----------
    told_once
        Fields with secrets: null when the same request comes again, because they are not kept.
    """

    model_config = ConfigDict(from_attributes=True)
    told_once: ClassVar[frozenset[str]] = frozenset()


def only_text(value: Any) -> Any:
    """Refuse numbers where a text must be: 0 is no date."""
    if not isinstance(value, (str, date, time, UUID)):
        raise ValueError("must be a text")
    return value


def _like_a_date(value: Any) -> Any:
    """Refuse texts that are read as seconds since 1970."""
    if isinstance(value, str) and not re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError("must begin with a date such as 2026-03-02")
    return only_text(value)


def _like_a_clock(value: Any) -> Any:
    """Refuse texts that are read as seconds since midnight."""
    if isinstance(value, str) and not re.match(r"[0-9]{2}:[0-9]{2}", value):
        raise ValueError("must be a time of day such as 09:00")
    return only_text(value)


def _plain(text: str) -> str:
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in text):
        raise ValueError("must have no control characters")
    if any(0xD800 <= ord(letter) <= 0xDFFF for letter in text):
        raise ValueError("must be valid Unicode")
    return text


def _with_zone(moment: datetime) -> datetime:
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise ValueError("must have a time zone, such as 2026-03-02T09:00:00+01:00")
    if not FIRST_YEAR < moment.year < LAST_YEAR:
        raise ValueError(f"must be between {FIRST_YEAR} and {LAST_YEAR}")
    return moment.astimezone(UTC)


def _in_years(day: date) -> date:
    if not FIRST_YEAR <= day.year < LAST_YEAR:
        raise ValueError(f"must be between {FIRST_YEAR} and {LAST_YEAR}")
    return day


def _minute(clock: time) -> time:
    if clock.tzinfo is not None or clock.second or clock.microsecond:
        raise ValueError("must be a time of day such as 09:00, without seconds or a zone")
    return clock


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("must be a name of the IANA database, such as Europe/Amsterdam")
    return name


def _email(text: str) -> str:
    if not re.fullmatch(r"[^@\s]{1,64}@[^@\s]{1,255}", text):
        raise ValueError("must be an e-mail address")
    return text.lower()


# The constraints come first, or a text would be measured before its blanks are taken off.
Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, strip_whitespace=True),
    BeforeValidator(only_text),
    AfterValidator(_plain),
]
Text = Annotated[
    str,
    StringConstraints(max_length=500, strip_whitespace=True),
    BeforeValidator(only_text),
    AfterValidator(_plain),
]
#: What somebody signs in with; nothing is taken off it.
Secret = Annotated[
    str,
    StringConstraints(min_length=1, max_length=256),
    BeforeValidator(only_text),
    AfterValidator(_plain),
]
Email = Annotated[Name, AfterValidator(_email)]
Phone = Annotated[str, StringConstraints(pattern=r"^[+0-9 ()/-]{0,40}$")]
Identifier = Annotated[UUID, BeforeValidator(only_text)]
Moment = Annotated[datetime, BeforeValidator(_like_a_date), AfterValidator(_with_zone)]
Day = Annotated[date, BeforeValidator(_like_a_date), AfterValidator(_in_years)]
#: JSON Schema's format ``time`` has a zone, which a practice's wall clock has not.
_CLOCK = WithJsonSchema(
    {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$", "examples": ["09:00"]}
)
Clock = Annotated[time, BeforeValidator(_like_a_clock), AfterValidator(_minute), _CLOCK]
#: The same in an answer.
ClockTold = Annotated[time, PlainSerializer(lambda clock: clock.strftime("%H:%M")), _CLOCK]
Zone = Annotated[Name, AfterValidator(_zone)]
Minutes = Annotated[int, Field(strict=True, ge=1, le=1440)]
Probability = Annotated[float, Field(ge=0, lt=1)]


def change(thing: Any, given: BaseModel) -> None:
    """Give a row the values that a request sent, and leave the others."""
    for name in given.model_fields_set:
        setattr(thing, name, getattr(given, name))


def window(first: date, last: date, longest: int, field: str = "last") -> None:
    """Raise `InvalidInput` unless the last date is within some days from the first on."""
    if not 0 <= (last - first).days < longest:
        raise InvalidInput(
            field, last.isoformat(), f"a date from the first on, within {longest} days"
        )
