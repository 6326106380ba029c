"""The files and the table that a comparison of schedules leaves."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from objective import Mean, Penalty
from objective.commands.files import write_csv, write_json
from objective.pages.figure import Figure
from objective.pages.page import write_page
from opt.replay.comparison import Comparison
from opt.replay.valuation import MEASURES, Valuation
from opt.replay.words import label, share_text


def comparison_table(comparison: Comparison, candidate: str) -> Table:
    """Return a table of the schedules, and of what the candidate costs beside each."""
    confidence = f"{100 * comparison.bootstrap.confidence:g} %"
    table = Table(
        caption=f"minutes a session; in brackets {confidence} intervals", caption_justify="left"
    )
    table.add_column("schedule")
    for column in ("waiting", "idle", "overtime", "cost"):
        table.add_column(column, justify="right")
    table.add_column(f"{label(candidate)} minus it", justify="right", no_wrap=True)
    table.add_column("per cent", justify="right")
    for name in comparison.names:
        means = [f"{comparison.measured[name][one].mean():.2f}" for one in MEASURES]
        beside = ["", ""]
        if name != candidate:
            beside = [
                comparison.difference(candidate, name).text(signed=True),
                share_text(comparison.per_cent(candidate, name)),
            ]
        table.add_row(label(name), *means, *beside)
    return table


def tell(
    console: Console,
    directory: Path,
    name: str,
    comparison: Comparison,
    candidate: str,
    words: Sequence[str],
    contents: Mapping[str, Any],
) -> None:
    """Print the table and the words; write NAME.csv, by session and schedule, and NAME.json."""
    console.print(comparison_table(comparison, candidate))
    for sentence in words:
        console.print(sentence, highlight=False)
    write_csv(directory / f"{name}.csv", comparison.columns, list(comparison.rows()))
    write_json(directory / f"{name}.json", contents)
    console.print(f"Written to {directory}: {name}.json, {name}.csv", highlight=False)


def write_comparison_page(
    path: Path,
    comparison: Comparison,
    candidate: str,
    figures: Sequence[Figure],
    title: str,
    heading: str,
    answer: Sequence[str],
    numbers: Sequence[tuple[str, str]],
    notes: Sequence[str],
) -> None:
    """Write report.html: the answer in words, key figures, the pictures, how to read them."""
    costs = {name: comparison.mean(name).mean for name in comparison.names}
    most = max(*costs.values(), 1e-9)
    bars = [
        (label(name), max(cost, 0.0) / most, f"{cost:.2f}", name == candidate)
        for name, cost in costs.items()
    ]
    write_page(
        path,
        "comparison.html.j2",
        figures,
        package="opt.replay",
        title=title,
        heading=heading,
        answer=answer,
        numbers=numbers,
        notes=notes,
        bars=bars,
    )


def how_it_is_measured(valuation: Valuation, seed: int, comparison: Comparison) -> list[str]:
    """Return the definitions behind the numbers."""
    weights, bootstrap = valuation.weights, comparison.bootstrap
    idle = "the end of the last consultation minus the work"
    if valuation.idle == "session":
        idle = (
            "that of the provider until the session or the last consultation ends, whichever is "
            "later"
        )
    blocks = "sessions" if bootstrap.block == 1 else f"blocks of {bootstrap.block} sessions"
    charged = ""
    waiting, late = valuation.waiting_penalty, valuation.tardiness_penalty
    if (waiting, late) != (Mean(), Mean()):
        charged = f" Charged is the {_told(waiting)} of waiting and the {_told(late)} of overtime."
    return [
        "Waiting is the total wait of the patients who came, over the number who were expected to "
        f"come. Overtime (tardiness) is the time by which the last consultation ends after the "
        f"planned length of the session. Idle time is {idle}. A minute of waiting is charged "
        f"{weights.waiting:g}, of idle time {weights.idle:g}, of overtime {weights.tardiness:g}."
        f"{charged}",
        "Patients are taken to be punctual, to be served in their order, and to take as long as "
        "they took, whatever the schedule.",
        f"Intervals are {100 * bootstrap.confidence:g} % percentile intervals of the bootstrap: "
        f"{bootstrap.resamples:,} samples of {blocks}, seed {seed}; those of differences are "
        "paired, for every schedule is measured on the same sessions.",
    ]


def _told(penalty: Penalty) -> str:
    """Return a penalty in words, for example: excess beyond 15 min."""
    name, *threshold = penalty.to_dict().values()
    return f"{name} beyond {threshold[0]:g} min" if threshold else str(name)
