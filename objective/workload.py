"""The workload chain: any consultation law on a grid, with or without walk-ins.

State k is k steps of work in the system. A patient adds a consultation (a convolution with one mass
for the whole batch); time takes work away (a shift, with what would be negative collected at 0).
"""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from objective.chain import Group, continued
from objective.convolution import Convolution
from objective.errors import InvalidInput
from objective.laws import Array
from objective.patients import Patient
from objective.penalties import Penalty
from objective.session import ClinicSession
from objective.support import Support
from objective.unbooked import unbooked_masses

#: Bytes that the transition matrices may occupy together.
TRANSITION_BYTES = 128 * 2**20


class WorkloadChain:
    """Law of the work in the system; see `objective.chain.Chain` for the operations."""

    def __init__(
        self, session: ClinicSession, step: float, dtype: torch.dtype, device: torch.device
    ) -> None:
        self.dtype, self.device, self.step = dtype, device, step
        units = session.interval_length / step
        if abs(units - round(units)) > 1e-9 or round(units) < 1:
            raise InvalidInput(
                "session.interval_length",
                session.interval_length,
                f"a multiple of the step of {step:g} minutes",
            )
        self._shift = round(units)
        masses = [patient_mass(patient, step) for patient in session.kind_patients]
        self._patients = [Convolution(mass, dtype, device) for mass in masses]
        self._services = masses
        self.has_walk_ins = session.has_unbooked_work
        unbooked = unbooked_masses(session, step)
        # A late start alone is the law at the beginning, and every patient is a step of its own.
        self._initial = np.ones(1) if self.has_walk_ins or not unbooked else unbooked[0]
        walk_ins = unbooked if self.has_walk_ins else []
        self._walk_in_masses = list({id(mass): mass for mass in walk_ins}.values())
        kinds = {id(mass): kind for kind, mass in enumerate(self._walk_in_masses)}
        self._walk_in_kind = [kinds[id(mass)] for mass in walk_ins]
        distinct = [Convolution(mass, dtype, device) for mass in self._walk_in_masses]
        self._walk_in = [distinct[kind] for kind in self._walk_in_kind]
        order = [masses[kind] for kind in session.kinds]
        self._support = Support(order, walk_ins, self._initial, self._shift, device)
        most = sum(mass.size - 1 for mass in (*order, *walk_ins, self._initial))
        self.states = min(most, self._support.total()) + 1
        self.row_bytes = (6 * session.patients + 4 * self.states) * 8
        size = max(8, TRANSITION_BYTES // (8 * self.states**2))
        self._transition = lru_cache(maxsize=size)(self._make_transition)
        self._grid = step * torch.arange(self.states, dtype=torch.float64)

    def work(self) -> Tensor:
        """Return the minutes of work of each state."""
        return self._grid.to(self.device, self.dtype)

    def cost_vector(self, penalty: Penalty) -> Tensor:
        """Return the penalty of the work of each state."""
        return penalty.of_work(self._grid).to(self.device, self.dtype)

    def start(self, rows: int) -> Tensor:
        """Return the laws of the provider's delay at the start, (rows, states)."""
        law = torch.as_tensor(self._initial).to(self.device, self.dtype).expand(rows, -1)
        return self._capped(law.clone(), self.states)[0]

    def arrive(self, laws: Tensor, limit: int, kind: int = 0) -> tuple[Tensor, Tensor | None]:
        """Add a consultation, or nothing if the patient does not come."""
        return self._capped(self._patients[kind].forward(laws), limit)

    def walk_in(self, laws: Tensor, interval: int, limit: int) -> tuple[Tensor, Tensor | None]:
        """Add the consultations of the walk-ins of an interval, and its interruptions."""
        if not self._walk_in or self._walk_in[interval].reach == 0:
            return laws, None
        return self._capped(self._walk_in[interval].forward(laws), limit)

    def drained_states(self, states: int, gap: int) -> int:
        """Return the states left of ``states`` after ``gap`` intervals."""
        return max(states - gap * self._shift, 1)

    def drain(self, laws: Tensor, gap: int, out: Tensor) -> None:
        """Take ``gap`` intervals of work away; write the laws to ``out``."""
        shift = min(gap * self._shift, laws.shape[1] - 1)
        left = laws.shape[1] - shift
        torch.sum(laws[:, : shift + 1], dim=1, out=out[:, 0])
        out[:, 1:left] = laws[:, shift + 1 :]
        out[:, left:] = 0

    def drain_back(self, values: Tensor, gap: int, states: int) -> Tensor:
        """Return f((w - gap)^+)."""
        shift = min(gap * self._shift, states)
        idle = values[:, :1].expand(-1, shift)
        return torch.cat([idle, continued(values, states - shift)], dim=1)

    def arrive_and_drain(
        self, laws: Tensor, groups: list[Group], limit: int, kind: int = 0
    ) -> tuple[Tensor, Tensor | None]:
        """Convolve all rows at once, then shift each group."""
        laws, overflow = self.arrive(laws, limit, kind)
        nearest = groups[0][0]
        drained = laws.new_empty(len(laws), self.drained_states(laws.shape[1], nearest))
        for gap, first, last in groups:
            self.drain(laws[first:last], gap, drained[first:last])
        return drained, overflow

    def arrive_back(self, values: Tensor, states: int, kind: int = 0) -> Tensor:
        """Return E[f(w + S)]."""
        return self._patients[kind].back(values, states)

    def walk_in_back(self, values: Tensor, interval: int, states: int) -> Tensor:
        """Return E[f(w + A)] with A the work of the interval's walk-ins."""
        if not self._walk_in:
            return values
        return self._walk_in[interval].back(values, states)

    def walk_in_kinds(self, intervals: int) -> list[int]:
        """Return which law of walk-ins each interval has."""
        return self._walk_in_kind or [0] * intervals

    def transition(
        self, kinds: tuple[int, ...], walk_in_kind: int, states: int, length: int
    ) -> Array:
        """Return the transition matrix; what would leave the grid is collected at its ends."""
        return self._transition(kinds, walk_in_kind, states, length)

    def within(self, laws: Tensor, minutes: Tensor) -> Tensor:
        """Return P(work <= minutes) for each law and time."""
        index = (minutes.to(self.device, torch.float64) / self.step + 1e-9).floor().to(torch.int64)
        return laws.cumsum(1)[:, index.clamp(0, laws.shape[1] - 1)]

    def quantiles(self, laws: Tensor, probabilities: Tensor) -> Tensor:
        """Return the smallest grid point that each law stays within with each probability."""
        upto = laws.to(torch.float64).cumsum(1)
        wanted = probabilities.to(upto).expand(len(laws), -1).contiguous()
        index = torch.searchsorted(upto, wanted - 1e-12).clamp(max=laws.shape[1] - 1)
        return self.step * index.to(torch.float64)

    def patient_limits(self, appointments: Tensor) -> list[int]:
        """Return the states beyond which the expected work of a batch is negligible."""
        need = self._support.after_patients(appointments).amax(0)
        return [min(self.states, int(limit) + 1) for limit in need.tolist()]

    def interval_limits(self, schedules: Tensor, spare: int = 0) -> list[int]:
        """Return the states beyond which the expected work of a batch is negligible."""
        need = self._support.after_intervals(schedules, spare).amax(0)
        return [min(self.states, int(limit) + 1) for limit in need.tolist()]

    def congestion(self, schedules: Tensor, appointments: Tensor) -> Tensor | None:
        """Return the largest number of states that each schedule needs."""
        if self._walk_in:
            return self._support.after_intervals(schedules).amax(1)
        return self._support.after_patients(appointments).amax(1)

    def _make_transition(
        self, kinds: tuple[int, ...], walk_in_kind: int, states: int, length: int
    ) -> Array:
        """Return the matrix of walk-ins of a kind, booked patients and ``length`` intervals."""
        shift = length * self._shift
        work = self._walk_in_masses[walk_in_kind] if self._walk_in_masses else np.ones(1)
        for kind in kinds:
            work = np.convolve(work, self._services[kind])
        moved = np.zeros((states, states + max(work.size, shift)))
        # Row k of a Toeplitz matrix is the mass moved by k places.
        places = np.arange(states)[:, None] + np.arange(work.size)
        np.put_along_axis(moved, places, np.broadcast_to(work, places.shape), axis=1)
        matrix = moved[:, shift : shift + states].copy()
        matrix[:, 0] += moved[:, :shift].sum(1)
        matrix[:, -1] += moved[:, shift + states :].sum(1)
        return matrix

    def _capped(self, laws: Tensor, limit: int) -> tuple[Tensor, Tensor | None]:
        """Move the mass beyond ``limit`` states to the last of them, never drop it."""
        excess = laws.shape[1] - limit
        if excess <= 0:
            return laws, None
        beyond = laws[:, limit:]
        steps = torch.arange(1, excess + 1, dtype=self.dtype, device=self.device)
        overflow = self.step * (beyond @ steps)
        kept = laws[:, :limit]
        kept[:, -1] += beyond.sum(1)
        return kept, overflow


def patient_mass(patient: Patient, step: float) -> Array:
    """Return the mass of the work that a booked patient brings, which is none without a show."""
    mass = (1 - patient.no_show) * patient.service_time.mass(step)
    mass[0] += patient.no_show
    return np.asarray(mass, np.float64)
