"""What the command shows while it searches, and when it is done."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.table import Table

from objective import Objective
from objective.commands.progress import changing_line
from opt.result import Result
from opt.stopping import Progress
from opt.stress import MEASURES, StressRow
from opt.words import certificate_text, constraints_text, schedule_text, session_text


@contextmanager
def progress_display(console: Console) -> Iterator[Callable[[Progress], None]]:
    """Show how far a search is."""
    with changing_line(console) as show:
        yield lambda progress: show(lambda: _line(progress))


def _line(progress: Progress) -> str:
    proved = "" if progress.gap is None else f", proved within {progress.gap:.3g}"
    return (
        f"iteration {progress.iteration}: best cost {progress.best_cost:.6f}{proved} "
        f"({progress.evaluations:,} schedules, {progress.seconds:.1f} s; Ctrl-C keeps the best)"
    )


def performance_table(rows: Mapping[str, Mapping[str, float]], columns: Sequence[str]) -> Table:
    """Return a table of performances by name; minutes except for the cost."""
    table = Table()
    table.add_column("schedule")
    for column in columns:
        table.add_column(column.replace("_", " "), justify="right")
    for name, row in rows.items():
        cells = [f"{row[column]:.4f}" if column in row else "" for column in columns]
        table.add_row(name.replace("_", " "), *cells)
    return table


def stress_table(rows: Sequence[StressRow]) -> Table:
    """Return a table of a stressed schedule: minutes, and changes against the simulated plan.

    The first row is exact, the second is the plan.
    """
    table = Table()
    table.add_column("behaviour")
    for measure in MEASURES:
        table.add_column(measure, justify="right")
        table.add_column("change", justify="right")
    exact, planned, *stressed = rows
    for row in rows:
        cells = []
        for measure in MEASURES:
            value, before = getattr(row, measure), getattr(planned, measure)
            error = "" if row is exact else f" ± {value.standard_error:.2f}"
            cells.append(f"{value.mean:.2f}{error}")
            cells.append(f"{value.mean - before.mean:+.2f}" if row in stressed else "")
        table.add_row(row.name, *cells)
    return table


def measures_of(objective: Objective) -> list[str]:
    """Return the parts of a performance that tell something of an objective's schedules."""
    measures = ["waiting", "idle", "tardiness", "cost"]
    if objective.session.walk_ins is not None:
        measures.insert(1, "walk_in_waiting")
    if objective.free:
        measures.insert(0, "seen")
    return measures


def print_result(
    console: Console,
    result: Result,
    baselines: Mapping[str, Mapping[str, float]],
    start: int,
    published: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Print the schedule, its performance beside the baselines, and what is proved."""
    session = result.objective.session
    console.print(session_text(result.objective), highlight=False)
    if result.constraints:
        demands = constraints_text(session, result.constraints, start)
        console.print(f"Constraints: {demands}", highlight=False)
    console.print("Book: " + schedule_text(result.schedule, session, start), highlight=False)
    columns = measures_of(result.objective)
    rows: dict[str, Mapping[str, float]] = {result.strategy: result.performance.row(0)}
    rows.update({name: row for name, row in baselines.items() if name != result.strategy})
    rows.update({f"published: {row.get('name', 'value')}": _numbers(row) for row in published})
    console.print(performance_table(rows, columns))
    console.print(certificate_text(result), highlight=False)
    for finding in result.findings:
        console.print(finding.sentence, highlight=False)
    console.print(
        f"{result.evaluations:,} schedules priced in {result.seconds:.2f} s; stopped: "
        f"{result.termination}.",
        highlight=False,
    )


def _numbers(row: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(value) for name, value in row.items() if isinstance(value, (int, float))}
