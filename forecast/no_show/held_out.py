"""Forecasts of a held-out period, each made from what was known the night before."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from forecast.data.history import History
from forecast.no_show.fitted import FittedNoShow, NoShowModel
from forecast.no_show.visits import days

#: Lets a model learn from what was known before a moment.
Refit = Callable[[NoShowModel, pd.Timestamp], FittedNoShow]


def held_out_forecasts(
    models: Mapping[str, FittedNoShow],
    history: History,
    visits: pd.DataFrame,
    every: int,
    refit: Refit,
) -> pd.DataFrame:
    """Return the probability of each model for each visit, (visits, models).

    A forecast uses of the history what was known at its own moment (see
    `FittedNoShow.probabilities`), so that all days may be asked at once. Unless ``every`` is 0 the
    models learn anew before the first of so many days each.
    """
    result = {name: np.empty(len(visits)) for name in models}
    day = days(visits["scheduled_at"])
    period = (day - day.min()) // every if every else np.zeros_like(day)
    for number in np.unique(period):
        rows = period == number
        start = pd.Timestamp(int(day.min() + number * every), unit="D")
        for name, one in models.items():
            fitted = refit(one.model, start) if every else one
            result[name][rows] = fitted.probabilities(visits[rows], history)
    return pd.DataFrame(result, index=visits.index)
