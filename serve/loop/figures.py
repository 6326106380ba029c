"""The figures of the page: each measure by week, what was learned, and what was promised."""

from collections.abc import Sequence
from datetime import date
from statistics import fmean

import plotly.graph_objects as go

from objective.pages.figure import Figure, blank_plot, name_colours
from objective.pages.style import NEUTRAL, SERIES, rgba
from serve.loop.comparing import MEASURES, Estimate, Quarters

#: What is shown by week: its heading, the axis, and a sentence.
WEEKLY = {
    "cost": ("Weighted minutes of a session", "weighted minutes"),
    "waiting": ("Waiting of a booked patient who comes", "minutes"),
    "idle": ("Idle time of a session", "minutes"),
    "overtime": ("Overtime of a session", "minutes"),
    "access": ("Days from asking to the appointment", "days"),
}


def figures_of(quarters: Quarters) -> list[Figure]:
    """Return the figures, the most important first."""
    weekly = [weekly_figure(quarters, name) for name in WEEKLY]
    return [weekly[0], learned_figure(quarters), *weekly[1:], promised_figure(quarters)]


def weekly_figure(quarters: Quarters, name: str) -> Figure:
    """Show a measure by week under each plan, with its interval over the providers."""
    heading, unit = WEEKLY[name]
    plot = blank_plot("week", unit)
    colours = dict(zip(quarters.plans, SERIES, strict=False))
    rows = [[monday.isoformat()] for monday in quarters.mondays]
    for plan, colour in colours.items():
        estimates = quarters.weekly(plan, name)
        for row, one in zip(rows, estimates, strict=True):
            row.append(one.text())
        _add_line(plot, quarters.mondays, plan, colour, estimates)
    _mark_drift(plot, quarters)
    name_colours(plot, colours)
    plot.update_yaxes(rangemode="tozero")
    sentence = "; ".join(_compared(quarters, plan, name) for plan in quarters.plans[1:])
    first = f"Under Bailey's plan {quarters.mean(quarters.plans[0], name):.1f} {unit} on average"
    return Figure(name, heading, f"{first}; {sentence}.", plot, ["week", *quarters.plans], rows)


def _compared(quarters: Quarters, plan: str, name: str) -> str:
    difference = quarters.difference(plan, name)
    return f"under the {plan} rule {difference.text(signed=True)} more"


def _add_line(
    plot: go.Figure, mondays: list[date], plan: str, colour: str, estimates: Sequence[Estimate]
) -> None:
    low, high = [max(0.0, one.low) for one in estimates], [one.high for one in estimates]
    plot.add_scatter(
        x=[*mondays, *mondays[::-1]], y=[*high, *low[::-1]], fill="toself",
        fillcolor=rgba(colour, 0.12), line={"width": 0}, hoverinfo="skip",
    )  # fmt: skip
    plot.add_scatter(
        x=mondays, y=[one.mean for one in estimates], name=plan,
        mode="lines+markers", line={"color": colour, "width": 2},
        hovertemplate=f"{plan}, week of %{{x}}: %{{y:.1f}}<extra></extra>",
    )  # fmt: skip


def _mark_drift(plot: go.Figure, quarters: Quarters) -> None:
    """Say when consultations began to take longer, and when a model that knows it came into use."""
    marks = {"drift": quarters.world.drift_week - 1, "answered": quarters.answered}
    for height, (name, place) in enumerate(marks.items()):
        if place is not None and place < len(quarters.mondays):
            plot.add_vline(
                x=quarters.mondays[place].isoformat(), line={"color": NEUTRAL, "dash": "dot"}
            )
            plot.add_annotation(
                x=quarters.mondays[place], yref="paper", y=0.02 + 0.09 * height, text=name,
                showarrow=False, xanchor="left", font_color=NEUTRAL,
            )  # fmt: skip


