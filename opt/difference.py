"""Systems of difference constraints z_j - z_i <= w over whole numbers, with z_0 = 0.

They are what keeps a set of schedules L-natural-convex (Murota 2003, Discrete Convex Analysis). A
constraint is an edge from i to j of length w; the set is empty if and only if there is a cycle of
negative length, and coordinates on a cycle of length 0 can only move together (Ahuja, Magnanti &
Orlin 1993, Network Flows, chapter 5).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import NegativeCycleError, bellman_ford, connected_components

Points = NDArray[np.int64]

#: i, j and w of z_j - z_i <= w.
Edge = tuple[int, int, int]


class EmptyError(Exception):
    """No point satisfies the system."""


@dataclass(frozen=True)
class DifferenceSystem:
    """The points (dimension,) that satisfy constraints between coordinates 1..dimension and 0.

    Attributes
    ----------
    dimension
        Number of coordinates.
    edges
        One row (i, j, w) per constraint z_j - z_i <= w, and no two with the same i and j:
        (constraints, 3). Every coordinate is bounded on both sides through them.
    """

    dimension: int
    edges: Points

    @staticmethod
    def of(dimension: int, edges: Sequence[Edge]) -> "DifferenceSystem":
        """Return a system; of constraints on the same two coordinates the tighter one counts."""
        tightest: dict[tuple[int, int], int] = {}
        for tail, head, length in edges:
            tightest[tail, head] = min(length, tightest.get((tail, head), length))
        rows = [(tail, head, length) for (tail, head), length in tightest.items() if tail != head]
        table = np.array(rows, dtype=np.int64).reshape(-1, 3)
        if any(length < 0 for (tail, head), length in tightest.items() if tail == head):
            raise EmptyError
        return DifferenceSystem(dimension, table)

    @cached_property
    def highest(self) -> Points:
        """The largest value of each coordinate, (dimension,); raises `EmptyError` if there is none.

        Together they are a point of the set.
        """
        return _distances(self.dimension, self.edges)

    @cached_property
    def lowest(self) -> Points:
        """The smallest value of each coordinate, (dimension,); together a point of the set."""
        return -_distances(self.dimension, self.edges[:, [1, 0, 2]])

    def contains(self, points: Points) -> NDArray[np.bool_]:
        """Return whether each point (batch, dimension) satisfies the system."""
        difference, length = self._differences(points), self.edges[:, 2]
        return np.asarray((difference <= length).all(1))

    def tight(self, point: Points) -> Points:
        """Return the constraints that hold with equality at a point, (constraints, 3)."""
        equal = self._differences(point[None])[0] == self.edges[:, 2]
        return np.asarray(self.edges[equal], np.int64)

    def below(self, points: Points) -> Points:
        """Return, for points (batch, dimension), the largest points of the set not above them.

        Points are first brought between the lowest and the highest values.
        """
        clipped = np.clip(points, self.lowest, self.highest)
        values = np.hstack([np.zeros((len(points), 1), np.int64), clipped])
        order = np.argsort(self.edges[:, 1], kind="stable")
        tail, head, length = self.edges[order].T
        first = np.flatnonzero(np.diff(head, prepend=-1))
        targets = head[first]
        while len(values):
            lowered = np.minimum.reduceat(values[:, tail] + length, first, axis=1)
            lowered = np.minimum(values[:, targets], lowered)
            if (lowered == values[:, targets]).all():
                break
            values[:, targets] = lowered
        return np.asarray(values[:, 1:], np.int64)

    def groups(self) -> tuple[Points, Points]:
        """Return which coordinates can only move together.

        The group of each coordinate, (dimension,), 0 for those that cannot move at all, and by how
        much it exceeds the first of its group (in group 0: its value), (dimension,).
        """
        values = np.append(0, self.highest)
        tail, head, length = self.edges.T
        tight = values[head] - values[tail] == length
        size = self.dimension + 1
        graph = csr_array((np.ones(tight.sum()), (tail[tight], head[tight])), shape=(size, size))
        _, label = connected_components(graph, directed=True, connection="strong")
        _, first, group = np.unique(label, return_index=True, return_inverse=True)
        # Groups are numbered by their first coordinate; that of coordinate 0 is group 0.
        rank = np.argsort(np.argsort(first))[group]
        offset = values - values[np.sort(first)][rank]
        return rank[1:].astype(np.int64), offset[1:]

    def contracted(self, group: Points, offset: Points) -> "DifferenceSystem":
        """Return the system in which each group of coordinates, as of `groups`, is one."""
        label, shift = np.append(0, group), np.append(0, offset)
        tail, head, length = self.edges.T
        edges = np.stack([label[tail], label[head], length - shift[head] + shift[tail]], axis=1)
        return DifferenceSystem.of(int(label.max()), list(map(tuple, edges.tolist())))

    def _differences(self, points: Points) -> Points:
        values = np.hstack([np.zeros((len(points), 1), np.int64), points])
        return np.asarray(values[:, self.edges[:, 1]] - values[:, self.edges[:, 0]], np.int64)


def _distances(dimension: int, edges: Points) -> Points:
    """Return the lengths of the shortest paths from 0, (dimension,)."""
    tail, head, length = edges.T
    size = dimension + 1
    # Edges of length 0 must stay in the sparse matrix, which they do as long as they are stored.
    graph = csr_array((length.astype(np.float64), (tail, head)), shape=(size, size))
    try:
        distance = bellman_ford(graph, directed=True, indices=[0])[0]
    except NegativeCycleError:
        raise EmptyError from None
    return np.asarray(np.rint(distance[1:]), np.int64)
