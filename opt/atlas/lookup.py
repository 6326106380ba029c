"""Looking optima up: an instance that is in the atlas, or those nearest to one that is not."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.spatial import KDTree

from objective import InvalidInput
from objective.errors import whole_number
from opt.atlas.grid import Grid
from opt.atlas.interpolation import Schedule, blended
from opt.atlas.optimum import Optimum
from opt.atlas.query import Key, Query, coordinates_of, key_of
from opt.atlas.table import FIELD, MANIFEST, ROWS, read_manifest, read_rows

#: Added to distances before they are turned into shares.
SOFTENING = 1e-9
#: The columns that say which instance a row is, in the order of `opt.atlas.query.key_of`.
INSTANCE = (
    "patients", "intervals", "law", "mean", "cv", "no_show", "step", "waiting_share",
)  # fmt: skip
#: Atlases that are kept in memory.
CACHED = 4


@dataclass(frozen=True)
class Neighbour:
    """An optimum near what was looked up, and how far it is."""

    optimum: Optimum
    distance: float


class Atlas:
    """A table of optima in memory, with an index of exact instances and one of nearest ones.

    Parameters
    ----------
    grid
        What was solved.
    rows
        The table; see `opt.atlas.table.SCHEMA`.

    Raises
    ------
    InvalidInput
        If there are no rows.
    """

    def __init__(self, grid: Grid, rows: pa.Table) -> None:
        if not rows.num_rows:
            raise InvalidInput(FIELD, "without rows", "an atlas with at least one optimum")
        self.grid, self._rows = grid, rows
        self._plain = {name: rows.column(name).to_pylist() for name in (*INSTANCE, "cost")}
        listed = rows.column("schedule").combine_chunks()
        self._offsets = listed.offsets.to_numpy()
        self._booked = listed.values.to_numpy()
        self._index = {key: index for index, key in enumerate(self._keys())}
        self._tree = KDTree(self._coordinates())

    @staticmethod
    def read(directory: Path | str) -> "Atlas":
        """Read a finished atlas.

        Raises
        ------
        InvalidInput
            If the folder is none, if files are missing or damaged, or of another version.
        """
        folder = Path(directory)
        return Atlas(read_manifest(folder), read_rows(folder))

    def __len__(self) -> int:
        """Return the number of optima."""
        return int(self._rows.num_rows)

    def __getitem__(self, index: int) -> Optimum:
        """Return an optimum by its row, with its proof."""
        whole_number("row", index, 0, len(self) - 1)
        row: dict[str, Any] = self._rows.slice(index, 1).to_pylist()[0]
        return Optimum(**row)

    def find(self, query: Query) -> int | None:
        """Return the row of exactly this instance; None if it is not in the atlas."""
        return self._index.get(query.key(self.grid.step))

    def schedule(self, row: int) -> NDArray[np.int16]:
        """Return the schedule of a row, (intervals,)."""
        return np.asarray(self._booked[self._offsets[row] : self._offsets[row + 1]], np.int16)

    def cost(self, row: int) -> float:
        """Return the cost of a row, in intervals."""
        return float(self._plain["cost"][row])

    def nearest_rows(self, query: Query, number: int = 1) -> list[tuple[int, float]]:
        """Return the rows nearest to an instance and their distances, the nearest first.

        Distances are Euclidean in `opt.atlas.query.coordinates_of`.
        """
        number = min(whole_number("number", number, 1, 1_000), len(self))
        distances, rows = self._tree.query(query.coordinates, k=[*range(1, number + 1)])
        pairs = zip(np.asarray(rows).tolist(), np.asarray(distances).tolist(), strict=True)
        return list(pairs)

    def nearest(self, query: Query, number: int = 1) -> list[Neighbour]:
        """Return the optima nearest to an instance, the nearest first."""
        found = self.nearest_rows(query, number)
        return [Neighbour(self[row], distance) for row, distance in found]

    def start(self, query: Query, number: int = 1) -> Schedule:
        """Return a schedule (intervals,) for an instance, between those of its nearest ones.

        They count by the inverse of their distance.
        """
        found = self.nearest_rows(query, number)
        closeness = np.array([1 / (distance + SOFTENING) for _, distance in found])
        shares = closeness / closeness.sum()
        schedules = [self.schedule(row).tolist() for row, _ in found]
        return blended(schedules, shares.tolist(), query.patients, query.intervals)

    def _keys(self) -> list[Key]:
        columns = (self._plain[name] for name in INSTANCE)
        return [key_of(*row) for row in zip(*columns, strict=True)]

    def _coordinates(self) -> NDArray[np.float64]:
        def numbers(name: str) -> NDArray[np.float64]:
            return np.array(self._plain[name], np.float64)

        patients, intervals, no_show = map(numbers, ("patients", "intervals", "no_show"))
        load = patients * (1 - no_show) * numbers("mean") / intervals
        return coordinates_of(
            patients, intervals, load, numbers("cv"), no_show, numbers("waiting_share")
        )


def atlas_at(directory: Path | str) -> Atlas:
    """Return the atlas of a folder, read once as long as its files stay as they are.

    Raises
    ------
    InvalidInput
        As `Atlas.read`.
    """
    folder = Path(directory)
    try:
        # Nothing but the atlas's own files: the folder may be any that somebody names.
        files = [folder / MANIFEST, *sorted((folder / ROWS).glob("*.parquet"))]
        state = tuple((one.st_mtime_ns, one.st_size) for one in map(Path.stat, files))
    except OSError:
        # What is missing or cannot be read is named by the one who reads it.
        state = ()
    return _read(folder.absolute(), state)


@lru_cache(maxsize=CACHED)
def _read(folder: Path, state: tuple[tuple[int, int], ...]) -> Atlas:
    return Atlas.read(folder)
