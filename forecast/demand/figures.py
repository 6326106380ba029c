"""Pictures of forecasts of demand: fans over what came, and how models do from day to day ahead."""

import numpy as np
import pandas as pd

from forecast.demand.levels import TABLE_LEVELS
from forecast.demand.rolling import RollingForecasts
from objective.pages.figure import Figure, blank_plot, name_colours
from objective.pages.style import ACCENT, NEUTRAL, SERIES, rgba

#: Origins whose forecasts are shown.
SHOWN = 3
BANDS = ((0.025, 0.15), (0.1, 0.3))


def fan_figure(made: RollingForecasts, name: str) -> Figure:
    """Show intervals over what came, from the first, a middle and the last origin."""
    cases = made.cases[made.cases["series"] == made.cases["series"].iloc[0]]
    origins = cases["origin"].unique()
    chosen = origins[np.unique(np.linspace(0, len(origins) - 1, SHOWN).round().astype(int))]
    quantiles = made.quantiles[name][cases.index]
    plot = blank_plot("", "patients per period")
    rows = []
    for origin in chosen:
        mine = (cases["origin"] == origin).to_numpy()
        part, table = cases[mine], quantiles[mine]
        times = part["start"].tolist()
        for tail, opacity in BANDS:
            low, high = table[:, _at(tail)], table[:, _at(1 - tail)]
            plot.add_scatter(
                x=times + times[::-1],
                y=[*high, *low[::-1]],
                fill="toself",
                fillcolor=rgba(ACCENT, opacity),
                line_width=0,
                hoverinfo="skip",
            )
        middle = table[:, _at(0.5)]
        plot.add_scatter(x=times, y=middle, mode="lines", line_color=ACCENT)
        plot.add_scatter(
            x=times, y=part["count"], mode="markers", marker={"size": 4, "color": "#222222"}
        )
        low, high = table[:, _at(0.1)], table[:, _at(0.9)]
        rows += [
            [str(origin)[:16], str(start)[:16], f"{count:g}", f"{m:g}", f"{a:g}", f"{b:g}"]
            for start, count, m, a, b in zip(times, part["count"], middle, low, high, strict=True)
        ]
    name_colours(plot, {"forecast, 80 and 95 %": ACCENT, "what came": "#222222"})
    words, series = name.replace("_", " "), cases["series"].iloc[0]
    return Figure(
        key="fan",
        heading="What was forecast, and what came",
        sentence=f"Forecasts of {series} by {words} from {len(chosen)} origins.",
        plot=plot,
        columns=["origin", "start", "came", "median", "10 %", "90 %"],
        rows=rows,
    )


def by_lead_figures(leads: pd.DataFrame, score: str, names: list[str]) -> list[Figure]:
    """Show score and coverage by days ahead, of the best models in order."""
    shown = names[: len(SERIES)]
    coverage = "coverage of 80 %"
    return [
        _by_lead(
            leads,
            score,
            shown,
            "crps_by_day",
            "Does it get worse from day to day?",
            f"The {score} for each day ahead.",
            None,
        ),
        _by_lead(
            leads,
            coverage,
            shown,
            "coverage_by_day",
            "Do the intervals hold what they promise?",
            "How often the interval of 80 % held what came, for each day ahead.",
            0.8,
        ),
    ]


def _by_lead(
    leads: pd.DataFrame,
    column: str,
    names: list[str],
    key: str,
    heading: str,
    sentence: str,
    wanted: float | None,
) -> Figure:
    plot = blank_plot("days ahead", column)
    for name, colour in zip(names, SERIES, strict=False):
        mine = leads[leads["model"] == name]
        plot.add_scatter(x=mine["day"], y=mine[column], mode="lines+markers", line_color=colour)
    if wanted is not None:
        plot.add_hline(y=wanted, line_color=NEUTRAL, line_dash="dot")
    words = [name.replace("_", " ") for name in names]
    name_colours(plot, dict(zip(words, SERIES, strict=False)))
    table = leads.pivot_table(index="day", columns="model", values=column)[names]
    return Figure(
        key=key,
        heading=heading,
        sentence=sentence,
        plot=plot,
        columns=["days ahead", *words],
        rows=[[str(day), *(f"{value:.4f}" for value in row)] for day, row in table.iterrows()],
    )


def _at(level: float) -> int:
    return int(np.abs(TABLE_LEVELS - level).argmin())
