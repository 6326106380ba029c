"""The figures of a comparison, each with the numbers behind it as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from opt.compare.comparison import Comparison, Reference
from opt.compare.curves import Axis, band, common_grid, on_grid
from opt.compare.job import Record
from opt.compare.labels import Label, place_labels
from opt.compare.plan import Contender, slug
from opt.compare.standings import performance_profile, ranked, soonest
from opt.compare.words import amount, percent, reference_text, seconds
from opt.report.figure import Figure, blank_plot
from opt.report.style import ACCENT, NEUTRAL, SERIES, rgba
from opt.words import clock

#: Gaps, in per cent, below which curves are not told apart.
FLOOR = 0.01
#: Lines per strategy that a table of a search shows.
SEARCH_ROWS = 20
UNITS = {"evaluations": "Schedules priced (evaluations)", "seconds": "Seconds"}


@dataclass(frozen=True)
class Palette:
    """Colours by label: of all strategies where they are few, otherwise of those that matter."""

    colours: dict[str, str]

    @classmethod
    def of(cls, comparison: Comparison) -> "Palette":
        """Colour the first, the second, the soonest and the last of many strategies."""
        order = ranked(comparison)
        chosen = order
        if len(order) > len(SERIES):
            quick = soonest(comparison, "seconds")
            chosen = [*order[:2], *([quick] if quick else []), order[-1]]
        labels = dict.fromkeys(contender.label for contender in chosen)
        return cls(dict(zip(labels, SERIES, strict=False)))

    def colour(self, contender: Contender) -> str:
        """Return a strategy's colour, grey for those that are not named in the figure."""
        return self.colours.get(contender.label, NEUTRAL)

    def names(self, contender: Contender) -> bool:
        """Return whether the figure names the strategy beside its line."""
        return contender.label in self.colours

    def back_to_front(self, contenders: Sequence[Contender]) -> list[Contender]:
        """Return the strategies in the order in which to draw them, named ones on top."""
        return sorted(contenders, key=self.names)


def comparison_figures(comparison: Comparison, start: int) -> list[Figure]:
    """Return all figures of the page; sessions begin at ``start``, minutes after midnight."""
    palette = Palette.of(comparison)
    figures = [profile_figure(comparison, palette)]
    for instance in comparison.plan.instances:
        taken = [
            one for one in comparison.plan.contenders if comparison.records(instance.name, one)
        ]
        if taken:
            for axis in ("evaluations", "seconds"):
                figures.append(gap_figure(comparison, palette, instance.name, axis))
            figures += search_figures(comparison, palette, instance.name, start)
    return figures


def profile_figure(comparison: Comparison, palette: Palette) -> Figure:
    """Return steps: the share of problems solved within so many times the least evaluations."""
    profiles = performance_profile(comparison, "evaluations")
    last = max(float(factors[-1]) for factors, _ in profiles.values()) * 1.5
    plot = blank_plot("Evaluations, as a multiple of the least of all strategies", "Within 1 %")
    labels = []
    for contender in palette.back_to_front(comparison.plan.contenders):
        factors, shares = profiles[contender.label]
        colour = palette.colour(contender)
        plot.add_scatter(
            x=[*factors, last],
            y=[*(100 * shares), 100 * shares[-1]],
            mode="lines",
            line={"shape": "hv", "color": colour, "width": 2.5 if palette.names(contender) else 1},
            name=contender.label,
            hovertemplate=f"{contender.label}: %{{y:.0f}} % within %{{x:.3g}} times<extra></extra>",
        )
        if palette.names(contender):
            labels.append(Label(contender.label, colour, log10(last), 100 * float(shares[-1])))
    plot.update_xaxes(type="log", range=[-0.02, max(log10(last), 0.1)])
    plot.update_yaxes(range=[-4, 118], ticksuffix=" %", tickvals=[0, 25, 50, 75, 100])
    place_labels(plot, labels, (0.0, max(log10(last), 0.1)), (-4, 118))
    marks = [mark for mark in (1, 2, 5, 10, 100, 1000) if mark <= last]
    problems = len(comparison.plan.instances) * comparison.plan.seeds
    return Figure(
        "profile",
        "Who is near the best first, and how often",
        f"Over {problems} problems (an instance with a seed): on how many a strategy has come "
        "within 1 % once it has spent so many times the evaluations of whichever strategy came "
        "there first. On the left who is first; on the right who comes there at all.",
        plot,
        ["Strategy", *(f"within {mark} times" for mark in marks)],
        [
            [label, *(f"{100 * _step(factors, shares, mark):.0f} %" for mark in marks)]
            for label, (factors, shares) in profiles.items()
        ],
    )


