"""The practice's history: looked at by week, and taken away."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pandas as pd
from flask import Response, current_app, request

from objective.pages.figure import Figure, blank_plot
from objective.pages.style import ACCENT, COLOURS
from serve.api.call import Call
from serve.api.fields import Day, Sent
from serve.api.history import HistoryIn, get_history
from serve.errors import NotFound
from serve.history.practice_history import visits_between
from serve.web.analyst.blueprint import pages
from serve.web.forms import read
from serve.web.page import shows
from serve.web.rendering import render
from serve.web.texts import _, marked
from serve.web.times import on_wall, short_day

TABLE_WORDS = {
    "visits": marked("Visits"),
    "arrivals": marked("Requests and walk-ins by time"),
    "consultations": marked("Consultations"),
    "offers": marked("Offers of times"),
}
#: Rows that a page shows, and how far it looks back if one does not say.
ROWS, USUAL = 50, timedelta(weeks=4)


class HistoryForm(Sent):
    """Which part of the history."""

    first: Day | None = None
    last: Day | None = None


@shows(pages, "/history", "history.export")
def history(call: Call) -> str:
    """Show what the practice's past says."""
    asked = read(HistoryForm)
    last = asked.last or on_wall(call.now)
    first = asked.first or last - USUAL
    key = current_app.config["SECRET_KEY"]
    visits = visits_between(call.session, call.practice_id, first, last, key)
    call.note("history", None, details={"table": "visits", "rows": len(visits)})
    return render(
        "analyst/history.html",
        first=first,
        last=last,
        number=len(visits),
        words=TABLE_WORDS,
        figures=figures_of(visits) if len(visits) else [],
        rows=visits.tail(ROWS).iloc[::-1].to_dict("records"),
        columns=[name for name in COLUMNS if name in visits.columns],
    )


#: Columns of visits that a page shows.
COLUMNS = ("scheduled_at", "provider", "visit_type", "status", "lead_days", "patient_id")


def figures_of(visits: pd.DataFrame) -> list[Figure]:
    """Return visits, no-shows and consultation times by week."""
    weeks = visits["scheduled_at"].dt.to_period("W-SUN").dt.start_time
    by_week = visits.groupby(weeks)
    texts = [short_day(pd.Timestamp(str(week)).date()) for week in by_week.groups]
    number = [len(one) for _week, one in by_week]
    due = visits["status"].isin(("completed", "no_show"))
    missed = (visits["status"] == "no_show")[due].groupby(weeks[due]).mean()
    shares = [100 * float(missed.get(week, float("nan"))) for week in by_week.groups]
    minutes = (visits["ended_at"] - visits["started_at"]).dt.total_seconds() / 60
    times = minutes.groupby(weeks).median()
    medians = [float(times.get(week, float("nan"))) for week in by_week.groups]
    return [
        _by_week("visits", _("Visits by week"), _("Visits"), texts, number, ACCENT),
        _by_week("missed", _("No-shows by week"), _("% of those due"), texts, shares,
                 COLOURS["tardiness"]),
        _by_week("minutes", _("Consultations by week"), _("Median, minutes"), texts, medians,
                 COLOURS["waiting"]),
    ]  # fmt: skip


def _by_week(
    key: str, heading: str, axis: str, weeks: Sequence[str], values: Sequence[float], colour: str
) -> Figure:
    plot = blank_plot(_("Week from"), axis)
    known = [None if pd.isna(value) else round(float(value), 3) for value in values]
    plot.add_scatter(x=list(weeks), y=known, mode="lines+markers", line_color=colour)
    plot.update_xaxes(type="category")
    plot.update_yaxes(rangemode="tozero")
    rows = [
        [week, "–" if value is None else f"{value:.1f}"]
        for week, value in zip(weeks, known, strict=True)
    ]
    present = [value for value in known if value is not None]
    sentence = ""
    if present:
        sentence = _("From %(low)s to %(high)s.") % {
            "low": f"{min(present):.1f}",
            "high": f"{max(present):.1f}",
        }
    return Figure(key, heading, sentence, plot, [_("Week from"), axis], rows)


@shows(pages, "/history/<table>", "history.export", file=True)
def history_file(call: Call, table: str) -> Response:
    """Hand out a table as a file, under pseudonyms."""
    kind = request.args.get("format", "csv")
    if kind not in ("csv", "parquet"):
        raise NotFound("format")
    asked = read(HistoryForm, beside=("format",))
    given: dict[str, Any] = {"first": asked.first, "last": asked.last, "format": kind}
    found = get_history(call, table, HistoryIn(**given))
    assert isinstance(found, Response)
    return found
