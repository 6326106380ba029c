"""Greedy chains: the order in which the coordinates of a point are raised and lowered by one.

At a point some constraints z_j - z_i <= w are tight: z_j cannot rise before z_i, and z_i cannot
fall before z_j. Along a direction, the coordinates that it raises go up in decreasing order, the
others go down in increasing order, each as early as the tight constraints let it; so every point of
the chain satisfies the constraints.
"""

import heapq
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from opt.difference import DifferenceSystem, Points

Array = NDArray[np.float64]


def greedy_chain(system: DifferenceSystem, point: Points, direction: Array) -> tuple[int, ...]:
    """Return the chain along a direction, as coordinates counted from 1, negative if lowered.

    Among equals the later rises first and the earlier falls first. No two coordinates of the system
    may be tied, so that each can rise or fall.
    """
    size = system.dimension
    needs: list[list[int]] = [[] for _ in range(size + 1)]
    needed_by: list[list[int]] = [[] for _ in range(size + 1)]
    for tail, head, _ in system.tight(point).tolist():
        needs[head].append(tail)
        needed_by[tail].append(head)
    # Coordinate 0 moves neither way, nor does what would have to move with it.
    cannot_rise, cannot_fall = _reached(needed_by), _reached(needs)
    rises = [True] * (size + 1)
    falling = [
        k
        for k in range(1, size + 1)
        if k in cannot_rise or (direction[k - 1] < 0 and k not in cannot_fall)
    ]
    while falling:
        # Whoever needs another that does not rise falls too.
        one = falling.pop()
        if rises[one]:
            rises[one] = False
            falling.extend(needed_by[one])
    up = [k for k in range(1, size + 1) if rises[k]]
    down = [k for k in range(1, size + 1) if not rises[k]]
    rank = direction.tolist()
    raised = _in_order(up, needs, needed_by, {k: (-rank[k - 1], -k) for k in up})
    lowered = _in_order(down, needed_by, needs, {k: (rank[k - 1], k) for k in down})
    return (*raised, *(-k for k in lowered))


def _reached(following: Sequence[Sequence[int]]) -> set[int]:
    """Return the coordinates that are reached from 0, itself included."""
    found, waiting = {0}, [0]
    while waiting:
        for one in following[waiting.pop()]:
            if one not in found:
                found.add(one)
                waiting.append(one)
    return found


def _in_order(
    chosen: Sequence[int],
    needs: Sequence[Sequence[int]],
    needed_by: Sequence[Sequence[int]],
    priority: dict[int, tuple[float, int]],
) -> list[int]:
    """Return the chosen coordinates by priority, each after those that it needs."""
    missing = {k: sum(one in priority for one in needs[k]) for k in chosen}
    ready = [(*priority[k], k) for k in chosen if not missing[k]]
    heapq.heapify(ready)
    order = []
    while ready:
        one = heapq.heappop(ready)[-1]
        order.append(one)
        for other in needed_by[one]:
            if other in missing:
                missing[other] -= 1
                if not missing[other]:
                    heapq.heappush(ready, (*priority[other], other))
    return order
