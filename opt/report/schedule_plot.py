"""Bars of a schedule on a clock: the picture that all pages have in common."""

from collections.abc import Sequence

import plotly.graph_objects as go

from objective import ClinicSession
from objective.pages.figure import blank_plot
from objective.pages.style import ACCENT
from opt.words import clock


def schedule_plot(session: ClinicSession, schedule: Sequence[int], start: int) -> go.Figure:
    """Return bars of patients per interval; ``start`` is in minutes after midnight."""
    length = session.interval_length
    times = [start + t * length for t in range(session.intervals)]
    plot = blank_plot("Time of day", "Patients booked")
    plot.add_bar(
        x=[time + length / 2 for time in times],
        y=schedule,
        width=0.85 * length,
        marker_color=ACCENT,
        customdata=[clock(time) for time in times],
        hovertemplate="%{customdata}: %{y} booked<extra></extra>",
    )
    clock_axis(plot, start, start + session.length)
    plot.update_yaxes(dtick=1, rangemode="tozero")
    return plot


def clock_axis(plot: go.Figure, first: float, last: float) -> None:
    """Make the x axis one of times of day, between two times in minutes after midnight."""
    step = next((s for s in (5, 15, 30, 60, 120, 240) if (last - first) / s <= 9), 480)
    marks = [m for m in range(int(first // step * step), int(last) + step, step) if m >= first]
    plot.update_xaxes(
        tickvals=marks, ticktext=[clock(mark) for mark in marks], range=[first - 2, last + 2]
    )
