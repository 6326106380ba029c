"""The figures of a comparison of schedules on the same days."""

from collections.abc import Mapping, Sequence

import numpy as np

from objective.laws import Array
from objective.pages.figure import Figure, blank_plot, name_colours
from objective.pages.style import ACCENT, COLOURS, NEUTRAL
from opt.replay.bootstrap import Interval
from opt.replay.comparison import Comparison
from opt.replay.reasons import Reasons
from opt.replay.words import label, share_ends, share_text, words_of
from opt.words import clock

#: Height of a row of a figure with a row per schedule, and what is beside the rows, pixels.
ROW_HEIGHT, MARGINS = 44, 104
#: Colour of a day on which the candidate costs more.
DEARER = COLOURS["tardiness"]


def cost_figure(comparison: Comparison, candidate: str, also: str = "") -> Figure:
    """Bars of each schedule's mean cost with its interval; the candidate is in colour."""
    names = comparison.names
    means = {name: comparison.mean(name) for name in names}
    plot = blank_plot("Weighted minutes", "")
    plot.add_bar(
        y=[label(name) for name in names],
        x=[means[name].mean for name in names],
        orientation="h",
        marker_color=[ACCENT if name == candidate else NEUTRAL for name in names],
        error_x=error_bars(list(means.values())),
        customdata=[means[name].text() for name in names],
        hovertemplate="%{y}: %{customdata}<extra></extra>",
    )
    plot.update_yaxes(autorange="reversed")
    plot.update_layout(height=ROW_HEIGHT * len(names) + MARGINS)
    confidence = 100 * comparison.bootstrap.confidence
    return Figure(
        "cost",
        "What each schedule would have cost",
        f"Means over {len(comparison.sessions)} sessions, with {confidence:g} % intervals. {also}"
        "How much sessions differ from each other is in these intervals; for a comparison look at "
        "the differences.",
        plot,
        ["Schedule", "Cost", "Interval", "Expected beforehand"],
        [
            [label(name), f"{means[name].mean:.2f}",
             f"{means[name].low:.2f} to {means[name].high:.2f}", _expected(comparison, name)]
            for name in names
        ],
    )  # fmt: skip


