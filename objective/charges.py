"""How an objective charges what a chain yields: cost vectors, and weights per patient."""

from typing import Literal

import numpy as np
import torch
from torch import Tensor

from objective.chain import Chain
from objective.passes import Expectations
from objective.penalties import Mean, Penalty
from objective.performance import Performance
from objective.session import ClinicSession, Weights

Idle = Literal["session", "makespan"]


class Charges:
    """The cost of a schedule as a linear function of the state laws along it.

    Session idle time is T d + tardiness - E[work]: a part of the charge at the end. Makespan idle
    time is E[end of the last consultation] - E[work]; the k-th of N patients is the last who shows
    with probability q (1 - q)^(N - k), and then the end is its appointment plus its wait plus its
    consultation: a charge per patient.
    """

    def __init__(
        self,
        session: ClinicSession,
        weights: Weights,
        idle: Idle,
        waiting_penalty: Penalty,
        tardiness_penalty: Penalty,
        chain: Chain,
    ) -> None:
        self._session, self._weights = session, weights
        self.makespan = idle == "makespan"
        rank = torch.arange(session.patients, dtype=torch.float64)
        last = session.show * session.no_show ** (session.patients - 1 - rank)
        self.last_to_show = last.to(chain.device, chain.dtype)
        self.waiting_vectors = _vectors(chain, waiting_penalty)
        self.tardiness_vectors = _vectors(chain, tardiness_penalty)

    def performance(self, laws: Expectations, appointments: Tensor) -> Performance:
        """Return the performance of a batch with the given expectations along it."""
        session, weights = self._session, self._weights
        waiting = laws.found[..., 0].mean(1)
        waiting_penalty = laws.found[..., -1].mean(1)
        tardiness, tardiness_penalty = laws.end[:, 0], laws.end[:, -1]
        if self.makespan:
            start = appointments * session.interval_length + laws.found[..., 0]
            end = (start + session.service_time.mean) @ self.last_to_show
            idle = end - session.expected_work
        else:
            idle = tardiness + (session.length - session.expected_work)
        cost = (
            weights.waiting * waiting_penalty
            + weights.idle * idle
            + weights.tardiness * tardiness_penalty
        )
        return Performance(
            waiting=waiting,
            idle=idle,
            tardiness=tardiness,
            cost=cost,
            walk_in_waiting=self._walk_in_waiting(laws),
            waiting_penalty=waiting_penalty,
            tardiness_penalty=tardiness_penalty,
            error_bound=laws.overflow,
        )

    @property
    def constant(self) -> float:
        """The part of the cost that no schedule can change."""
        spare = -self._session.expected_work
        return self._weights.idle * (spare if self.makespan else spare + self._session.length)

    def end_vector(self) -> Tensor:
        """Return the charge for the state at the end of the session, (states,)."""
        charge = self._weights.tardiness * self.tardiness_vectors[:, -1]
        if not self.makespan:
            charge = charge + self._weights.idle * self.tardiness_vectors[:, 0]
        return charge

    def arrival(self, laws: Tensor, rank: Tensor, interval: int) -> Tensor:
        """Return the expected charge (...) for patients who find ``laws`` (..., states).

        ``rank`` (...) is their place in the order of service, from 0.
        """
        states = laws.shape[-1]
        charge = (laws @ self.waiting_vectors[:states, -1]) * self._per_patient
        if self.makespan:
            wait = laws @ self.waiting_vectors[:states, 0]
            charge = charge + self._last_charge(rank) * (wait + self._earliest_end(interval))
        return charge

    def arrival_vector(self, states: int, rank: Tensor, interval: int) -> Tensor:
        """Return the charge (..., states) for patients of the given ranks by what they find."""
        vector = self.waiting_vectors[:states, -1] * self._per_patient
        if self.makespan:
            end = self.waiting_vectors[:states, 0] + self._earliest_end(interval)
            return vector + self._last_charge(rank)[..., None] * end
        return vector

    @property
    def _per_patient(self) -> float:
        return self._weights.waiting / self._session.patients

    def _last_charge(self, rank: Tensor) -> Tensor:
        # A rank beyond the list belongs to a move that cannot be made and is never read.
        known = rank.clamp(0, len(self.last_to_show) - 1)
        return self._weights.idle * self.last_to_show[known]

    def _earliest_end(self, interval: int) -> float:
        return interval * self._session.interval_length + self._session.service_time.mean

    def _walk_in_waiting(self, laws: Expectations) -> Tensor:
        """Walk-ins wait for the work before them and for those of their interval before them."""
        walk_ins, expected = self._session.walk_ins, self._session.expected_walk_ins
        if walk_ins is None or laws.before is None or expected == 0:
            return torch.zeros_like(laws.overflow)
        counts = walk_ins.count_laws(self._session.intervals)
        mean = [np.arange(law.size) @ law for law in counts]
        pairs = sum((np.arange(law.size) * (np.arange(law.size) - 1) / 2) @ law for law in counts)
        total = laws.before @ torch.tensor(mean).to(laws.before)
        return (total + walk_ins.service_time.mean * float(pairs)) / expected


def _vectors(chain: Chain, penalty: Penalty) -> Tensor:
    """Return the work and, unless it is the same, the penalty of each state: (states, 1 or 2)."""
    work = chain.work()
    vectors = [work] if isinstance(penalty, Mean) else [work, chain.cost_vector(penalty)]
    return torch.stack(vectors, dim=1)
