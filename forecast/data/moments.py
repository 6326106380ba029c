"""Moments as text: read from outside, and told."""

import pandas as pd

from objective import InvalidInput


def moment_from(field: str, value: object) -> pd.Timestamp:
    """Return a moment; raise `InvalidInput` for anything that is none."""
    allowed = "a date, or a date with a time, as 2019-03-21T08:00"
    try:
        moment = pd.Timestamp(str(value))
    except ValueError:
        raise InvalidInput(field, value, allowed) from None
    if pd.isna(moment) or moment.tzinfo is not None:
        raise InvalidInput(field, value, allowed)
    return moment


def moment_text(moment: pd.Timestamp) -> str:
    """Return a moment as it is told: a day without a time where that is midnight."""
    return f"{moment:%Y-%m-%d}" if moment == moment.normalize() else f"{moment:%Y-%m-%d %H:%M}"
