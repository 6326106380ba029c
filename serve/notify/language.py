"""In which language a patient is told, and how dates and times are written in it."""

import gettext
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_date, format_time

from serve.clock import wall_clock

#: Catalogues of translations; English is what the program itself says.
CATALOGUES, DOMAIN = Path(__file__).parent / "locale", "notices"
#: How dates are written where English is spoken, if the practice does not say where it is.
ENGLISH = "en_GB"

Translate = Callable[[str], str]


@dataclass(frozen=True)
class Language:
    """A language that patients are told in.

    Attributes
    ----------
    tag
        As in HTML and mail, such as ``nl``.
    translate
        Returns an English text in it.
    locale
        Says how its dates are written.
    """

    tag: str
    translate: Translate
    locale: Locale

    def day(self, moment: datetime, zone: str) -> str:
        """Return the date of a moment on the clock of a zone, with its weekday."""
        return format_date(wall_clock(moment, zone).date(), "full", locale=self.locale)

    def time(self, moment: datetime, zone: str) -> str:
        """Return the time of day of a moment on the clock of a zone."""
        return format_time(wall_clock(moment, zone), "short", locale=self.locale)


@lru_cache(maxsize=256)
def language_of(wished: str, country: str = "") -> Language:
    """Return the language that somebody wishes, or English where there is no translation.

    Parameters
    ----------
    wished
        Such as ``nl`` or ``de-AT``.
    country
        The practice's, such as NL, whose way of writing dates is kept if it has one.
    """
    name = wished.partition("-")[0].lower()
    translated = (CATALOGUES / name / "LC_MESSAGES" / f"{DOMAIN}.mo").is_file()
    name = name if translated else "en"
    found = gettext.translation(DOMAIN, str(CATALOGUES), languages=[name], fallback=True)
    region = wished.split("-")[-1].upper() if translated or wished.startswith("en") else ""
    return Language(name, found.gettext, _locale(name, region, country.partition("-")[0]))


def _locale(name: str, *regions: str) -> Locale:
    known = [f"{name}_{region}" for region in regions if region and region != name.upper()]
    for one in (*known, ENGLISH if name == "en" else name):
        try:
            return Locale.parse(one)
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse(ENGLISH)
