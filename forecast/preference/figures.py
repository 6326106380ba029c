"""Figures of models of choices."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from objective.pages.figure import Figure, blank_plot, name_colours
from objective.pages.style import ACCENT, NEUTRAL, SERIES

#: Pixels of a row, and of what is above and below all rows.
ROW, FRAME = 24, 100


def acceptance_figure(reliability: Mapping[str, pd.DataFrame]) -> Figure:
    """Show whether as many offers are accepted as models say."""
    plot = blank_plot("forecast share of accepted occasions, %", "observed, %")
    ends = [
        100 * float(value)
        for table in reliability.values()
        for value in (
            table[["forecast", "observed"]].min().min(),
            table[["forecast", "observed"]].max().max(),
        )
    ]
    line = [min(ends), max(ends)]
    plot.add_scatter(x=line, y=line, mode="lines", line={"color": NEUTRAL, "dash": "dot"})
    colours, rows = {}, []
    for (name, table), colour in zip(reliability.items(), SERIES, strict=False):
        words = name.replace("_", " ")
        colours[words] = colour
        plot.add_scatter(
            x=100 * table["forecast"],
            y=100 * table["observed"],
            error_y={"array": 196 * _deviation(table), "thickness": 1, "width": 0},
            mode="lines+markers",
            marker_color=colour,
            line={"color": colour, "width": 1},
        )
        rows += [
            [words, f"{100 * told:.1f} %", f"{100 * seen:.1f} %", f"{number:.0f}"]
            for told, seen, number in table[["forecast", "observed", "occasions"]].to_numpy()
        ]
    name_colours(plot, colours)
    return Figure(
        key="acceptance",
        heading="Are as many offers accepted as forecast?",
        sentence="Occasions in groups alike in size, by their forecast, with 95 % intervals of "
        "what was observed; on the dotted line forecasts are right on average.",
        plot=plot,
        columns=["model", "forecast", "observed", "occasions"],
        rows=rows,
    )


def coefficient_figure(table: pd.DataFrame) -> Figure:
    """Show what draws patients to a seat, and how sure that is."""
    shown = table.iloc[::-1]
    plot = blank_plot("coefficient: what is added to the log odds of taking the seat", "")
    plot.add_scatter(
        x=shown["coefficient"],
        y=shown["feature"],
        error_x={
            "type": "data",
            "symmetric": False,
            "array": shown["high"] - shown["coefficient"],
            "arrayminus": shown["coefficient"] - shown["low"],
        },
        mode="markers",
        marker={"color": ACCENT, "size": 8},
    )
    plot.add_vline(x=0, line={"color": NEUTRAL, "width": 1})
    plot.update_layout(height=FRAME + ROW * len(shown))
    values = ["coefficient", "standard error", "low", "high"]
    return Figure(
        key="coefficients",
        heading="What draws patients to a seat?",
        sentence="Coefficients of the multinomial logit with 95 % intervals: right of 0 a seat is "
        "taken more readily. " + _strongest(table),
        plot=plot,
        columns=["feature", "coefficient", "standard error", "from", "to"],
        rows=[
            [str(row["feature"]), *(f"{row[name]:+.3f}" for name in values)]
            for _, row in table.iterrows()
        ],
    )


def _strongest(table: pd.DataFrame) -> str:
    """Return which coefficient is known to differ most from 0, in words."""
    rest = table.iloc[1:]
    if not len(rest):
        return "It knows of nothing but seats as such."
    best = rest.loc[(rest["coefficient"] / rest["standard error"]).abs().idxmax()]
    odds = float(np.exp(best["coefficient"]))
    return f"The surest is {best['feature']}: it multiplies the odds by {odds:.2f}."


def _deviation(table: pd.DataFrame) -> pd.Series:
    seen = table["observed"]
    return (seen * (1 - seen) / table["occasions"]) ** 0.5
