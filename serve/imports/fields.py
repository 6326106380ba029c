"""What the cells of providers, patients and appointments may hold, and how they are read."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from forecast.data.coercion import FLAGS, ISO_TIME
from serve.api.fields import FIRST_YEAR, LAST_YEAR
from serve.clock import at_wall_clock

#: Longest name, identifier or other short text, characters.
LONGEST = 200


@dataclass(frozen=True)
class Field:
    """A column of a file.

    Attributes
    ----------
    read
        Makes the value of a text that is not empty; raises `ValueError` for one that is none.
    allowed
        What a text must be, as the end of "must be ...".
    required
        Whether the file must have the column, and every row a value.
    """

    read: Callable[[str], Any]
    allowed: str
    required: bool = False


def short_text(required: bool = False) -> Field:
    """Return the field of a name or another text on one line."""

    def read(text: str) -> str:
        if len(text) > LONGEST or any(ord(letter) < 32 for letter in text):
            raise ValueError
        return text

    return Field(read, f"a text on one line, of at most {LONGEST} characters", required)


def pattern(form: str, allowed: str, longest: int) -> Field:
    """Return the field of a text of a form."""
    compiled = re.compile(form)

    def read(text: str) -> str:
        if len(text) > longest or not compiled.fullmatch(text):
            raise ValueError
        return text

    return Field(read, allowed)


def email() -> Field:
    """Return the field of an e-mail address, which is kept in lower case."""
    plain = pattern(r"[^@\s]{1,64}@[^@\s]{1,255}", "an e-mail address", 320)
    return Field(lambda text: plain.read(text).lower(), plain.allowed)


def flag() -> Field:
    """Return the field of true or false."""

    def read(text: str) -> bool:
        try:
            return bool(FLAGS[text.lower()])
        except KeyError:
            raise ValueError from None

    return Field(read, "true or false, yes or no, 1 or 0")


def birthday(today: date) -> Field:
    """Return the field of a date of birth."""

    def read(text: str) -> date:
        day = date.fromisoformat(text)
        if len(text) != 10 or not date(FIRST_YEAR, 1, 1) <= day <= today:
            raise ValueError
        return day

    return Field(read, f"a date such as 1970-03-21, from {FIRST_YEAR} until today")


def moment(zone: str, required: bool = False) -> Field:
    """Return the field of a time, on the wall clock of a zone unless it has one of its own."""
    form = re.compile(ISO_TIME)

    def read(text: str) -> datetime:
        if not form.fullmatch(text) or len(text) < 16:
            raise ValueError
        told = datetime.fromisoformat(text)
        if not FIRST_YEAR < told.year < LAST_YEAR:
            raise ValueError
        if told.tzinfo is not None:
            return told
        return at_wall_clock(told.date(), told.time(), zone)

    allowed = f"a time such as 2026-03-02T09:00, between {FIRST_YEAR} and {LAST_YEAR}"
    return Field(read, allowed, required)
