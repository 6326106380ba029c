"""What a model of choices looks at: the features of a seat that is offered."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from forecast.preference.occasions import Occasions
from forecast.preference.usual import usual_providers
from objective import InvalidInput
from objective.errors import whole_number

#: Features that every table of offers has, by their names.
FEATURES = ("days_ahead", "hour", "weekday", "half_day", "provider", "usual_provider")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NOON = 12


def seat_features(
    offers: pd.DataFrame,
    occasions: Occasions,
    features: Sequence[str],
    hours: Sequence[int],
    columns: Sequence[str],
    past: pd.DataFrame | None,
) -> pd.DataFrame:
    """Return the features of seats, (rows, features): numbers, and levels as text.

    Parameters
    ----------
    offers, occasions
        The seats, and what was offered together.
    features
        Some of `FEATURES`.
    hours
        Hours of the day at which a new level of ``hour`` begins.
    columns
        Further columns of ``offers``.
    past
        Earlier offers, from which a patient's usual provider is known; None for nobody's.

    Raises
    ------
    InvalidInput
        If a further column is missing, or holds infinite numbers.
    """
    seat_at = offers["seat_at"]
    made: dict[str, object] = {}
    for name in features:
        if name == "days_ahead":
            ahead = seat_at - offers["offered_at"]
            made[name] = ahead.dt.total_seconds().to_numpy() / 86_400
        elif name == "hour":
            made[name] = hour_levels(seat_at, hours)
        elif name == "weekday":
            made[name] = [WEEKDAYS[day] for day in seat_at.dt.dayofweek]
        elif name == "half_day":
            made[name] = np.where(seat_at.dt.hour < NOON, "am", "pm")
        elif name == "provider":
            made[name] = offers[name].astype(str).to_numpy()
        else:
            usual = np.array(usual_providers(offers, occasions, past), object)[occasions.of]
            made[name] = (usual == offers["provider"].astype(str).to_numpy()).astype(np.float64)
    for name in columns:
        if name not in offers:
            raise InvalidInput(f"offers.{name}", None, "a column of the table, as it is named")
        made[name] = _column(name, offers[name])
    return pd.DataFrame(made, index=offers.index)


def hour_levels(seat_at: pd.Series, hours: Sequence[int]) -> list[str]:
    """Return in which part of the day each seat is, such as ``10:00 to 12:00``."""
    bounds = (0, *hours, 24)
    names = [f"{low:02d}:00 to {high:02d}:00" for low, high in pairwise(bounds)]
    return [names[part] for part in np.digitize(seat_at.dt.hour, hours)]


def checked_hours(field: str, hours: Sequence[int]) -> tuple[int, ...]:
    """Return hours of the day from 1 to 23 that rise; raise `InvalidInput` for anything else."""
    if isinstance(hours, str) or not isinstance(hours, Sequence):
        raise InvalidInput(field, hours, "hours of the day that rise, such as [10, 12, 15]")
    found = tuple(whole_number(field, hour, 1, 23) for hour in hours)
    if list(found) != sorted(set(found)):
        raise InvalidInput(field, list(found), "hours that rise")
    return found


def _column(name: str, values: pd.Series) -> object:
    if pd.api.types.is_numeric_dtype(values):
        numbers = values.astype(np.float64).to_numpy()
        if np.isinf(numbers).any():
            raise InvalidInput(f"offers.{name}", "infinite", "finite numbers, or empty")
        return numbers
    return values.astype(object).where(values.notna(), "").astype(str).to_numpy()
