"""Moments that are written in a configuration."""

import pandas as pd

from objective import InvalidInput


def moment(field: str, value: object) -> pd.Timestamp:
    """Return a date, or a date with a time, on the clinic's wall clock.

    Raises
    ------
    InvalidInput
        If it is none, or has a zone.
    """
    allowed = "a date, or a date with a time, as 2019-03-21T08:00, without a zone"
    try:
        found = pd.Timestamp(str(value))
    except ValueError:
        raise InvalidInput(field, value, allowed) from None
    if pd.isna(found) or found.tzinfo is not None:
        raise InvalidInput(field, value, allowed)
    return found
