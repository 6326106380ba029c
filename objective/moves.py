"""The cost of every move of one patient, without evaluating each schedule anew.

Write P_x for the transition over one interval into which x patients are booked, and c_x for what
these patients are charged, by the state found. A schedule is a product of such transitions, and
moving a patient from i to j puts x_i - 1 and x_j + 1 in place of x_i and x_j. So follow the base
schedule forward, and beside it the schedules that have lost a patient in one of the intervals so
far; follow the cost-to-go backward, and beside it the costs-to-go of those that lose one later. A
move to a later interval j joins the law that has lost its patient to P_{x_j + 1} and the base's
cost-to-go; a move to an earlier one joins the base's law to a cost-to-go that loses a patient.

The day is cut into legs: an occupied interval and the empty ones after it, over which one
transition leads. Laws and costs-to-go are followed from leg to leg only; what belongs to the empty
intervals inside is one vector each, brought to the start or the end of its leg. With walk-ins every
interval is a leg.

All this is a long sequence of small products, which a processor does faster than a GPU can start
them; so it is done there, in numpy and in float64, which acceptance of a move asks for anyway.
"""

import numpy as np
from torch import Tensor

from objective.chain import Chain
from objective.charges import Charges, Counts
from objective.laws import Array


def single_patient_moves(chain: Chain, schedules: Tensor, charges: Charges) -> Array:
    """Return the cost after each move i -> j, (batch, intervals, intervals).

    ``schedules`` is (batch, intervals); ``chain`` and ``charges`` are those of float64 on the
    processor. Entries of an empty interval i are infinite; the diagonal of the others holds the
    cost of the schedule itself.
    """
    costs = _Neighbourhood(chain, schedules, charges).costs() + charges.constant
    if len(schedules) > 1:
        costs[schedules.numpy() == 0] = np.inf
    return costs


