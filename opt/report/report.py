"""Writing report.html."""

from collections.abc import Mapping
from pathlib import Path

from objective.pages.page import write_page
from opt.report.figures import (
    cost_figure,
    finish_figure,
    history_figure,
    schedule_figure,
    waiting_figure,
)
from opt.result import Result
from opt.words import certificate_text, clock, constraints_text, schedule_text, session_text


def write_report(path: Path, result: Result, baselines: Mapping[str, Result], start: int) -> None:
    """Write the report: one page that needs nothing beside itself.

    Parameters
    ----------
    path
        Where to write it.
    result, baselines
        The result, and the rules clinics use, by name.
    start
        When the session begins, minutes after midnight.
    """
    profile = result.objective.profile(result.schedule)
    others = {name: other for name, other in baselines.items() if name != result.strategy}
    figures = [
        schedule_figure(result, start),
        *([waiting_figure(result, profile, start)] if any(result.schedule) else []),
        finish_figure(result, profile, start),
        cost_figure({result.strategy: result, **others}),
        *(figure for finding in result.findings for figure in finding.figures(result)),
        history_figure(result),
    ]
    write_page(
        path,
        "schedule.html.j2",
        figures,
        "opt.report",
        session=result.objective.session,
        weights=result.objective.weights,
        result=result,
        row=result.performance.row(0),
        profile=profile,
        about=session_text(result.objective),
        words=certificate_text(result),
        demands=constraints_text(result.objective.session, result.constraints, start),
        book=schedule_text(result.schedule, result.objective.session, start),
        bars=_bars(result, start),
    )


def _bars(result: Result, start: int) -> list[tuple[float, int, str]]:
    """Return place (share of the width), height and label of the bars of the static picture."""
    session = result.objective.session
    return [
        (t / session.intervals, count, clock(start + t * session.interval_length))
        for t, count in enumerate(result.schedule)
    ]
