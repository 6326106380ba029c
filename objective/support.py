"""How many states of the workload grid a batch of schedules needs.

For every theta > 0, E[(X - c)^+] <= E[exp(theta (X - c))] / (theta e). The work after the k-th
patient is the largest of the net inputs X_jk = (work of patients j..k) - (time from j to k), whose
logarithmic moment generating functions add up over patients; so the grid point beyond which the
expected work is below a tolerance follows from one cumulative minimum per theta, for a whole batch
at once and without following the chain.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from scipy.special import logsumexp
from torch import Tensor

from objective.laws import Array
from objective.schedules import in_parts

#: Expected work beyond the grid, in steps, that is allowed for each of the net inputs.
TOLERANCE = 1e-12
#: The exponents tried, in units of one over the mean consultation.
EXPONENTS = np.geomspace(0.02, 6.0, 20)
#: Bytes that the bounds of a batch may occupy while they are computed, by kind of device; and how
#: many numbers per exponent, row and arrival there are at one time.
BOUND_BYTES = {"cpu": 32 * 2**20, "cuda": 2**30}
TEMPORARIES = 6


class Support:
    """Bounds on the number of grid steps that matter.

    Parameters
    ----------
    service
        Mass of what each booked patient brings, no-shows included, in their order.
    walk_ins
        Mass of the work that is not booked, of each interval; empty if there is none.
    initial
        Mass of the work at the beginning.
    shift
        Steps of work done per interval.
    device
        Where the bounds are computed.
    """

    def __init__(
        self,
        service: Sequence[Array],
        walk_ins: Sequence[Array],
        initial: Array,
        shift: int,
        device: torch.device,
    ) -> None:
        longest = max(float(np.arange(mass.size) @ mass) for mass in service)
        self._theta = EXPONENTS / max(longest, 1e-3)
        self._shift = shift
        distinct = {
            id(mass): _log_moments(self._theta, mass) for mass in (*service, *walk_ins, initial)
        }
        patients = np.array([distinct[id(mass)] for mass in service])
        self._most = patients.max(0)
        self._initial = distinct[id(initial)]
        #: Log moments of the first k patients together, (exponents, patients + 1).
        self._upto = np.concatenate([np.zeros((1, len(self._theta))), patients.cumsum(0)]).T
        self._walk_ins = np.array([distinct[id(mass)] for mass in walk_ins])
        self._device = device

    def total(self) -> int:
        """Return the steps that all patients and walk-ins together can need."""
        exponent = self._upto[:, -1] + self._initial
        if len(self._walk_ins):
            exponent = exponent + self._walk_ins.sum(0)
        count = self._upto.shape[1] + len(self._walk_ins)
        return math.ceil(float(((exponent + self._slack(count)) / self._theta).min()))

    def after_patients(self, appointments: Tensor) -> Tensor:
        """Return the steps needed after each patient, appointments and result (rows, patients)."""
        patients = appointments.shape[1]
        upto = self._tensor(self._upto)[:, None]
        added = upto.diff(dim=2)

        def largest(part: Tensor) -> Tensor:
            return self._largest(upto[:, :, 1:], added, part.to(torch.float64), patients)

        return self._by_parts(largest, appointments)

    def after_intervals(self, schedules: Tensor, spare: int = 0) -> Tensor:
        """Return the steps needed after the arrivals of each interval, (rows, intervals).

        With ``spare`` patients more, whenever they come.
        """
        intervals = schedules.shape[1]
        interval = torch.arange(intervals, dtype=torch.float64, device=self._device)
        every = self._tensor(self._upto)

        def largest(part: Tensor) -> Tensor:
            booked = torch.nn.functional.pad(part.cumsum(1), (1, 0))
            added = every[:, booked.to(self._device)].diff(dim=2)
            if len(self._walk_ins):
                added = added + self._tensor(self._walk_ins.T)[:, None, :]
            return self._largest(added.cumsum(2), added, interval, intervals, spare)

        return self._by_parts(largest, schedules)

    def _by_parts(self, bound: Callable[[Tensor], Tensor], rows: Tensor) -> Tensor:
        """Return the bounds of all rows, so many at a time that the exponents of all fit."""
        row_bytes = 8 * TEMPORARIES * len(self._theta) * rows.shape[1]
        size = max(1, BOUND_BYTES[self._device.type] // row_bytes)
        if len(rows) <= size:
            return bound(rows)
        return torch.cat([bound(part) for part in in_parts(rows, size)])

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
        # The work at the beginning adds to what has come since then, and to nothing else.
        least = torch.minimum(
            (net - added).cummin(2).values, -self._tensor(self._initial)[:, None, None]
        )
        level = net - least
        slack = self._tensor(self._slack(terms + 1) + spare * self._most)[:, None, None]
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
