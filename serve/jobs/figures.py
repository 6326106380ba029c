"""Figures as the results of runs keep them."""

import json
from typing import Any

from objective.pages.figure import Figure


def told_figure(figure: Figure) -> dict[str, Any]:
    """Return a figure as a result keeps it: plain names and numbers."""
    return {
        "key": figure.key,
        "heading": figure.heading,
        "sentence": figure.sentence,
        "plot": json.loads(figure.plot.to_json()),
        "columns": figure.columns,
        "rows": figure.rows,
    }