def differences_figure(comparison: Comparison, candidate: str) -> Figure:
    """Points of the candidate's cost less another's on every session, with the means' intervals."""
    others = [name for name in comparison.names if name != candidate]
    plot = blank_plot("Weighted minutes", "")
    low, high = 0.0, 0.0
    for row, name in enumerate(others):
        values = comparison.differences(candidate, name)
        low, high = min(low, *np.quantile(values, [0.01])), max(high, *np.quantile(values, [0.99]))
        plot.add_scatter(
            x=values,
            y=row + _spread(len(values)),
            mode="markers",
            marker={"color": NEUTRAL, "size": 5, "opacity": 0.5},
            customdata=comparison.sessions,
            hovertemplate=f"{label(name)}, session %{{customdata}}: %{{x:+.2f}}<extra></extra>",
        )
    gains = {name: comparison.difference(candidate, name) for name in others}
    plot.add_scatter(
        x=[gains[name].mean for name in others],
        y=list(range(len(others))),
        mode="markers",
        marker={"color": ACCENT, "size": 11, "line": {"color": "white", "width": 1}},
        error_x=error_bars(list(gains.values()), ACCENT),
        customdata=[f"{label(name)}: {gains[name].text(signed=True)}" for name in others],
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    plot.add_vline(x=0, line_color="black", line_width=1)
    plot.update_yaxes(
        tickvals=list(range(len(others))),
        ticktext=[label(name) for name in others],
        range=[len(others) - 0.5, -0.5],
        showgrid=False,
    )
    # A few far sessions would squeeze all others together; the table has them all.
    margin = 0.05 * (high - low)
    plot.update_xaxes(range=[low - margin, high + margin])
    plot.update_layout(height=(ROW_HEIGHT + 12) * len(others) + MARGINS)
    shares = {name: comparison.per_cent(candidate, name) for name in others}
    best = comparison.best(others)
    cheaper = float((comparison.differences(candidate, best) < 0).mean())
    return Figure(
        "differences",
        "The difference, session by session",
        f"Left of 0 {label(candidate)} is cheaper; grey is a session, green the mean with its "
        f"interval. Against {label(best)} it is cheaper on {100 * cheaper:.0f} % of the sessions.",
        plot,
        ["Against", "Difference", "Interval", "Per cent", "Interval", "Cheaper on"],
        [
            [label(name), f"{gains[name].mean:+.2f}",
             f"{gains[name].low:+.2f} to {gains[name].high:+.2f}", share_text(shares[name]),
             share_ends(shares[name]),
             f"{100 * float((comparison.differences(candidate, name) < 0).mean()):.0f} %"]
            for name in others
        ],
    )  # fmt: skip


def parts_figure(comparison: Comparison) -> Figure:
    """Bars of waiting, idle time and overtime of each schedule, with intervals."""
    parts = ("waiting", "idle", "tardiness")
    names = comparison.names
    means = {part: [comparison.mean(name, part) for name in names] for part in parts}
    plot = blank_plot("Minutes a session", "")
    for part in parts:
        plot.add_bar(
            y=[label(name) for name in names],
            x=[one.mean for one in means[part]],
            orientation="h",
            marker_color=COLOURS[part],
            error_x=error_bars(means[part]),
            customdata=[one.text() for one in means[part]],
            hovertemplate=f"%{{y}}: {words_of(part)} %{{customdata}} min<extra></extra>",
        )  # fmt: skip
    short = {part: "overtime" if part == "tardiness" else part for part in parts}
    name_colours(plot, {short[part]: COLOURS[part] for part in parts})
    plot.update_yaxes(autorange="reversed")
    plot.update_layout(height=(ROW_HEIGHT + 16) * len(names) + MARGINS, bargroupgap=0.05)
    return Figure(
        "parts",
        "Waiting, idle time and overtime",
        "What the cost is made of, in minutes and unweighted, with intervals.",
        plot,
        ["Schedule", *(words_of(part).capitalize() for part in parts)],
        [
            [label(name), *(means[part][row].text() for part in parts)]
            for row, name in enumerate(names)
        ],
    )


def sessions_figure(comparison: Comparison, candidate: str, other: str, key: str) -> Figure:
    """Bars of the difference between two schedules on each session, in the order of time."""
    values = comparison.differences(candidate, other)
    plot = blank_plot("Session, in order of time", "Weighted minutes")
    plot.add_bar(
        x=list(range(1, len(values) + 1)),
        y=values,
        marker_color=[ACCENT if value < 0 else DEARER for value in values],
        customdata=[
            f"{session}, {date}, {patients} patients"
            for session, date, patients in zip(
                comparison.sessions, comparison.dates, comparison.patients, strict=True
            )
        ],
        hovertemplate="%{customdata}: %{y:+.2f}<extra></extra>",
    )
    plot.update_layout(bargap=0.1)
    return Figure(
        key,
        f"{label(candidate).capitalize()} against {label(other)}, over time",
        f"Green sessions cost less under {label(candidate)}, red ones more: "
        f"{int((values < 0).sum())} and {int((values > 0).sum())} of {len(values)}.",
        plot,
        ["Session", "Date", "Patients", label(candidate).capitalize(), label(other).capitalize(),
         "Difference"],
        [
            [session, comparison.dates[place], str(comparison.patients[place]),
             f"{comparison.measured[candidate]['cost'][place]:.2f}",
             f"{comparison.measured[other]['cost'][place]:.2f}", f"{values[place]:+.2f}"]
            for place, session in enumerate(comparison.sessions)
        ],
    )  # fmt: skip


def reasons_figure(reasons: Mapping[str, Reasons], candidate: str) -> Figure:
    """Bars of the candidate's differences to others: expected, on shuffled days, and real."""
    series = {
        "expected": COLOURS["waiting"],
        "shuffled": COLOURS["value"],
        "within": COLOURS["idle"],
        "real": ACCENT,
    }
    names = list(reasons)
    plot = blank_plot("Weighted minutes", "")
    for name, colour in series.items():
        values = [dict(zip(series, _stages(reasons[other]), strict=True))[name] for other in names]
        plot.add_bar(
            y=[label(other) for other in names],
            x=values,
            orientation="h",
            marker_color=colour,
            hovertemplate=f"%{{y}}, {name}: %{{x:+.2f}}<extra></extra>",
        )
    name_colours(plot, series)
    plot.add_vline(x=0, line_color="black", line_width=1)
    plot.update_yaxes(autorange="reversed")
    plot.update_layout(height=(ROW_HEIGHT + 24) * len(names) + MARGINS, bargroupgap=0.05)
    return Figure(
        "reasons",
        "What was expected, and what became of it",
        f"The cost of {label(candidate)} less that of the other: expected by what was learnt; with "
        "the consultations shuffled over all sessions, as if independent; shuffled within each "
        "session; and as they really were. The steps tell whether consultations were others than "
        "before, alike within a session, or not in random order.",
        plot,
        ["Against", *(name.capitalize() for name in series)],
        [
            [label(name), *("" if one is None else f"{one:+.2f}" for one in _stages(reasons[name]))]
            for name in names
        ],
    )


def appointments_figure(appointments: dict[str, Array], candidate: str, start: int) -> Figure:
    """When patients are told to come by each schedule of one session, on a clock."""
    plot = blank_plot("Time of day", "")
    for row, (name, times) in enumerate(appointments.items()):
        moments, together = np.unique(times, return_counts=True)
        colour = ACCENT if name == candidate else NEUTRAL
        plot.add_scatter(
            x=start + moments,
            y=[row] * len(moments),
            mode="markers",
            marker={"color": colour, "size": 8 + 5 * (together - 1), "symbol": "circle"},
            customdata=[
                f"{clock(start + time)}: {count} booked"
                for time, count in zip(moments, together, strict=True)
            ],
            hovertemplate=f"{label(name)}, %{{customdata}}<extra></extra>",
        )
    last = max(float(times.max()) for times in appointments.values())
    step = next((one for one in (30, 60, 120, 240) if last / one <= 4), 480)
    marks = list(range(-(-start // step) * step, int(start + last) + 1, step))
    plot.update_xaxes(tickvals=marks, ticktext=[clock(mark) for mark in marks])
    plot.update_yaxes(
        tickvals=list(range(len(appointments))),
        ticktext=[label(name) for name in appointments],
        range=[len(appointments) - 0.5, -0.5],
    )
    plot.update_layout(height=ROW_HEIGHT * len(appointments) + MARGINS)
    patients = len(appointments[candidate])
    return Figure(
        "appointments",
        f"The schedules of a session of {patients} patients",
        "A dot is an appointment, a larger one two or more patients at the same time.",
        plot,
        ["Schedule", "Appointments"],
        [
            [label(name), " ".join(clock(start + time) for time in times)]
            for name, times in appointments.items()
        ],
    )


def error_bars(intervals: Sequence[Interval], colour: str = "#222222") -> dict[str, object]:
    """Return the error bars of means."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [one.high - one.mean for one in intervals],
        "arrayminus": [one.mean - one.low for one in intervals],
        "color": colour,
        "thickness": 1.5,
        "width": 5,
    }


def _stages(reasons: Reasons) -> tuple[float | None, ...]:
    return reasons.expected, reasons.shuffled, reasons.shuffled_within, reasons.realised


def _expected(comparison: Comparison, name: str) -> str:
    expected = comparison.expected.get(name)
    return "" if expected is None else f"{float(expected.mean()):.2f}"


def _spread(points: int) -> Array:
    """Return how far off their row points are drawn, so that they do not hide each other."""
    # Multiples of the golden ratio fill an interval evenly, whatever their number.
    return np.asarray((np.arange(points) * 0.6180339887498949 % 1 - 0.5) * 0.6, np.float64)