def gap_figure(comparison: Comparison, palette: Palette, instance: str, axis: Axis) -> Figure:
    """Median gap over what was spent, with the band that holds the middle 80 % of the seeds."""
    reference = comparison.references[instance]
    plot = blank_plot(UNITS[axis], "Gap")
    labels, ends, tops = [], [], []
    rows: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
    for contender in palette.back_to_front(comparison.plan.contenders):
        curves = [record.curve for record in comparison.records(instance, contender)]
        if not curves:
            continue
        grid = common_grid(curves, axis)
        costs = np.array([on_grid(curve, axis, grid) for curve in curves])
        middle, low, high = (_gaps(reference, costs_) for costs_ in band(costs))
        there = ~np.isnan(middle)
        grid, middle, low, high = (values[there] for values in (grid, middle, low, high))
        rows[contender.label] = grid, middle
        colour = palette.colour(contender)
        if len(curves) > 1 and palette.names(contender):
            plot.add_scatter(
                x=[*grid, *grid[::-1]],
                y=[*np.maximum(high, FLOOR), *np.maximum(low, FLOOR)[::-1]],
                mode="lines",
                fill="toself",
                fillcolor=rgba(colour, 0.18),
                line_width=0,
                hoverinfo="skip",
            )
        plot.add_scatter(
            x=grid,
            y=np.maximum(middle, FLOOR),
            mode="lines+markers",
            marker={"size": [0] * (len(grid) - 1) + [8], "color": colour, "line_width": 0},
            line={"color": colour, "shape": "hv", "width": 2.5 if palette.names(contender) else 1},
            customdata=middle,
            hovertemplate=f"{contender.label}: %{{customdata:.3f}} % after %{{x:,.4~g}}"
            f"{' s' if axis == 'seconds' else ''}<extra></extra>",
        )
        ends += [float(grid[0]), float(grid[-1])]
        tops.append(float(np.max(high)))
        if palette.names(contender):
            end = max(float(middle[-1]), FLOOR)
            labels.append(Label(contender.label, colour, log10(float(grid[-1])), log10(end)))
    across = (log10(min(ends)) - 0.1, max(log10(max(ends)), log10(min(ends)) + 1) + 0.1)
    up = gap_axis(plot, max(tops))
    plot.update_xaxes(type="log", range=across, dtick=1)
    place_labels(plot, labels, across, up)
    marks = [10.0**power for power in range(int(np.ceil(across[0])), int(across[1]) + 1)]
    shown = (lambda mark: f"{mark:g} s") if axis == "seconds" else amount
    return Figure(
        f"{axis}-{slug(instance)}",
        f"{instance}: gap against {axis}",
        f"Against the {reference_text(comparison, instance)}. Lines are medians, bands hold 80 % "
        "of the seeds; a dot ends the longest run.",
        plot,
        ["Median gap after", *(shown(mark) for mark in marks)],
        [
            [label, *(_at(grid, gaps, mark) for mark in marks)]
            for label, (grid, gaps) in rows.items()
        ],
    )


