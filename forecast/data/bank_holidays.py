"""Bank holidays of a country."""

from collections.abc import Iterable

import holidays
import pandas as pd

from objective import InvalidInput


def bank_holidays(
    country: str | None, first: pd.Timestamp, until: pd.Timestamp
) -> pd.DatetimeIndex:
    """Return the bank holidays from one day to before another, in order.

    Parameters
    ----------
    country
        Such as GB, or GB-ENG for a part of it; None for nobody's holidays.
    first, until
        The period, ``until`` excluded.

    Raises
    ------
    InvalidInput
        If the holidays of the country are not known.
    """
    if country is None:
        return pd.DatetimeIndex([])
    days = pd.DatetimeIndex(sorted(kept_holidays(country, range(first.year, until.year + 1))))
    return days[(days >= first) & (days < until)]


def check_country(country: str | None) -> None:
    """Raise `InvalidInput` if the holidays of a country are not known."""
    if country is not None:
        kept_holidays(country, range(2024, 2025))


def kept_holidays(country: str, years: Iterable[int]) -> holidays.HolidayBase:
    """Return the bank holidays of some years, with their names in English.

    Raises
    ------
    InvalidInput
        If the holidays of the country are not known.
    """
    name, _, part = country.partition("-")
    try:
        return holidays.country_holidays(name, subdiv=part or None, years=years, language="en_US")
    except NotImplementedError:
        allowed = "a country whose holidays are known, such as GB, GB-ENG or US, or null"
        raise InvalidInput("country", country, allowed) from None
