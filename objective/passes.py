"""Following a batch of schedules through a session: patient by patient, or interval by interval.

Between two booked patients g intervals apart nothing arrives when there are no walk-ins, so one
step of `patient_pass` moves the law across the whole gap. With walk-ins something may arrive in
every interval and `interval_pass` goes through them one at a time. In both the rows that need the
same operation are brought together by sorting, so that each operation is one product for a block of
rows. How rows are grouped is fetched from the device once per batch, never once per patient.
"""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from objective.chain import Chain, Group


@dataclass(frozen=True)
class Expectations:
    """Expected cost vectors along a batch of schedules.

    Attributes
    ----------
    found
        Per patient, over the work found on arrival: (rows, patients, waiting vectors).
    end
        Over the work at the end of the session: (rows, tardiness vectors).
    before
        Expected work before the arrivals of each interval, (rows, intervals) minutes; None from
        `patient_pass`.
    overflow
        Expected work cut off by the grid, (rows,) minutes.
    """

    found: Tensor
    end: Tensor
    before: Tensor | None
    overflow: Tensor


def patient_pass(
    chain: Chain,
    appointments: Tensor,
    intervals: int,
    waiting_vectors: Tensor,
    tardiness_vectors: Tensor,
) -> Expectations:
    """Follow schedules without walk-ins, given as appointments (rows, patients).

    ``waiting_vectors`` and ``tardiness_vectors`` are (states, vectors).
    """
    rows, patients = appointments.shape
    end_of_session = appointments.new_full((rows, 1), intervals)
    gaps = torch.cat([appointments, end_of_session], dim=1).diff(dim=1).T.contiguous()
    ordered, order = gaps.sort(dim=1)
    moves = _reorderings(order)
    groups = _groups(ordered, intervals + 1)
    limits = chain.patient_limits(appointments)

    found = torch.empty(
        patients, rows, waiting_vectors.shape[1], dtype=chain.dtype, device=chain.device
    )
    lost = torch.zeros(rows, dtype=chain.dtype, device=chain.device)
    laws = chain.start(rows)
    for patient in range(patients):
        laws = laws.index_select(0, moves[patient])
        torch.mm(laws, waiting_vectors[: laws.shape[1]], out=found[patient])
        laws, overflow = chain.arrive_and_drain(laws, groups[patient], limits[patient])
        if overflow is not None:
            lost[order[patient]] += overflow
    end = torch.empty(rows, tardiness_vectors.shape[1], dtype=chain.dtype, device=chain.device)
    end[order[-1]] = laws @ tardiness_vectors[: laws.shape[1]]
    index = order[:, :, None].expand_as(found)
    found = torch.empty_like(found).scatter_(1, index, found)
    return Expectations(found.transpose(0, 1), end, None, lost)


def interval_pass(
    chain: Chain,
    schedules: Tensor,
    patients: int,
    waiting_vectors: Tensor,
    tardiness_vectors: Tensor,
) -> Expectations:
    """Follow schedules (rows, intervals), first-come first-served with walk-ins."""
    rows, intervals = schedules.shape
    booked = schedules.T.contiguous()
    descending, order = booked.sort(dim=1, descending=True)
    moves = _reorderings(order)
    # at_least[t][m] is the number of rows with more than m patients in interval t.
    most = int(descending.max())
    at_least = [
        [count for count in counts if count]
        for counts in torch.stack([(booked > m).sum(1) for m in range(most)], dim=1).tolist()
    ]
    rank = booked.cumsum(0) - booked
    limits = chain.interval_limits(schedules)

    vectors = waiting_vectors.shape[1]
    found = torch.zeros(rows, patients, vectors, dtype=chain.dtype, device=chain.device)
    before = torch.empty(intervals, rows, dtype=chain.dtype, device=chain.device)
    lost = torch.zeros(rows, dtype=chain.dtype, device=chain.device)
    work = chain.work()
    laws = chain.start(rows)
    for t in range(intervals):
        laws = laws.index_select(0, moves[t])
        before[t, order[t]] = laws @ work[: laws.shape[1]]
        laws, overflow = chain.walk_in(laws, t, limits[t])
        if overflow is not None:
            lost[order[t]] += overflow
        for m, count in enumerate(at_least[t]):
            chosen = order[t, :count]
            head = laws[:count]
            found[chosen, rank[t, chosen] + m] = head @ waiting_vectors[: laws.shape[1]]
            arrived, overflow = chain.arrive(head, limits[t])
            if overflow is not None:
                lost[chosen] += overflow
            laws = _put_back(laws, arrived)
        drained = laws.new_empty(rows, chain.drained_states(laws.shape[1], 1))
        chain.drain(laws, 1, drained)
        laws = drained
    end = torch.empty(rows, tardiness_vectors.shape[1], dtype=chain.dtype, device=chain.device)
    end[order[-1]] = laws @ tardiness_vectors[: laws.shape[1]]
    return Expectations(found, end, before.T, lost)


def _reorderings(order: Tensor) -> Tensor:
    """Return, for each step, where the rows wanted next stand now; order (steps, rows)."""
    place = torch.arange(order.shape[1], device=order.device).expand_as(order)
    stands = torch.empty_like(order).scatter_(1, order, place)
    return torch.cat([order[:1], stands[:-1].gather(1, order[1:])])


def _groups(ordered: Tensor, kinds: int) -> list[list[Group]]:
    """Return, on the host, where each of 0..kinds-1 stands in each sorted row of ``ordered``."""
    kind = torch.arange(kinds + 1, device=ordered.device).expand(len(ordered), -1).contiguous()
    bounds: list[list[int]] = torch.searchsorted(ordered, kind).tolist()
    return [
        [
            (gap, first, last)
            for gap, (first, last) in enumerate(pairwise(row_bounds))
            if first < last
        ]
        for row_bounds in bounds
    ]


def _put_back(laws: Tensor, head: Tensor) -> Tensor:
    """Return ``laws`` with its first rows replaced by ``head``, which may hold more states."""
    if len(head) == len(laws):
        return head
    wider = laws.new_zeros(len(laws), head.shape[1])
    wider[: len(head)] = head
    wider[len(head) :, : laws.shape[1]] = laws[len(head) :]
    return wider
