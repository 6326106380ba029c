"""Schedules that come more than once."""

import numpy as np
import torch
from torch import Tensor


def distinct(schedules: Tensor) -> tuple[Tensor, Tensor]:
    """Return the different ones of some schedules (batch, intervals), and each row's place there.

    They are in an order of their own; the places are (batch,). On the processor.
    """
    _, first, place = np.unique(_keys(schedules), return_index=True, return_inverse=True)
    return schedules[torch.from_numpy(first)], torch.from_numpy(place)


def is_new(schedules: Tensor, known: Tensor) -> Tensor:
    """Return which schedules (batch, intervals) are neither known nor the same as an earlier one.

    On the processor, (batch,).
    """
    _, first = np.unique(_keys(torch.cat([known, schedules])), return_index=True)
    new = torch.zeros(len(known) + len(schedules), dtype=torch.bool)
    new[torch.from_numpy(first)] = True
    return new[len(known) :]


def _keys(schedules: Tensor) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    """Return each row as one value that can be compared."""
    rows = np.ascontiguousarray(schedules.cpu().numpy())
    return rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1])))[:, 0]
