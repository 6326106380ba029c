"""The cost of every move of one patient, without evaluating each schedule anew.

Follow the base schedule forward, and beside it the base schedule without one patient of interval i,
for every i; follow the cost-to-go backward, and beside it the cost-to-go with that patient missing.
A move to a later interval j joins the forward law without the patient to the base's cost-to-go by
one dot product in j; a move to an earlier one joins the base's law to the cost-to-go without the
patient. Removing or adding a patient changes the rank of those in between by one.
"""

import math

import torch
from torch import Tensor

from objective.chain import Chain
from objective.charges import Charges


def single_patient_moves(chain: Chain, schedules: Tensor, charges: Charges) -> Tensor:
    """Return the cost after each move i -> j, (batch, intervals, intervals).

    ``schedules`` is (batch, intervals). Entries of an empty interval i are infinite; the diagonal
    of the others holds the cost of the schedule itself.
    """
    batch, intervals = schedules.shape
    forward = _follow_forward(chain, schedules, charges)
    widths = [laws.shape[-1] for laws, _ in forward]
    backward, own_cost = _follow_backward(chain, schedules, charges, widths)

    # The patient that is put in, at the head of its interval: found by the base's laws, and by the
    # cost-to-go. One batch over all intervals.
    widest = max(widths)
    reach = min(widest + chain.reach, chain.states)
    base_laws = torch.stack([_resized(laws[:, 0], widest, pad=0.0) for laws, _ in forward])
    added, _ = chain.arrive(base_laws.flatten(0, 1), chain.states + chain.reach)
    added = _resized(added, reach, pad=0.0).unflatten(0, (intervals, batch))
    to_go = torch.stack([_resized(values[:, 0], reach) for values in backward])
    found = chain.arrive_back(to_go.flatten(0, 1), widest).unflatten(0, (intervals, batch))

    booked_before = schedules.cumsum(1) - schedules
    occupied = [t for t, some in enumerate((schedules > 0).any(0).tolist()) if some]
    costs = schedules.new_full((batch, intervals, intervals), 0, dtype=chain.dtype)
    for t in range(intervals):
        laws, spent = forward[t]
        values = backward[t]
        earlier = [i for i in occupied if i < t]
        if earlier:
            rank = booked_before[:, t] - 1
            charge = charges.arrival_vector(widths[t], rank, t)
            value = found[t, :, : widths[t]] + charge
            costs[:, earlier, t] = spent[:, 1:] + (laws[:, 1:] @ value[:, :, None])[..., 0]
        later = [i for i in occupied if i > t]
        if later:
            own = spent[:, 0] + charges.arrival(laws[:, 0], booked_before[:, t], t)
            arrived = added[t, :, : values.shape[-1], None]
            reads = (values[:, 1:] @ arrived)[..., 0]
            costs[:, later, t] = own[:, None] + reads
    costs.diagonal(dim1=1, dim2=2).copy_(own_cost[:, None].expand(batch, intervals))
    costs += charges.constant
    return costs.masked_fill_((schedules == 0)[:, :, None], math.inf)


