"""Which weight vectors to solve next so that the frontier is known well.

Even: the points of a simplex lattice (Das & Dennis 1998, doi:10.1137/S1052623496307510), coarse
before fine. Dichotomic, for two costs: between two neighbours on the frontier the weights by which
both cost the same either find a schedule between them or prove that there is none (Aneja & Nair
1979, doi:10.1287/mnsc.25.1.73); where the frontier may still lie farthest below, first.
"""

from dataclasses import dataclass
from itertools import combinations, pairwise
from math import comb

import numpy as np
from numpy.typing import NDArray

from opt.frontier_measures import lower_hull

Array = NDArray[np.float64]

#: Share of the lightest of the costs at the ends of the frontier: beyond them a minute of one cost
#: would count as much as a thousand of another.
LIGHTEST = 1e-3
ENDS = (LIGHTEST, 1 - LIGHTEST)
#: Share of the costs up to which they count as equal.
EQUAL = 1e-9


def even_weights(costs: int, number: int) -> Array:
    """Return at most so many weight vectors (vectors, costs), positive, each of sum 1."""
    steps = 0
    while comb(steps + costs, costs - 1) <= number:
        steps += 1
    if not steps:
        return np.full((1, costs), 1 / costs)[:number]
    # Every way to place costs - 1 bars among the steps: what lies between two bars is a part.
    bars = np.array(list(combinations(range(steps + costs - 1), costs - 1)))
    parts = np.diff(bars, axis=1, prepend=-1, append=steps + costs - 1) - 1
    weights = LIGHTEST + (1 - costs * LIGHTEST) * parts / steps
    return weights[_coarse_to_fine(len(weights))]


@dataclass(frozen=True)
class Doubt:
    """A stretch between neighbours on a frontier where there may be more.

    Attributes
    ----------
    depth
        How far below their connecting line a schedule may lie at most, in units of the second cost.
    weights
        Those by which the two neighbours cost the same, (2,).
    """

    depth: float
    weights: tuple[float, float]


def doubts(points: Array, weights: Array, ends: tuple[float, float] = ENDS) -> list[Doubt]:
    """Return where schedules may still lie below the known frontier, the deepest first.

    Parameters
    ----------
    points
        The two costs of known schedules, (points, 2).
    weights
        Positive weight vectors by which a cheapest of these is cheapest of all, (vectors, 2).
    ends
        Weights of the first cost, of a sum of 1, between which stretches are doubted.
    """
    corners = points[lower_hull(points)]
    charged = weights @ corners.T
    least = charged.min(1, keepdims=True)
    supports = charged <= least + EQUAL * np.abs(least)
    slopes = -weights[:, 0] / weights[:, 1]
    found = []
    for place, (here, there) in enumerate(pairwise(corners)):
        chord = float((there[1] - here[1]) / (there[0] - here[0]))
        share = -chord / (1 - chord)
        between = ends[0] < share < ends[1]
        left = slopes[supports[:, place]].max(initial=-np.inf)
        right = slopes[supports[:, place + 1]].min(initial=0.0)
        if between and left < chord * (1 + EQUAL) and right > chord * (1 - EQUAL):
            found.append(Doubt(_depth(here, there, left, right), (share, 1 - share)))
    return sorted(found, key=lambda doubt: -doubt.depth)


def _depth(here: Array, there: Array, left: float, right: float) -> float:
    """Return how far the meeting point of two lines lies below the chord of two points.

    One line goes through the point on the left with one slope, the other through that on the right.
    """
    run, rise = there - here
    meeting = 0.0 if left == -np.inf else (rise - right * run) / (left - right)
    return float(rise / run * meeting - (rise - right * (run - meeting)))


def _coarse_to_fine(number: int) -> list[int]:
    """Return 0..number - 1 such that every beginning is spread evenly: van der Corput's order."""
    bits = max((number - 1).bit_length(), 1)
    return sorted(range(number), key=lambda one: int(f"{one:0{bits}b}"[::-1], 2))
