"""Names at the ends of lines."""

from itertools import pairwise

import plotly.graph_objects as go

from opt.compare.labels import LETTER, LINE, Label, place_labels


def test_names_at_the_same_place_are_written_one_above_the_other():
    """None hides another, and none leaves the plot on the left."""
    plot = go.Figure()
    labels = [Label(f"strategy {number}", "#000000", 1.0, 0.0) for number in range(4)]
    place_labels(plot, [*labels, Label("at the left edge", "#000000", 0.0, 1.0)], (0, 1), (0, 1))
    shifts = sorted(note.yshift for note in plot.layout.annotations[:4])
    assert all(after - before >= LINE for before, after in pairwise(shifts))
    last = plot.layout.annotations[-1]
    assert (last.x, last.xref, last.xanchor) == (0, "paper", "left")


def test_names_that_are_apart_stay_at_their_lines():
    """Beside each other nothing is moved."""
    plot = go.Figure()
    wide = 10 * LETTER / 270
    labels = [Label("ten letter", "#000000", x, 0.5) for x in (wide, 2 * wide + 0.1)]
    place_labels(plot, labels, (0, 1), (0, 1))
    assert len({note.yshift for note in plot.layout.annotations}) == 1
