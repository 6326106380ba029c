"""``python -m opt.compare``: run strategies over instances and seeds, and say which to take."""

import sys
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf
from rich.table import Table

from objective import InvalidInput
from objective.commands.errors import plain_errors, start_of_day
from objective.commands.progress import stdout_console
from opt.compare.comparison import Comparison, compare
from opt.compare.folder import Folder
from opt.compare.instances import instances_from
from opt.compare.page import table_rows, write_comparison
from opt.compare.plan import Plan, contenders_from
from opt.compare.progress import comparison_progress
from opt.compare.words import COLUMNS, SHORT, answer, differences, refusals
from opt.configuration import workers_from

#: Settings that may be given together with ``resume``.
BESIDE_RESUME = ("resume", "start", "workers")
#: Strategies that the terminal sets beside the first.
TOLD = 5


def main() -> None:
    """Run the command; print errors in one line."""
    with plain_errors():
        run()


@hydra.main(version_base="1.3", config_path="pkg://conf", config_name="compare")
def run(configuration: DictConfig) -> None:
    """Run the job of Hydra; what is wrong is told here, before Hydra adds words of its own."""
    with plain_errors():
        compare_strategies(configuration)


def compare_strategies(configuration: DictConfig) -> None:
    """Compare, print the standings and write the page."""
    settings: Any = OmegaConf.to_container(configuration, resolve=True, throw_on_missing=True)
    start = start_of_day(settings["start"])
    if settings["resume"] is None:
        plan = plan_from(settings)
        folder = Folder(Path(HydraConfig.get().runtime.output_dir))
        folder.write_plan(plan)
    else:
        folder = Folder(Path(str(settings["resume"])))
        for override in HydraConfig.get().overrides.task:
            if override.split("=")[0].split(".")[0] not in BESIDE_RESUME:
                raise InvalidInput("resume", override, "alone: the folder holds what is compared")
        plan = folder.read_plan()
    console = stdout_console()
    try:
        with (
            workers_from(settings) as workers,
            comparison_progress(console, plan.jobs()) as on_outcome,
        ):
            comparison = compare(plan, folder, workers, on_outcome)
    except KeyboardInterrupt:
        print(f"Interrupted. To go on: python -m opt.compare resume={folder.path}", file=sys.stderr)
        raise
    write_comparison(folder.path, comparison, start)
    console.print(standings_table(comparison))
    for sentence in [*answer(comparison), *_beside(comparison), *refusals(comparison)]:
        console.print(sentence, highlight=False)
    console.print(
        f"Written to {folder.path}: comparison.csv, comparison.json, curves.parquet",
        highlight=False,
    )
    console.print(f"Report: {(folder.path / 'report.html').resolve()}", highlight=False)


def plan_from(settings: dict[str, Any]) -> Plan:
    """Return the comparison that a composed configuration describes."""
    # The strategies first: they are made at once, instances are composed one by one.
    contenders = contenders_from(settings["strategies"])
    return Plan(
        instances=instances_from(settings["instances"]),
        contenders=contenders,
        seeds=settings["seeds"],
        stopping=settings["stopping"],
        reference=settings["reference"],
        device=settings["device"],
    )


def standings_table(comparison: Comparison) -> Table:
    """Return the overall standings for the terminal."""
    table = Table()
    table.add_column("strategy")
    for place in SHORT:
        table.add_column(COLUMNS[place].lower(), justify="right")
    for label, cells in table_rows(comparison):
        table.add_row(label, *(cells[place] for place in SHORT))
    return table


def _beside(comparison: Comparison) -> list[str]:
    """Return how the next strategies end beside the first; the page tells of all."""
    return [f"{words}." for words in list(differences(comparison).values())[:TOLD]]


if __name__ == "__main__":
    main()
