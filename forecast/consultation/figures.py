"""The figures of how well consultation times are forecast."""

import numpy as np
import pandas as pd

from forecast.consultation.durations import DurationForecast
from objective.laws import Array
from objective.pages.figure import Figure, blank_plot, name_colours
from objective.pages.style import ACCENT, NEUTRAL, SERIES

BINS = 20
LEVELS = np.array([0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95])
#: Visit types shown, the most frequent ones.
MOST_TYPES = 8


def transform_figure(name: str, transforms: Array) -> Figure:
    """Show the histogram of the probability integral transform of a model, (cases,)."""
    counts, edges = np.histogram(transforms, bins=BINS, range=(0.0, 1.0))
    share = 100 * counts / max(1, len(transforms))
    plot = blank_plot("Where in its forecast law a consultation fell", "Consultations, %")
    plot.add_bar(
        x=(edges[:-1] + edges[1:]) / 2,
        y=share,
        width=1 / BINS,
        marker={"color": ACCENT, "line": {"color": "white", "width": 1}},
        hovertemplate="%{x:.3f}: %{y:.1f} %<extra></extra>",
    )
    plot.add_hline(y=100 / BINS, line_color=NEUTRAL, line_dash="dash")
    return Figure(
        key="transform",
        heading="Are the laws as wide as they should be?",
        sentence=f"The probability integral transform of {_words(name)}. All bars at the dashed "
        "line is right; higher in the middle: the laws are too wide; higher at both ends: too "
        "narrow; sloping: too long or too short.",
        plot=plot,
        columns=["from", "to", "consultations", "per cent"],
        rows=[
            [f"{low:.2f}", f"{high:.2f}", str(count), f"{part:.1f}"]
            for low, high, count, part in zip(edges[:-1], edges[1:], counts, share, strict=True)
        ],
    )


def calibration_figure(name: str, minutes: Array, forecast: DurationForecast) -> Figure:
    """Show quantiles of all consultations beside those of the mixture of their laws."""
    law = forecast.mixture()
    seen, foreseen = np.quantile(minutes, LEVELS), law.quantile(LEVELS)
    top = float(max(seen[-1], foreseen[-1])) * 1.05
    plot = blank_plot("Forecast, minutes", "Measured, minutes")
    plot.add_scatter(
        x=[0, top], y=[0, top], mode="lines", line={"color": NEUTRAL, "dash": "dash"},
        hoverinfo="skip",
    )  # fmt: skip
    plot.add_scatter(
        x=foreseen,
        y=seen,
        mode="lines+markers",
        line_color=ACCENT,
        customdata=100 * LEVELS,
        hovertemplate="%{customdata:.0f} %: %{x:.1f} forecast, %{y:.1f} measured<extra></extra>",
    )
    return Figure(
        key="quantiles",
        heading="Are long and short consultations as frequent as forecast?",
        sentence=f"Quantiles of all consultations against those that {_words(name)} forecast for "
        "them together; on the dashed line they agree.",
        plot=plot,
        columns=["per cent below", "forecast, minutes", "measured, minutes"],
        rows=[
            [f"{100 * level:.0f}", f"{due:.2f}", f"{was:.2f}"]
            for level, due, was in zip(LEVELS, foreseen, seen, strict=True)
        ],
    )


def visit_type_figure(name: str, cases: pd.DataFrame, forecast: DurationForecast) -> Figure:
    """Show measured and forecast means by visit type, with the forecast's 80 % intervals."""
    minutes = cases["minutes"].to_numpy(np.float64)
    types = cases["visit_type"].astype(str)
    shown = list(types.value_counts().index[:MOST_TYPES])
    rows, ends = [], []
    interval, means = forecast.quantiles([0.1, 0.9]), forecast.mean()
    for kind in shown:
        own = (types == kind).to_numpy()
        law = forecast.part(np.flatnonzero(own)).mixture()
        inside = (minutes[own] >= interval[own, 0]) & (minutes[own] <= interval[own, 1])
        ends.append(law.quantile([0.1, 0.9]))
        rows.append((kind, int(own.sum()), means[own].mean(), minutes[own].mean(), inside.mean()))
    plot = blank_plot("Minutes", "")
    low, high = np.array(ends).T
    due = np.array([row[2] for row in rows])
    plot.add_scatter(
        x=due,
        y=shown,
        mode="markers",
        marker={"size": 12, "color": SERIES[0]},
        error_x={"array": high - due, "arrayminus": due - low, "color": SERIES[0]},
        hovertemplate="%{y}: %{x:.2f} min forecast<extra></extra>",
    )
    plot.add_scatter(
        x=[row[3] for row in rows],
        y=shown,
        mode="markers",
        marker={"size": 12, "color": SERIES[1], "symbol": "diamond"},
        hovertemplate="%{y}: %{x:.2f} min measured<extra></extra>",
    )
    name_colours(plot, {"forecast": SERIES[0], "measured": SERIES[1]})
    plot.update_yaxes(autorange="reversed")
    return Figure(
        key="visit_types",
        heading="Is each visit type forecast right?",
        sentence=f"Mean consultations by visit type, measured and as {_words(name)} forecast them, "
        "with the interval that should hold 80 % of them.",
        plot=plot,
        columns=["visit type", "consultations", "forecast mean, minutes", "measured mean, minutes",
                 "within their 80 % interval, %"],
        rows=[
            [kind, str(count), f"{expected:.2f}", f"{was:.2f}", f"{100 * inside:.1f}"]
            for kind, count, expected, was, inside in rows
        ],
    )  # fmt: skip


def _words(name: str) -> str:
    return name.replace("_", " ")
