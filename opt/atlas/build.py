"""Building an atlas tile by tile, so that it can be interrupted at any time and go on later."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from objective import InvalidInput, Objective
from opt.atlas.grid import Grid, Tile
from opt.atlas.optimum import Optimum, atlas_weights
from opt.atlas.table import (
    FIELD,
    MANIFEST,
    PARTIAL_MANIFEST,
    ROWS,
    check_shard,
    read_manifest,
    write_manifest,
    write_shard,
)
from opt.side_by_side import optimise_side_by_side
from opt.workers import LocalWorkers, Workers


@dataclass(frozen=True)
class BuildProgress:
    """Where a build stands, in instances.

    ``stored`` were there before; ``solved`` have been since, in so many seconds; ``certified`` of
    these are in the table.
    """

    total: int
    stored: int
    solved: int
    certified: int
    seconds: float

    @property
    def rate(self) -> float:
        """Instances solved per second."""
        return self.solved / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class SolveTile:
    """The work of one tile: all its optima that can be certified, on a device."""

    device: str = "cpu"

    def __call__(self, tile: Tile) -> list[Optimum]:
        """Return the optima in the order of means, then shares.

        The shares of one session are solved side by side, with one batch of schedules per round.
        """
        found = []
        for mean in tile.means:
            first, *others = map(atlas_weights, tile.waiting_shares)
            objective = Objective(tile.session(mean), first, device=self.device, step=tile.step)
            objectives = [objective, *map(objective.with_weights, others)]
            results = optimise_side_by_side(objectives)
            for share, result in zip(tile.waiting_shares, results, strict=True):
                optimum = Optimum.of(tile, mean, share, result)
                if optimum is not None:
                    found.append(optimum)
        return found


def build_atlas(
    directory: Path | str,
    grid: Grid,
    workers: Workers | None = None,
    device: str = "cpu",
    on_progress: Callable[[BuildProgress], None] | None = None,
) -> BuildProgress:
    """Build an atlas in a folder, or go on with one that was interrupted.

    Parameters
    ----------
    directory
        Its folder; made if it is not there.
    grid
        What is solved. A folder holds one grid.
    workers
        Who solves the tiles; by default this process.
    device
        Where schedules are priced.
    on_progress
        Called at the start and after every tile.

    Raises
    ------
    InvalidInput
        If the folder holds another grid, another version, or a damaged tile.
    """
    folder = Path(directory)
    prepare(folder, grid)
    tiles = grid.tiles()
    missing = [tile for tile in tiles if not check_shard(folder, tile)]
    stored = grid.instances - sum(tile.instances for tile in missing)
    progress = BuildProgress(grid.instances, stored, 0, 0, 0.0)
    began = time.perf_counter()
    if on_progress:
        on_progress(progress)
    outcomes = (workers or LocalWorkers()).map(SolveTile(device), missing)
    for tile, optima in zip(missing, outcomes, strict=True):
        write_shard(folder, tile, optima)
        progress = BuildProgress(
            grid.instances,
            stored,
            progress.solved + tile.instances,
            progress.certified + len(optima),
            time.perf_counter() - began,
        )
        if on_progress:
            on_progress(progress)
    return progress


def prepare(folder: Path, grid: Grid) -> None:
    """Make the folder of an atlas, or check that it is this grid's."""
    if (folder / MANIFEST).exists():
        if read_manifest(folder) != grid:
            allowed = "a folder without an atlas of another grid; choose another path"
            raise InvalidInput(FIELD, str(folder), allowed)
    elif folder.is_dir() and any(one.name != PARTIAL_MANIFEST for one in folder.iterdir()):
        raise InvalidInput(FIELD, str(folder), "a new or empty folder, or that of an atlas")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / MANIFEST).exists():
            write_manifest(folder, grid)
        (folder / ROWS).mkdir(exist_ok=True)
    except OSError as error:
        raise InvalidInput(FIELD, str(folder), f"a folder to write to ({error.strerror})") from None
