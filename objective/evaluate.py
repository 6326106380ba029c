"""The objective: what schedules of one session cost, exactly, for whole batches at once."""

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from objective.chain import Chain
from objective.charges import Charges, Idle
from objective.errors import (
    InvalidInput,
    non_negative_number,
    positive_number,
    whole_number,
)
from objective.moves import single_patient_moves
from objective.passes import interval_pass, patient_pass
from objective.penalties import Mean, Penalty
from objective.performance import Performance
from objective.profile import Profile, profile_of
from objective.queue_length import QueueLengthChain
from objective.schedules import appointment_intervals, as_schedules, in_parts
from objective.session import ClinicSession
from objective.weights import Weights
from objective.workload import WorkloadChain

ChainName = Literal["queue_length", "workload"]
ScheduleBatch = Tensor | np.ndarray[Any, Any] | Sequence[Any]

#: Bytes that the chunk of a batch that is followed at one time may occupy, by kind of device. On a
#: processor the chunk should stay in its cache; on a GPU it should keep all of it busy.
CHUNK_BYTES = {"cpu": 8 * 2**20, "cuda": 2 * 2**30}
#: Bytes that the neighbourhoods computed at one time may occupy.
MOVES_BYTES = 256 * 2**20
DTYPES = {"float64": torch.float64, "float32": torch.float32}


