"""Plots as pictures, for whoever reads pages without scripts: the same points, by matplotlib."""

import base64
import io
import re
from collections.abc import Mapping, Sequence
from html import unescape
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure as Canvas

from objective.pages.style import NEUTRAL, SERIES

#: Width of a picture and plotly's pixels to the inch of one.
INCHES, PIXELS = 7.2, 100
#: Dots to the inch, so that it is sharp on a phone.
SHARP = 150
#: Most names along an axis, and how much of the room for one is bars.
MOST_ACROSS, MOST_DOWN, BARS = 6, 24, 0.8
#: Texts of an axis that are dates.
DATE = re.compile(r"\d{4}-\d\d-\d\d")
RGBA = re.compile(r"rgba?\(([^)]*)\)")


def drawn(plot: Mapping[str, Any]) -> bytes:
    """Return a plot, as plotly keeps it, as a picture (PNG)."""
    layout = plot["layout"]
    height = layout.get("height", 320) / PIXELS
    canvas = Canvas(figsize=(INCHES, height), layout="constrained")
    axes = canvas.add_subplot()
    names = {axis: _names(plot["data"], axis) for axis in "xy"}
    grouped = _groups(plot["data"])
    for number, trace in enumerate(plot["data"]):
        colour = SERIES[number % len(SERIES)]
        x, y = (_values(trace[axis], names[axis]) for axis in "xy")
        if trace.get("type") == "bar":
            _bar(axes, trace, x, y, colour, _share(grouped, trace))
        else:
            y = np.asarray(y) + _share(grouped, trace)[1] if "offsetgroup" in trace else y
            _scatter(axes, trace, x, y, colour)
    if names["x"]:
        axes.set_xticks(*_ticks(names["x"], MOST_ACROSS))
    if names["y"]:
        axes.set_yticks(*_ticks(names["y"], MOST_DOWN))
    for shape in layout.get("shapes", ()):
        _line(axes, shape)
    _name(axes, layout)
    if layout.get("showlegend"):
        canvas.legend(loc="outside lower center", ncols=4, frameon=False)
    out = io.BytesIO()
    canvas.savefig(out, format="png", dpi=SHARP)
    return out.getvalue()


def _scatter(axes: Axes, trace: Mapping[str, Any], x: Any, y: Any, colour: str) -> None:
    line, marker = trace.get("line", {}), trace.get("marker", {})
    if trace.get("fill") == "toself":
        axes.fill(x, y, color=_colour(trace.get("fillcolor"), colour), linewidth=0)
        return
    mode, label = trace.get("mode", "lines"), _label(trace)
    own = _colour(line.get("color") or marker.get("color"), colour)
    if "lines" in mode and line.get("width", 1) > 0:
        axes.plot(x, y, color=own, linestyle=":" if line.get("dash") else "-", label=label)
    if "markers" in mode:
        hollow = str(marker.get("symbol", "")).endswith("open")
        colours = _colours(marker.get("color"), own)
        axes.scatter(
            x, y, s=_numbers(marker.get("size", 6)) ** 2 / 2, edgecolors=colours,
            facecolors="none" if hollow else colours, label=None if "lines" in mode else label,
        )  # fmt: skip
    for name in ("error_x", "error_y"):
        if name in trace:
            bars = {name.replace("error_", "") + "err": _errors(trace[name])}
            axes.errorbar(x, y, fmt="none", ecolor=own, capsize=3, **bars)


def _bar(
    axes: Axes, trace: Mapping[str, Any], x: Any, y: Any, colour: str, share: tuple[float, float]
) -> None:
    """Draw bars; the share is how wide those of a group are, and how far from its middle."""
    flat = trace.get("orientation") == "h"
    places, heights = (y, x) if flat else (x, y)
    options: dict[str, Any] = {
        "color": _colours(trace.get("marker", {}).get("color"), colour),
        "label": _label(trace),
    }
    wide, away = share
    if away:
        places = [one + away for one in places]
    options["height" if flat else "width"] = _numbers(trace.get("width", wide))
    error = trace.get("error_x" if flat else "error_y")
    if error is not None:
        options["xerr" if flat else "yerr"] = _errors(error)
    (axes.barh if flat else axes.bar)(places, np.asarray(heights, dtype=float), **options)


