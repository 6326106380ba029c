"""Measures of a set of points, (points, costs), whose costs are all to be small."""

import moocore
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Share of the range of each cost by which the reference point lies beyond the worst value.
MARGIN = 0.1


def not_dominated(points: Array) -> NDArray[np.bool_]:
    """Return which points (points, costs) no other dominates; of equal ones the first."""
    return np.asarray(moocore.is_nondominated(points), np.bool_)


def reference_point(points: Array) -> Array:
    """Return a point (costs,) that is worse than all points everywhere.

    It lies beyond the worst of each cost by a tenth of the range, so that the ends of a frontier
    count too (Ishibuchi et al. 2018, doi:10.1162/evco_a_00226).
    """
    worst, best = points.max(0), points.min(0)
    return np.asarray(worst + MARGIN * (worst - best), np.float64)


def hypervolume(points: Array, reference: Array) -> float:
    """Return the volume between points (points, costs) and a reference point that is worse.

    That is, of all that at least one of the points dominates up to the reference (Zitzler & Thiele
    1998, doi:10.1007/BFb0056872).
    """
    return float(moocore.hypervolume(points, ref=reference)) if len(points) else 0.0


def excess(points: Array, best: Array) -> float:
    """Return the largest share by which a point is worse than one of the best in every cost.

    If it is e, some point costs 1 + e times as much as one of ``best``, (best, costs), in all costs
    at once, and no point more: none is dominated by more than e (epsilon-dominance of Laumanns et
    al. 2002, doi:10.1162/106365602760234108). 0 where no point is dominated in every cost. Costs
    are not negative; next to a cost of 0 nothing is worse by a share, so it counts as it is.
    """
    tiny = np.finfo(np.float64).tiny
    shares = np.maximum(points[:, None], tiny) / np.maximum(best[None], tiny)
    return max(float(shares.min(2).max(initial=1.0)) - 1.0, 0.0)


def lower_hull(points: Array) -> list[int]:
    """Return the corners of the lower left of the convex hull, by the first cost.

    Only corners that no point dominates; between two of them the second cost falls, ever slower.
    """
    corners: list[int] = []
    for place in np.lexsort((points[:, 1], points[:, 0])).tolist():
        if corners and points[place, 1] >= points[corners[-1], 1]:
            continue
        here = points[place]
        while len(corners) > 1 and not _turns(points[corners[-2]], points[corners[-1]], here):
            corners.pop()
        corners.append(place)
    return corners


def knee(points: Array) -> int | None:
    """Return the place of the knee of a frontier: where it bulges farthest from its ends.

    Das (1999), doi:10.1007/BF01195985: with every cost scaled to 0..1, the point farthest below the
    line, or plane, through those that have the least of one cost each. It depends on where the
    frontier ends. None if fewer than three points or a cost that is the same everywhere leave
    nothing to bulge.
    """
    if len(points) < 3 or not (np.ptp(points, axis=0) > 0).all():
        return None
    scaled = (points - points.min(0)) / np.ptp(points, axis=0)
    ends = scaled[scaled.argmin(0)]
    try:
        normal = np.linalg.solve(ends, np.ones(len(ends)))
    except np.linalg.LinAlgError:
        # One point has the least of two costs; then all costs count alike.
        normal = np.ones(len(ends))
    below = (1 - scaled @ normal) / np.linalg.norm(normal)
    place = int(below.argmax())
    return place if below[place] > 0 else None


def _turns(before: Array, here: Array, after: Array) -> bool:
    """Return whether a point lies below the line from the one before to the one after it."""
    (run, rise), (farther, higher) = here - before, after - before
    return bool(rise * farther < higher * run)
