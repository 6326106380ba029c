"""From times between the starts of intervals to schedules."""

import numpy as np
import torch
from torch import Tensor

from objective import ClinicSession
from objective.laws import Array
from objective.schedules import schedules_from_appointments

#: Share of an interval by which a time may miss its start through a solver's tolerance.
TOLERANCE = 1e-6


def roundings(times: Array, session: ClinicSession) -> Tensor:
    """Return the schedules (batch, intervals) that rounding times (patients,) may mean.

    Times whose part of an interval is below a threshold are rounded down, all others up, for every
    threshold at which that makes a difference. For a cost that is L-natural-convex in the
    appointments the mean over all thresholds is its convex extension (Murota 2003, Discrete Convex
    Analysis), so that the best of these schedules costs no more than it. Demands on differences of
    appointments, in whole intervals, that the times meet are met by all of them.
    """
    position = times / session.interval_length
    nearest = np.rint(position)
    position = np.where(np.abs(position - nearest) < TOLERANCE, nearest, position)
    down = np.floor(position)
    thresholds = np.unique(np.append(position - down, 1.0))
    up = (position - down) >= thresholds[:, None]
    # A part of 0 is the start of an interval, and stays there.
    up &= position > down
    appointments = np.unique((down + up).astype(np.int64), axis=0)
    return schedules_from_appointments(torch.from_numpy(appointments), session.intervals)
