"""All figures of a comparison's page."""

from objective.pages.figure import Figure
from opt.compare.comparison import Comparison
from opt.compare.gap_figure import gap_figure
from opt.compare.palette import Palette
from opt.compare.parameter_figure import grids, parameter_figure
from opt.compare.profile_figure import profile_figure
from opt.compare.search_figures import search_figures


def comparison_figures(comparison: Comparison, start: int) -> list[Figure]:
    """Return all figures of the page; sessions begin at ``start``, minutes after midnight."""
    palette = Palette.of(comparison)
    figures = [profile_figure(comparison, palette)]
    for instance in comparison.plan.instances:
        taken = [
            one for one in comparison.plan.contenders if comparison.records(instance.name, one)
        ]
        if taken:
            for axis in ("evaluations", "seconds"):
                figures.append(gap_figure(comparison, palette, instance.name, axis))
            figures += search_figures(comparison, palette, instance.name, start)
            for grid in grids(comparison.plan.contenders):
                figures.append(parameter_figure(comparison, grid, instance.name))
    return figures
