"""Plots as pictures for pages without scripts."""

import io
import json
from datetime import date, timedelta
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from PIL import Image

from objective.pages.figure import blank_plot, name_colours
from objective.pages.style import COLOURS, TEMPLATE
from serve.web.pictures import drawn

BLUE = tuple(int(COLOURS["waiting"][one : one + 2], 16) for one in (1, 3, 5))
DAYS = [date(2026, 3, 2) + timedelta(days=one) for one in range(5)]


def picture(plot: go.Figure) -> np.ndarray:
    """Return the points of the picture of a plot, as red, green and blue."""
    return np.asarray(Image.open(io.BytesIO(drawn(json.loads(plot.to_json())))).convert("RGB"))


def share_of(points: np.ndarray, colour: tuple[int, ...]) -> float:
    """Return the share of a picture that has nearly a colour."""
    return float((np.abs(points.astype(int) - colour).max(axis=2) < 12).mean())


def bars(lengths: list[float], **options: Any) -> go.Figure:
    """Return a plot of bars."""
    plot = blank_plot("Minutes", "")
    plot.add_bar(y=["a", "b", "c"], x=lengths, orientation="h", marker_color=COLOURS["waiting"],
                 **options)  # fmt: skip
    return plot


def test_bars_are_as_long_as_their_numbers():
    """Three full bars fill three times what one does."""
    full = share_of(picture(bars([10, 10, 10])), BLUE)
    one = share_of(picture(bars([10, 0, 0])), BLUE)
    assert full > 0.3
    assert full == pytest.approx(3 * one, rel=0.02)


def test_lines_points_bands_and_intervals_are_drawn_over_dates():
    """Each adds to the picture; none is left out for what its axis is."""
    plot = blank_plot("", "Minutes")
    empty = picture(plot)
    plot.add_scatter(
        x=[*DAYS, *DAYS[::-1]], y=[1, 2, 3, 4, 5, 8, 7, 6, 5, 4], fill="toself",
        fillcolor="rgba(0,114,178,0.2)", line={"width": 0},
    )  # fmt: skip
    band = picture(plot)
    plot.add_scatter(
        x=DAYS, y=np.array([2.0, 3.0, 4.0, 5.0, 6.0]), mode="lines+markers",
        line={"color": COLOURS["waiting"]}, error_y={"array": [1, 1, 1, 1, 1]},
    )  # fmt: skip
    both = picture(plot)
    plot.add_hline(y=4, line={"color": "#999999", "dash": "dot"})
    name_colours(plot, {"waiting & more": COLOURS["waiting"]})
    named = picture(plot)
    assert share_of(empty, BLUE) == 0
    assert (band != empty).any()
    assert share_of(both, BLUE) > 0.005
    assert share_of(named, BLUE) > share_of(both, BLUE)


def test_bars_of_groups_stand_beside_each_other():
    """Each as wide as the others, also the one in the middle of three."""
    shares = []
    for colour in ("#0072B2", "#999999", "#D55E00"):
        plot = blank_plot("", "Minutes")
        for group in ("#0072B2", "#999999", "#D55E00"):
            plot.add_bar(
                x=["a", "b"], y=[10, 10], offsetgroup=group,
                marker_color="#0072B2" if group == colour else "#FFFFFF",
            )  # fmt: skip
        shares.append(share_of(picture(plot), BLUE))
    assert min(shares) > 0.1
    assert max(shares) == pytest.approx(min(shares), rel=0.03)


def test_a_picture_is_as_high_as_its_plot():
    """And wide enough to be sharp."""
    plot = bars([1, 2, 3])
    usual = picture(plot)
    plot.update_layout(height=2 * TEMPLATE.layout.height)
    assert picture(plot).shape[0] == 2 * usual.shape[0]
    assert usual.shape[1] > 1000


def test_an_axis_may_run_downwards():
    """As the best on top does."""
    plot = bars([10, 0, 0])
    up = picture(plot)
    plot.update_yaxes(autorange="reversed")
    down = picture(plot)
    half = up.shape[0] // 2
    assert share_of(up[half:], BLUE) > share_of(up[:half], BLUE)
    assert share_of(down[:half], BLUE) > share_of(down[half:], BLUE)