def learned_figure(quarters: Quarters) -> Figure:
    """Show the mean consultation as it is in truth and as Bailey forecast it, by week."""
    plot, world = blank_plot("week", "minutes"), quarters.world
    mondays = quarters.mondays
    truth = [fmean(world.minutes(one, monday) for one in world.physicians) for monday in mondays]
    weeks = quarters.played[quarters.plans[0]]["weeks"]
    said = [
        fmean(one["consultation_mean"] for one in week["prepared"]["providers"]) for week in weeks
    ]
    learned = [week["prepared"]["quantities"]["consultation"] for week in weeks]
    colours = {"in truth": NEUTRAL, "forecast": SERIES[0]}
    for name, values in (("in truth", truth), ("forecast", said)):
        shape = "hv" if name == "in truth" else "linear"
        plot.add_scatter(
            x=mondays, y=values, name=name, mode="lines+markers",
            line={"color": colours[name], "width": 2, "shape": shape},
            hovertemplate=f"{name}, week of %{{x}}: %{{y:.1f}} minutes<extra></extra>",
        )  # fmt: skip
    _mark_drift(plot, quarters)
    name_colours(plot, colours)
    rows = [
        [
            monday.isoformat(), f"{true:.1f}", f"{forecast:.1f}", one["model"].replace("_", " "),
            "" if not one["drift"] else
            f"{one['drift']['observed'] - one['drift']['expected']:+.1f}"
            + (" (off)" if one["drift"]["off"] else ""),
            "yes" if one["promoted"] else "no",
        ]
        for monday, true, forecast, one in zip(mondays, truth, said, learned, strict=True)
    ]  # fmt: skip
    columns = ["week", "in truth", "forecast", "model in use", "last week off by", "new model"]
    return Figure("learned", "Consultation times, in truth and as they are forecast",
                  drift_words(quarters), plot, columns, rows)  # fmt: skip


def drift_words(quarters: Quarters) -> str:
    """Return when the drift began, was seen and was answered, in sentences."""
    world = quarters.world
    if world.drift_week > len(quarters.mondays):
        return "Consultations take as long as ever in all these weeks."
    words = (
        f"From week {world.drift_week} on consultations take {100 * (world.drift - 1):.0f} % "
        "longer, which nobody tells the practice."
    )
    if quarters.seen is None:
        return f"{words} The look for drift has not seen it."
    words += f" The look for drift saw it after week {quarters.seen}"
    chance = sum(one < world.drift_week for one in quarters.alarms)
    words += f", and by chance before that {chance} times." if chance else "."
    if quarters.answered is None:
        return f"{words} No model that learned from it passed the gate."
    return (
        f"{words} A model that learned from those weeks alone passed the gate before week "
        f"{quarters.answered + 1}, by which all sessions were planned anew."
    )


def promised_figure(quarters: Quarters) -> Figure:
    """Show how far what was measured is from what the plan promised, phase by phase."""
    plot = blank_plot("measured less promised, minutes", "")
    rows, labels = [], []
    for phase in quarters.phases:
        for name in MEASURES:
            planned, came, gap = quarters.promised(name, phase)
            labels.append(f"{name}, {phase.name}")
            verdict = "agrees" if not gap.sign else "more" if gap.sign > 0 else "less"
            rows.append(
                [f"{name}, {phase.name}", f"{planned:.1f}", f"{came:.1f}", gap.text(True), verdict]
            )
            plot.add_scatter(
                x=[gap.mean], y=[labels[-1]], mode="markers",
                marker={"color": SERIES[0] if not gap.sign else SERIES[2], "size": 9},
                error_x={"type": "data", "array": [gap.high - gap.mean]},
                hovertemplate="%{y}: %{x:+.1f} minutes<extra></extra>",
            )  # fmt: skip
    plot.add_vline(x=0, line={"color": NEUTRAL})
    plot.update_yaxes(autorange="reversed", automargin=True)
    plot.update_layout(height=120 + 32 * len(rows))
    return Figure(
        "promised",
        "What Bailey's plan promised, and what came",
        promised_words(quarters),
        plot,
        ["measure", "promised", "measured", "difference", "verdict"],
        rows,
    )


def promised_words(quarters: Quarters) -> str:
    """Return where what was measured agrees with what was promised."""
    found = []
    for phase in quarters.phases:
        off = [name for name in MEASURES if quarters.promised(name, phase)[2].sign]
        told = "all three agree" if not off else f"{' and '.join(off)} surely differ"
        found.append(f"{phase.name}: {told}")
    return f"Within 95 % intervals over each provider's weeks; {'; '.join(found)}."
