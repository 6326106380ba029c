"""How an objective charges what a chain yields: cost vectors, and weights per patient."""

from functools import cached_property, lru_cache
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from objective.chain import Chain
from objective.laws import Array
from objective.passes import Expectations
from objective.penalties import Mean, Penalty
from objective.performance import Performance, weighted_cost
from objective.session import ClinicSession
from objective.walk_ins import mean_number
from objective.weights import Weights

Idle = Literal["session", "makespan"]

#: Bytes that what patients find, by the state before their interval, may occupy together.
FOUND_BYTES = 64 * 2**20


class Charges:
    """The cost of a schedule as a linear function of the state laws along it.

    Session idle time is T d + tardiness - E[work]: a part of the charge at the end. Makespan idle
    time is E[end of the last consultation] - E[work]; the k-th of N patients is the last who shows
    with probability q_k (1 - q_{k+1}) .. (1 - q_N), and then the end is its appointment plus its
    wait plus its consultation: a charge per patient. With a value per patient seen the number of
    patients is free; then the sum of the waits is charged, not their mean, and the value taken off.
    """

    def __init__(
        self,
        session: ClinicSession,
        weights: Weights,
        idle: Idle,
        waiting_penalty: Penalty,
        tardiness_penalty: Penalty,
        value_per_patient: float | None,
        chain: Chain,
        further_wait: Tensor | None,
    ) -> None:
        self._session, self._weights = session, weights
        self.makespan = idle == "makespan"
        self._value = value_per_patient
        self._chain = chain
        kinds = chain.walk_in_kinds(session.intervals)
        #: Kind of walk-ins of each interval.
        self.kinds = kinds
        self.priority = further_wait is not None
        #: Whether a charge depends on which patient it is, and on the interval.
        self.by_rank = self.makespan or not session.alike
        self.by_interval = self.makespan or self.priority
        self._shows = _like(chain, session.shows)
        per_patient = session.shows * session.waiting_weights
        #: Share of each patient's penalty in what is charged for waiting, (patients,).
        self._shares = per_patient if self._free else per_patient / session.expected_shows
        #: What is charged for the work found, (intervals, states, vectors): the work itself first,
        #: then the wait where it is not the work, and the penalty where it is not the wait.
        self.waiting_vectors = _vectors(chain, waiting_penalty).expand(session.intervals, -1, -1)
        if further_wait is not None:
            vectors = [self.waiting_vectors[..., 0], further_wait.to(chain.device, chain.dtype)]
            self.waiting_vectors = torch.stack(vectors, dim=2)
        self.tardiness_vectors = _vectors(chain, tardiness_penalty)
        size = max(16, FOUND_BYTES // (16 * chain.states))
        self._found = lru_cache(maxsize=size)(self._make_found)

    @property
    def wait(self) -> Tensor:
        """The expected wait by the work found, (intervals, states) minutes."""
        return self.waiting_vectors[..., int(self.priority)]

    @property
    def _free(self) -> bool:
        """Whether the number of patients is a decision."""
        return self._value is not None

    def performance(
        self, laws: Expectations, appointments: Tensor, booked: Tensor | None
    ) -> Performance:
        """Return the performance of a batch with the given expectations along it.

        ``appointments`` is (rows, patients), ``booked`` how many of the patients each row books,
        (rows,), None for all of them.
        """
        session = self._session
        waits, penalties = laws.found[..., int(self.priority)], laws.found[..., -1]
        seen, consultations = self._seen(booked, len(waits))
        total = waits @ self._shows
        waiting = torch.where(seen > 0, total / seen, torch.zeros_like(total))
        waiting_penalty = penalties @ _like(self._chain, self._shares)
        tardiness, tardiness_penalty = laws.end[:, 0], laws.end[:, -1]
        if self.makespan:
            start = appointments * session.interval_length + waits
            end = start + _like(self._chain, session.mean_service_times)
            idle = self._last_end(end, booked) - consultations
        else:
            rest = session.expected_work - session.expected_booked_work
            idle = tardiness + (session.length - rest - consultations)
        parts = waiting_penalty, idle, tardiness_penalty
        return Performance(
            waiting=waiting,
            idle=idle,
            tardiness=tardiness,
            cost=weighted_cost(self._weights, self._value, parts, seen),
            walk_in_waiting=self._walk_in_waiting(laws),
            seen=seen,
            waiting_penalty=waiting_penalty,
            tardiness_penalty=tardiness_penalty,
            error_bound=laws.overflow,
        )

    def _seen(self, booked: Tensor | None, rows: int) -> tuple[Tensor, Tensor]:
        """Return the expected number of booked patients who come, and their work, (rows,) each."""
        session = self._session
        upto = np.append(0.0, session.shows.cumsum())
        work = np.append(0.0, (session.shows * session.mean_service_times).cumsum())
        if booked is None:
            booked = torch.full((rows,), session.patients, device=self._chain.device)
        return _like(self._chain, upto)[booked], _like(self._chain, work)[booked]

    def _last_end(self, ends: Tensor, booked: Tensor | None) -> Tensor:
        """Return the expected end of the last consultation, (rows,); ends (rows, patients)."""
        rank = torch.arange(ends.shape[1], device=ends.device)[None]
        here = rank >= 0 if booked is None else rank < booked[:, None]
        absent = torch.where(here, 1 - self._shows, 1.0)
        later = torch.nn.functional.pad(absent[:, 1:], (0, 1), value=1.0)
        last = self._shows * here * later.flip(1).cumprod(1).flip(1)
        return (ends * last).sum(1)

    @cached_property
    def end_vector(self) -> Array:
        """Return the charge for the state at the end of the session, (states,)."""
        charge = self._weights.tardiness * self.tardiness_vectors[:, -1]
        if not self.makespan:
            charge = charge + self._weights.idle * self.tardiness_vectors[:, 0]
        return np.asarray(charge.cpu().numpy(), np.float64)

    def constant(self, booked: int) -> float:
        """Return the part of the cost that only the number of patients booked decides."""
        session = self._session
        seen, consultations = self._seen(torch.tensor([booked], device=self._chain.device), 1)
        rest = session.expected_work - session.expected_booked_work
        idle = -rest - float(consultations) + (0.0 if self.makespan else session.length)
        return self._weights.idle * idle - (self._value or 0.0) * float(seen)

    def of_interval(self, rank: int, patients: int, interval: int, booked: int) -> Array:
        """Return what the patients of an interval are charged, by the state before they come.

        Parameters
        ----------
        rank, patients
            Place of the first of them in the order of service, from 0, and their number.
        interval
            The interval into which they are booked.
        booked
            Number of patients in the whole schedule.

        The result is (states,).
        """
        charge = np.zeros(self._chain.states)
        kinds = self._session.kinds
        last = self._session.shows[rank:booked]
        for place in range(patients):
            patient = rank + place
            found = self._found_by(kinds[rank:patient], interval)
            charge += self._weights.waiting * self._shares[patient] * found[:, -1]
            if self.makespan:
                absent = float(np.prod(1 - last[place + 1 :]))
                earliest = interval * self._session.interval_length
                end = found[:, 0] + earliest + self._session.mean_service_times[patient]
                charge += self._weights.idle * last[place] * absent * end
        return charge

    def _found_by(self, before: tuple[int, ...], interval: int) -> Array:
        """Return what a patient finds after others of its interval, (states, vectors).

        ``before`` is what those others bring; the result is by the state before the interval.
        """
        alike = interval if self.priority else self.kinds.index(self.kinds[interval])
        return self._found(before, alike)

    def _make_found(self, before: tuple[int, ...], interval: int) -> Array:
        found, every = self.waiting_vectors[interval].T, self._chain.states
        for kind in reversed(before):
            found = self._chain.arrive_back(found, every, kind)
        found = self._chain.walk_in_back(found, interval, every)
        return np.asarray(found.T.cpu().numpy(), np.float64)

    def _walk_in_waiting(self, laws: Expectations) -> Tensor:
        """Return the mean wait per walk-in, (rows,).

        Walk-ins wait for the work before them and for those of their interval before them. Under
        priority they gain what the booked patients lose: the sum of service times times waits is
        the integral of the work present but for squares of service times, whatever the order of
        service, and no wait depends on the patient's own service time.
        """
        session, walk_ins = self._session, self._session.walk_ins
        if walk_ins is None or laws.before is None or session.expected_walk_ins == 0:
            return torch.zeros_like(laws.overflow)
        counts = walk_ins.epoch_laws(session.intervals)
        found = laws.before + _like(self._chain, session.expected_interruptions)
        if self.priority:
            # Those who come at the end of the session wait too.
            found = torch.cat([found, laws.end[:, :1]], dim=1)
        mean = np.array([mean_number(law) for law in counts])
        pairs = sum((np.arange(law.size) * (np.arange(law.size) - 1) / 2) @ law for law in counts)
        service = walk_ins.service_time.mean
        total = found @ _like(self._chain, mean) + service * float(pairs)
        if self.priority:
            work = _like(self._chain, session.shows * session.mean_service_times)
            total = total - (laws.found[..., 1] - laws.found[..., 0]) @ work / service
        return total / float(mean.sum())


def _like(chain: Chain, values: Array) -> Tensor:
    return torch.as_tensor(values).to(chain.device, chain.dtype)


def _vectors(chain: Chain, penalty: Penalty) -> Tensor:
    """Return the work and, unless it is the same, the penalty of each state: (states, 1 or 2)."""
    work = chain.work()
    vectors = [work] if isinstance(penalty, Mean) else [work, chain.cost_vector(penalty)]
    return torch.stack(vectors, dim=1)
