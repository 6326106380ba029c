"""A schedule for one session from the optima of others, of any size."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Schedule = NDArray[np.int64]


def blended(
    schedules: Sequence[Sequence[int]], shares: Sequence[float], patients: int, intervals: int
) -> Schedule:
    """Return a schedule (intervals,) between several of other sizes.

    Each schedule is taken as the appointment times of its patients, as shares of the session,
    against their rank, as a share of the number of patients; a patient of the new session has the
    mean of these times at the own rank, by ``shares``, which sum to 1.
    """
    # The middle of a patient's part of the ranks, so that first and last keep their place.
    wanted = (np.arange(patients) + 0.5) / patients
    time = np.zeros(patients)
    for schedule, share in zip(schedules, shares, strict=True):
        appointments = np.repeat(np.arange(len(schedule)), schedule)
        rank = (np.arange(len(appointments)) + 0.5) / len(appointments)
        time += share * np.interp(wanted, rank, appointments / len(schedule))
    chosen = np.clip(np.rint(time * intervals), 0, intervals - 1).astype(np.int64)
    return np.bincount(chosen, minlength=intervals).astype(np.int64)
