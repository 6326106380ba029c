"""What a history holds, in numbers: rows, periods, what was put aside, gaps, and its hash."""

from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from forecast.data.gaps import gap_sentences
from forecast.data.history import History
from forecast.data.problems import put_aside_before
from forecast.data.tables import TABLES


def summary_of(history: History, directory: Path) -> dict[str, Any]:
    """Return the summary of a history as plain names and numbers.

    Parameters
    ----------
    history
        The history, whose rows can all be used.
    directory
        The folder of the run, where rows were put aside that cannot.
    """
    aside = put_aside_before(directory)
    tables = {}
    for name, described in TABLES.items():
        table: pd.DataFrame = getattr(history, name)
        times = table[described.time]
        put = aside.get(name)
        tables[name] = {
            "rows": len(table),
            "columns": list(map(str, table.columns)),
            "first": str(times.min()) if len(table) else None,
            "last": str(times.max()) if len(table) else None,
            "put_aside": 0 if put is None else len(put),
            "problems": {} if put is None else _counted(put),
        }
    return {
        "fingerprint": history.fingerprint(),
        "country": history.country,
        "tables": tables,
        "gaps": gap_sentences(history),
    }


def print_summary(console: Console, summary: dict[str, Any]) -> None:
    """Print the summary of a history."""
    shown = Table()
    for heading in ("table", "rows", "first", "last", "put aside"):
        shown.add_column(heading, justify="right" if heading in ("rows", "put aside") else "left")
    for name, one in summary["tables"].items():
        rows, aside = f"{one['rows']:,}", f"{one['put_aside']:,}"
        shown.add_row(name, rows, one["first"] or "", one["last"] or "", aside)
    console.print(shown)
    for name, one in summary["tables"].items():
        for problem, count in one["problems"].items():
            console.print(f"{name}: {count:,} put aside, {problem}", highlight=False)
    for sentence in summary["gaps"]:
        console.print(sentence, highlight=False)
    console.print(f"Hash of all rows: {summary['fingerprint']}", highlight=False)


def _counted(aside: pd.DataFrame) -> dict[str, int]:
    """Return how many rows have each problem, the most frequent first.

    That a row repeats another is counted as one problem, whichever row it repeats.
    """
    if "problem" not in aside:
        return {}
    problems = (
        aside["problem"].str.split("; ").explode().str.replace(r": row \d+ has it$", "", regex=True)
    )
    return {str(name): int(count) for name, count in problems.value_counts().items()}
