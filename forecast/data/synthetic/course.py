"""The course of a day: patients come, wait for their provider, and are seen one after another."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.data.synthetic.lead_times import DAY, HALVES

Whole = NDArray[np.int64]


def consultation_times(
    provider: Whole, scheduled: Whole, arrived: Whole, seconds: Whole
) -> tuple[Whole, Whole]:
    """Return when consultations begin and end, in seconds since 1970.

    A provider sees patients in the order in which they come, from the beginning of the half-day for
    which they are booked, and begins as soon as the patient is there and the one before has left
    (Lindley's recursion, here as a running maximum over the day).

    Parameters
    ----------
    provider, scheduled, arrived, seconds
        Number of the provider, appointment and arrival in seconds since 1970, and how long the
        consultation takes, each (visits,).
    """
    afternoon = scheduled % DAY >= HALVES[1]
    opens = scheduled // DAY * DAY + np.array(HALVES)[afternoon.astype(np.int64)]
    ready = np.maximum(arrived, opens)
    order = np.lexsort((scheduled, ready, provider, scheduled // DAY))
    day = (scheduled // DAY * (provider.max(initial=0) + 1) + provider)[order]
    served = pd.Series(seconds[order]).groupby(day).cumsum()
    before = served - seconds[order]
    # The k-th ends at S_k + max over j <= k of (ready_j - S_(j-1)), S the cumulated work.
    latest = (pd.Series(ready[order]) - before).groupby(day).cummax()
    ended = np.empty(len(order), np.int64)
    ended[order] = (latest + served).to_numpy()
    return ended - seconds, ended