def search_figures(
    comparison: Comparison, palette: Palette, instance: str, start: int
) -> list[Figure]:
    """Return the course of each strategy's median run, and the schedule that is pointed at."""
    reference = comparison.references[instance]
    plot = blank_plot("Iteration (generation)", "Gap of the iteration's best")
    rows, labels, tops, last = [], [], [], 1
    for contender in palette.back_to_front(comparison.plan.contenders):
        records = comparison.records(instance, contender)
        if not records:
            continue
        history = middle_run(records).history
        gaps = _gaps(reference, np.array([line.cost for line in history]))
        texts = [" ".join(map(str, line.schedule)) for line in history]
        colour = palette.colour(contender)
        plot.add_scatter(
            x=[line.iteration for line in history],
            y=np.maximum(gaps, FLOOR),
            mode="lines+markers",
            marker={"size": 5 if palette.names(contender) else 3, "color": colour},
            line={"color": colour, "width": 1.5 if palette.names(contender) else 0.75},
            customdata=texts,
            text=[
                f"{contender.label}, iteration {line.iteration:,}: cost {line.cost:.6f}"
                for line in history
            ],
            hovertemplate="%{text}<br>%{customdata}<extra></extra>",
        )
        tops.append(float(gaps.max()))
        last = max(last, history[-1].iteration)
        if palette.names(contender):
            end = log10(max(float(gaps[-1]), FLOOR))
            labels.append(Label(contender.label, colour, log10(history[-1].iteration), end))
        step = -(-len(history) // SEARCH_ROWS)
        for line, gap, text in list(zip(history, gaps, texts, strict=True))[::-1][::step][::-1]:
            rows.append(
                [
                    contender.label,
                    f"{line.iteration:,}",
                    f"{line.evaluations:,}",
                    seconds(line.seconds),
                    percent(gap / 100),
                    text,
                ]
            )
    across = (-0.05, max(log10(last), 0.5) + 0.1)
    plot.update_xaxes(type="log", range=across, dtick=1)
    place_labels(plot, labels, across, gap_axis(plot, max(tops)))
    search = Figure(
        f"search-{slug(instance)}",
        f"{instance}: the best schedule of each iteration",
        "Of each strategy's run with the median end. Point at an iteration, or tap it: its "
        "schedule is drawn in the next figure.",
        plot,
        [
            "Strategy",
            "Iteration",
            "Evaluations",
            "Seconds",
            "Gap",
            "Best schedule of the iteration",
        ],
        rows,
    )
    return [search, _pointed_at(comparison, instance, start)]


def middle_run(records: Sequence[Record]) -> Record:
    """Return the run with the median final cost, of two the better one; of equals the first."""
    return sorted(records, key=lambda record: record.cost)[(len(records) - 1) // 2]


def gap_axis(plot: go.Figure, top: float) -> tuple[float, float]:
    """Make the y axis one of gaps in per cent, on a log scale; return its range as powers."""
    low, high = log10(FLOOR) - 0.15, max(log10(max(top, FLOOR)) + 0.35, log10(FLOOR) + 1.5)
    marks = [10.0**power for power in range(round(log10(FLOOR)), int(high) + 1)]
    plot.update_yaxes(
        type="log",
        range=(low, high),
        tickvals=marks,
        ticktext=[f"{'≤ ' if mark <= FLOOR else ''}{mark:g} %" for mark in marks],
    )
    return low, high


def _pointed_at(comparison: Comparison, instance: str, start: int) -> Figure:
    """Bars of the schedule that is pointed at; at first the best one of all."""
    (session,) = [
        one.objective.session for one in comparison.plan.instances if one.name == instance
    ]
    best = min(
        (
            record
            for contender in comparison.plan.contenders
            for record in comparison.records(instance, contender)
        ),
        key=lambda record: record.cost,
    )
    times = [clock(start + t * session.interval_length) for t in range(session.intervals)]
    plot = blank_plot("Time of day", "Patients booked")
    plot.add_bar(
        x=times,
        y=best.schedule,
        marker_color=ACCENT,
        hovertemplate="%{x}: %{y} booked<extra></extra>",
    )
    plot.update_xaxes(type="category", nticks=8, tickangle=0)
    plot.update_yaxes(dtick=1, range=[0, max(best.schedule) + 0.5])
    plot.update_layout(title={"text": f"cost {best.cost:.6f}", "font_size": 14, "x": 0.02})
    plot.update_layout(margin_t=48)
    return Figure(
        f"pointed-{slug(instance)}",
        f"{instance}: the schedule pointed at",
        "At first the best one that any strategy found.",
        plot,
        ["Time", "Patients booked"],
        [[time, str(count)] for time, count in zip(times, best.schedule, strict=True) if count],
    )


def _gaps(reference: Reference, costs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return gaps in per cent; NaN stays NaN."""
    return np.array([100 * reference.gap(float(cost)) for cost in costs])


def _step(amounts: NDArray[np.float64], values: NDArray[np.float64], at: float) -> float:
    """Return the value of a step function, 0 before its first step."""
    index = int(np.searchsorted(amounts, at * (1 + 1e-9), side="right"))
    return float(values[index - 1]) if index else 0.0


def _at(grid: NDArray[np.float64], gaps: NDArray[np.float64], mark: float) -> str:
    """Return the gap after an amount; nothing before the first schedule."""
    index = int(np.searchsorted(grid, mark * (1 + 1e-9), side="right"))
    return percent(float(gaps[index - 1]) / 100) if index else ""
