"""A batch of schedules with one more patient somewhere, by one pass forward and one backward.

The cost of a schedule is linear in the state laws along it. So follow the schedules forward, to the
law after the arrivals of each interval, and backward, to the costs-to-go after each interval. One
more patient in an interval comes after those booked there, finds that law, and joins it with its
own arrival to the costs-to-go: an arrival and a dot product per seat, whatever the number of
intervals. Schedules of different numbers of patients are followed together.

With makespan idle time one more patient also changes who is the last to come: those before it are
the last with the probability that it does not come, too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor
from torch.nn.functional import pad

from objective.chain import Chain
from objective.charges import Charges
from objective.session import ClinicSession


@dataclass(frozen=True)
class Sums:
    """What schedules cost, in sums over the patients; each field is a tensor (seats,).

    Attributes
    ----------
    total_waiting, waiting
        Expected wait of all booked patients who come, together and on average, minutes.
    idle, tardiness
        As in `objective.Performance`, minutes.
    waiting_penalty, tardiness_penalty
        What is charged; for waiting in total over the patients.
    seen
        Expected number of booked patients who come.
    """

    total_waiting: Tensor
    waiting: Tensor
    idle: Tensor
    tardiness: Tensor
    waiting_penalty: Tensor
    tardiness_penalty: Tensor
    seen: Tensor

    @staticmethod
    def concatenate(parts: "Sequence[Sums]", order: Tensor) -> "Sums":
        """Return the sums of several batches of seats as one, in an order (seats,)."""
        return Sums(
            *(
                torch.cat([getattr(part, field.name) for part in parts])[order]
                for field in fields(Sums)
            )
        )


class BothWays:
    """Laws and costs-to-go of schedules (rows, intervals).

    ``session`` has one patient more than any of the schedules, the last in its order; ``chain`` and
    ``charges`` are its own.
    """

    def __init__(
        self, chain: Chain, charges: Charges, session: ClinicSession, schedules: Tensor
    ) -> None:
        self.chain, self.charges, self.session = chain, charges, session
        self.schedules = schedules
        self.rows, self.intervals = schedules.shape
        self.booked = schedules.sum(1)
        self.rank = schedules.cumsum(1) - schedules
        self.limits = chain.interval_limits(schedules, spare=1)
        self.kinds = torch.tensor(session.kinds)
        self.here = torch.arange(session.patients) < self.booked[:, None]
        self.shows = torch.as_tensor(session.shows)
        self.arrivals = [self._arrivals(interval) for interval in range(self.intervals)]
        self._choose_sums()
        self._follow_forward()

    def _choose_sums(self) -> None:
        """Decide which sums over the patients are followed.

        Each has a vector per interval, (sums, intervals, states), and a coefficient per patient,
        (sums, rows, patients): the waits; the penalties unless they are the waits; and with
        makespan idle time the wait of the last who comes.
        """
        charges, session = self.charges, self.session
        vectors, coefficients = [charges.wait], [self.here * self.shows]
        weights = torch.as_tensor(session.waiting_weights)
        self.penalty = self.last = 0
        if charges.waiting_vectors.shape[2] > 1 + charges.priority or bool((weights != 1).any()):
            self.penalty = len(vectors)
            vectors.append(charges.waiting_vectors[..., -1])
            coefficients.append(self.here * self.shows * weights)
        if charges.makespan:
            self.last = len(vectors)
            vectors.append(charges.wait)
            absent = torch.where(self.here, 1 - self.shows, 1.0)
            #: Probability that nobody from a place in the order on comes, (rows, patients + 1).
            self.nobody = pad(absent.flip(1).cumprod(1).flip(1), (0, 1), value=1.0)
            coefficients.append(self.here * self.shows * self.nobody[:, 1:])
        self.vectors, self.coefficients = torch.stack(vectors), torch.stack(coefficients)

    def _arrivals(self, interval: int) -> list[tuple[Tensor, Tensor, int]]:
        """Return rows, ranks and kind of those who come in an interval, one after the other."""
        found = []
        number = self.schedules[:, interval]
        for place in range(int(number.max())):
            rows = (number > place).nonzero()[:, 0]
            ranks = self.rank[rows, interval] + place
            kinds = self.kinds[ranks]
            for kind in sorted(set(kinds.tolist())):
                alike = kinds == kind
                found.append((rows[alike], ranks[alike], kind))
        return found

    def _follow_forward(self) -> None:
        """Follow the laws, and the sums over the patients so far, to each interval."""
        chain = self.chain
        law = chain.start(self.rows)
        sums = torch.zeros(len(self.vectors), self.rows, dtype=torch.float64)
        self.laws, self.sums_so_far = [], []
        for interval, limit in enumerate(self.limits):
            law = _widened(chain.walk_in(law, interval, limit)[0], limit)
            for rows, ranks, kind in self.arrivals[interval]:
                found = law[rows] @ self.vectors[:, interval, :limit].T
                sums[:, rows] += self.coefficients[:, rows, ranks] * found.T
                law[rows] = self._arrived(law[rows], limit, kind)
            self.laws.append(law)
            self.sums_so_far.append(sums.clone())
            drained = law.new_empty(self.rows, chain.drained_states(limit, 1))
            chain.drain(law, 1, drained)
            law = drained
        self.end = law

    def sums(self, seats: Tensor) -> tuple[Sums, Sums, Tensor]:
        """Return what the schedules cost without and with one more in each seat, and its wait.

        ``seats`` are rows and intervals, (seats, 2).
        """
        session, number = self.session, len(self.vectors)
        show, weight = float(session.shows[-1]), float(session.waiting_weights[-1])
        ends = self.charges.tardiness_vectors.T[:, : self.end.shape[1]]
        sums = torch.zeros(number, len(seats), dtype=torch.float64)
        end = torch.zeros(len(ends), len(seats), dtype=torch.float64)
        own = torch.zeros(len(seats), dtype=torch.float64)
        # Costs-to-go: the sums over the patients, then the charges at the end.
        to_go = torch.cat([torch.zeros_like(ends[:1]).expand(number, -1), ends])
        values = to_go[:, None].repeat(1, self.rows, 1)
        for interval in reversed(range(self.intervals)):
            values = self._drained_back(values, interval)
            chosen = (seats[:, 1] == interval).nonzero()[:, 0]
            if len(chosen):
                rows, limit = seats[chosen, 0], self.limits[interval]
                law, so_far = self.laws[interval][rows], self.sums_so_far[interval][:, rows]
                found = law @ self.vectors[:, interval, :limit].T
                own[chosen] = found[:, 0]
                onward = (values[:, rows] * self._arrived(law, limit, session.kinds[-1])).sum(2)
                sums[:, chosen] = so_far + onward[:number]
                end[:, chosen] = onward[number:]
                sums[0, chosen] += show * found[:, 0]
                if self.penalty:
                    sums[self.penalty, chosen] += show * weight * found[:, self.penalty]
                if self.last:
                    sums[self.last, chosen] -= show * so_far[self.last]
            values = self._arrived_back(values, interval)
        of = seats[:, 0]
        seen = pad(self.shows.cumsum(0), (1, 0))[self.booked[of]]
        work = torch.as_tensor((session.shows * session.mean_service_times).cumsum())
        work = pad(work, (1, 0))[self.booked[of]]
        before_end = ends @ self.end.T
        before = self._sums(self.sums_so_far[-1][:, of], before_end[:, of], seen, work, seats, None)
        work = work + show * session.mean_service_times[-1]
        return before, self._sums(sums, end, seen + show, work, seats, own), own

    def _arrived(self, laws: Tensor, limit: int, kind: int) -> Tensor:
        """Return the laws, of ``limit`` states, after a patient of a kind has come."""
        return _widened(self.chain.arrive(laws, limit, kind)[0][:, :limit], limit)

    def _drained_back(self, values: Tensor, interval: int) -> Tensor:
        """Return the costs-to-go after the arrivals of an interval."""
        limit = self.limits[interval]
        return _by_function(values, lambda flat: self.chain.drain_back(flat, 1, limit))

    def _arrived_back(self, values: Tensor, interval: int) -> Tensor:
        """Return the costs-to-go before the arrivals of an interval."""
        limit, number = self.limits[interval], len(self.vectors)
        for rows, ranks, kind in reversed(self.arrivals[interval]):

            def back(flat: Tensor, kind: int = kind) -> Tensor:
                return self.chain.arrive_back(flat, limit, kind)

            found = _by_function(values[:, rows], back)
            charged = self.coefficients[:, rows, ranks, None]
            found[:number] += charged * self.vectors[:, interval, None, :limit]
            values[:, rows] = found
        return _by_function(values, lambda flat: self.chain.walk_in_back(flat, interval, limit))

    def _sums(
        self,
        sums: Tensor,
        end: Tensor,
        seen: Tensor,
        work: Tensor,
        seats: Tensor,
        own: Tensor | None,
    ) -> Sums:
        session, tardiness = self.session, end[0]
        if self.last:
            idle = self._planned_end(seats, own) + sums[self.last] - work
        else:
            rest = session.expected_work - session.expected_booked_work
            idle = tardiness + (session.length - rest) - work
        mean = torch.where(seen > 0, sums[0] / seen, 0.0)
        return Sums(sums[0], mean, idle, tardiness, sums[self.penalty], end[-1], seen)

    def _planned_end(self, seats: Tensor, own: Tensor | None) -> Tensor:
        """Return when the last who comes would be done without the wait, expected, (seats,).

        With ``own`` waits the one more is there too, and its wait counts.
        """
        session = self.session
        rows, interval = seats.T
        starts = torch.zeros(self.rows, session.patients, dtype=torch.float64)
        intervals = torch.arange(self.intervals).repeat(self.rows)
        starts[self.here] = session.interval_length * torch.repeat_interleave(
            intervals, self.schedules.flatten()
        ).to(torch.float64)
        means = torch.as_tensor(session.mean_service_times)
        ends: Tensor = pad((self.coefficients[self.last] * (starts + means)).cumsum(1), (1, 0))
        total = ends[rows, -1]
        if own is None:
            return total
        show = float(session.shows[-1])
        ahead = self.rank[rows, interval] + self.schedules[rows, interval]
        mine: Tensor = interval * session.interval_length + own + means[-1]
        gone: Tensor = total - show * ends[rows, ahead]
        return gone + show * self.nobody[rows, ahead] * mine


def _by_function(values: Tensor, back: Callable[[Tensor], Tensor]) -> Tensor:
    """Take an expectation one step back of functions (vectors, rows, states)."""
    vectors, rows, states = values.shape
    flat: Tensor = values.reshape(vectors * rows, states)
    return back(flat).reshape(vectors, rows, -1)


def _widened(laws: Tensor, states: int) -> Tensor:
    """Return laws (rows, states) of exactly so many states, in memory of their own."""
    wider = laws.new_zeros(len(laws), states)
    wider[:, : laws.shape[1]] = laws
    return wider
