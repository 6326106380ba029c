"""Schedules that come more than once, so that none is priced twice."""

from collections.abc import Callable

import torch
from torch import Tensor

#: Rows that are hashed at one time: their products take several times the memory of the rows.
HASHED_AT_ONCE = 65_536


def price_once(
    known: Tensor, costs: Tensor, schedules: Tensor, price: Callable[[Tensor], Tensor]
) -> tuple[Tensor, int]:
    """Return the costs of schedules (rows, intervals), and how many of them had to be priced.

    A schedule that equals another one, or one of the ``known`` schedules (others, intervals) with
    their ``costs`` (others,), takes over its cost.
    """
    others = len(known)
    together = torch.cat([known, schedules])
    first = first_occurrences(together)
    new = torch.arange(others, len(together), device=first.device)
    new = new[first[others:] == new]
    fresh = price(together[new]) if len(new) else costs[:0]
    every = fresh.new_empty(len(together))
    every[:others], every[new] = costs, fresh
    return every[first[others:]], len(new)


def distinct(schedules: Tensor) -> tuple[Tensor, Tensor]:
    """Return the different ones of some schedules (rows, intervals), and each row's place there.

    They are in the order in which each comes first; the places are (rows,).
    """
    first = first_occurrences(schedules)
    kept = first == torch.arange(len(schedules), device=first.device)
    return schedules[kept], (kept.cumsum(0) - 1)[first]


def is_new(schedules: Tensor, known: Tensor) -> Tensor:
    """Return which schedules (rows, intervals) are neither known nor the same as an earlier one."""
    first = first_occurrences(torch.cat([known, schedules]))
    return first[len(known) :] == torch.arange(len(known), len(first), device=first.device)


def first_occurrences(schedules: Tensor) -> Tensor:
    """Return for each row of schedules (rows, intervals) the first row that equals it, (rows,).

    Rows are sorted by a hash of 64 bits. Where rows that differ share theirs, which is all but
    impossible, an equal row may be overlooked, but never is a row taken for another one.
    """
    rows, device = len(schedules), schedules.device
    hashes, order = _hashes(schedules).sort(stable=True)
    begins = torch.ones(rows, dtype=torch.bool, device=device)
    begins[1:] = hashes[1:] != hashes[:-1]
    place = torch.arange(rows, device=device)
    first = torch.empty_like(order)
    # A stable sort keeps equal hashes in the order of the rows.
    first[order] = order[torch.where(begins, place, 0).cummax(0).values]
    later = (first != place).nonzero()[:, 0]
    wrong = (schedules[later] != schedules[first[later]]).any(1)
    first[later[wrong]] = later[wrong]
    return first


def _hashes(schedules: Tensor) -> Tensor:
    """Return the hash of each schedule (rows, intervals), (rows,)."""
    factors = _factors(schedules.shape[1], schedules.device)
    parts = torch.split(schedules, HASHED_AT_ONCE)
    return torch.cat([(part * factors).sum(1) for part in parts])


def _factors(intervals: int, device: torch.device) -> Tensor:
    """Return a fixed random factor for each interval; sums of products wrap around at 64 bits."""
    generator = torch.Generator().manual_seed(0)
    return torch.randint(-(2**63), 2**63 - 1, (intervals,), generator=generator).to(device)
