"""Names beside the ends of lines, moved apart so that none hides another."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

#: Size in pixels of the drawing area of a plot on a small telephone, and of a letter.
WIDTH, HEIGHT, LETTER, LINE = 270.0, 230.0, 7.2, 17.0
#: Pixels by which a name is moved at most, and at a time.
FURTHEST, STEP = 200, 4


@dataclass(frozen=True)
class Label:
    """A name for the end of a line, in the coordinates of the axes (powers on a log axis)."""

    text: str
    colour: str
    x: float
    y: float


def place_labels(
    plot: go.Figure,
    labels: Sequence[Label],
    across: tuple[float, float],
    up: tuple[float, float],
) -> None:
    """Write each name above the end of its line, higher where another one is already there.

    Parameters
    ----------
    across, up
        Ranges of the axes.
    """
    taken: list[tuple[float, float, float]] = []
    for label in sorted(labels, key=lambda one: (one.y, -one.x)):
        end = WIDTH * (label.x - across[0]) / (across[1] - across[0])
        width = LETTER * len(label.text)
        # A name ends at the end of its line, but one that would leave the plot begins at its edge.
        right = max(end, width)
        bottom = HEIGHT * (label.y - up[0]) / (up[1] - up[0])
        shift = next(
            (
                shift
                for shift in range(6, FURTHEST, STEP)
                if all(
                    bottom + shift >= low + LINE
                    or bottom + shift + LINE <= low
                    or right <= left
                    or right - width >= far
                    for left, far, low in taken
                )
            ),
            FURTHEST,
        )
        taken.append((right - width, right, bottom + shift))
        plot.add_annotation(
            x=label.x if right == end else 0,
            xref="x" if right == end else "paper",
            y=label.y,
            text=label.text,
            font_color=label.colour,
            xanchor="right" if right == end else "left",
            yanchor="bottom",
            yshift=shift,
            showarrow=False,
            bgcolor="rgba(255,255,255,0.7)",
            borderpad=0,
        )
