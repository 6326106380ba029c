"""Bank holidays of a country."""

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
    name, _, part = country.partition("-")
    years = range(first.year, until.year + 1)
    try:
        kept = holidays.country_holidays(name, subdiv=part or None, years=years)
    except NotImplementedError:
        allowed = "a country whose holidays are known, such as GB, GB-ENG or US, or null"
        raise InvalidInput("country", country, allowed) from None
    days = pd.DatetimeIndex(sorted(kept))
    return days[(days >= first) & (days < until)]
