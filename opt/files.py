"""The files that a search leaves in its run directory."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from objective.commands.files import write_csv, write_json
from opt.result import Result


def write_files(
    directory: Path,
    result: Result,
    baselines: Mapping[str, Mapping[str, float]],
    published: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Write result.json, schedule.csv, history.csv and a table for each finding that has one."""
    contents = {**result.to_dict(), "baselines": baselines, "published": list(published)}
    write_json(directory / "result.json", contents)
    session = result.objective.session
    length = session.interval_length
    write_csv(
        directory / "schedule.csv",
        ["interval", "start_minute", "patients"],
        [[t, t * length, count] for t, count in enumerate(result.schedule)],
    )
    write_csv(
        directory / "history.csv",
        ["iteration", "evaluations", "seconds", "best_cost", "cost", "lower_bound", "schedule"],
        [
            [
                line.iteration,
                line.evaluations,
                f"{line.seconds:.6f}",
                line.best_cost,
                line.cost,
                "" if line.lower_bound is None else line.lower_bound,
                " ".join(map(str, line.schedule)),
            ]
            for line in result.history
        ],
    )
    for finding in result.findings:
        columns, rows = finding.table()
        if columns:
            write_csv(directory / f"{finding.name}.csv", columns, rows)
