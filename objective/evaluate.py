"""The objective: what schedules of one session cost, exactly, for whole batches at once."""

from collections.abc import Callable
from functools import cached_property, partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from objective.chains import ChainName, chain_name, check_defined, grid_step, make_chain
from objective.charges import Charges, Idle
from objective.device import DTYPES, available_device
from objective.errors import InvalidInput, non_negative_number, whole_number
from objective.moves import single_patient_moves
from objective.passes import interval_pass, patient_pass
from objective.penalties import Mean, Penalty
from objective.performance import Performance
from objective.priority import further_wait
from objective.profile import Profile, profile_of
from objective.schedules import (
    ScheduleBatch,
    appointment_intervals,
    as_schedules,
    in_parts,
)
from objective.session import ClinicSession
from objective.steps import Steps
from objective.unbooked import walk_in_masses
from objective.weights import Weights

#: Bytes that the chunk of a batch that is followed at one time may occupy, by kind of device. On a
#: processor the chunk should stay in its cache; on a GPU it should keep all of it busy.
CHUNK_BYTES = {"cpu": 8 * 2**20, "cuda": 2 * 2**30}
#: Minutes, as their weights charge them, that all patients together may be worth at most.
MOST_MINUTES = 1e5
#: Numbers per interval that a schedule takes where it is followed interval by interval.
INTERVAL_NUMBERS = 8
#: Bytes that the neighbourhoods computed at one time may occupy.
MOVES_BYTES = 256 * 2**20


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
        doi:10.1007/s10729-007-9015-x), not defined with walk-ins or interruptions.
    device, dtype
        Where and how precisely; float64 unless candidates are only screened.
    waiting_penalty, tardiness_penalty
        Functions charged instead of minutes.
    chain
        ``queue_length`` (exponential consultations of one mean without walk-ins or interruptions,
        exact) or ``workload`` (any law, on a grid); by default the first where it is valid.
    step
        Width of the workload grid, minutes; by default the law's own, else at most 1 minute.
    value_per_patient
        If given, the number of patients is a decision, up to the session's: the cost is the sum of
        the waits, not their mean, with idle time and tardiness, less this value for each booked
        patient seen.
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
        value_per_patient: float | None = None,
        chunk_bytes: int | None = None,
    ) -> None:
        if not isinstance(session, ClinicSession):
            raise InvalidInput("session", session, "a ClinicSession")
        if not isinstance(weights, Weights):
            raise InvalidInput("weights", weights, "Weights")
        if idle not in ("session", "makespan"):
            raise InvalidInput("idle", idle, "'session' or 'makespan'")
        if dtype not in DTYPES.values():
            raise InvalidInput("dtype", dtype, "torch.float64 or torch.float32")
        self.session, self.idle, self.dtype = session, idle, dtype
        self.device = available_device(device)
        self.waiting_penalty: Penalty = waiting_penalty or Mean()
        self.tardiness_penalty: Penalty = tardiness_penalty or Mean()
        for name in ("waiting_penalty", "tardiness_penalty"):
            if not isinstance(getattr(self, name), Penalty):
                raise InvalidInput(name, getattr(self, name), "a penalty, for example Square()")
        check_defined(session, idle, self.waiting_penalty)
        self.chain_name = chain_name(session, chain)
        self.step = None if self.chain_name == "queue_length" else grid_step(session, step)
        if value_per_patient is not None:
            value_per_patient = non_negative_number("value_per_patient", value_per_patient)
        self.value_per_patient = value_per_patient
        if chunk_bytes is not None:
            whole_number("chunk_bytes", chunk_bytes, 1, 2**50)
        self._chunk_bytes = chunk_bytes
        self._check_value(weights)
        self.chain = make_chain(session, self.step, dtype, self.device)
        self._weigh(weights)

    def __call__(self, schedules: ScheduleBatch) -> Performance:
        """Return the performance of schedules, (batch, intervals) whole numbers, or one of them.

        Raises
        ------
        InvalidInput
            If a schedule is not one of this session's.
        """
        batch = as_schedules(schedules, self.session, self.device, self.free)
        if not len(batch):
            return Performance.empty(self.dtype, self.device)
        if len(batch) <= self._rows(self.device.type):
            return self._evaluate(batch.to(torch.int64))
        parts = self.parts(batch)
        together = [self._evaluate(batch[rows].to(torch.int64)) for rows in parts]
        return Performance.reunite(together, parts)

    def parts(self, schedules: ScheduleBatch, kind: str | None = None) -> list[Tensor]:
        """Return the rows of each part of a batch that is evaluated at one time.

        The last digits of a performance depend on what is evaluated beside it. Whoever evaluates
        these parts apart, each as a batch, and reunites them gets the digits of the whole batch.
        ``kind`` is that of the device that will do it, cpu or cuda; by default the objective's.
        """
        batch = as_schedules(schedules, self.session, self.device, self.free)
        size = self._rows(kind or self.device.type)
        if len(batch) <= size:
            return [torch.arange(len(batch), device=self.device)]
        return list(in_parts(self._alike(batch, size), size))

    def to(self, device: str | torch.device) -> "Objective":
        """Return the same objective on another device."""
        return Objective(**{**self._arguments, "device": device})

    def with_weights(self, weights: Weights) -> "Objective":
        """Return the objective with other weights; what schedules lead to is computed once for all.

        Raises
        ------
        InvalidInput
            If the weights are none, or too small beside the value per patient.
        """
        if not isinstance(weights, Weights):
            raise InvalidInput("weights", weights, "Weights")
        self._check_value(weights)
        # A copy of the attributes, not of what defines the objective, which pickling keeps.
        other = object.__new__(type(self))
        derived = ("_steps", "_exact")
        other.__dict__.update({k: v for k, v in self.__dict__.items() if k not in derived})
        other._weigh(weights)
        return other

    def moves(self, schedule: ScheduleBatch) -> Tensor:
        """Return the cost after moving one patient from interval i to j, for all i and j.

        The result is (intervals, intervals) for one schedule, (batch, intervals, intervals) for a
        batch; infinite where nobody is booked in i, and the schedule's own cost where i is j. It is
        computed in float64 on the processor, whatever the device and precision of the objective.
        """
        batch = as_schedules(schedule, self.session, torch.device("cpu"), self.free)
        batch = batch.to(torch.int64)
        exact, intervals = self._exact, self.session.intervals
        bytes_each = 16 * intervals * self.session.patients * exact.chain.states
        size = max(1, MOVES_BYTES // bytes_each)
        if 0 < len(batch) <= size and not self.free:
            costs = torch.from_numpy(single_patient_moves(exact._steps, batch))
        else:
            costs = torch.empty(len(batch), intervals, intervals, dtype=torch.float64)
            for rows in _alike_in_number(batch, self.free):
                for part in in_parts(rows, size):
                    costs[part] = torch.from_numpy(single_patient_moves(exact._steps, batch[part]))
        return (costs[0] if np.ndim(schedule) == 1 else costs).to(self.device)

    @property
    def _by_interval(self) -> bool:
        """Whether schedules are followed interval by interval, not patient by patient."""
        return self.free or self.session.has_unbooked_work

    @property
    def _row_bytes(self) -> int:
        """Bytes that a schedule occupies while it is followed."""
        by_interval = 8 * INTERVAL_NUMBERS * self.session.intervals
        return self.chain.row_bytes + (by_interval if self._by_interval else 0)

    def _rows(self, kind: str) -> int:
        """Return how many schedules are followed at one time on a kind of device."""
        return max(1, (self._chunk_bytes or CHUNK_BYTES[kind]) // self._row_bytes)

    @property
    def free(self) -> bool:
        """Whether the number of patients is a decision."""
        return self.value_per_patient is not None

    @cached_property
    def _steps(self) -> Steps:
        return Steps(self.chain, self._charges, self.session.kinds)

    def _check_value(self, weights: Weights) -> None:
        """Refuse a value per patient beside which the weights' minutes are rounding."""
        largest = MOST_MINUTES * weights.minute / self.session.expected_shows
        if self.value_per_patient is not None and self.value_per_patient > largest:
            allowed = f"at most {largest:.6g}: beyond it all minutes together are rounding"
            raise InvalidInput("value_per_patient", self.value_per_patient, allowed)

    def _weigh(self, weights: Weights) -> None:
        """Charge by these weights."""
        self.weights = weights
        self._charges = Charges(
            self.session,
            weights,
            self.idle,
            self.waiting_penalty,
            self.tardiness_penalty,
            self.value_per_patient,
            self.chain,
            self._further_wait,
        )

    @cached_property
    def _further_wait(self) -> Tensor | None:
        """Return what priority makes of the work found, (intervals, states) minutes, or None."""
        walk_ins = self.session.walk_ins
        if walk_ins is None or not walk_ins.priority or self.step is None:
            return None
        masses = walk_in_masses(walk_ins, self.session.intervals, self.step)
        shift = round(self.session.interval_length / self.step)
        return self.step * torch.from_numpy(further_wait(masses, shift, self.chain.states))

    @cached_property
    def _exact(self) -> "Objective":
        """The same objective in float64 on the processor."""
        if self.device.type == "cpu" and self.dtype == torch.float64:
            return self
        return Objective(**{**self._arguments, "device": "cpu", "dtype": torch.float64})

    def profile(self, schedule: ScheduleBatch, late: float = 15.0) -> Profile:
        """Return one schedule in detail; ``late`` is the wait, in minutes, called long."""
        batch = as_schedules(schedule, self.session, self.device, self.free).to(torch.int64)
        if len(batch) != 1:
            raise InvalidInput("schedule", f"a batch of {len(batch)}", "a single schedule")
        late = non_negative_number("late", late)
        return profile_of(self.session, self.chain, batch, self._charges.wait, late)

    def with_session(self, session: ClinicSession) -> "Objective":
        """Return the same objective for another session, on the same grid."""
        return Objective(**{**self._arguments, "session": session})

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
            "value_per_patient": self.value_per_patient,
        }

    @property
    def _arguments(self) -> dict[str, Any]:
        """What the objective was made with."""
        return {
            "session": self.session,
            "weights": self.weights,
            "idle": self.idle,
            "device": self.device,
            "dtype": self.dtype,
            "waiting_penalty": self.waiting_penalty,
            "tardiness_penalty": self.tardiness_penalty,
            "chain": self.chain_name,
            "step": self.step,
            "value_per_patient": self.value_per_patient,
            "chunk_bytes": self._chunk_bytes,
        }

    def __reduce__(self) -> tuple[Callable[[], "Objective"], tuple[()]]:
        """Pickle by what it was made with, so that another process makes tensors of its own."""
        return partial(Objective, **self._arguments), ()

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
        charges, session = self._charges, self.session
        appointments = appointment_intervals(schedules, session.patients)
        if self._by_interval:
            laws = interval_pass(
                self.chain,
                schedules,
                session.kinds,
                charges.waiting_vectors,
                charges.tardiness_vectors,
            )
        else:
            laws = patient_pass(
                self.chain,
                appointments,
                session.intervals,
                session.kinds,
                charges.waiting_vectors[0],
                charges.tardiness_vectors,
            )
        return charges.performance(laws, appointments, schedules.sum(1) if self.free else None)


def _alike_in_number(schedules: Tensor, free: bool) -> list[Tensor]:
    """Return the rows of the schedules (batch, intervals) that book as many patients, together."""
    if not free:
        return [torch.arange(len(schedules))]
    booked = schedules.sum(1)
    return [(booked == number).nonzero()[:, 0] for number in sorted(set(booked.tolist()))]
