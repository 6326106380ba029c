"""What parameters do: the median final gap of every combination of a grid."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import log10
from statistics import median
from typing import Any

from objective.pages.figure import Figure, blank_plot
from opt.compare.comparison import Comparison
from opt.compare.gap_figure import FLOOR
from opt.compare.plan import Contender, slug
from opt.compare.standings import final_gaps
from opt.compare.words import percent


@dataclass(frozen=True)
class Grid:
    """Contenders of one strategy, one for every combination of values of two parameters or more."""

    strategy: str
    values: dict[str, list[Any]]
    cells: dict[tuple[Any, ...], Contender]


def grids(contenders: Sequence[Contender]) -> list[Grid]:
    """Return the strategies whose contenders are a full grid of parameters."""
    found = []
    for name in dict.fromkeys(one.strategy.name for one in contenders):
        group = [one for one in contenders if one.strategy.name == name]
        values = {
            key: list(dict.fromkeys(one.parameters[key] for one in group))
            for key, first in group[0].parameters.items()
            if isinstance(first, (int, float, str)) or first is None
        }
        values = {key: different for key, different in values.items() if len(different) > 1}
        cells = {tuple(one.parameters[key] for key in values): one for one in group}
        combinations = list(product(*values.values()))
        if len(values) > 1 and len(group) == len(cells) == len(combinations):
            found.append(Grid(name, values, cells))
    return found


def parameter_figure(comparison: Comparison, grid: Grid, instance: str) -> Figure:
    """Return cells with the median final gap: the first parameter down, all others across."""
    first, *others = grid.values
    across = list(product(*(grid.values[key] for key in others)))
    medians = {
        combination: median(gaps[instance])
        for combination, contender in grid.cells.items()
        if instance in (gaps := final_gaps(comparison, contender))
    }
    rows = [[medians.get((value, *other)) for other in across] for value in grid.values[first]]
    plot = blank_plot(" / ".join(map(_words, others)), _words(first))
    plot.add_heatmap(
        x=[" / ".join(map(str, other)) for other in across],
        y=[str(value) for value in grid.values[first]],
        z=[[None if gap is None else log10(max(100 * gap, FLOOR)) for gap in row] for row in rows],
        text=[["" if gap is None else f"{100 * gap:.2f}" for gap in row] for row in rows],
        texttemplate="%{text}",
        hovertemplate=f"{_words(first)} %{{y}}, {' / '.join(map(_words, others))} %{{x}}: "
        "%{text} %<extra></extra>",
        colorscale="Blues",
        showscale=False,
        xgap=2,
        ygap=2,
    )
    plot.update_xaxes(type="category", showgrid=False)
    plot.update_yaxes(type="category", showgrid=False)
    best = min(medians, key=lambda combination: medians[combination], default=None)
    told = "Every combination was refused."
    if best is not None:
        chosen = ", ".join(
            f"{_words(key)} {value}" for key, value in zip(grid.values, best, strict=True)
        )
        told = f"Least with {chosen}: {percent(medians[best])}."
    return Figure(
        f"parameters-{slug(grid.strategy)}-{slug(instance)}",
        f"{instance}: what the parameters of {grid.strategy} do",
        f"Median final gap in per cent, the darker the larger. {told}",
        plot,
        [_words(first), *(" / ".join(map(str, other)) for other in across)],
        [
            [str(value), *("" if gap is None else percent(gap) for gap in row)]
            for value, row in zip(grid.values[first], rows, strict=True)
        ],
    )


def _words(parameter: str) -> str:
    return parameter.replace("_", " ")
