"""Figures on pages: what plotly draws in the browser, and the same numbers as a table."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Response, g, request
from markdown_it import MarkdownIt
from markupsafe import Markup

from objective.pages.figure import Figure


@dataclass(frozen=True)
class KeptFigure:
    """A figure of a run's result, whose plot is kept as plotly has it."""

    key: str
    heading: str
    sentence: str
    plot: Mapping[str, Any]
    columns: list[str]
    rows: list[list[str]]


#: The field of a page's address by which the picture of one of its figures is asked for.
PICTURE = "picture"


def plot_for_page(figure: Figure | KeptFigure) -> str:
    """Return a figure's plot as a page has it; keep it if its picture is asked for instead."""
    plot = plot_json(figure)
    if request.args.get(PICTURE) == figure.key:
        g.pictured = plot
    return plot


def picture_address(key: str) -> str:
    """Return where a page without scripts finds the picture of one of its figures."""
    asked = [*request.args.items(multi=True), (PICTURE, key)]
    return f"{request.path}?{urlencode(asked)}"


def picture_if_asked() -> Response | None:
    """Return the picture that is asked for instead of the page; None if none is.

    Whoever has scripts never asks, and waits for none.
    """
    plot = g.pop("pictured", None)
    if plot is None:
        return None
    from serve.web.pictures import drawn

    return Response(drawn(json.loads(plot)), mimetype="image/png")


def plot_json(figure: Figure | KeptFigure) -> str:
    """Return a figure's plot as the browser's plotly takes it."""
    if isinstance(figure, KeptFigure):
        return json.dumps(figure.plot)
    text: str = figure.plot.to_json()
    return text


def kept_figures(result: Mapping[str, Any]) -> list[KeptFigure]:
    """Return the figures that a result keeps; of an older result none."""
    return [KeptFigure(**one) for one in result.get("figures", ())]


def written(text: str) -> Markup:
    """Return Markdown as a page has it; HTML in it is shown and not taken for markup.

    Cells of tables are aligned by a style, which the policy of pages forbids: it is left out.
    """
    html = MarkdownIt("js-default").render(text)
    return Markup(re.sub(r' style="text-align:\s*\w+"', "", html))
