"""What the report shows of no-show forecasts: calibration, groups, and their waits."""

import pandas as pd

from objective.pages.figure import Figure, blank_plot, name_colours
from objective.pages.style import ACCENT, COLOURS, NEUTRAL, SERIES


def reliability_figure(table: pd.DataFrame, sentence: str) -> Figure:
    """Show what was forecast against what was seen, of all and of those booked ahead.

    Parameters
    ----------
    table
        The columns of `forecast.no_show.scores.reliability`, and ``cases_of``: a name of the cases.
    sentence
        What it says.
    """
    plot = blank_plot("forecast probability of a no-show", "share of no-shows seen")
    most = float(max(table["forecast"].max(), table["seen"].max())) * 1.1
    plot.add_scatter(
        x=[0, most], y=[0, most], mode="lines", line={"color": NEUTRAL, "dash": "dot"},
        hoverinfo="skip",
    )  # fmt: skip
    colours = dict(zip(table["cases_of"].unique(), SERIES, strict=False))
    for name, rows in table.groupby("cases_of", sort=False):
        plot.add_scatter(
            x=rows["forecast"],
            y=rows["seen"],
            error_y={"array": 1.96 * rows["standard_error"], "thickness": 1},
            mode="lines+markers",
            marker_color=colours[name],
        )
    name_colours(plot, colours)
    return Figure(
        key="reliability",
        heading="Do forecasts mean what they say?",
        sentence=sentence,
        plot=plot,
        columns=["appointments", "number", "forecast", "seen", "95 % interval of what was seen"],
        rows=[
            [
                str(row["cases_of"]),
                f"{row['cases']:,.0f}",
                f"{row['forecast']:.1%}",
                f"{row['seen']:.1%}",
                f"± {1.96 * row['standard_error']:.1%}",
            ]
            for _, row in table.iterrows()
        ],
    )


def groups_figure(table: pd.DataFrame, sentence: str) -> Figure:
    """Show by how much the forecast is off in each group, with its 95 % interval.

    Parameters
    ----------
    table
        What `forecast.no_show.groups.group_table` returns.
    sentence
        What it says.
    """
    names = [f"{row['attribute']}: {row['group']}" for _, row in table.iterrows()]
    plot = blank_plot("forecast less seen, percentage points", "")
    plot.add_scatter(
        x=100 * table["calibration_in_the_large"],
        y=names,
        error_x={"array": 196 * table["standard_error"], "thickness": 1},
        mode="markers",
        marker_color=ACCENT,
    )
    plot.add_vline(0, line_color=NEUTRAL)
    plot.update_layout(height=max(320, 22 * len(names) + 100))
    plot.update_yaxes(autorange="reversed")
    return Figure(
        key="groups",
        heading="Is it as good for every group?",
        sentence=sentence,
        plot=plot,
        columns=["attribute", "group", "appointments", "forecast", "seen", "difference", "Brier"],
        rows=[
            [
                str(row["attribute"]),
                str(row["group"]),
                f"{row['visits']:,}",
                f"{row['forecast']:.1%}",
                f"{row['seen']:.1%}",
                f"{100 * row['calibration_in_the_large']:+.1f} ± "
                f"{196 * row['standard_error']:.1f} points",
                f"{row['brier']:.4f}",
            ]
            for _, row in table.iterrows()
        ],
    )


def waits_figure(table: pd.DataFrame, sentence: str) -> Figure:
    """Show the expected wait of each group, with individual forecasts and with the average.

    Parameters
    ----------
    table
        What `forecast.no_show.expected_wait.expected_waits` returns.
    sentence
        What it says.
    """
    names = [f"{row['attribute']}: {row['group']}" for _, row in table.iterrows()]
    plot = blank_plot("expected wait of those who come, minutes", "")
    ways = {"average": NEUTRAL, "individual": COLOURS["waiting"]}
    for way, colour in ways.items():
        plot.add_scatter(x=table[way], y=names, mode="markers", marker={"color": colour, "size": 9})
    words = {"clinic average": NEUTRAL, "individual forecasts": COLOURS["waiting"]}
    name_colours(plot, words)
    plot.update_layout(height=max(320, 22 * len(names) + 100))
    plot.update_yaxes(autorange="reversed")
    return Figure(
        key="waits",
        heading="Who waits longer when sessions are overbooked by individual forecasts?",
        sentence=sentence,
        plot=plot,
        columns=["attribute", "group", "patients", "average", "individual", "change"],
        rows=[
            [
                str(row["attribute"]),
                str(row["group"]),
                f"{row['patients']:,}",
                f"{row['average']:.1f} min",
                f"{row['individual']:.1f} min",
                f"{row['change']:+.1f} min",
            ]
            for _, row in table.iterrows()
        ],
    )
