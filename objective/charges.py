"""How an objective charges what a chain yields: cost vectors, and weights per patient."""

from functools import cached_property
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from objective.chain import Chain
from objective.laws import Array
from objective.passes import Expectations
from objective.penalties import Mean, Penalty
from objective.performance import Performance
from objective.session import ClinicSession
from objective.weights import Weights

Counts = NDArray[np.int64]
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
        self._chain = chain
        self._found: tuple[Array, Array] | None = None
        kinds = chain.walk_in_kinds(session.intervals)
        #: Kind of walk-ins of each interval, and an interval of each kind.
        self.kinds = np.array(kinds)
        self.interval_of_kind = [kinds.index(kind) for kind in range(max(kinds) + 1)]
        rank = torch.arange(session.patients, dtype=torch.float64)
        last = (1 - session.no_show) * session.no_show ** (session.patients - 1 - rank)
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

    @cached_property
    def constant(self) -> float:
        """The part of the cost that no schedule can change."""
        spare = -self._session.expected_work
        return self._weights.idle * (spare if self.makespan else spare + self._session.length)

    @cached_property
    def end_vector(self) -> Array:
        """Return the charge for the state at the end of the session, (states,)."""
        charge = self._weights.tardiness * self.tardiness_vectors[:, -1]
        if not self.makespan:
            charge = charge + self._weights.idle * self.tardiness_vectors[:, 0]
        return charge.cpu().numpy()

    def interval_vectors(self, patients: Counts, rank: Counts, states: int) -> Array:
        """Return what the patients of each interval are charged, by the state before they come.

        Parameters
        ----------
        patients, rank
            Patients booked per interval, and the place in the order of service of the first of
            them, from 0: (intervals, batch).
        states
            Number of states: the result is (intervals, batch, states).
        """
        found, summed = self._found_by(int(patients.max()))
        charge = summed[self.kinds[:, None], patients, :states]
        if not self.makespan:
            return charge
        interval = np.arange(len(patients))
        earliest = interval * self._session.interval_length + self._session.service_time.mean
        last_to_show = self.last_to_show.cpu().numpy()
        for place in range(int(patients.max())):
            # A rank outside the list belongs to a move that cannot be made and is never read.
            known = (rank + place).clip(0, len(last_to_show) - 1)
            last = self._weights.idle * last_to_show[known] * (patients > place)
            end = found[self.kinds, place, :states] + earliest[:, None]
            charge = charge + last[..., None] * end[:, None]
        return charge

    def _found_by(self, most: int) -> tuple[Array, Array]:
        """Return what the m-th patient of an interval finds, by the state before the interval.

        The expected work, (walk-in kinds, most, states), and the charge for waiting summed over the
        first x patients, (walk-in kinds, most + 1, states).
        """
        if self._found is None or self._found[0].shape[1] < most:
            found, every = self.waiting_vectors.T, self._chain.states
            tables = []
            for _ in range(max(most, 4)):
                kinds = [self._chain.walk_in_back(found, t, every) for t in self.interval_of_kind]
                tables.append(torch.stack(kinds))
                found = self._chain.arrive_back(found, every)
            table = torch.stack(tables, dim=1).cpu().numpy().astype(np.float64)
            share = self._weights.waiting / self._session.patients
            summed = np.zeros((table.shape[0], table.shape[1] + 1, every))
            table[:, :, -1].cumsum(1, out=summed[:, 1:])
            self._found = table[:, :, 0], summed * share
        return self._found

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
