"""Following a batch of schedules through a session: patient by patient, or interval by interval.

Between two booked patients g intervals apart nothing arrives when there are no walk-ins, so one
step of `patient_pass` moves the law across the whole gap. With walk-ins something may arrive in
every interval and `interval_pass` goes through them one at a time. In both the rows that need the
same operation are brought together by sorting, so that each operation is one product for a block of
rows. How rows are grouped is fetched from the device once per batch, never once per patient.
"""

from collections.abc import Sequence
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
    kinds: Sequence[int],
    waiting_vectors: Tensor,
    tardiness_vectors: Tensor,
) -> Expectations:
    """Follow schedules without walk-ins, given as appointments (rows, patients).

    ``kinds`` is what each patient brings, (patients,); ``waiting_vectors`` and
    ``tardiness_vectors`` are (states, vectors).
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
    laws = _laws_at_first(chain, appointments[:, 0], intervals)
    for patient in range(patients):
        laws = laws.index_select(0, moves[patient])
        torch.mm(laws, waiting_vectors[: laws.shape[1]], out=found[patient])
        laws, overflow = chain.arrive_and_drain(
            laws, groups[patient], limits[patient], kinds[patient]
        )
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
    kinds: Sequence[int],
    waiting_vectors: Tensor,
    tardiness_vectors: Tensor,
) -> Expectations:
    """Follow schedules (rows, intervals) interval by interval, with walk-ins.

    A row may book fewer patients than ``kinds`` (patients,) has; what the others find stays 0.
    ``waiting_vectors`` is (intervals, states, vectors), ``tardiness_vectors`` (states, vectors).
    """
    rows, intervals = schedules.shape
    booked = schedules.T.contiguous()
    descending, order = booked.sort(dim=1, descending=True)
    moves = _reorderings(order)
    # at_least[t][m] is the number of rows with more than m patients in interval t.
    most = int(descending.max())
    counts = [(booked > m).sum(1) for m in range(most)] or [booked.new_zeros(intervals)]
    at_least = [[count for count in row if count] for row in torch.stack(counts, dim=1).tolist()]
    rank = booked.cumsum(0) - booked
    limits = chain.interval_limits(schedules)

    kind_of, distinct = torch.tensor(kinds, device=chain.device), sorted(set(kinds))
    vectors = waiting_vectors.shape[2]
    found = torch.zeros(rows, len(kinds), vectors, dtype=chain.dtype, device=chain.device)
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
            patient = rank[t, chosen] + m
            found[chosen, patient] = head @ waiting_vectors[t, : laws.shape[1]]
            arrived, overflow = _arrive(chain, head, limits[t], distinct, kind_of[patient])
            if overflow is not None:
                lost[chosen] += overflow
            laws = _put_back(laws, arrived)
        drained = laws.new_empty(rows, chain.drained_states(laws.shape[1], 1))
        chain.drain(laws, 1, drained)
        laws = drained
    end = torch.empty(rows, tardiness_vectors.shape[1], dtype=chain.dtype, device=chain.device)
    end[order[-1]] = laws @ tardiness_vectors[: laws.shape[1]]
    return Expectations(found, end, before.T, lost)


def _laws_at_first(chain: Chain, first: Tensor, intervals: int) -> Tensor:
    """Return the laws found by the first patient of each row, who comes in interval first (rows,).

    All rows begin alike, so one law per interval serves them.
    """
    law = chain.start(1)
    if law.shape[1] == 1:
        return law.expand(len(first), 1)
    found = law.new_zeros(intervals, law.shape[1])
    for interval in range(intervals):
        drained = law.new_empty(1, chain.drained_states(law.shape[1], interval))
        chain.drain(law, interval, drained)
        found[interval, : drained.shape[1]] = drained[0]
    return found[first]


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


def _arrive(
    chain: Chain, laws: Tensor, limit: int, distinct: list[int], kinds: Tensor
) -> tuple[Tensor, Tensor | None]:
    """Book a patient of its own kind (rows,) into every row; returns as `Chain.arrive` does.

    Where there are several kinds each is booked into all rows and kept where it belongs, because
    to ask which rows are of a kind would make a device wait.
    """
    if len(distinct) == 1:
        return chain.arrive(laws, limit, distinct[0])
    arrived: Tensor | None = None
    lost = laws.new_zeros(len(laws))
    for kind in distinct:
        changed, overflow = chain.arrive(laws, limit, kind)
        mine = kinds == kind
        arrived = _masked_sum(arrived, changed * mine[:, None])
        if overflow is not None:
            lost += overflow * mine
    assert arrived is not None
    return arrived, lost


def _masked_sum(total: Tensor | None, part: Tensor) -> Tensor:
    """Add laws that may hold different numbers of states."""
    if total is None:
        return part
    states = max(total.shape[1], part.shape[1])
    wider = torch.nn.functional.pad(total, (0, states - total.shape[1]))
    return wider + torch.nn.functional.pad(part, (0, states - part.shape[1]))


def _put_back(laws: Tensor, head: Tensor) -> Tensor:
    """Return ``laws`` with its first rows replaced by ``head``, which may hold more states."""
    if len(head) == len(laws):
        return head
    states = max(laws.shape[1], head.shape[1])
    wider = torch.nn.functional.pad(laws, (0, states - laws.shape[1]))
    wider[: len(head)] = torch.nn.functional.pad(head, (0, states - head.shape[1]))
    return wider
