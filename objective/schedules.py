"""Schedules as tensors: checked, and turned into appointment times."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from objective.errors import InvalidInput
from objective.session import ClinicSession

ScheduleBatch = Tensor | np.ndarray[Any, Any] | Sequence[Any]


def as_schedules(
    schedules: ScheduleBatch,
    session: ClinicSession,
    device: torch.device,
    free: bool = False,
) -> Tensor:
    """Return schedules as an integer tensor (batch, intervals); a single schedule is a batch of 1.

    They book the session's patients; where the number of patients is ``free``, at most so many.

    Raises
    ------
    InvalidInput
        If an entry is not a whole number or is negative, if a schedule has the wrong number of
        intervals, or if its patients do not sum to those of the session.
    """
    intervals, patients = session.intervals, session.patients
    allowed = f"whole numbers of shape ({intervals},) or (batch, {intervals})"
    try:
        tensor = torch.as_tensor(schedules, device=device)
    except (TypeError, ValueError, RuntimeError):
        raise InvalidInput("schedules", schedules, allowed) from None
    if tensor.dtype.is_floating_point or tensor.dtype.is_complex or tensor.dtype == torch.bool:
        raise InvalidInput("schedules", f"a tensor of {tensor.dtype}", allowed)
    if tensor.dtype in (torch.uint16, torch.uint32, torch.uint64):
        # Torch has no arithmetic for these.
        tensor = tensor.to(torch.int64)
    if tensor.ndim == 1:
        tensor = tensor[None]
    if tensor.ndim != 2 or tensor.shape[1] != intervals:
        raise InvalidInput("schedules", f"of shape {tuple(tensor.shape)}", allowed)
    totals = tensor.sum(1)
    wrong = totals > patients if free else totals != patients
    if len(tensor) and not 0 <= int(tensor.min()) <= int(tensor.max()) <= patients:
        wrong |= ((tensor < 0) | (tensor > patients)).any(1)
    if bool(wrong.any()):
        row = int(wrong.nonzero()[0, 0])
        raise InvalidInput(
            f"schedules[{row}]",
            tensor[row].tolist(),
            f"none negative and {'at most ' * free}{patients} patients in total "
            f"(here {int(totals[row])})",
        )
    return tensor


def appointment_intervals(schedules: Tensor, patients: int) -> Tensor:
    """Return the interval of each patient, (batch, patients), nondecreasing in each row."""
    # The k-th patient, from 0, comes after as many intervals as have at most k booked up to them.
    booked = schedules.cumsum(1)
    reached = booked.new_zeros(len(booked), patients + 1)
    reached.scatter_add_(1, booked, torch.ones_like(booked))
    return reached.cumsum(1)[:, :patients]


def schedules_from_appointments(appointments: Tensor, intervals: int) -> Tensor:
    """Return the schedules (batch, intervals) of appointment intervals (batch, patients)."""
    counts = torch.zeros(
        len(appointments), intervals, dtype=torch.int64, device=appointments.device
    )
    return counts.scatter_add_(1, appointments, torch.ones_like(appointments))


def in_parts(rows: Tensor, size: int) -> Iterator[Tensor]:
    """Yield the rows of a tensor, ``size`` at a time."""
    for first in range(0, len(rows), size):
        yield rows[first : first + size]