class Objective:
    """Expected waiting, idle time, tardiness and cost of the schedules of a session.

    Parameters
    ----------
    session
        What is to be scheduled.
    weights
        What a minute of waiting, idle time and tardiness is worth.
    idle
        ``session``: idle time in [0, max(session length, end)], which is tardiness plus a constant;
        ``makespan``: end of the last consultation minus the work (Kaandorp & Koole 2007,
        doi:10.1007/s10729-007-9015-x), not defined with walk-ins.
    device, dtype
        Where and how precisely; float64 unless candidates are only screened.
    waiting_penalty, tardiness_penalty
        Functions charged instead of minutes.
    chain
        ``queue_length`` (exponential consultations without walk-ins, exact) or ``workload`` (any
        law, on a grid); by default the first where it is valid.
    step
        Width of the workload grid, minutes; by default the law's own, else at most 1 minute.
    chunk_bytes
        Memory budget of a batch; larger batches are evaluated in parts.

    Raises
    ------
    InvalidInput
        If an argument is outside its range, if a combination is not defined, or if the device is
        not there.
    """

    def __init__(
        self,
        session: ClinicSession,
        weights: Weights,
        idle: Idle = "session",
        device: str | torch.device = "cpu",
        dtype: torch.dtype = torch.float64,
        *,
        waiting_penalty: Penalty | None = None,
        tardiness_penalty: Penalty | None = None,
        chain: ChainName | None = None,
        step: float | None = None,
        chunk_bytes: int | None = None,
    ) -> None:
        if not isinstance(session, ClinicSession):
            raise InvalidInput("session", session, "a ClinicSession")
        if not isinstance(weights, Weights):
            raise InvalidInput("weights", weights, "Weights")
        if idle not in ("session", "makespan"):
            raise InvalidInput("idle", idle, "'session' or 'makespan'")
        if idle == "makespan" and session.walk_ins is not None:
            raise InvalidInput("idle", idle, "'session' where there are walk-ins")
        if dtype not in DTYPES.values():
            raise InvalidInput("dtype", dtype, "torch.float64 or torch.float32")
        self.session, self.weights, self.idle, self.dtype = session, weights, idle, dtype
        self.device = available_device(device)
        self.waiting_penalty: Penalty = waiting_penalty or Mean()
        self.tardiness_penalty: Penalty = tardiness_penalty or Mean()
        for name in ("waiting_penalty", "tardiness_penalty"):
            if not isinstance(getattr(self, name), Penalty):
                raise InvalidInput(name, getattr(self, name), "a penalty, for example Square()")
        exponential = session.service_time.law == "exponential" and session.walk_ins is None
        self.chain_name: ChainName = chain or ("queue_length" if exponential else "workload")
        if self.chain_name not in ("queue_length", "workload"):
            raise InvalidInput("chain", chain, "'queue_length' or 'workload'")
        if self.chain_name == "queue_length" and not exponential:
            raise InvalidInput(
                "chain", chain, "'workload' unless consultations are exponential without walk-ins"
            )
        self.step = None if self.chain_name == "queue_length" else grid_step(session, step)
        if chunk_bytes is not None:
            whole_number("chunk_bytes", chunk_bytes, 1, 2**50)
        self._chunk_bytes = chunk_bytes or CHUNK_BYTES[self.device.type]
        self.chain: Chain
        if self.step is None:
            self.chain = QueueLengthChain(session, dtype, self.device)
        else:
            self.chain = WorkloadChain(session, self.step, dtype, self.device)
        self._charges = Charges(
            session, weights, idle, self.waiting_penalty, self.tardiness_penalty, self.chain
        )

    def __call__(self, schedules: ScheduleBatch) -> Performance:
        """Return the performance of schedules, (batch, intervals) whole numbers, or one of them.

        Raises
        ------
        InvalidInput
            If a schedule is not one of this session's.
        """
        batch = as_schedules(schedules, self.session, self.device)
        if not len(batch):
            return Performance.empty(self.dtype, self.device)
        size = max(1, self._chunk_bytes // self.chain.row_bytes)
        if len(batch) <= size:
            return self._evaluate(batch.to(torch.int64))
        order = self._alike(batch, size)
        parts = [self._evaluate(batch[rows].to(torch.int64)) for rows in in_parts(order, size)]
        together = Performance.concatenate(parts)
        return together if self.step is None else together[order.argsort()]

    def moves(self, schedule: ScheduleBatch) -> Tensor:
        """Return the cost after moving one patient from interval i to j, for all i and j.

        The result is (intervals, intervals) for one schedule, (batch, intervals, intervals) for a
        batch; infinite where nobody is booked in i, and the schedule's own cost where i is j. It is
        computed in float64 on the processor, whatever the device and precision of the objective.
        """
        batch = as_schedules(schedule, self.session, torch.device("cpu")).to(torch.int64)
        if not len(batch):
            shape = (0, self.session.intervals, self.session.intervals)
            return torch.zeros(shape, dtype=torch.float64, device=self.device)
        exact = self._exact
        bytes_each = 16 * self.session.intervals * self.session.patients * exact.chain.states
        size = max(1, MOVES_BYTES // bytes_each)
        parts = [
            single_patient_moves(exact.chain, part, exact._charges)
            for part in in_parts(batch, size)
        ]
        costs = torch.as_tensor(parts[0] if len(parts) == 1 else np.concatenate(parts))
        return (costs[0] if np.ndim(schedule) == 1 else costs).to(self.device)

    @cached_property
    def _exact(self) -> "Objective":
        """The same objective in float64 on the processor."""
        if self.device.type == "cpu" and self.dtype == torch.float64:
            return self
        return Objective(
            self.session,
            self.weights,
            self.idle,
            waiting_penalty=self.waiting_penalty,
            tardiness_penalty=self.tardiness_penalty,
            chain=self.chain_name,
            step=self.step,
        )

    def profile(self, schedule: ScheduleBatch, late: float = 15.0) -> Profile:
        """Return one schedule in detail; ``late`` is the wait, in minutes, called long."""
        batch = as_schedules(schedule, self.session, self.device).to(torch.int64)
        if len(batch) != 1:
            raise InvalidInput("schedule", f"a batch of {len(batch)}", "a single schedule")
        late = non_negative_number("late", late)
        return profile_of(self.session, self.chain, batch, late)

    def to_dict(self) -> dict[str, Any]:
        """Return everything that defines the numbers, as plain names and numbers."""
        return {
            "session": self.session.to_dict(),
            "weights": self.weights.to_dict(),
            "idle_definition": self.idle,
            "penalties": {
                "waiting": self.waiting_penalty.to_dict(),
                "tardiness": self.tardiness_penalty.to_dict(),
            },
            "chain": self.chain_name,
            "step": self.step,
        }

    def _alike(self, batch: Tensor, size: int) -> Tensor:
        """Return an order of the rows in which chunks hold schedules of similar congestion."""
        keys = []
        for part in in_parts(batch, size):
            schedules = part.to(torch.int64)
            appointments = appointment_intervals(schedules, self.session.patients)
            key = self.chain.congestion(schedules, appointments)
            if key is None:
                return torch.arange(len(batch), device=self.device)
            keys.append(key)
        return torch.cat(keys).argsort()

    def _evaluate(self, schedules: Tensor) -> Performance:
        charges = self._charges
        appointments = appointment_intervals(schedules, self.session.patients)
        if self.session.walk_ins is None:
            laws = patient_pass(
                self.chain,
                appointments,
                self.session.intervals,
                charges.waiting_vectors,
                charges.tardiness_vectors,
            )
        else:
            laws = interval_pass(
                self.chain,
                schedules,
                self.session.patients,
                charges.waiting_vectors,
                charges.tardiness_vectors,
            )
        return charges.performance(laws, appointments)


def available_device(device: str | torch.device) -> torch.device:
    """Return the device; raise `InvalidInput` if it is unknown or not there."""
    there = ["cpu"] + [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    allowed = "one of the devices here: " + ", ".join(there)
    try:
        wanted = torch.device(device)
    except (RuntimeError, TypeError):
        raise InvalidInput("device", str(device), allowed) from None
    name = "cpu" if wanted.type == "cpu" else f"{wanted.type}:{wanted.index or 0}"
    if name not in there:
        raise InvalidInput("device", str(device), allowed)
    return wanted


def grid_step(session: ClinicSession, step: float | None) -> float:
    """Return the width of the workload grid: as asked for, the law's own, or at most a minute."""
    if step is not None:
        return positive_number("step", step)
    laws = [session.service_time]
    if session.walk_ins is not None:
        laws.append(session.walk_ins.service_time)
    own = [law.lattice_step for law in laws if law.lattice_step is not None]
    return min(own) if own else session.interval_length / math.ceil(session.interval_length)
