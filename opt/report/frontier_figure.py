"""The frontier as a manager reads it: minutes of waiting against minutes of overtime."""

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from objective import ClinicSession
from objective.pages.figure import Figure, blank_plot
from objective.pages.style import ACCENT, COLOURS, NEUTRAL

if TYPE_CHECKING:
    from opt.frontier import Frontier
    from opt.frontier_point import FrontierPoint
    from opt.result import Result

#: Rows of the table of the frontier at most.
ROWS = 60
#: Appointments on one line of a label.
PER_LINE = 8


@dataclass(frozen=True)
class Mark:
    """How a point is marked: its label stands so many pixels above it."""

    name: str
    symbol: str
    size: int
    colour: str
    height: int


OWN = Mark("your weights", "circle-open", 18, COLOURS["waiting"], 40)
KNEE = Mark("knee", "diamond", 9, COLOURS["tardiness"], 80)


def frontier_figure(frontier: "Frontier", result: "Result") -> Figure:
    """Return the frontier, NSGA-II's front beside it, the knee and the schedule of the weights."""
    session, front = result.objective.session, frontier.front
    plot = blank_plot("Mean wait of a patient in minutes", "Expected overtime in minutes")
    evolved = frontier.of("nsga2")
    grey = ""
    if front[0].source == "exact" and evolved:
        grey = " The grey points are schedules that NSGA-II found, without proof."
        hover = [_hover(point, "", session) for point in evolved]
        _add_points(plot, evolved, hover, {"color": NEUTRAL, "size": 4})
    slopes = _slopes(frontier) if len(frontier.costs) == 2 and frontier.in_minutes else []
    words = [*slopes, *[""] * (len(front) - len(slopes))]
    hover = [_hover(point, slope, session) for point, slope in zip(front, words, strict=True)]
    marker: dict[str, object] = {"color": ACCENT, "size": 6}
    if len(frontier.costs) == 3:
        idle = [point.performance["idle"] for point in front]
        bar = {"title": {"text": "idle, min"}, "thickness": 12}
        marker = {"color": idle, "colorscale": "Viridis", "size": 7, "colorbar": bar}
    _add_points(plot, front, hover, marker, line=len(frontier.costs) == 2)
    _mark(plot, frontier.own, OWN, session)
    if frontier.knee is not None:
        _mark(plot, frontier.knee, KNEE, session)
    _show(plot, front)
    plot.update_layout(height=420, hoverlabel={"bgcolor": "white", "font": {"size": 12}})
    thinned = front[:: max(1, -(-len(front) // ROWS))]
    return Figure(
        "frontier",
        "Waiting against overtime",
        frontier.exchange + grey,
        plot,
        ["Waiting min", "Idle min", "Overtime min", "Weight of waiting", "of idle time",
         "of tardiness", "Status", "Patients per interval"],
        [_cells(point) for point in thinned],
    )  # fmt: skip


def _slopes(frontier: "Frontier") -> list[str]:
    """Return in words what a minute less waiting costs at each point of a frontier of two costs."""
    words = ["nobody can wait less on this frontier"]
    for (wait, late), (longer, earlier) in pairwise(frontier.values(frontier.front).tolist()):
        rate = (late - earlier) / (longer - wait)
        words.append(f"one minute less waiting costs {rate:.2f} min overtime")
    return words


def _add_points(
    plot: go.Figure,
    points: "list[FrontierPoint]",
    hover: list[str],
    marker: dict[str, object],
    line: bool = False,
) -> None:
    plot.add_scatter(
        x=[point.performance["waiting"] for point in points],
        y=[point.performance["tardiness"] for point in points],
        mode="lines+markers" if line else "markers",
        marker=marker,
        line={"color": ACCENT, "width": 1.5},
        text=hover,
        hovertemplate="%{text}<extra></extra>",
    )


def _mark(plot: go.Figure, point: "FrontierPoint", mark: Mark, session: ClinicSession) -> None:
    """Mark a point, and write what it is above and to the right of it."""
    x, y = point.performance["waiting"], point.performance["tardiness"]
    plot.add_scatter(
        x=[x],
        y=[y],
        mode="markers",
        marker={
            "symbol": mark.symbol,
            "size": mark.size,
            "color": mark.colour,
            "line": {"color": mark.colour, "width": 3},
        },
        text=[_hover(point, mark.name, session)],
        hovertemplate="%{text}<extra></extra>",
    )
    plot.add_annotation(
        x=x, y=y, text=mark.name, font_color=mark.colour, xanchor="left", ax=30, ay=-mark.height,
        arrowhead=0, arrowcolor=mark.colour, standoff=8,
    )  # fmt: skip


def _show(plot: go.Figure, front: "list[FrontierPoint]") -> None:
    """Show the frontier itself; what lies beyond its ends is there when one zooms out."""
    for update, name in ((plot.update_xaxes, "waiting"), (plot.update_yaxes, "tardiness")):
        values = [point.performance[name] for point in front]
        edge = 0.06 * (max(values) - min(values)) or 1.0
        update(range=[max(min(values) - edge, -edge), max(values) + edge])


def _hover(point: "FrontierPoint", slope: str, session: ClinicSession) -> str:
    row = point.performance
    lines = [
        f"{row['waiting']:.1f} min waiting, {row['tardiness']:.1f} min overtime, "
        f"{row['idle']:.1f} min idle"
    ]
    if slope:
        lines.append(slope)
    if point.supported:
        lines.append("proved: the best by some weights")
    return "<br>".join([*lines, *_book(point, session)])


def _book(point: "FrontierPoint", session: ClinicSession) -> list[str]:
    """Return the appointments in minutes after the start, a few per line."""
    times = [
        f"{interval * session.interval_length:g}" + (f" (x{count})" if count > 1 else "")
        for interval, count in enumerate(point.schedule)
        if count
    ]
    lines = [", ".join(times[first : first + PER_LINE]) for first in range(0, len(times), PER_LINE)]
    return ["book, minutes after the start:", *lines]


def _cells(point: "FrontierPoint") -> list[str]:
    row, weights = point.performance, point.weights
    parts = (weights.waiting, weights.idle, weights.tardiness) if weights else ()
    return [
        *(f"{row[name]:.3f}" for name in ("waiting", "idle", "tardiness")),
        *([f"{part:.4g}" for part in parts] or ["", "", ""]),
        point.status,
        " ".join(map(str, point.schedule)),
    ]
