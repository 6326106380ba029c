"""How readily seats are taken at all, where only their popularity beside each other is known."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from forecast.preference.occasions import Occasions, Whole
from objective import InvalidInput

Array = NDArray[np.float64]
#: Range of the level: from one in a hundred million to the reverse.
RANGE = 18.0


def fitted_level(log_weights: Array, occasions: Occasions, accepted: int) -> float:
    """Return what to add to log weights so that as many occasions are accepted as were.

    Parameters
    ----------
    log_weights
        Of the seats, (rows,), beside each other.
    accepted
        Number of occasions on which a seat was taken.
    """
    weights = np.bincount(occasions.of, np.exp(log_weights), minlength=occasions.count)

    def excess(level: float) -> float:
        total = np.exp(level) * weights
        return float((total / (1 + total)).sum()) - accepted

    return float(brentq(excess, -RANGE, RANGE, xtol=1e-12))


def refuse_one_outcome(chosen: Whole) -> None:
    """Raise `InvalidInput` unless some occasions were accepted and some were declined."""
    accepted = int((chosen >= 0).sum())
    if not 0 < accepted < len(chosen):
        found = f"{accepted} of {len(chosen)} occasions accepted"
        allowed = "at least one accepted and at least one declined, to learn from"
        raise InvalidInput("offers.chosen", found, allowed)
