"""The cost of every move of one patient, without evaluating each schedule anew.

The cost of a schedule is a product of steps (see `objective.steps`), and moving a patient from
interval i to j puts a step with one patient less and one with one patient more in place of two of
them. So follow the base schedule forward, and beside it the schedules that have lost a patient in
one of the intervals so far; follow the cost-to-go backward, and beside it the costs-to-go of those
that lose one later. A move to a later interval j joins the law that has lost its patient to the
step with one more in j and the base's cost-to-go; a move to an earlier one joins the base's law to
a cost-to-go that loses a patient.

The day is cut into legs: an occupied interval and the empty ones after it, over which one step
leads. Laws and costs-to-go are followed from leg to leg only; for an empty interval inside a leg
there is one step over the leg with one more patient in it. With walk-ins or interruptions every
interval is a leg.

All this is a long sequence of small products, which a processor does faster than a GPU can start
them; so it is done there, in numpy and in float64, which acceptance of a move asks for anyway.
"""

import numpy as np
from torch import Tensor

from objective.laws import Array
from objective.steps import Leg, Steps

#: States are rounded up to a multiple of this, so that steps can be used again.
ROUND = 8


def single_patient_moves(steps: Steps, schedules: Tensor) -> Array:
    """Return the cost after each move i -> j, (batch, intervals, intervals).

    ``schedules`` is (batch, intervals) on the processor, all with the same number of patients.
    Entries of an empty interval i are infinite; the diagonal of the others holds the cost of the
    schedule itself.
    """
    neighbourhood = _Neighbourhood(steps, schedules)
    costs = neighbourhood.costs() + steps.constant(neighbourhood.booked)
    if len(schedules) > 1:
        costs[schedules.numpy() == 0] = np.inf
    return costs


