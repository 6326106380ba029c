"""The page of a session's forecast: each input with its uncertainty, and how to go on."""

from pathlib import Path

import numpy as np

from forecast.session.hand_over import SessionForecast
from objective.pages.figure import Figure, blank_plot
from objective.pages.page import write_page
from objective.pages.style import ACCENT, NEUTRAL, SERIES, rgba

#: Points of the law of consultation times.
POINTS = 99
#: Pixels of a row, and of what is above and below all rows.
ROW, FRAME = 56, 120


def write_session_page(path: Path, forecast: SessionForecast, commands: list[str]) -> None:
    """Write the page: one file that needs nothing beside itself.

    Parameters
    ----------
    commands
        What finds the best schedule of the session, and of those at the quantiles.
    """
    figures = [inputs_figure(forecast), consultation_figure(forecast)]
    if forecast.session.walk_ins is not None:
        figures.append(walk_in_figure(forecast))
    write_page(
        path,
        "session.html.j2",
        figures,
        "forecast.session",
        forecast=forecast,
        words=session_words(forecast),
        commands=commands,
    )


def session_words(forecast: SessionForecast) -> str:
    """Return the session with its inputs in sentences."""
    session, request = forecast.session, forecast.request
    work = 100 * session.expected_consultations / session.length
    parts = [
        f"{request.words}: {session.patients} patients in {session.intervals} intervals of "
        f"{session.interval_length:g} minutes, whose consultations take {work:.0f} % of the "
        "session on average."
    ]
    for one in forecast.inputs:
        low, high = one.quantiles[0], one.quantiles[-1]
        between = ""
        if len(one.levels) > 1:
            share = 100 * (one.levels[-1] - one.levels[0])
            between = f" ({share:.0f} % interval {one.words(low)} to {one.words(high)})"
        parts.append(f"{one.heading}: {one.words(one.value)}{between}.")
    return " ".join(parts)


def inputs_figure(forecast: SessionForecast) -> Figure:
    """Show how sure each input is, as a share of its forecast."""
    shown = list(reversed(forecast.inputs))
    plot = blank_plot("of the forecast, %", "")
    names = [one.heading for one in shown]
    low = [100 * one.quantiles[0] / one.value for one in shown]
    high = [100 * one.quantiles[-1] / one.value for one in shown]
    plot.add_bar(
        x=[above - below for below, above in zip(low, high, strict=True)],
        y=names,
        base=low,
        orientation="h",
        marker_color=rgba(ACCENT, 0.35),
        width=0.35,
    )
    plot.add_scatter(
        x=[100.0] * len(shown),
        y=names,
        mode="markers+text",
        marker={"color": ACCENT, "size": 12},
        text=[one.words(one.value) for one in shown],
        textposition="top center",
    )
    plot.add_vline(x=100, line={"color": NEUTRAL, "width": 1, "dash": "dot"})
    plot.update_layout(height=FRAME + ROW * len(shown))
    levels = [f"{100 * level:g} %" for level in forecast.request.levels]
    ends = f"{levels[0]} to {levels[-1]}"
    return Figure(
        key="inputs",
        heading="What is forecast, and how sure is it?",
        sentence=f"Points are the forecasts, bars reach over their quantiles from {ends}.",
        plot=plot,
        columns=["input", "forecast", *levels, "from", "uncertainty"],
        rows=[
            [
                one.heading,
                one.words(one.value),
                *(one.words(value) for value in one.quantiles),
                one.source,
                one.uncertainty,
            ]
            for one in forecast.inputs
        ],
    )


def consultation_figure(forecast: SessionForecast) -> Figure:
    """Show the law of consultation times, as it is forecast and at its outer quantiles."""
    chances = np.arange(1, POINTS + 1) / (POINTS + 1)
    (told,) = (one for one in forecast.inputs if one.name == "consultation")
    minutes = forecast.session.service_time.quantile(chances)
    plot = blank_plot("minutes", "take no longer, %")
    for value in (told.quantiles[0], told.quantiles[-1]):
        plot.add_scatter(
            x=minutes * (value / told.value),
            y=100 * chances,
            mode="lines",
            line={"color": rgba(SERIES[1], 0.4), "width": 1},
        )
    plot.add_scatter(
        x=minutes, y=100 * chances, mode="lines", line={"color": SERIES[1], "width": 3}
    )
    marks = [9, 24, 49, 74, 89, 94]
    low, high = told.quantiles[0] / told.value, told.quantiles[-1] / told.value
    return Figure(
        key="consultation",
        heading="How long do consultations take?",
        sentence=f"On average {told.words(told.value)}, with a coefficient of variation of "
        f"{forecast.session.service_time.cv:.2f}; thin lines have the outer quantiles of the mean.",
        plot=plot,
        columns=[
            "share that takes no longer",
            "minutes",
            "with the low mean",
            "with the high mean",
        ],
        rows=[
            [
                f"{100 * chances[mark]:.0f} %",
                *(f"{factor * minutes[mark]:.1f}" for factor in (1.0, low, high)),
            ]
            for mark in marks
        ],
    )


def walk_in_figure(forecast: SessionForecast) -> Figure:
    """Show how many walk-ins are expected over the session."""
    session, request = forecast.session, forecast.request
    assert session.walk_ins is not None
    laws = session.walk_ins.count_laws(session.intervals)
    rates = np.array([float(np.arange(law.size) @ law) for law in laws])
    (told,) = (one for one in forecast.inputs if one.name == "walk_ins")
    hours = np.arange(session.intervals) * session.interval_length
    times = [request.begins + np.timedelta64(round(60 * one), "s") for one in hours]
    clock = [f"{time:%H:%M}" for time in times]
    factors = [value / told.value for value in told.quantiles]
    plot = blank_plot("", "expected per hour")
    per_hour = rates * 60 / session.interval_length
    for factor, fill in ((factors[0], None), (factors[-1], "tonexty")):
        plot.add_scatter(
            x=clock,
            y=factor * per_hour,
            mode="lines",
            line={"width": 0, "shape": "hv"},
            fill=fill,
            fillcolor=rgba(ACCENT, 0.2),
        )
    plot.add_scatter(
        x=clock, y=per_hour, mode="lines", line={"color": ACCENT, "width": 3, "shape": "hv"}
    )
    plot.update_xaxes(type="category", nticks=8)
    plot.update_yaxes(rangemode="tozero")
    return Figure(
        key="walk-ins",
        heading="When do patients walk in?",
        sentence=f"{told.words(told.value)} in the session; the band has its outer quantiles, all "
        "intervals together.",
        plot=plot,
        columns=["from", "expected in the interval", "low", "high"],
        rows=[
            [time, f"{rate:.3f}", f"{rate * factors[0]:.3f}", f"{rate * factors[-1]:.3f}"]
            for time, rate in zip(clock, rates, strict=True)
        ],
    )
