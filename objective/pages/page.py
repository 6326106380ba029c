"""Writing a page of figures that needs nothing beside itself."""

from collections.abc import Sequence
from pathlib import Path

import plotly.io
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from objective.pages.figure import Figure
from objective.pages.style import ACCENT


def write_page(
    path: Path,
    template: str,
    figures: Sequence[Figure],
    package: str,
    **context: object,
) -> None:
    """Write a page: its header, each figure with its sentence and its table, its footer.

    Parameters
    ----------
    path
        Where to write it.
    template
        File in ``package`` that extends ``base.html.j2`` with the blocks ``title``, ``header`` and
        ``footer``, and where a figure has a static picture, ``static``.
    figures
        What to show, in order; the first takes the whole width.
    context
        What the template speaks of.
    """
    loaders = [
        PackageLoader(*name.split(".", 1)) for name in dict.fromkeys([package, "objective.pages"])
    ]
    environment = Environment(
        loader=ChoiceLoader(loaders), autoescape=True, undefined=StrictUndefined
    )
    page = environment.get_template(template).render(
        **context,
        accent=ACCENT,
        figures=[(figure, _plot(figure)) for figure in figures],
        plotly=Markup(get_plotlyjs()),
    )
    path.write_text(page, encoding="utf-8")


def _plot(figure: Figure) -> Markup:
    """Return the plot as a fragment of a page that has plotly already."""
    return Markup(
        plotly.io.to_html(
            figure.plot,
            full_html=False,
            include_plotlyjs=False,
            div_id=f"plot-{figure.key}",
            config={"displayModeBar": False, "responsive": True},
        )
    )
