"""The figures of a report, each with the numbers behind it as a table."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from math import ceil
from typing import Any

from objective import Profile
from objective.pages.figure import Figure, blank_plot, name_colours
from objective.pages.style import ACCENT, COLOURS, NEUTRAL, rgba
from opt.report.schedule_plot import clock_axis, schedule_plot
from opt.result import Result
from opt.words import clock

#: Iterations that the table of the search history shows.
HISTORY_ROWS = 60
#: Minutes per bar of the law of the finishing time.
FINISH_BAR = 5.0


def schedule_figure(result: Result, start: int) -> Figure:
    """Bars of patients per interval on a clock axis."""
    session, length = result.objective.session, result.objective.session.interval_length
    times = [start + t * length for t in range(session.intervals)]
    plot = schedule_plot(session, result.schedule, start)
    for interval in result.constraints.blocked or ():
        plot.add_vrect(
            x0=times[interval], x1=times[interval] + length, fillcolor=NEUTRAL, opacity=0.25,
            line_width=0,
        )  # fmt: skip
    booked = [(time, count) for time, count in zip(times, result.schedule, strict=True) if count]
    sentence = "Nobody is booked."
    if booked:
        sentence = (
            f"{sum(result.schedule)} patients in {len(booked)} of {session.intervals} intervals; "
            f"the first at {clock(booked[0][0])}, the last at {clock(booked[-1][0])}."
        )
    if result.constraints.blocked:
        sentence += " Nobody may be booked into the grey intervals."
    return Figure(
        "schedule",
        "The schedule",
        sentence,
        plot,
        ["Time", "Patients booked"],
        [[clock(time), str(count)] for time, count in booked],
    )


def waiting_figure(result: Result, profile: Profile, start: int) -> Figure:
    """Each patient's expected wait with its 50 % and 90 % bands."""
    frame = profile.to_frame()
    ranks = list(frame.index)
    labels = [clock(start + time) for time in frame["appointment_time"]]
    plot = blank_plot("Patient, in order of appointment", "Wait in minutes")
    for low, high, opacity, name in (
        ("wait_5", "wait_95", 0.18, "90 % of days"),
        ("wait_25", "wait_75", 0.35, "50 % of days"),
    ):
        plot.add_scatter(
            x=[*ranks, *reversed(ranks)],
            y=[*frame[high], *reversed(list(frame[low]))],
            mode="lines",
            fill="toself",
            fillcolor=rgba(COLOURS["waiting"], opacity),
            line_width=0,
            hoverinfo="skip",
        )
        middle = ranks[len(ranks) // 2]
        plot.add_annotation(
            x=middle, y=frame[high].loc[middle], text=name, showarrow=False, yanchor="bottom"
        )
    plot.add_scatter(
        x=ranks,
        y=frame["expected_wait"],
        mode="lines+markers",
        line_color=COLOURS["waiting"],
        customdata=labels,
        hovertemplate="Patient %{x}, %{customdata}: %{y:.1f} min expected<extra></extra>",
    )
    plot.add_annotation(
        x=ranks[-1],
        y=frame["expected_wait"].iloc[-1],
        text="expected",
        showarrow=False,
        yanchor="top",
        xanchor="right",
        yshift=-6,
        font_color=COLOURS["waiting"],
    )
    longest = frame["expected_wait"].idxmax()
    return Figure(
        "waiting",
        "How long patients wait",
        f"On average {float(result.performance.waiting[0]):.1f} min; patient {longest} waits "
        f"longest, {frame['expected_wait'].max():.1f} min.",
        plot,
        ["Patient", "Appointment", "Expected", "5 %", "25 %", "Median", "75 %", "90 %", "95 %",
         f"P(wait > {profile.late:g} min)"],
        [
            [str(rank), label, *(f"{value:.1f}" for value in values[1:-1]), f"{values[-1]:.3f}"]
            for rank, label, values in zip(ranks, labels, frame.to_numpy(), strict=True)
        ],
    )  # fmt: skip


def finish_figure(result: Result, profile: Profile, start: int) -> Figure:
    """When the last consultation ends: probability per five minutes."""
    length = result.objective.session.length
    low, high = profile.finish_quantile(0.001), profile.finish_quantile(0.999)
    edge = min(low, length) // FINISH_BAR * FINISH_BAR
    edges = [edge]
    while edges[-1] < max(high, length):
        edges.append(edges[-1] + FINISH_BAR)
    upto = [1 - profile.overtime_beyond(time - length) for time in edges]
    shares = [100 * (after - before) for before, after in pairwise(upto)]
    plot = blank_plot("End of the last consultation", "Probability in %, per 5 min")
    late = [before >= length - 1e-9 for before in edges[:-1]]
    plot.add_bar(
        x=[start + time + FINISH_BAR / 2 for time in edges[:-1]],
        y=shares,
        width=FINISH_BAR * 0.9,
        marker_color=[COLOURS["tardiness"] if over else NEUTRAL for over in late],
        customdata=[clock(start + time) for time in edges[:-1]],
        hovertemplate="from %{customdata}: %{y:.1f} %<extra></extra>",
    )
    plot.add_vline(x=start + length, line_dash="dash", line_color="black")
    plot.add_annotation(
        x=start + length, y=1, yref="paper", yanchor="bottom", text="planned end", showarrow=False
    )
    clock_axis(plot, start + edges[0], start + edges[-1])
    return Figure(
        "finish",
        "When the session ends",
        f"Overtime on {100 * profile.overtime_probability:.0f} % of days; on half of all days it "
        f"ends by {clock(start + ceil(profile.finish_quantile(0.5)))}, on 9 of 10 by "
        f"{clock(start + ceil(profile.finish_quantile(0.9)))}.",
        plot,
        ["From", "To", "Probability"],
        [
            [clock(start + before), clock(start + before + FINISH_BAR), f"{share / 100:.4f}"]
            for before, share in zip(edges, shares, strict=False)
        ],
    )


def cost_figure(results: Mapping[str, Result]) -> Figure:
    """Bars of the cost of the result and of each baseline, split into its parts."""
    parts = {name: _cost_parts(result) for name, result in results.items()}
    names = [name.replace("_", " ") for name in parts]
    plot = blank_plot("Cost in weighted minutes", "")
    for part in next(iter(parts.values())):
        plot.add_bar(
            y=names,
            x=[split[part] for split in parts.values()],
            orientation="h",
            marker_color=COLOURS[part],
            hovertemplate=f"%{{y}}: {part} %{{x:.3f}}<extra></extra>",
        )
    name_colours(plot, {part: COLOURS[part] for part in next(iter(parts.values()))})
    plot.update_layout(barmode="relative")
    plot.update_yaxes(autorange="reversed")
    first, *others = (result.cost for result in results.values())
    return Figure(
        "cost",
        "What it costs, beside the rules clinics use",
        f"This schedule costs {first:.3f}: {_beside(first, others)}.",
        plot,
        ["Schedule", *(part.capitalize() for part in next(iter(parts.values()))), "Cost",
         "Waiting min", "Idle min", "Late min"],
        [
            [name.replace("_", " "), *(f"{value:.4f}" for value in split.values()),
             f"{results[name].cost:.4f}", *_minutes(results[name])]
            for name, split in parts.items()
        ],
    )  # fmt: skip


def history_figure(result: Result) -> Figure:
    """Best cost per iteration, with the iteration's best schedule on hover."""
    history = result.history
    plot = blank_plot("Iteration", "Cost in weighted minutes")
    hover = [
        f"iteration {line.iteration}: {line.cost:.6f}<br>{line.evaluations:,} schedules, "
        f"{line.seconds:.2f} s<br>{_short(line.schedule)}"
        for line in history
    ]
    series: list[tuple[str, Callable[[Any], float | None], str]] = [
        ("this iteration", lambda line: line.cost, NEUTRAL),
        ("best so far", lambda line: line.best_cost, ACCENT),
    ]
    for name, value, colour in series:
        plot.add_scatter(
            x=[line.iteration for line in history],
            y=[value(line) for line in history],
            name=name,
            mode="lines+markers",
            marker_size=4,
            line={"color": colour, "shape": "hv"},
            text=hover,
            hovertemplate="%{text}<extra></extra>",
        )
    step = max(1, len(history) // HISTORY_ROWS)
    shown = [*history[:-1:step], history[-1]]
    return Figure(
        "history",
        "How it was found",
        f"{result.strategy.replace('_', ' ')}: {len(history)} iterations, "
        f"{result.evaluations:,} schedules, {result.seconds:.2f} s; stopped: {result.termination}.",
        plot,
        ["Iteration", "Schedules", "Seconds", "Best cost", "This iteration", "Its schedule"],
        [
            [str(line.iteration), f"{line.evaluations:,}", f"{line.seconds:.3f}",
             f"{line.best_cost:.6f}", f"{line.cost:.6f}", _short(line.schedule)]
            for line in shown
        ],
    )  # fmt: skip


def _beside(cost: float, others: list[float]) -> str:
    """Return how a cost compares with the least of others; a share where that has a meaning."""
    if not others:
        return "nothing to compare with"
    least = min(others)
    word = "more" if cost > least else "less"
    if cost > 0 and least > 0:
        return f"{100 * abs(1 - cost / least):.1f} % {word} than the best of the rules"
    return f"{abs(cost - least):.3f} {word} than the best of the rules"


def _cost_parts(result: Result) -> dict[str, float]:
    weights, row = result.objective.weights, result.performance.row(0)
    parts = {
        "waiting": weights.waiting * row["waiting_penalty"],
        "idle": weights.idle * row["idle"],
        "tardiness": weights.tardiness * row["tardiness_penalty"],
    }
    if result.objective.value_per_patient is not None:
        parts["value"] = -result.objective.value_per_patient * row["seen"]
    return parts


def _minutes(result: Result) -> list[str]:
    row = result.performance.row(0)
    return [f"{row[name]:.2f}" for name in ("waiting", "idle", "tardiness")]


def _short(schedule: Sequence[int]) -> str:
    return " ".join(map(str, schedule))
