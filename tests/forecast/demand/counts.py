"""Counts with a known truth: a clinic that is open on weekdays, and one day a week busier."""

import numpy as np
import pandas as pd

from forecast.data.history import History
from forecast.demand.average import Average
from forecast.demand.calendar_glm import CalendarGLM
from forecast.demand.fitted import DemandModel
from forecast.demand.gradient_boosting import GradientBoosting
from forecast.demand.network import Network
from forecast.demand.seasonal_naive import SeasonalNaive
from forecast.demand.weekday_median import WeekdayMedian

#: Expected counts by weekday, Monday to Sunday.
WEEK = np.array([40.0, 30.0, 30.0, 30.0, 20.0, 0.0, 0.0])
#: Shares of a day's counts by the hour from 9 to 12 o'clock.
HOURS = np.array([0.5, 0.3, 0.2])
#: Every model that may come into use, small enough to learn in a second.
SMALL: dict[str, DemandModel] = {
    "seasonal_naive": SeasonalNaive(),
    "weekday_median": WeekdayMedian(),
    "calendar_glm": CalendarGLM(),
    "gradient_boosting": GradientBoosting(trees=120),
    "network": Network(hidden=8, layers=1, epochs=3),
    "average": Average(members={"calendar_glm": {}, "gradient_boosting": {"trees": 120}}),
}


def daily_rates(starts: pd.DatetimeIndex) -> np.ndarray:
    """Return the true expected counts of days."""
    return WEEK[starts.dayofweek]


def made_up_history(
    weeks: int = 30, seed: int = 0, minutes: int = 1_440, dispersion: float = 0.02
) -> History:
    """Return counts of two clinics from Monday 2 January 2023 on; a day's effect is gamma."""
    generator = np.random.default_rng(seed)
    days = pd.date_range("2023-01-02", periods=7 * weeks, freq="D")
    parts = []
    for name, size in (("large", 1.0), ("small", 0.2)):
        effect = generator.gamma(1 / dispersion, dispersion, len(days))
        rates = size * daily_rates(days) * effect
        if minutes == 1_440:
            starts, mean = days, rates
        else:
            starts = pd.date_range(days[0], periods=24 * len(days), freq="h")
            shares = np.zeros(24)
            shares[9:12] = HOURS
            mean = (rates[:, None] * shares).ravel()
        counts = generator.poisson(mean)
        event = (starts.dayofyear % 10 == 0).astype(float)
        parts.append(
            pd.DataFrame({"series": name, "start": starts, "count": counts, "event": event})
        )
    return History(arrivals=pd.concat(parts).sort_values("start", ignore_index=True))