class _Neighbourhood:
    """Laws and costs-to-go of a batch of schedules, and of the same with one patient less.

    Both are (legs, rows, batch, states), at the start of each leg; the costs-to-go also at the end
    of the session. One row is the base schedule: the first of the laws, the last of the
    costs-to-go. The others lose a patient in one of the intervals that are occupied (in any
    schedule of the batch), in their order.
    """

    def __init__(self, chain: Chain, schedules: Tensor, charges: Charges) -> None:
        self.chain, self.charges = chain, charges
        self.batch, self.intervals = schedules.shape
        limits = chain.interval_limits(schedules, spare=1)
        self.states = min(max(limits), chain.states)
        self.booked = np.ascontiguousarray(schedules.numpy().T)
        self.counts: list[list[int]] = self.booked.tolist()
        self.is_occupied = self.booked.max(1) > 0
        self.occupied = np.flatnonzero(self.is_occupied)
        self.rank = self.booked.cumsum(0) - self.booked
        everywhere = range(self.intervals)
        leg = {0, *self.occupied.tolist(), *(everywhere if chain.has_walk_ins else ())}
        self.starts = sorted(leg)
        ends = [*self.starts[1:], self.intervals]
        self.legs = [(start, end - start) for start, end in zip(self.starts, ends, strict=True)]
        self.groups = [_groups(self.counts[start]) for start in self.starts]
        # The laws at the start of a leg hold no more than those of the interval before did.
        self.widths = [1, *(min(limits[t - 1], self.states) for t in self.starts[1:])]
        self.leg_of = np.repeat(np.arange(len(self.legs)), [length for _, length in self.legs])
        shape = (len(self.starts), len(self.occupied) + 1, self.batch, self.states)
        self.laws = np.zeros(shape)
        self.values = np.zeros((shape[0] + 1, *shape[1:]))
        self._charges: dict[tuple[int, int], Array] = {}

    def costs(self) -> Array:
        """Return the costs without their constant, (batch, intervals, intervals)."""
        self._follow_forward()
        self._follow_backward()
        leg, occupied, time = self.leg_of, self.occupied, np.arange(self.intervals)
        start = np.array(self.starts)
        with_one_more, from_start, from_start_less = self._group_intervals()
        base = _multiplied(self.laws[leg, 0], from_start)

        # Spent before an interval by the base; and by those that have lost a patient in i, which
        # pay as the base before i, for one patient less in i, and for themselves after i.
        paid = _dot(base, self._charge(0, 0))
        spent = paid.cumsum(0) - paid
        until = spent + _dot(base, self._charge(-1, 0))
        lost_paid = _read(self.laws[:, 1:], self._charge(0, -1)[start][..., None])[..., 0]
        lost_paid = lost_paid.transpose(0, 2, 1)
        lost_paid = lost_paid * (start[:, None] > occupied)[:, :, None]
        lost_spent = lost_paid.cumsum(0) - lost_paid

        # To a later interval: one patient more comes there than the schedule without one had.
        more = self._charge(1, -1) + _multiplied(self.values[1:, -1][leg], with_one_more, True)
        later = self._read_by_leg(self.laws[:, 1:], _multiplied(more, from_start, True))
        later += until[occupied]
        later += lost_spent[leg] + lost_paid[leg] * (time > start[leg])[:, None, None]
        # The patient may be lost at the start of the very leg.
        without = _multiplied(more, from_start_less, True)
        same_leg = _dot(self.laws[leg, 0], without) + until[start[leg]]
        in_leg = np.flatnonzero(self.is_occupied[start[leg]])
        later[in_leg, np.searchsorted(occupied, start[leg[in_leg]])] = same_leg[in_leg]

        # To an earlier one.
        earlier = self._read_by_leg(self.values[1:, :-1], _multiplied(base, with_one_more))
        earlier += (spent + _dot(base, self._charge(1, 0)))[:, None]

        chosen = np.where(time[:, None, None] > occupied[:, None], later, earlier)
        chosen[occupied, np.arange(len(occupied))] = self.values[0, -1, :, 0]
        costs = np.full((self.batch, self.intervals, self.intervals), np.inf)
        costs[:, occupied] = chosen.transpose(2, 1, 0)
        return costs

    def _follow_forward(self) -> None:
        batch, states = self.batch, self.states
        self.laws[0, 0, :, 0] = 1
        laws = self.laws.reshape(len(self.laws), -1, states)
        rows = batch
        for leg, (start, length) in enumerate(self.legs[:-1]):
            width = self.widths[leg]
            before, after = laws[leg, :, :width], laws[leg + 1]
            for patients, members in self.groups[leg]:
                matrix = self.chain.transition(patients, start, states, length)[:width]
                self._advance(before[:rows], matrix, after[:rows], members)
                if patients:
                    matrix = self.chain.transition(patients - 1, start, states, length)[:width]
                    self._advance(before[:batch], matrix, after[rows : rows + batch], members)
            rows += batch * self.is_occupied[start]

    def _follow_backward(self) -> None:
        batch, states = self.batch, self.states
        self.values[-1, -1] = self.charges.end_vector[:states]
        values = self.values.reshape(len(self.values), -1, states)
        charge, fewer, own = self._charge(0, 1), self._charge(-1, 1), self._charge(0, 0)
        base = len(self.occupied) * batch
        first = base
        for leg in reversed(range(len(self.starts))):
            start, length = self.legs[leg]
            before, after = values[leg], values[leg + 1]
            lost = before[first - batch : first]
            for patients, members in self.groups[leg]:
                matrix = self.chain.transition(patients, start, states, length, adjoint=True)
                self._advance(after[first:], matrix, before[first:], members)
                if patients:
                    matrix = self.chain.transition(patients - 1, start, states, length, True)
                    self._advance(after[base:], matrix, lost, members)
            if self.is_occupied[start]:
                rows = before[first:].reshape(-1, batch, states)
                rows += charge[start]
                lost += fewer[start]
                first -= batch
                if self.charges.makespan:
                    before[base:] += own[start] - charge[start]

    def _advance(
        self, source: Array, matrix: Array, target: Array, members: list[int] | None
    ) -> None:
        """Multiply rows by a transition; for some members of the batch, or for all.

        ``source`` and ``target`` are (rows * batch, states).
        """
        if members is None:
            np.dot(source, matrix, out=target)
        else:
            chosen = source.reshape(-1, self.batch, len(matrix))[:, members]
            target.reshape(-1, self.batch, self.states)[:, members] = chosen @ matrix

    def _group_intervals(self) -> "tuple[_Transitions, _Transitions, _Transitions]":
        """Bring together the intervals that share a transition, three times.

        From each interval with one patient more to the end of its leg; to each interval inside a
        leg from the start of it; and the same with a patient less at the start.
        """
        to_end: _Places = {}
        from_start: _Places = {}
        from_start_less: _Places = {}
        for (start, length), kind in zip(
            self.legs, self.charges.kinds[self.starts].tolist(), strict=True
        ):
            for t in range(start, start + length):
                place = t * self.batch
                for member, patients in enumerate(self.counts[start]):
                    own = patients if t == start else self.counts[t][member]
                    key = (own + 1, kind, start + length - t)
                    to_end.setdefault(key, []).append(place + member)
                    if t > start:
                        key = (patients, kind, t - start)
                        from_start.setdefault(key, []).append(place + member)
                        if patients:
                            key = (patients - 1, kind, t - start)
                            from_start_less.setdefault(key, []).append(place + member)
        grouped = (self._transitions(places) for places in (to_end, from_start, from_start_less))
        one, two, three = grouped
        return one, two, three

    def _transitions(self, places: "_Places") -> "_Transitions":
        return [
            (
                self.chain.transition(
                    patients, self.charges.interval_of_kind[kind], self.states, length, False
                ),
                np.array(rows),
            )
            for (patients, kind, length), rows in places.items()
        ]

    def _read_by_leg(self, rows: Array, vectors: Array) -> Array:
        """Return the products of each interval's vector with the rows of its leg.

        ``rows`` is (legs, rows, batch, states), ``vectors`` (intervals, batch, states), the result
        (intervals, rows, batch).
        """
        offset = np.arange(self.intervals) - np.array(self.starts)[self.leg_of]
        columns = np.zeros((len(self.starts), self.batch, self.states, offset.max() + 1))
        columns[self.leg_of, :, :, offset] = vectors
        products = _read(rows, columns)
        return np.asarray(products[self.leg_of, :, :, offset].transpose(0, 2, 1), np.float64)

    def _charge(self, more: int, shift: int) -> Array:
        """Return the charge by the state found, (intervals, batch, states).

        For ``more`` patients than are booked (none where that would be negative), the first of them
        ``shift`` places later in the order of service, which matters to makespan idle only.
        """
        key = (more, shift if self.charges.makespan else 0)
        if key not in self._charges:
            count = np.maximum(self.booked + more, 0)
            self._charges[key] = self.charges.interval_vectors(
                count, self.rank + shift, self.states
            )
        return self._charges[key]


