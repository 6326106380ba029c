"""``python -m opt.allocate``: allocate the requests of a file, and say who has no place and why."""

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from objective import InvalidInput
from objective.commands.progress import stdout_console
from opt.allocate.allocation import Allocation
from opt.allocate.example import example
from opt.allocate.files import (
    read_problem,
    read_templates,
    write_allocation,
    write_problem,
    write_seats,
)
from opt.allocate.page import write_allocation_page
from opt.allocate.problem import Problem
from opt.allocate.search import allocate
from opt.allocate.seats import Seat, seats_of
from opt.allocate.words import greedy_text, outcome_text

WRONG_INPUT = 2
EXAMPLES = """examples
  python -m opt.allocate --example 80 --seed 1
  python -m opt.allocate outputs/.../problem.json
  python -m opt.allocate problem.json --gap 0 --time-limit 600 --output plan
  python -m opt.allocate problem.json --template result.json --template "Dr A=short/result.json"
"""
#: Groups and reasons that the terminal shows; the report shows all.
ROWS = 12


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status. Errors are printed in one line."""
    given = parser().parse_args(arguments)
    console = stdout_console()
    try:
        if (given.problem is None) == (given.example is None):
            raise InvalidInput("problem", given.problem, "given, or --example, and not both")
        problem = (
            example(given.example, given.providers, given.days, given.seed)
            if given.problem is None
            else read_problem(given.problem)
        )
        templates = read_templates(given.template, [one.name for one in problem.providers])
        # A problem that cannot be solved leaves no directory behind.
        with console.status(f"Allocating {len(problem.requests)} requests, Ctrl-C ends it"):
            allocation = allocate(problem, given.time_limit, given.gap)
            seats = seats_of(allocation, templates) if templates else ()
        directory: Path = given.output or Path(f"outputs/{datetime.now():%Y-%m-%d/%H-%M-%S}")
        directory.mkdir(parents=True, exist_ok=True)
        write(directory, problem, allocation, seats, console, made_up=given.problem is None)
    except KeyboardInterrupt:
        return 130
    except (InvalidInput, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return WRONG_INPUT
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the reader of the command's arguments."""
    made = argparse.ArgumentParser(
        prog="python -m opt.allocate",
        description="Allocate requests to providers' half-days, and say who gets no place and why.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "problem", nargs="?", type=Path, help="problem.json; its requests may name a CSV file"
    )
    made.add_argument("--example", type=int, metavar="N", help="make up a problem of N requests")
    made.add_argument("--providers", type=int, default=10, help="of the example (default 10)")
    made.add_argument("--days", type=int, default=20, help="of the example (default 20)")
    made.add_argument("--seed", type=int, default=0, help="of the example (default 0)")
    made.add_argument(
        "--time-limit", type=float, default=60.0, help="seconds, then the best so far (default 60)"
    )
    made.add_argument(
        "--gap", type=float, default=0.01, help="share that may be missed (default 0.01; 0: none)"
    )
    made.add_argument(
        "--template",
        action="append",
        default=[],
        metavar="[PROVIDER=]RESULT",
        help="result.json that sessions follow, of all or one provider: writes each patient's seat",
    )
    made.add_argument("--output", type=Path, help="directory to write to (default under outputs/)")
    return made


def write(
    directory: Path,
    problem: Problem,
    allocation: Allocation,
    seats: Sequence[Seat],
    console: Console,
    made_up: bool,
) -> None:
    """Write the files of an allocation, and print what it comes to."""
    files = "allocation.json, allocation.csv, unserved.csv, utilisation.csv"
    if made_up:
        write_problem(directory, problem)
        files = f"problem.json, requests.csv, {files}"
    write_allocation(directory, allocation)
    if seats:
        write_seats(directory, seats)
        files = f"{files}, seats.csv"
    report = directory / "report.html"
    write_allocation_page(report, allocation)
    console.print(outcome_text(allocation), highlight=False)
    if allocation.groups:
        console.print(group_table(allocation))
    if allocation.unserved:
        console.print(reason_table(allocation))
    console.print(
        f"{allocation.seconds:.2f} s; stopped: {allocation.termination}. {greedy_text(allocation)}",
        highlight=False,
    )
    console.print(f"Written to {directory}: {files}", highlight=False)
    console.print(f"Report: {report.resolve()}", highlight=False)


def group_table(allocation: Allocation) -> Table:
    """Return how each group fares."""
    table = Table()
    table.add_column("group")
    for column in ("requests", "with a place", "mean access, days"):
        table.add_column(column, justify="right")
    for group in allocation.groups[:ROWS]:
        table.add_row(group.name, str(group.requests), str(group.served), f"{group.access:.2f}")
    return table


def reason_table(allocation: Allocation) -> Table:
    """Return how many requests have no place for each reason."""
    table = Table()
    table.add_column("why there is no place")
    table.add_column("requests", justify="right")
    for reason, number in allocation.reasons.items():
        table.add_row(reason, str(number))
    return table


if __name__ == "__main__":
    sys.exit(main())
