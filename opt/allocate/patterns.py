"""How visits of different lengths fill a session: the whole numbers of each that fit together.

What fits into a session is a set of whole numbers of visits by length. The linear relaxation of
"their minutes fit" allows two and two thirds visits of 45 minutes in two hours; the convex hull of
the *patterns* that really fit does not. So the program says that the visits of a session are at
most a mixture of its maximal patterns (Dantzig & Wolfe 1960, doi:10.1287/opre.8.1.101), which
leaves little to branch on. Where there are too many patterns it says that the minutes fit.
"""

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache

#: Most patterns of a session that are listed.
MOST = 300


@lru_cache(maxsize=4096)
def maximal_patterns(
    lengths: tuple[float, ...], limit: float, rounding: float
) -> tuple[tuple[int, ...], ...] | None:
    """Return the numbers of visits of each length that fit and leave no room for another.

    Parameters
    ----------
    lengths
        Different lengths, the longest first.
    limit
        What they may come to together, ``rounding`` more at most.

    None if there are more than `MOST`.
    """
    found = []
    for pattern in _filled(lengths, limit + rounding):
        found.append(pattern)
        if len(found) > MOST:
            return None
    return tuple(found)


def _filled(lengths: Sequence[float], room: float) -> Iterator[tuple[int, ...]]:
    """Yield patterns; the shortest visits, the last, take all the room that the others leave."""
    first, *rest = lengths
    most = math.floor(room / first)
    if not rest:
        yield (most,)
        return
    for number in range(most, -1, -1):
        for pattern in _filled(rest, room - number * first):
            yield (number, *pattern)