#: Rows (interval * batch + member) by patients, kind of walk-ins and length of a transition.
_Places = dict[tuple[int, int, int], list[int]]
#: Transition matrices, each with the rows that it applies to.
_Transitions = list[tuple[Array, Counts]]


def _multiplied(rows: Array, transitions: _Transitions, adjoint: bool = False) -> Array:
    """Multiply rows (intervals, batch, states) by their transitions or the adjoints of these.

    Rows without one stay as they are.
    """
    result = rows.reshape(-1, rows.shape[-1]).copy()
    for matrix, chosen in transitions:
        result[chosen] = np.dot(result[chosen], matrix.T if adjoint else matrix)
    return result.reshape(rows.shape)


def _dot(laws: Array, vectors: Array) -> Array:
    return np.asarray(np.einsum("...s,...s->...", laws, vectors), np.float64)


def _read(rows: Array, vectors: Array) -> Array:
    """Return the products of rows with vectors of the same leg and member, (legs, batch, rows, n).

    ``rows`` is (legs, rows, batch, states), ``vectors`` (legs, batch, states, n).
    """
    return np.asarray(rows.transpose(0, 2, 1, 3) @ vectors, np.float64)


def _groups(counts: list[int]) -> list[tuple[int, list[int] | None]]:
    """Return the members of a batch by their number of patients; None stands for all."""
    if len(counts) == 1 or counts.count(counts[0]) == len(counts):
        return [(counts[0], None)]
    return [
        (patients, [member for member, own in enumerate(counts) if own == patients])
        for patients in sorted(set(counts))
    ]
