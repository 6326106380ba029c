"""A figure of a page, with the numbers behind it as a table."""

from dataclasses import dataclass

import plotly.graph_objects as go

from opt.report.style import TEMPLATE


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
