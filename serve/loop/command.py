"""``python -m serve.loop``: a quarter of a practice, closed into a loop, under three plans."""

import json
import multiprocessing
import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from pathlib import Path
from queue import Empty
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from objective.commands.progress import stdout_console
from objective.one_thread import one_thread
from serve.loop.comparing import Quarters
from serve.loop.page import verdicts, write_quarters
from serve.loop.quarter import PLANS, play_quarter
from serve.loop.world import PHYSICIANS, World

#: The first day of the loop: a Monday.
FIRST = "2026-03-02"
WEEKS = 13
RESULT = "loop.json"
#: Words that a plan says of each week, and before the first.
PARTS = 2
#: Seconds between two looks at what the plans say.
LOOK = 0.2


@click.command()
@click.option("--weeks", default=WEEKS, show_default=True, type=click.IntRange(2, 26))
@click.option(
    "--providers", default=len(PHYSICIANS), show_default=True,
    type=click.IntRange(2, len(PHYSICIANS)),
)  # fmt: skip
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0, 2**31 - 1))
@click.option("--first", default=FIRST, show_default=True, help="The first day: a Monday.")
@click.option(
    "--folder", default="outputs/loop", show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the services keep their data and the loop its page; what is there goes.",
)  # fmt: skip
def loop(weeks: int, providers: int, seed: int, first: str, folder: Path) -> None:
    """Play a quarter of a made-up practice in simulated time, through the API, under three plans.

    Bailey forecasts, optimises, publishes and learns anew every week; the individual rule and that
    of Bailey and Welch plan once. In week 6 consultations begin to take longer. Ends with one page.
    """
    monday = _monday(first)
    result = folder / RESULT
    if folder.exists() and any(folder.iterdir()) and not result.exists():
        allowed = "it holds something else than an earlier loop; name another"
        raise click.BadParameter(allowed, param_hint="--folder")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    result.write_text("{}\n")
    console = stdout_console()
    world = world_of(seed, monday, providers)
    console.print(
        f"A practice of {providers} providers and {world.patients} patients, {weeks} weeks under "
        f"each of {len(PLANS)} plans. Nobody in it exists.",
        highlight=False,
    )
    quarters = Quarters(world, play(world, weeks, folder, console))
    result.write_text(json.dumps({"seed": seed, **quarters.played}, indent=1) + "\n")
    page = write_quarters(folder, quarters)
    console.print(table_of(quarters))
    for sentence in verdicts(quarters):
        console.print(sentence, highlight=False)
    console.print(f"Written to {page}, with the numbers in {result}", highlight=False)


def world_of(seed: int, monday: date, providers: int) -> World:
    """Return the world, with as many patients as its providers have seats for."""
    share = providers / len(PHYSICIANS)
    whole = World(seed, monday)
    return World(
        seed, monday, PHYSICIANS[:providers], round(share * whole.patients),
        share * whole.requests_per_day,
    )  # fmt: skip


def play(world: World, weeks: int, folder: Path, console: Console) -> dict[str, Any]:
    """Play the quarter under each plan, side by side; return what was told of each."""
    # Processes that begin anew have no threads or locks of this one.
    context = multiprocessing.get_context("spawn")
    with (
        context.Manager() as manager,
        ProcessPoolExecutor(min(len(PLANS), os.cpu_count() or 1), mp_context=context) as pool,
        Progress(console=console, disable=not console.is_terminal) as progress,
    ):
        said = manager.Queue()
        tasks = {name: progress.add_task(name, total=1 + PARTS * weeks) for name in PLANS}
        homes = {name: folder / name.lower() for name in PLANS}
        futures = {
            name: pool.submit(_played, name, world, weeks, home, said)
            for name, home in homes.items()
        }
        while not all(one.done() for one in futures.values()) or not said.empty():
            try:
                name, words = said.get(timeout=LOOK)
            except Empty:
                if any(one.done() and one.exception() for one in futures.values()):
                    break
                continue
            progress.update(tasks[name], advance=1, description=f"{name}: {words}")
            if not console.is_terminal:
                console.print(f"{name}: {words}", highlight=False)
        return {name: one.result() for name, one in futures.items()}


def _played(name: str, world: World, weeks: int, folder: Path, said: Any) -> dict[str, Any]:
    """Play the quarter under a plan, in a process of its own."""
    folder.mkdir(parents=True)

    def tell(words: str) -> None:
        said.put((name, words))

    with one_thread():
        return play_quarter(name, world, weeks, folder, tell)


def table_of(quarters: Quarters) -> Table:
    """Return the quarter's means under each plan."""
    table = Table(title="Means of the quarter, minutes; access in days")
    for name in ("plan", "waiting", "idle", "overtime", "access", "weighted", "against Bailey"):
        table.add_column(name, justify="left" if name == "plan" else "right")
    for plan in quarters.plans:
        names = ("waiting", "idle", "overtime", "access", "cost")
        against = "" if plan == quarters.plans[0] else quarters.difference(plan, "cost").text(True)
        table.add_row(plan, *(f"{quarters.mean(plan, name):.1f}" for name in names), against)
    return table


def _monday(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.weekday() != 0 or not 2000 <= day.year < 2100:
        raise click.BadParameter("it must be a Monday like 2026-03-02", param_hint="--first")
    return day
