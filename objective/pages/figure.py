"""A figure of a page, with the numbers behind it as a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import plotly.graph_objects as go

from objective.pages.style import TEMPLATE


@dataclass(frozen=True)
class Figure:
    """A plotly figure, its heading, what it says in a sentence, and its numbers."""

    key: str
    heading: str
    sentence: str
    plot: go.Figure
    columns: list[str]
    rows: list[list[str]]


def blank_plot(x: str, y: str) -> go.Figure:
    """Return a plot without data in the style of all pages, with the titles of its axes."""
    plot = go.Figure(layout={"template": TEMPLATE})
    plot.update_xaxes(title_text=x)
    plot.update_yaxes(title_text=y)
    return plot


def name_colours(plot: go.Figure, colours: Mapping[str, str]) -> None:
    """Write above a plot what its colours stand for, each name in its own."""
    # Each is a text of its own: a policy that forbids styles in a page forbids them in a text too.
    for place, (name, colour) in enumerate(colours.items()):
        plot.add_annotation(
            x=place / len(colours), xref="paper", xanchor="left", y=1, yref="paper",
            yanchor="bottom", showarrow=False, text=escape(name), font_color=colour,
        )  # fmt: skip
