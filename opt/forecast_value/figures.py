"""The figures of the value of forecasts."""

from objective.pages.figure import Figure, blank_plot, name_colours
from objective.pages.style import ACCENT, COLOURS, NEUTRAL
from opt.forecast_value.value import STEPS, ForecastValue
from opt.forecast_value.words import expected_saving, quality_rows, saved
from opt.replay.figures import MARGINS, ROW_HEIGHT, error_bars
from opt.replay.words import label, share_ends, share_text


def value_figure(outcome: ForecastValue) -> Figure:
    """Bars of what each step of information saves, with intervals, beside what was expected."""
    names = [f"{label(more)}<br>over {label(less)}" for more, less in STEPS]
    values = [saved(outcome, *step) for step in STEPS]
    foreseen = [expected_saving(outcome, *step) for step in STEPS]
    minutes = [one for one, _ in values]
    plot = blank_plot("Weighted minutes", "")
    plot.add_bar(
        y=names,
        x=[one.mean for one in minutes],
        orientation="h",
        marker_color=ACCENT,
        error_x=error_bars(minutes),
        customdata=[
            f"{one.text(signed=True)}, {share_text(share)} ({share_ends(share)})"
            for one, share in values
        ],
        hovertemplate="%{y}: %{customdata}<extra></extra>",
    )
    plot.add_scatter(
        x=foreseen,
        y=names,
        mode="markers",
        marker={"symbol": "diamond", "size": 10, "color": COLOURS["waiting"],
                "line": {"color": "white", "width": 1}},
        hovertemplate="%{y}: expected %{x:+.2f}<extra></extra>",
    )  # fmt: skip
    name_colours(plot, {"saved": ACCENT, "expected": COLOURS["waiting"]})
    plot.add_vline(x=0, line_color=NEUTRAL, line_width=1)
    plot.update_yaxes(autorange="reversed")
    plot.update_layout(height=(ROW_HEIGHT + 16) * len(names) + MARGINS)
    return Figure(
        "value",
        "What more information is worth",
        "What a session costs less with more information than with less, on the days as they were, "
        "with intervals; diamonds: what the individual forecasts expect, if they are true.",
        plot,
        ["With", "Instead of", "Saved", "Interval", "Per cent", "Interval", "Expected"],
        [
            [label(more), label(less), f"{one.mean:+.2f}", f"{one.low:+.2f} to {one.high:+.2f}",
             share_text(share), share_ends(share), f"{due:+.2f}"]
            for (more, less), (one, share), due in zip(STEPS, values, foreseen, strict=True)
        ],
    )  # fmt: skip


def quality_figure(outcome: ForecastValue) -> Figure:
    """Bars of how much of the consultations' variance each level explains."""
    names = list(outcome.quality)
    plot = blank_plot("Variance explained, %", "")
    plot.add_bar(
        y=[label(name) for name in names],
        x=[100 * outcome.quality[name].explained for name in names],
        orientation="h",
        marker_color=ACCENT,
        hovertemplate="%{y}: %{x:.1f} %<extra></extra>",
    )
    plot.update_yaxes(autorange="reversed")
    plot.update_layout(height=ROW_HEIGHT * len(names) + MARGINS)
    return Figure(
        "quality",
        "How good the forecasts were",
        "How much of the variance of the consultations each forecast explains. They took "
        f"{outcome.minutes:.2f} min on average; "
        f"{100 * outcome.no_show:.1f} % did not come.",
        plot,
        ["Forecast", "Mean expected", "Mean", "Variance explained", "No-shows expected", "No-shows",
         "Brier score"],
        quality_rows(outcome),
    )  # fmt: skip
