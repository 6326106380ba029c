"""One table at the end of a multirun: every job's result, beside published figures."""

import json
from pathlib import Path
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf
from rich.table import Table

from objective.commands.progress import stdout_console
from opt.moved import comparable, moved_table

COLUMNS = ("waiting", "idle", "tardiness", "cost")


class MultirunSummary(Callback):
    """Prints the results of all jobs of a multirun, and how far the schedule moves between them.

    Configured in conf/config.yaml.
    """

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        """Print the table, in the order of the jobs."""
        directory = Path(config.hydra.sweep.dir)
        jobs = sorted(directory.glob("*/result.json"), key=lambda path: _order(path.parent.name))
        if not jobs:
            return
        console = stdout_console()
        console.print(summary_table(jobs, f"Results in {directory}"))
        results = [json.loads(path.read_text(encoding="utf-8")) for path in jobs]
        if comparable(results):
            console.print(moved_table([changes(path) for path in jobs], results))


def summary_table(jobs: list[Path], title: str) -> Table:
    """Return a table with a row per result and, below it, its published figures."""
    table = Table(title=title, title_justify="left")
    for heading in ("job", "result"):
        table.add_column(heading)
    for column in (*COLUMNS, "gap", "seconds"):
        table.add_column(column, justify="right")
    for path in jobs:
        contents = json.loads(path.read_text(encoding="utf-8"))
        gap = "" if contents["gap"] is None else f"{contents['gap']:.1g}"
        ours = [f"{contents[column]:.4f}" for column in COLUMNS]
        seconds = f"{contents['seconds']:.2f}"
        result = f"{contents['strategy']} ({contents['status']})"
        table.add_row(changes(path), result, *ours, gap, seconds)
        for row in contents["published"]:
            theirs = [f"{row[column]:.6g}" if column in row else "" for column in COLUMNS]
            table.add_row("", f"published: {row['name']}", *theirs, "", "", style="dim")
    return table


def changes(path: Path) -> str:
    """Return what was changed on the command line for the job of a result."""
    overrides = OmegaConf.load(path.parent / ".hydra" / "overrides.yaml")
    told = [str(override) for override in overrides]
    return ", ".join(one for one in told if not one.startswith(("+experiment", "+sweep")))


def _order(name: str) -> tuple[int, str]:
    return (int(name), "") if name.isdigit() else (10**9, name)
