"""The page of an allocation: counts, reasons, how full everything is, and how fair."""

from collections.abc import Sequence
from pathlib import Path

from objective.pages.figure import Figure, blank_plot
from objective.pages.page import write_page
from objective.pages.style import ACCENT, COLOURS, NEUTRAL
from opt.allocate.allocation import Allocation, Use
from opt.allocate.words import greedy_text, outcome_text

#: Pixels of a row of the heat map, and of what is above and below all rows.
ROW, FRAME = 26, 140
#: Most marks of weeks below it.
WEEK_MARKS = 5
#: From white to the accent.
SHADES = [[0.0, "#ffffff"], [1.0, ACCENT]]


def write_allocation_page(path: Path, allocation: Allocation) -> None:
    """Write the page: one file that needs nothing beside itself."""
    figures = [use_figure(allocation)]
    if allocation.groups:
        figures.append(group_figure(allocation))
    if allocation.unserved:
        figures.append(unserved_figure(allocation))
    write_page(
        path,
        "allocation.html.j2",
        figures,
        "opt.allocate",
        allocation=allocation,
        words=outcome_text(allocation),
        beside=greedy_text(allocation),
        importance=allocation.problem.importance,
        must=sum(request.must_serve for request in allocation.problem.requests),
    )


def use_figure(allocation: Allocation) -> Figure:
    """Heat map of how full each provider's and each resource's half-days are."""
    half_days = allocation.problem.half_days
    rows: dict[str, dict[object, Use]] = {}
    for use in allocation.use:
        # Where a provider has minutes and seats, the fuller of the two says how full the half-day.
        row = rows.setdefault(use.name, {})
        if use.half_day not in row or use.utilisation > row[use.half_day].utilisation:
            row[use.half_day] = use
    labels = [half_day.words for half_day in half_days]
    shares: list[list[float | None]] = []
    texts: list[list[str]] = []
    for name, row in rows.items():
        here = [row.get(half_day) for half_day in half_days]
        shares.append([None if use is None else 100 * use.utilisation for use in here])
        texts.append([f"{name}, {_use_text(use)}" for use in here])
    plot = blank_plot("", "")
    plot.add_heatmap(
        x=labels,
        y=list(rows),
        z=shares,
        text=texts,
        hovertemplate="%{x}: %{text}<extra></extra>",
        colorscale=SHADES,
        zmin=0,
        zmax=100,
        xgap=1,
        ygap=1,
        colorbar={"title": {"text": "% used"}, "thickness": 12},
    )
    plot.update_layout(height=FRAME + ROW * len(rows), plot_bgcolor="#eeeeee")
    # One mark a week: more do not fit a phone.
    weeks = {half_day.day.isocalendar()[:2]: half_day for half_day in reversed(half_days)}
    marks = sorted(weeks.values())[:: -(-len(weeks) // WEEK_MARKS)]
    plot.update_xaxes(
        tickvals=[mark.words for mark in marks],
        ticktext=[f"{mark.day.day} {mark.day:%b}" for mark in marks],
        tickangle=0,
        showgrid=False,
        type="category",
    )
    plot.update_yaxes(autorange="reversed", showgrid=False, type="category")
    sessions = [use for use in allocation.use if use.kind != "resource"]
    full = sum(use.utilisation >= 0.995 for use in sessions)
    mean = _share([use.used for use in sessions], [use.capacity for use in sessions])
    return Figure(
        "use",
        "How full each half-day is",
        f"{mean:.0f} % of the providers' capacity is used; {full} of {len(sessions)} sessions are "
        "full. Grey half-days are not worked.",
        plot,
        ["Provider or resource", "Half-day", "Used", "Capacity", "Visits", "Utilisation"],
        [
            [use.name, use.half_day.words, f"{use.used:g}", f"{use.capacity:g} {_unit(use)}",
             str(use.visits), f"{100 * use.utilisation:.0f} %"]
            for use in allocation.use
        ],
    )  # fmt: skip


def group_figure(allocation: Allocation) -> Figure:
    """Bars of the mean access time of each group."""
    groups = allocation.groups
    plot = blank_plot("Mean days", "")
    plot.add_bar(
        y=[group.name for group in groups],
        x=[group.access for group in groups],
        orientation="h",
        marker_color=COLOURS["waiting"],
        text=[f"{group.access:.1f}" for group in groups],
        customdata=[f"{group.served} of {group.requests} have a place" for group in groups],
        hovertemplate="%{y}: %{x:.1f} days; %{customdata}<extra></extra>",
    )
    mean = sum(group.access * group.requests for group in groups)
    mean /= sum(group.requests for group in groups)
    plot.add_vline(x=mean, line_dash="dash", line_color=NEUTRAL)
    plot.add_annotation(
        x=mean, y=1, yref="paper", yanchor="bottom", text="everybody", showarrow=False
    )
    plot.update_layout(height=FRAME + 2 * ROW * len(groups))
    plot.update_yaxes(autorange="reversed", type="category")
    longest, shortest = groups[0], groups[-1]
    sentence = f"On average everybody waits {mean:.1f} days"
    if len(groups) > 1:
        sentence += (
            f"; {longest.name} waits longest, {longest.access:.1f} days, and {shortest.name} "
            f"shortest, {shortest.access:.1f}"
        )
    sentence += ". Those without a place count as set out below."
    return Figure(
        "groups",
        "How fair it is",
        sentence,
        plot,
        ["Group", "Requests", "With a place", "Mean access, days", "Of those with a place, days"],
        [
            [group.name, str(group.requests), str(group.served), f"{group.access:.2f}",
             "" if group.days_served is None else f"{group.days_served:.2f}"]
            for group in groups
        ],
    )  # fmt: skip


def unserved_figure(allocation: Allocation) -> Figure:
    """Bars of how many requests have no place, by reason, and a table of each."""
    reasons = allocation.reasons
    plot = blank_plot("Requests", "")
    plot.add_bar(
        y=[_folded(reason) for reason in reasons],
        x=list(reasons.values()),
        orientation="h",
        marker_color=COLOURS["tardiness"],
        text=[str(number) for number in reasons.values()],
        hovertemplate="%{y}: %{x}<extra></extra>",
    )
    plot.update_layout(height=FRAME + 2 * ROW * len(reasons))
    plot.update_yaxes(autorange="reversed", type="category")
    first, number = next(iter(reasons.items()))
    return Figure(
        "unserved",
        "Who gets no place, and why",
        f"{len(allocation.unserved)} requests have no place; most often because {first} "
        f"({number}). The table tells of each.",
        plot,
        ["Request", "Patient", "Visit type", "Urgency", "Why"],
        [
            [one.request.id, one.request.who, one.request.visit_type, f"{one.request.urgency:g}",
             one.sentence]
            for one in allocation.unserved
        ],
    )  # fmt: skip


def _use_text(use: Use | None) -> str:
    if use is None:
        return "not worked"
    return f"{use.used:g} of {use.capacity:g} {_unit(use)}, {use.visits} visits"


def _unit(use: Use) -> str:
    return "" if use.kind == "resource" else use.kind


def _share(used: Sequence[float], capacity: Sequence[float]) -> float:
    return 100 * sum(used) / sum(capacity) if sum(capacity) else 0.0


def _folded(text: str, width: int = 28) -> str:
    """Return a text in lines that fit beside bars."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "<br>".join(lines)