def _follow_forward(
    chain: Chain, schedules: Tensor, charges: Charges
) -> list[tuple[Tensor, Tensor]]:
    """Return, for each interval, the laws found and the cost so far.

    Laws are (batch, 1 + k, states) just before the booked arrivals: the base first, then without
    one patient of each of the k occupied intervals so far; costs are (batch, 1 + k).
    """
    batch, intervals = schedules.shape
    limits = chain.interval_limits(schedules)
    most = schedules.amax(0).tolist()
    fewest = schedules.amin(0).tolist()
    rank = schedules.cumsum(1) - schedules
    laws = chain.start(batch)[:, None]
    spent = laws.new_zeros(batch, 1)
    history = []
    for t in range(intervals):
        laws = chain.walk_in(laws.flatten(0, 1), t, limits[t])[0].unflatten(0, laws.shape[:2])
        history.append((laws, spent))
        without, without_spent = laws[:, :1], spent[:, :1]
        for m in range(most[t]):
            ranks = (rank[:, t] + m)[:, None] - _all_but_first(laws)
            arrived = chain.arrive(laws.flatten(0, 1), limits[t])[0].unflatten(0, laws.shape[:2])
            paid = spent + charges.arrival(laws, ranks, t)
            if m < fewest[t]:
                without, without_spent, laws, spent = laws[:, :1], spent[:, :1], arrived, paid
                continue
            coming = (schedules[:, t] > m)[:, None]
            width = arrived.shape[-1]
            stay = _resized(laws, width, pad=0.0)
            without = torch.where(
                coming[..., None], stay[:, :1], _resized(without, width, pad=0.0)
            )
            without_spent = torch.where(coming, spent[:, :1], without_spent)
            laws = torch.where(coming[..., None], arrived, stay)
            spent = torch.where(coming, paid, spent)
        if most[t]:
            laws = torch.cat([laws, _resized(without, laws.shape[-1], pad=0.0)], dim=1)
            spent = torch.cat([spent, without_spent], dim=1)
        flat = laws.flatten(0, 1)
        drained = flat.new_empty(len(flat), chain.drained_states(flat.shape[1], 1))
        chain.drain(flat, 1, drained)
        laws = drained.unflatten(0, laws.shape[:2])
    return history


def _follow_backward(
    chain: Chain, schedules: Tensor, charges: Charges, widths: list[int]
) -> tuple[list[Tensor], Tensor]:
    """Return, for each interval, the cost-to-go, and the whole cost (batch,) of the schedules.

    The cost-to-go is (batch, 1 + k, states), just before the booked arrivals: the base first, then
    without one patient of each of the k occupied intervals after this one, the nearest first.
    """
    batch, intervals = schedules.shape
    most = schedules.amax(0).tolist()
    fewest = schedules.amin(0).tolist()
    rank = schedules.cumsum(1) - schedules
    values = charges.end_vector().expand(batch, 1, chain.states)
    history = []
    for t in reversed(range(intervals)):
        values = chain.drain_back(values.flatten(0, 1)).unflatten(0, values.shape[:2])
        need = widths[t] + chain.reach
        without = values[:, :1]
        for m in reversed(range(most[t])):
            states = min(need + m * chain.reach, chain.states)
            if m == 0:
                without = values[:, :1]
            ranks = (rank[:, t] + m)[:, None] + _all_but_first(values)
            came = chain.arrive_back(values.flatten(0, 1), states).unflatten(0, values.shape[:2])
            came = came + charges.arrival_vector(states, ranks, t)
            if m < fewest[t]:
                values = came
            else:
                coming = (schedules[:, t] > m)[:, None, None]
                values = torch.where(coming, came, _resized(values, states))
        states = min(need, chain.states)
        values = _resized(values, states)
        history.append(values)
        if most[t]:
            # A batch row without a patient here carries its own cost-to-go along; it is never read.
            values = torch.cat(
                [values[:, :1], _resized(without, states), values[:, 1:]], dim=1
            )
        values = chain.walk_in_back(values.flatten(0, 1), t, states).unflatten(0, values.shape[:2])
    return history[::-1], values[:, 0, 0]


def _all_but_first(rows: Tensor) -> Tensor:
    """Return 0 for the base and 1 for the rows beside it, (1, rows)."""
    return (torch.arange(rows.shape[1], device=rows.device) > 0).to(torch.int64)[None]


def _resized(values: Tensor, states: int, pad: float | None = None) -> Tensor:
    """Return the first ``states``; where there are fewer, go on with ``pad`` or the last value."""
    missing = states - values.shape[-1]
    if missing <= 0:
        return values[..., :states]
    if pad is None:
        return torch.cat([values, values[..., -1:].expand(*values.shape[:-1], missing)], dim=-1)
    return torch.nn.functional.pad(values, (0, missing), value=pad)
