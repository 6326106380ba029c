"""Plots as pictures, for whoever reads pages without scripts: the same points, by matplotlib."""

import base64
import io
import re
from collections.abc import Mapping
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
#: Texts of an axis that are dates.
DATE = re.compile(r"\d{4}-\d\d-\d\d")
RGBA = re.compile(r"rgba?\(([^)]*)\)")


def drawn(plot: Mapping[str, Any]) -> bytes:
    """Return a plot, as plotly keeps it, as a picture (PNG)."""
    layout = plot["layout"]
    height = layout.get("height", 320) / PIXELS
    canvas = Canvas(figsize=(INCHES, height), layout="constrained")
    axes = canvas.add_subplot()
    for number, trace in enumerate(plot["data"]):
        colour = SERIES[number % len(SERIES)]
        _DRAW[trace.get("type", "scatter")](axes, trace, layout, colour)
    for shape in layout.get("shapes", ()):
        _line(axes, shape)
    _name(axes, layout)
    out = io.BytesIO()
    canvas.savefig(out, format="png", dpi=SHARP)
    return out.getvalue()


def _scatter(axes: Axes, trace: Mapping[str, Any], layout: Mapping[str, Any], colour: str) -> None:
    x, y = _values(trace["x"]), _values(trace["y"])
    line, marker = trace.get("line", {}), trace.get("marker", {})
    if trace.get("fill") == "toself":
        axes.fill(x, y, color=_colour(trace.get("fillcolor"), colour), linewidth=0)
        return
    mode = trace.get("mode", "lines")
    own = _colour(line.get("color") or marker.get("color"), colour)
    if "lines" in mode and line.get("width", 1) > 0:
        axes.plot(x, y, color=own, linestyle=":" if line.get("dash") else "-")
    if "markers" in mode:
        hollow = str(marker.get("symbol", "")).endswith("open")
        colours = _colours(marker.get("color"), own)
        axes.scatter(
            x, y, s=_numbers(marker.get("size", 6)) ** 2 / 2, edgecolors=colours,
            facecolors="none" if hollow else colours,
        )  # fmt: skip
    for name in ("error_x", "error_y"):
        if name in trace:
            bars = {name.replace("error_", "") + "err": _errors(trace[name])}
            axes.errorbar(x, y, fmt="none", ecolor=own, capsize=3, **bars)


def _bar(axes: Axes, trace: Mapping[str, Any], layout: Mapping[str, Any], colour: str) -> None:
    flat = trace.get("orientation") == "h"
    names, lengths = (trace["y"], trace["x"]) if flat else (trace["x"], trace["y"])
    places, heights = _values(names), np.asarray(_values(lengths), dtype=float)
    colours = _colours(trace.get("marker", {}).get("color"), colour)
    options: dict[str, Any] = {"color": colours}
    if "width" in trace:
        options["height" if flat else "width"] = _numbers(trace["width"])
    error = trace.get("error_x" if flat else "error_y")
    if error is not None:
        options["xerr" if flat else "yerr"] = _errors(error)
    if layout.get("barmode") in ("overlay", "group"):
        # Bars of groups stand before each other, so that the smaller one is seen as well.
        options["alpha"] = 0.6
    (axes.barh if flat else axes.bar)(places, heights, **options)


#: How each kind of trace is drawn.
_DRAW = {"scatter": _scatter, "bar": _bar}


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


def _values(given: Any) -> Any:
    """Return numbers, names or dates of an axis, of which plotly packs the first."""
    if isinstance(given, Mapping):
        packed = base64.b64decode(given["bdata"])
        numbers = np.frombuffer(packed, dtype=given["dtype"])
        return numbers.reshape(given["shape"]) if "shape" in given else numbers
    texts = [one for one in given if isinstance(one, str)]
    if texts and all(DATE.match(one) for one in texts):
        return list(pd.to_datetime(pd.Series(given), format="ISO8601"))
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
