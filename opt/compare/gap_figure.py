"""Gaps over evaluations and over seconds."""

from math import floor, log10

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from objective.pages.figure import Figure, blank_plot
from objective.pages.style import rgba
from opt.compare.comparison import Comparison, Reference
from opt.compare.curves import Axis, band, common_grid, on_grid
from opt.compare.labels import Label, place_labels
from opt.compare.palette import Palette
from opt.compare.plan import slug
from opt.compare.words import amount, percent, reference_text

#: Gaps, in per cent, below which curves are not told apart.
FLOOR = 0.01
UNITS = {"evaluations": "Schedules priced (evaluations)", "seconds": "Seconds"}


def gap_axis(plot: go.Figure, least: float, largest: float) -> tuple[float, float]:
    """Make the y axis one of gaps in per cent, on a log scale; return its range as powers.

    It reaches from the decade of the least gap that is drawn to above the largest.
    """
    decade = floor(log10(max(least, FLOOR)) + 1e-9)
    low, high = decade - 0.15, max(log10(max(largest, FLOOR)) + 0.35, decade + 1.5)
    marks = [10.0**power for power in range(decade, floor(high) + 1)]
    plot.update_yaxes(
        type="log",
        range=(low, high),
        tickvals=marks,
        ticktext=[f"{'≤ ' if mark <= FLOOR else ''}{mark:g} %" for mark in marks],
    )
    return low, high


def gap_figure(comparison: Comparison, palette: Palette, instance: str, axis: Axis) -> Figure:
    """Median gap over what was spent, with the band that holds the middle 80 % of the seeds."""
    reference = comparison.references[instance]
    plot = blank_plot(UNITS[axis], "Gap")
    labels, ends, drawn = [], [], []
    rows: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
    for contender in palette.back_to_front(comparison.plan.contenders):
        curves = [record.curve for record in comparison.records(instance, contender)]
        if not curves:
            continue
        grid = common_grid(curves, axis)
        costs = np.array([on_grid(curve, axis, grid) for curve in curves])
        middle, low, high = (gaps_of(reference, costs_) for costs_ in band(costs))
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
            marker={
                "size": [0] * (len(grid) - 1) + [8 if palette.names(contender) else 5],
                "color": colour,
                "line_width": 0,
            },
            line={"color": colour, "shape": "hv", "width": 2.5 if palette.names(contender) else 1},
            customdata=middle,
            hovertemplate=f"{contender.label}: %{{customdata:.3f}} % after %{{x:,.4~g}}"
            f"{' s' if axis == 'seconds' else ''}<extra></extra>",
        )
        ends += [float(grid[0]), float(grid[-1])]
        drawn += [float(np.min(low)), float(np.max(high))]
        if palette.names(contender):
            end = max(float(middle[-1]), FLOOR)
            labels.append(Label(contender.label, colour, log10(float(grid[-1])), log10(end)))
    across = (log10(min(ends)) - 0.1, max(log10(max(ends)), log10(min(ends)) + 1) + 0.1)
    up = gap_axis(plot, min(drawn), max(drawn))
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


def gaps_of(reference: Reference, costs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return gaps in per cent; NaN stays NaN."""
    return np.array([100 * reference.gap(float(cost)) for cost in costs])


def _at(grid: NDArray[np.float64], gaps: NDArray[np.float64], mark: float) -> str:
    """Return the gap after an amount; nothing before the first schedule."""
    index = int(np.searchsorted(grid, mark * (1 + 1e-9), side="right"))
    return percent(float(gaps[index - 1]) / 100) if index else ""