class _Neighbourhood:
    """Laws and costs-to-go of a batch of schedules, and of the same with one patient less.

    Both are (legs, rows, batch, 1 + states), at the start of each leg; the costs-to-go also at the
    end of the session. One row is the base schedule: the first of the laws, the last of the
    costs-to-go. The others lose a patient in one of the intervals that are occupied (in any
    schedule of the batch), in their order.
    """

    def __init__(self, steps: Steps, schedules: Tensor) -> None:
        self.steps, self.by_rank = steps, steps.by_rank
        chain, by_rank = steps.chain, steps.by_rank
        self.batch, self.intervals = schedules.shape
        # Where patients differ, those between the two intervals of a move take other places.
        limits = chain.interval_limits(schedules, spare=2 if by_rank else 1)
        self.states = min(-(-max(limits) // ROUND) * ROUND, chain.states)
        booked = schedules.numpy().T
        self.booked = int(booked[:, 0].sum())
        self.occupied = np.flatnonzero(booked.max(1))
        self.is_occupied = (booked.max(1) > 0).tolist()
        leg = {0, *self.occupied.tolist(), *(range(self.intervals) if chain.has_walk_ins else ())}
        self.starts = sorted(leg)
        ends = [*self.starts[1:], self.intervals]
        self.lengths = [end - start for start, end in zip(self.starts, ends, strict=True)]
        counts = booked[self.starts].tolist()
        ranks = (booked.cumsum(0) - booked)[self.starts].tolist() if self.by_rank else None
        self.groups = [
            [
                (members, steps.passage(leg), leg)
                for members, leg in self._legs(index, counts[index], ranks[index] if ranks else [])
            ]
            for index in range(len(counts))
        ]
        initial = chain.start(1)[0].numpy()[: self.states]
        # The laws at the start of a leg hold no more than those of the interval before did.
        width = [initial.size, *(limits[start - 1] for start in self.starts[1:])]
        self.widths = [1 + min(states, self.states) for states in width]
        self.leg_of = np.repeat(np.arange(len(self.lengths)), self.lengths)
        shape = (len(self.starts), len(self.occupied) + 1, self.batch, 1 + self.states)
        self.laws = np.zeros(shape)
        self.laws[0, 0, :, 1 : 1 + initial.size] = initial
        self.values = np.zeros((shape[0] + 1, *shape[1:]))
        self.values[-1, -1] = steps.end(self.states)

    def costs(self) -> Array:
        """Return the costs without their constant, (batch, intervals, intervals)."""
        self._follow_forward()
        self._follow_backward()
        later, earlier, same_leg = self._through_each_interval()
        time = np.arange(self.intervals)
        cost = np.where(
            time[:, None, None] > self.occupied[:, None],
            self._read_by_leg(self.laws[:, 1:], later),
            self._read_by_leg(self.values[1:, :-1], earlier),
        )
        # A patient who moves within a leg is lost at the start of that very leg.
        start = np.array(self.starts)[self.leg_of]
        inside = np.flatnonzero(np.array(self.is_occupied)[start])
        cost[inside, np.searchsorted(self.occupied, start[inside])] = same_leg[inside]
        cost[self.occupied, np.arange(len(self.occupied))] = self.values[0, -1] @ self.laws[0, 0, 0]
        costs = np.full((self.batch, self.intervals, self.intervals), np.inf)
        costs[:, self.occupied] = cost.transpose(2, 1, 0)
        return costs

    def _legs(
        self, index: int, counts: list[int], ranks: list[int]
    ) -> list[tuple[list[int] | None, Leg]]:
        """Return a leg for each kind of members of the batch, who are listed; None stands for all.

        ``counts`` and ``ranks`` (empty where they do not matter) are those of the members.
        """
        start, length = self.steps.representative[self.starts[index]], self.lengths[index]
        if self.batch == 1:
            rank = ranks[0] if ranks else 0
            return [(None, Leg(start, length, rank, counts[0], self.states, self.booked))]
        places = list(zip(ranks or [0] * self.batch, counts, strict=True))
        if places.count(places[0]) == self.batch:
            return [(None, Leg(start, length, *places[0], self.states, self.booked))]
        return [
            (
                [member for member, own in enumerate(places) if own == place],
                Leg(start, length, *place, self.states, self.booked),
            )
            for place in sorted(set(places))
        ]

    def _follow_forward(self) -> None:
        laws = self.laws.reshape(len(self.laws), -1, 1 + self.states)
        batch = rows = self.batch
        for index, width in enumerate(self.widths[:-1]):
            before, after = laws[index, :, :width], laws[index + 1]
            for members, steps, _ in self.groups[index]:
                if steps.lost_before is steps.base:
                    self._advance(before[:rows], steps.base[:width], after[:rows], members)
                else:
                    self._advance(before[:batch], steps.base[:width], after[:batch], members)
                    lost = steps.lost_before[:width]
                    self._advance(before[batch:rows], lost, after[batch:rows], members)
                if steps.loses is not None:
                    lost = after[rows : rows + batch]
                    self._advance(before[:batch], steps.loses[:width], lost, members)
            if self.is_occupied[self.starts[index]]:
                rows += batch

    def _follow_backward(self) -> None:
        values = self.values.reshape(len(self.values), -1, 1 + self.states)
        batch = self.batch
        first = base = len(self.occupied) * batch
        for index in reversed(range(len(self.starts))):
            before, after = values[index], values[index + 1]
            for members, steps, _ in self.groups[index]:
                if steps.lost_later_back is steps.base_back:
                    self._advance(after[first:], steps.base_back, before[first:], members)
                else:
                    self._advance(after[base:], steps.base_back, before[base:], members)
                    lost = steps.lost_later_back
                    self._advance(after[first:base], lost, before[first:base], members)
                if steps.loses_back is not None:
                    lost = before[first - batch : first]
                    self._advance(after[base:], steps.loses_back, lost, members)
            if self.is_occupied[self.starts[index]]:
                first -= batch

    def _advance(
        self, source: Array, matrix: Array, target: Array, members: list[int] | None
    ) -> None:
        """Multiply rows by a step; for some members of the batch, or for all.

        ``source`` and ``target`` are (rows * batch, 1 + states).
        """
        if members is None:
            np.dot(source, matrix, out=target)
        else:
            chosen = source.reshape(-1, self.batch, len(matrix))[:, members]
            target.reshape(-1, self.batch, 1 + self.states)[:, members] = chosen @ matrix

    def _through_each_interval(self) -> tuple[Array, Array, Array]:
        """Return what one more patient in each interval makes of its leg.

        The cost-to-go before the leg, for laws that lost a patient earlier; the base's law after
        the leg; and the cost where the patient was taken from the start of the leg. The first two
        are (intervals, batch, 1 + states), the last (intervals, batch).
        """
        later = np.empty((self.intervals * self.batch, 1 + self.states))
        earlier = np.empty_like(later)
        same_leg = np.zeros(len(later))
        base = self.laws[:, 0].reshape(-1, 1 + self.states)
        onward = self.values[1:, -1].reshape(-1, 1 + self.states)
        for leg, places in self._alike_legs().items():
            laws, values = base[places], onward[places]
            index, member = np.divmod(places, self.batch)
            time = np.array(self.starts)[index, None] + np.arange(leg.length)
            at = time * self.batch + member[:, None]
            after = leg._replace(rank=leg.rank - 1) if self.by_rank else leg
            later[at] = self.steps.through_back(values, after)
            earlier[at] = self.steps.through(laws, leg)
            if leg.patients:
                fewer = leg._replace(patients=leg.patients - 1)
                found = self.steps.through(laws, fewer)
                same_leg[at] = (found @ values[:, :, None])[..., 0]
        shape = (self.intervals, self.batch)
        return later.reshape(*shape, -1), earlier.reshape(*shape, -1), same_leg.reshape(shape)

    def _alike_legs(self) -> dict[Leg, Array]:
        """Return the places leg * batch + member of the legs that share their steps."""
        found: dict[Leg, list[int]] = {}
        for index, groups in enumerate(self.groups):
            for members, _, leg in groups:
                everyone = range(self.batch) if members is None else members
                places = found.setdefault(leg, [])
                places.extend(index * self.batch + member for member in everyone)
        return {leg: np.array(places) for leg, places in found.items()}

    def _read_by_leg(self, rows: Array, vectors: Array) -> Array:
        """Return the products of each interval's vector with the rows of its leg.

        ``rows`` is (legs, rows, batch, n), ``vectors`` (intervals, batch, n), the result
        (intervals, rows, batch).
        """
        offset = np.arange(self.intervals) - np.array(self.starts)[self.leg_of]
        columns = np.zeros((len(self.starts), self.batch, rows.shape[3], offset.max() + 1))
        columns[self.leg_of, :, :, offset] = vectors
        products = rows.transpose(0, 2, 1, 3) @ columns
        return np.asarray(products[self.leg_of, :, :, offset].transpose(0, 2, 1), np.float64)
