"""The queue-length chain: exponential consultations, no walk-ins, no truncation.

State l is the number of patients present. While the provider is busy consultations end as a Poisson
process, so over a gap of g intervals the number present goes from l to (l - D)^+ with D Poisson of
mean g d / beta (d minutes per interval, beta the mean consultation). Kaandorp & Koole (2007),
doi:10.1007/s10729-007-9015-x, use the same chain interval by interval.
"""

from functools import lru_cache

import numpy as np
import torch
from scipy import special, stats
from torch import Tensor

from objective.chain import Group, continued
from objective.laws import Array
from objective.penalties import Penalty, erlang_tail
from objective.session import ClinicSession

#: Bytes that the transition matrices of different gaps may occupy together.
KERNEL_BYTES = 128 * 2**20
#: Halvings of the bracket of a quantile: from days to less than a microsecond.
HALVINGS = 45


class QueueLengthChain:
    """Law of the number of patients present; see `objective.chain.Chain` for the operations."""

    has_walk_ins = False

    def __init__(self, session: ClinicSession, dtype: torch.dtype, device: torch.device) -> None:
        self.dtype, self.device = dtype, device
        self.states = session.patients + 1
        self.row_bytes = (6 * session.patients + 4 * self.states) * 8
        self._mean = float(session.mean_service_times[0])
        self._shows = [1 - patient.no_show for patient in session.kind_patients]
        self._per_interval = session.interval_length / self._mean
        self._present = torch.arange(self.states, dtype=torch.float64)
        size = max(8, KERNEL_BYTES // (8 * self.states**2))
        self._kernel = lru_cache(maxsize=size)(self._make_kernel)
        self._arrival_kernel = lru_cache(maxsize=size)(self._make_arrival_kernel)
        self._transition = lru_cache(maxsize=size)(self._make_transition)

    def work(self) -> Tensor:
        """Return mean * l minutes."""
        return (self._present * self._mean).to(self.device, self.dtype)

    def cost_vector(self, penalty: Penalty) -> Tensor:
        """Return the expected penalty of the Erlang(l) work."""
        return penalty.of_queue(self._present, self._mean).to(self.device, self.dtype)

    def start(self, rows: int) -> Tensor:
        """Return the laws of an empty clinic, (rows, 1)."""
        return torch.ones(rows, 1, dtype=self.dtype, device=self.device)

    def arrive(self, laws: Tensor, limit: int, kind: int = 0) -> tuple[Tensor, Tensor | None]:
        """One more is present with the probability to show; nothing is ever cut off."""
        rows, states = laws.shape
        show = self._shows[kind]
        arrived = laws.new_empty(rows, states + 1)
        arrived[:, 0] = 0
        torch.mul(laws, show, out=arrived[:, 1:])
        if show < 1:
            arrived[:, :-1].add_(laws, alpha=1 - show)
        # More than all patients are never present.
        return arrived[:, : self.states], None

    def walk_in(self, laws: Tensor, interval: int, limit: int) -> tuple[Tensor, Tensor | None]:
        """Nobody walks in: sessions with walk-ins are followed by the workload chain."""
        return laws, None

    def drained_states(self, states: int, gap: int) -> int:
        """Return the same number: nobody need leave."""
        return states

    def drain(self, laws: Tensor, gap: int, out: Tensor) -> None:
        """Let ``gap`` intervals pass; write the laws to ``out``."""
        if gap == 0:
            out.copy_(laws)
        else:
            states = laws.shape[1]
            torch.mm(laws, self._kernel(gap)[:states, :states], out=out)

    def drain_back(self, values: Tensor, gap: int, states: int) -> Tensor:
        """Return E[f((l - D)^+)]."""
        return continued(values, states) @ self._kernel(gap)[:states, :states].T

    def arrive_and_drain(
        self, laws: Tensor, groups: list[Group], limit: int, kind: int = 0
    ) -> tuple[Tensor, Tensor | None]:
        """Do both with one product per group."""
        rows, states = laws.shape
        drained = laws.new_empty(rows, states + 1)
        for gap, first, last in groups:
            kernel = self._arrival_kernel(gap, kind)[:states, : states + 1]
            torch.mm(laws[first:last], kernel, out=drained[first:last])
        return drained, None

    def arrive_back(self, values: Tensor, states: int, kind: int = 0) -> Tensor:
        """Return (1 - q) f(l) + q f(l + 1)."""
        if values.shape[1] <= states:
            # More than all patients are never present; what stands there is never read.
            values = torch.cat([values, values[:, -1:]], dim=1)
        values = values[:, : states + 1]
        show = self._shows[kind]
        return values[:, 1:] if show == 1 else torch.lerp(values[:, :-1], values[:, 1:], show)

    def walk_in_back(self, values: Tensor, interval: int, states: int) -> Tensor:
        """Nobody walks in."""
        return values

    def walk_in_kinds(self, intervals: int) -> list[int]:
        """Nobody walks in, in any interval."""
        return [0] * intervals

    def transition(
        self, kinds: tuple[int, ...], walk_in_kind: int, states: int, length: int
    ) -> Array:
        """Return the transition matrix, the same from all intervals."""
        return self._transition(kinds, states, length)

    def within(self, laws: Tensor, minutes: Tensor) -> Tensor:
        """Return P(Erlang <= minutes) for each law and time."""
        present = self._present[: laws.shape[1]].to(self.device)
        tails = erlang_tail(present, minutes.to(present)[:, None] / self._mean)
        return 1 - laws.to(tails) @ tails.T

    def quantiles(self, laws: Tensor, probabilities: Tensor) -> Tensor:
        """Return the quantiles of the mixed Erlang laws, by bisection for all at once."""
        present = self._present[: laws.shape[1]].to(self.device)
        wanted = probabilities.to(present).expand(len(laws), -1)
        low = torch.zeros_like(wanted)
        # Twenty standard deviations above the mean of the longest Erlang law hold any quantile.
        high = torch.full_like(wanted, self._mean * (self.states + 20 * self.states**0.5))
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            tails = erlang_tail(present.expand(*middle.shape, -1), middle[..., None] / self._mean)
            inside = 1 - (tails * laws.to(tails)[:, None]).sum(-1) >= wanted
            low, high = torch.where(inside, low, middle), torch.where(inside, middle, high)
        idle = laws[:, :1].to(wanted) >= wanted
        return torch.where(idle, torch.zeros_like(high), high)

    def patient_limits(self, appointments: Tensor) -> list[int]:
        """After the k-th patient at most k are present."""
        return list(range(2, appointments.shape[1] + 2))

    def interval_limits(self, schedules: Tensor, spare: int = 0) -> list[int]:
        """No more can be present than were booked so far."""
        booked: list[int] = schedules.cumsum(1).amax(0).tolist()
        return [count + 1 + spare for count in booked]

    def congestion(self, schedules: Tensor, appointments: Tensor) -> Tensor | None:
        """Every schedule needs the same number of states."""
        return None

    def _make_kernel(self, gap: int) -> Tensor:
        """Return the transition matrix (states, states) of ``gap`` intervals."""
        present = np.arange(self.states)
        mean = gap * self._per_interval
        departures = stats.poisson.pmf(present, mean)
        lost = present[:, None] - present[None, :]
        kernel = np.where(lost >= 0, departures[np.maximum(lost, 0)], 0.0)
        # P(D >= l) as an incomplete gamma function: one minus a sum would lose the small tails.
        kernel[0, 0] = 1.0
        kernel[1:, 0] = special.gammainc(present[1:], mean)
        return torch.as_tensor(kernel).to(self.device, self.dtype)

    def _make_arrival_kernel(self, gap: int, kind: int) -> Tensor:
        """Return the transition matrix of an arrival and ``gap`` intervals, (states, states)."""
        kernel = torch.eye(self.states, dtype=self.dtype, device=self.device)
        if gap:
            kernel = self._kernel(gap)
        # From l present the arrival leads to l + 1 with the probability to show, else it stays.
        return torch.lerp(kernel[:-1], kernel[1:], self._shows[kind])

    def _make_transition(self, kinds: tuple[int, ...], states: int, length: int) -> Array:
        """Return the matrix of arrivals and ``length`` intervals."""
        laws = torch.eye(states, dtype=self.dtype, device=self.device)
        for kind in kinds:
            laws, _ = self.arrive(laws, self.states, kind)
        reached = laws.shape[1]
        matrix = (laws @ self._kernel(length)[:reached, :reached])[:, :states]
        return matrix.to("cpu", torch.float64).contiguous().numpy()
