"""Figures on pages: what plotly draws in the browser, and the same numbers as a table."""

from objective.pages.figure import Figure


def plot_json(figure: Figure) -> str:
    """Return a figure's plot as the browser's plotly takes it."""
    text: str = figure.plot.to_json()
    return text
