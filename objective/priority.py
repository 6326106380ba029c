"""How long a booked patient still waits when later walk-ins go first.

Under priority the wait is not the work found: whoever waits at the start of an interval is
overtaken by the walk-ins of that interval. Koeleman & Koole (2012), IIE Transactions on Healthcare
Systems Engineering 2:14-30, follow this patient by patient; but the expected further wait H_t(w) of
a patient with work w ahead at interval t does not depend on the schedule: it is w where w is less
than an interval's length d, else d + E[H_{t+1}(w - d + A_{t+1})] with A the work of the walk-ins.
Walk-ins come up to and including the end of the session, where H is w. So it is computed once,
backwards, and the cost of a schedule stays linear in its state laws.
"""

from collections.abc import Sequence

import numpy as np
from scipy.signal import convolve

from objective.laws import Array


def further_wait(masses: Sequence[Array], shift: int, states: int) -> Array:
    """Return H_t(w) in steps, (intervals, states), for w = 0, 1, .. steps ahead.

    Parameters
    ----------
    masses
        Mass of the walk-in work at the start of each interval and at the end of the session,
        (intervals + 1) arrays, in steps.
    shift
        Steps per interval.
    states
        Number of states.
    """
    intervals = len(masses) - 1
    # Whoever has more work ahead than the session still lasts is overtaken by all who come, so
    # that H goes on as a straight line of slope 1 from there.
    length = max(states, intervals * shift + 1)
    wait = np.arange(length, dtype=np.float64)
    found = np.empty((intervals, states))
    for t in reversed(range(intervals)):
        coming = masses[t + 1]
        beyond = wait[-1] + np.arange(1.0, coming.size)
        ahead = np.concatenate([wait, beyond])
        overtaken = convolve(ahead, coming[::-1], mode="valid")
        wait = np.arange(length, dtype=np.float64)
        wait[shift:] = shift + overtaken[: length - shift]
        found[t] = wait[:states]
    return found
