"""The work that a provider has left at a later moment of a day that runs."""

import numpy as np
import torch

from objective.errors import InvalidInput, finite_number, positive_number
from objective.laws import Array
from objective.live.day import MARGIN, LiveDay
from objective.live.grid import DayGrid, Masses, step_of
from objective.live.laws import LiveLaws

#: A tail of work that is less probable is moved to the point before it.
NEGLIGIBLE = 1e-15


def work_left(day: LiveDay, at: float, step: float = 1.0) -> Array:
    """Return the law of the work that is left at a later moment, before who comes at that moment.

    It counts the consultation that runs, who waits, who is expected earlier than ``at`` or overdue
    (with the probability to come), walk-ins and interruptions of the intervals that start after now
    and before ``at``, and the time for which the provider is away; less the time until ``at``.
    This is the law that a chain over the patients from ``at`` on begins with.

    Parameters
    ----------
    day
        What has been observed.
    at
        The moment, minutes from the start of the session, not before now.
    step
        Largest width of the grid, minutes: the width is the largest up to it of which the interval
        length is a multiple.

    Returns
    -------
    Array
        Probability of 0, 1, 2, ... times the width of work, (points,).

    Raises
    ------
    InvalidInput
        If an argument is outside its range, or a law of a consultation time does not fit on the
        grid.
    """
    if not isinstance(day, LiveDay):
        raise InvalidInput("day", day, "a LiveDay")
    allowed = f"a moment from now, {day.now:g}, to a day after the end of the session"
    if not day.now <= finite_number("at", at, allowed) <= day.session.length + MARGIN:
        raise InvalidInput("at", at, allowed)
    masses = Masses()
    grid = DayGrid(day, step_of(day, positive_number("step", step)), masses, until=at)
    laws = LiveLaws([grid], masses, torch.device("cpu"))
    free = laws.free
    for _, _, after in laws.follow():
        free = after
    return _beyond(free[0].numpy(), (at - grid.origin) / grid.step)


def _beyond(mass: Array, point: float) -> Array:
    """Return the law of what a point of the grid lies beyond ``point``, or of 0, the mean kept."""
    place = np.clip(np.arange(mass.size) - point, 0.0, None)
    lower = np.floor(place + 1e-9).astype(np.int64)
    share = np.clip(place - lower, 0.0, None)
    left = np.zeros(int(lower[-1]) + 2)
    np.add.at(left, lower, mass * (1 - share))
    np.add.at(left, lower + 1, mass * share)
    tail = np.cumsum(left[::-1])[::-1]
    keep = max(int(np.count_nonzero(tail > NEGLIGIBLE)), 1)
    kept = left[:keep].copy()
    kept[-1] += left[keep:].sum()
    return kept
