"""What a comparison leaves: a page, and the same numbers as tables for other programs."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from objective.commands.files import write_csv, write_json
from objective.pages.page import write_page
from opt.compare.comparison import Comparison
from opt.compare.curves import first_reach
from opt.compare.figures import comparison_figures
from opt.compare.instances import Instance
from opt.compare.standings import (
    CLOSE,
    cost_within,
    overall_standing,
    ranked,
    standing_on,
)
from opt.compare.words import (
    COLUMNS,
    answer,
    differences,
    measured_text,
    parameters_text,
    reference_text,
    refusals,
    standing_cells,
)
from opt.words import constraints_text, session_text


def write_comparison(directory: Path, comparison: Comparison, start: int) -> None:
    """Write report.html, comparison.csv, comparison.json and curves.parquet.

    Parameters
    ----------
    directory
        Where to write them.
    start
        When the sessions begin, minutes after midnight.
    """
    columns, rows = run_table(comparison)
    write_csv(directory / "comparison.csv", columns, rows)
    write_json(directory / "comparison.json", contents(comparison))
    curve_table(comparison).to_parquet(directory / "curves.parquet", index=False)
    order = ranked(comparison)
    write_page(
        directory / "report.html",
        "comparison.html.j2",
        comparison_figures(comparison, start),
        package="opt.compare",
        columns=COLUMNS,
        first=order[0].label,
        answer=answer(comparison),
        overall=[(one.label, standing_cells(overall_standing(comparison, one))) for one in order],
        differences=list(differences(comparison).values()),
        refusals=refusals(comparison),
        measured=measured_text(comparison),
        instances=[
            {
                "name": instance.name,
                "reference": reference_text(comparison, instance.name),
                "about": session_text(instance.objective),
                "demands": constraints_text(
                    instance.objective.session, instance.constraints, start
                ),
                "weights": _weights_text(instance),
                "rows": [
                    (one.label, standing_cells(standing_on(comparison, one, instance.name)))
                    for one in order
                ],
            }
            for instance in comparison.plan.instances
        ],
        parameters=[(one.label, parameters_text(one)) for one in comparison.plan.contenders],
    )


def run_table(comparison: Comparison) -> tuple[list[str], list[list[Any]]]:
    """Return columns, and a row per run; what a refused run does not have is left empty."""
    columns = [
        "instance", "label", "strategy", "seed", "cost", "reference", "certified", "gap",
        "gap_to_bound", "status", "lower_bound", "termination", "evaluations", "seconds",
        "evaluations_to_1_percent", "seconds_to_1_percent", "schedule", "refused",
    ]  # fmt: skip
    rows: list[list[Any]] = []
    for instance in comparison.plan.instances:
        reference = comparison.references[instance.name]
        for contender in comparison.plan.contenders:
            for outcome in comparison.outcomes(instance.name, contender):
                named = [instance.name, contender.label, contender.strategy.name, outcome.seed]
                record = outcome.record
                if record is None:
                    rows.append([*named, *[""] * (len(columns) - 5), outcome.refused])
                    continue
                near = first_reach(record.curve, cost_within(reference, CLOSE))
                rows.append(
                    [
                        *named,
                        record.cost,
                        reference.cost,
                        reference.certified,
                        reference.gap(record.cost),
                        _or_empty(reference.gap_to_bound(record.cost)),
                        record.status,
                        _or_empty(record.lower_bound),
                        record.termination,
                        record.evaluations,
                        f"{record.seconds:.6f}",
                        near.evaluations if near else "",
                        f"{near.seconds:.6f}" if near else "",
                        " ".join(map(str, record.schedule)),
                        "",
                    ]
                )
    return columns, rows


def curve_table(comparison: Comparison) -> pd.DataFrame:
    """Return every run's best cost where it changed, one row per point."""
    return pd.DataFrame(
        [
            {
                "instance": instance.name,
                "label": contender.label,
                "seed": outcome.seed,
                **asdict(point),
                "gap": comparison.references[instance.name].gap(point.cost),
            }
            for instance in comparison.plan.instances
            for contender in comparison.plan.contenders
            for outcome in comparison.outcomes(instance.name, contender)
            for point in (outcome.record.curve if outcome.record else [])
        ]
    )


def contents(comparison: Comparison) -> dict[str, Any]:
    """Return the comparison's plan, references, standings and words as plain names and numbers."""
    return {
        "plan": comparison.plan.to_dict(),
        "answer": answer(comparison),
        "ranking": [contender.label for contender in ranked(comparison)],
        "differences": dict(differences(comparison)),
        "machines": comparison.machines,
        "references": {
            name: asdict(reference) for name, reference in comparison.references.items()
        },
        "standings": {
            contender.label: {
                "overall": _plain(overall_standing(comparison, contender)),
                **{
                    instance.name: _plain(standing_on(comparison, contender, instance.name))
                    for instance in comparison.plan.instances
                },
            }
            for contender in comparison.plan.contenders
        },
    }


def table_rows(comparison: Comparison) -> Sequence[tuple[str, list[str]]]:
    """Return the overall standings, the best first, as the terminal shows them."""
    return [
        (one.label, standing_cells(overall_standing(comparison, one))) for one in ranked(comparison)
    ]


def _or_empty(number: float | None) -> float | str:
    return "" if number is None else number


def _plain(standing: Any) -> dict[str, Any] | None:
    return asdict(standing) if standing is not None else None


def _weights_text(instance: Instance) -> str:
    weights = instance.objective.weights
    return (
        f"A minute of waiting is charged {weights.waiting:g}, of idle time {weights.idle:g}, of "
        f"tardiness {weights.tardiness:g}."
    )