def _groups(traces: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the groups of bars that stand side by side, each by a name."""
    return list(dict.fromkeys(one["offsetgroup"] for one in traces if "offsetgroup" in one))


def _share(groups: Sequence[str], trace: Mapping[str, Any]) -> tuple[float, float]:
    """Return how wide a trace's bars are and how far from the middle, beside other groups."""
    if trace.get("offsetgroup") not in groups:
        return BARS, 0.0
    wide = BARS / len(groups)
    return wide, wide * (groups.index(trace["offsetgroup"]) - (len(groups) - 1) / 2)


def _line(axes: Axes, shape: Mapping[str, Any]) -> None:
    """Draw a line across all of a plot, up or along."""
    colour = _colour(shape.get("line", {}).get("color"), NEUTRAL)
    if shape.get("x0") == shape.get("x1"):
        axes.axvline(_values([shape["x0"]])[0], color=colour, linestyle=":")
    elif shape.get("y0") == shape.get("y1"):
        axes.axhline(_values([shape["y0"]])[0], color=colour, linestyle=":")


def _name(axes: Axes, layout: Mapping[str, Any]) -> None:
    """Write the titles of the axes, and what the colours stand for."""
    for name, axis in (("xaxis", axes.xaxis), ("yaxis", axes.yaxis)):
        given = layout.get(name, {})
        axis.set_label_text(given.get("title", {}).get("text", ""))
        if given.get("rangemode") == "tozero":
            (axes.set_xlim if name == "xaxis" else axes.set_ylim)(0)
        if given.get("autorange") == "reversed":
            axis.set_inverted(True)
    axes.grid(color="#eeeeee")
    axes.set_axisbelow(True)
    for one in layout.get("annotations", ()):
        if one.get("xref") == "paper":
            axes.text(
                one["x"], 1.02, unescape(one.get("text", "")), transform=axes.transAxes,
                color=_colour(one.get("font", {}).get("color"), NEUTRAL), fontsize=9,
            )  # fmt: skip


def _label(trace: Mapping[str, Any]) -> str | None:
    """Return what a trace is called in the legend; None if it is not in it."""
    return trace.get("name") if trace.get("showlegend", True) else None


def _names(traces: Sequence[Mapping[str, Any]], axis: str) -> dict[str, int]:
    """Return the place of each name along an axis; empty for one of numbers or dates."""
    found = [one for trace in traces for one in _values(trace[axis]) if isinstance(one, str)]
    return {name: place for place, name in enumerate(dict.fromkeys(found))}


def _ticks(names: Mapping[str, int], most: int) -> tuple[list[int], list[str]]:
    """Return the places of names and, as far as they can be read beside each other, the names."""
    step = -(-len(names) // most)
    return list(names.values())[::step], list(names)[::step]


def _values(given: Any, names: Mapping[str, int] | None = None) -> Any:
    """Return numbers, dates or, by their places, names along an axis; plotly packs numbers."""
    if isinstance(given, Mapping):
        packed = base64.b64decode(given["bdata"])
        numbers = np.frombuffer(packed, dtype=given["dtype"])
        return numbers.reshape(given["shape"]) if "shape" in given else numbers
    texts = [one for one in given if isinstance(one, str)]
    if texts and all(DATE.match(one) for one in texts):
        return list(pd.to_datetime(pd.Series(given), format="ISO8601"))
    if names:
        return [names.get(one, np.nan) if isinstance(one, str) else one for one in given]
    return [np.nan if one is None else one for one in given]


def _errors(given: Mapping[str, Any]) -> Any:
    """Return how far bars of uncertainty reach, down and up."""
    up = np.asarray(_values(given["array"]), dtype=float)
    down = np.asarray(_values(given["arrayminus"]), dtype=float) if "arrayminus" in given else up
    return np.maximum(0.0, np.nan_to_num([down, up]))


def _colours(given: Any, usual: Any) -> Any:
    """Return one colour, or one for each point."""
    if isinstance(given, list):
        return [_colour(one, usual) for one in given]
    return _colour(given, usual)


def _colour(given: Any, usual: Any) -> Any:
    """Return a colour as matplotlib has it."""
    if not isinstance(given, str):
        return usual
    found = RGBA.fullmatch(given.replace(" ", ""))
    if found is None:
        return to_rgba(given)
    *light, opacity = [float(one) for one in found[1].split(",")] + [1.0] * (
        found[1].count(",") < 3
    )
    return (*(one / 255 for one in light), opacity)


def _numbers(given: Any) -> Any:
    """Return one number, or one for each point."""
    return np.asarray(_values(given), dtype=float) if isinstance(given, list | dict) else given
