"""Writing report.html."""

from collections.abc import Mapping
from pathlib import Path

import plotly.io
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from opt.report.figures import (
    Figure,
    cost_figure,
    finish_figure,
    history_figure,
    schedule_figure,
    waiting_figure,
)
from opt.report.style import ACCENT
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
        history_figure(result),
    ]
    environment = Environment(
        loader=PackageLoader("opt", "report"), autoescape=True, undefined=StrictUndefined
    )
    page = environment.get_template("page.html.j2").render(
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
        accent=ACCENT,
        figures=[(figure, _plot(figure)) for figure in figures],
        plotly=Markup(get_plotlyjs()),
    )
    path.write_text(page, encoding="utf-8")


def _plot(figure: Figure) -> Markup:
    """Return the plot as a fragment of a page that has plotly already."""
    return Markup(
        plotly.io.to_html(
            figure.plot,
            full_html=False,
            include_plotlyjs=False,
            div_id=f"plot-{figure.key}",
            config={"displayModeBar": False, "responsive": True},
        )
    )


def _bars(result: Result, start: int) -> list[tuple[float, int, str]]:
    """Return place (share of the width), height and label of the bars of the static picture."""
    session = result.objective.session
    return [
        (t / session.intervals, count, clock(start + t * session.interval_length))
        for t, count in enumerate(result.schedule)
    ]
