"""How many states of the workload grid a batch of schedules needs.

For every theta > 0, E[(X - c)^+] <= E[exp(theta (X - c))] / (theta e). The work after the k-th
patient is the largest of the net inputs X_jk = (work of patients j..k) - (time from j to k), whose
logarithmic moment generating functions add up over patients; so the grid point beyond which the
expected work is below a tolerance follows from one cumulative minimum per theta, for a whole batch
at once and without following the chain.
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
from scipy.special import logsumexp
from torch import Tensor

from objective.laws import Array

#: Expected work beyond the grid, in steps, that is allowed for each of the net inputs.
TOLERANCE = 1e-12
#: The exponents tried, in units of one over the mean consultation.
EXPONENTS = np.geomspace(0.02, 6.0, 20)


class Support:
    """Bounds on the number of grid steps that matter.

    Parameters
    ----------
    service
        Mass of what a booked patient brings, no-shows included.
    walk_ins
        Mass of the walk-in work of each interval; empty without walk-ins.
    shift
        Steps of work done per interval.
    device
        Where the bounds are computed.
    """

    def __init__(
        self, service: Array, walk_ins: Sequence[Array], shift: int, device: torch.device
    ) -> None:
        mean = max(float(np.arange(service.size) @ service), 1e-3)
        self._theta = EXPONENTS / mean
        self._shift = shift
        self._patient = _log_moments(self._theta, service)
        distinct = {id(mass): _log_moments(self._theta, mass) for mass in walk_ins}
        self._walk_ins = np.array([distinct[id(mass)] for mass in walk_ins])
        self._device = device

    def total(self, patients: int) -> int:
        """Return the steps that all patients and walk-ins together can need."""
        exponent = patients * self._patient
        if len(self._walk_ins):
            exponent = exponent + self._walk_ins.sum(0)
        count = patients + len(self._walk_ins)
        return math.ceil(float(((exponent + self._slack(count)) / self._theta).min()))

    def after_patients(self, appointments: Tensor) -> Tensor:
        """Return the steps needed after each patient, appointments and result (rows, patients)."""
        patients = appointments.shape[1]
        added = self._tensor(self._patient)[:, None, None]
        rank = torch.arange(1, patients + 1, dtype=torch.float64, device=self._device)
        return self._largest(added * rank, added, appointments.to(torch.float64), patients)

    def after_intervals(self, schedules: Tensor, spare: int = 0) -> Tensor:
        """Return the steps needed after the arrivals of each interval, (rows, intervals).

        With ``spare`` patients more, whenever they come.
        """
        intervals = schedules.shape[1]
        added = schedules.to(torch.float64) * self._tensor(self._patient)[:, None, None]
        if len(self._walk_ins):
            added = added + self._tensor(self._walk_ins.T)[:, None, :]
        interval = torch.arange(intervals, dtype=torch.float64, device=self._device)
        return self._largest(added.cumsum(2), added, interval, intervals, spare)

    def _largest(
        self, upto: Tensor, added: Tensor, interval: Tensor, terms: int, spare: int = 0
    ) -> Tensor:
        """Return the bound on the largest net input up to each of a row of arrivals.

        Log moments ``upto`` and with an arrival, and ``added`` by it, are (exponents, rows,
        arrivals), ``interval`` is when it comes, (rows, arrivals).
        """
        theta = self._tensor(self._theta)[:, None, None]
        worked = interval * (theta * self._shift)
        net = upto - worked
        level = net - (net - added).cummin(2).values
        slack = self._tensor(self._slack(terms) + spare * self._patient)[:, None, None]
        return ((level + slack) / theta).amin(0).ceil_().clamp_(min=0)

    def _tensor(self, values: Array) -> Tensor:
        return torch.as_tensor(values, dtype=torch.float64, device=self._device)

    def _slack(self, terms: int) -> Array:
        """Return what the exponent gains so that ``terms`` inputs meet the tolerance together."""
        return np.asarray(-np.log(self._theta * math.e * TOLERANCE / terms), np.float64)


def _log_moments(theta: Array, mass: Array) -> Array:
    """Return log E[exp(theta X)] for each theta."""
    steps = np.flatnonzero(mass)
    return np.asarray(logsumexp(theta[:, None] * steps, b=mass[steps], axis=1), np.float64)
