"""The smallest set of demands that cannot be met together."""

from collections.abc import Callable, Sequence
from typing import TypeVar

Demand = TypeVar("Demand")


def smallest_clash(
    demands: Sequence[Demand], possible: Callable[[Sequence[Demand]], bool]
) -> list[Demand]:
    """Return demands that cannot be met together, though they can without any one of them.

    Junker (2004), QuickXplain: the last demand that makes the ones before it impossible is in the
    clash; go on with it in front until nothing else is needed.

    Parameters
    ----------
    demands
        Demands that are not possible together.
    possible
        Whether some demands can be met together; fewer demands are never harder.
    """
    clash: list[Demand] = []
    rest = list(demands)
    while possible(clash):
        low, high = 0, len(rest)
        while high - low > 1:
            middle = (low + high) // 2
            if possible([*clash, *rest[:middle]]):
                low = middle
            else:
                high = middle
        clash.append(rest[high - 1])
        rest = rest[: high - 1]
    return clash
