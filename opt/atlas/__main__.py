"""``python -m opt.atlas``: build an atlas, go on with one, or check rows of one."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hydra
from omegaconf import DictConfig, OmegaConf
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from objective import InvalidInput
from objective.commands.errors import plain_errors
from objective.commands.progress import changing_line, stdout_console
from opt.atlas.build import BuildProgress, build_atlas, prepare
from opt.atlas.grid import Grid
from opt.atlas.lookup import Atlas
from opt.atlas.verification import verify_sample
from opt.configuration import device_from, workers_from

#: Exit status of an atlas of which a row does not verify.
NOT_VERIFIED = 1


def main() -> None:
    """Run the command; print errors in one line."""
    with plain_errors():
        run()


@hydra.main(version_base="1.3", config_path="pkg://conf", config_name="atlas")
def run(configuration: DictConfig) -> None:
    """Build or verify, as configured."""
    settings: Any = OmegaConf.to_container(configuration, resolve=True, throw_on_missing=True)
    if settings["verify"] is not None:
        sys.exit(verify_atlas(Path(str(settings["verify"])), settings["sample"], settings["seed"]))
    build(settings)


def build(settings: dict[str, Any]) -> None:
    """Build the atlas and say what it holds and how fast that went."""
    device = device_from(settings)
    if device["dtype"] != "float64":
        raise InvalidInput("device.dtype", device["dtype"], "float64, to prove anything")
    path, grid = Path(str(settings["path"])), Grid.from_dict(settings["grid"])
    prepare(path, grid)
    console = stdout_console()
    console.print(
        f"{grid.instances:,} instances in {len(grid.tiles()):,} tiles; Ctrl-C keeps the finished "
        "tiles, and the same command goes on.",
        highlight=False,
    )
    try:
        with workers_from(settings) as workers, _display(console) as on_progress:
            done = build_atlas(path, grid, workers, device["name"], on_progress)
    except KeyboardInterrupt:
        print(
            "Interrupted; finished tiles are kept, and the same command goes on.", file=sys.stderr
        )
        raise
    if done.stored:
        console.print(f"{done.stored:,} instances were there before.", highlight=False)
    console.print(
        f"{done.solved:,} instances solved in {done.seconds:.1f} s ({done.rate:.1f} per second), "
        f"{done.certified:,} of them with a proof. Written to {path}.",
        highlight=False,
    )


def verify_atlas(path: Path, sample: int, seed: int) -> int:
    """Check a random sample of the rows of an atlas; return the exit status."""
    atlas = Atlas.read(path)
    checked = list(verify_sample(atlas, sample, seed))
    wrong = [one for one in checked if one.wrong]
    for one in wrong:
        print(f"NOT VERIFIED: row {one.row} of {path}")
        for line in one.wrong:
            print(f"  {line}")
    if wrong:
        return NOT_VERIFIED
    largest = max(one.optimum.gap for one in checked)
    print(
        f"Verified: {len(checked):,} of {len(atlas):,} rows of {path}: priced again, every proof "
        f"evaluated again; largest gap {largest:.1g} intervals."
    )
    return 0


@contextmanager
def _display(console: Console) -> Iterator[Callable[[BuildProgress], None]]:
    """Show a bar on a terminal, plain lines elsewhere."""
    if not console.is_terminal:
        with changing_line(console) as show:
            yield lambda progress: show(lambda: _line(progress))
        return
    columns = (BarColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda progress: bar.update(
            task,
            total=progress.total,
            completed=progress.stored + progress.solved,
            description=_line(progress),
        )


def _line(progress: BuildProgress) -> str:
    done = progress.stored + progress.solved
    return f"{done:,} of {progress.total:,} instances, {progress.rate:.1f} per second"


if __name__ == "__main__":
    main()
