"""The report of a watch on drift: the answer, then the inputs, then the weeks."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from forecast.drift.calibration import Calibration
from forecast.drift.stability import SHIFTED, STABLE, WATCH, Stability, Thresholds
from objective.commands.files import write_json
from objective.pages.figure import Figure, blank_plot, name_colours
from objective.pages.page import write_page
from objective.pages.style import ACCENT, NEUTRAL, SERIES, rgba

COLOURS = {STABLE: ACCENT, WATCH: "#E69F00", SHIFTED: "#D55E00"}
#: Inputs that have moved whose bins are shown.
SHOWN = 4


@dataclass(frozen=True)
class Drift:
    """What was found.

    Attributes
    ----------
    quantity, model
        What is forecast, and by which model.
    reference, current
        The two periods, each its first moment and the one after its last.
    inputs
        How far each input has moved, the farthest first.
    calibration
        How the model did in the current period; None if the quantity does not tell.
    thresholds
        How the indices are read.
    """

    quantity: str
    model: str
    reference: tuple[str, str]
    current: tuple[str, str]
    inputs: list[Stability]
    calibration: Calibration | None
    thresholds: Thresholds

    def named(self, status: str) -> list[str]:
        """Return the inputs with a status."""
        return [one.name for one in self.inputs if one.status == status]

    @property
    def sentences(self) -> list[str]:
        """What was found, in sentences."""
        shifted, watched = self.named(SHIFTED), self.named(WATCH)
        found = [
            f"Shifted: {_listed(shifted)}." if shifted else "No input has shifted.",
            *([f"To be watched: {_listed(watched)}."] if watched else []),
        ]
        return [*found, self._calibration_text()]

    def _calibration_text(self) -> str:
        one = self.calibration
        if one is None:
            return "How the model is calibrated is not told for this quantity."
        verdict = (
            "more than chance: the model is off"
            if one.off
            else "which chance alone can bring about"
        )
        return (
            f"It expected {one.expected:.4f} on average and {one.observed:.4f} happened, a "
            f"difference of {one.observed - one.expected:+.4f} (95 % interval {one.low:+.4f} to "
            f"{one.high:+.4f}), {verdict}."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain names and numbers."""
        one = self.calibration
        return {
            "quantity": self.quantity,
            "model": self.model,
            "reference": list(self.reference),
            "current": list(self.current),
            "drifted": bool(self.named(SHIFTED)) or (one is not None and one.off),
            "inputs": {
                each.name: {
                    "index": each.index,
                    "chance": each.chance,
                    "status": each.status,
                    "bins": list(each.bins),
                    "reference": each.reference.tolist(),
                    "current": each.current.tolist(),
                }
                for each in self.inputs
            },
            "calibration": None
            if one is None
            else {
                "score": one.score,
                "expected": one.expected,
                "observed": one.observed,
                "low": one.low,
                "high": one.high,
                "off": one.off,
                "parts": one.parts.assign(start=one.parts["start"].astype(str)).to_dict("records"),
            },
            "sentences": self.sentences,
        }


def write_drift(directory: Path, drift: Drift) -> None:
    """Write drift.json and drift.html."""
    write_json(directory / "drift.json", drift.to_dict())
    page, figures = directory / "drift.html", drift_figures(drift)
    write_page(page, "drift.html.j2", figures, "forecast.drift", drift=drift)


def drift_figures(drift: Drift) -> list[Figure]:
    """Return the figures of what was found: the inputs first, then how the model did."""
    figures = [index_figure(drift)]
    if drift.calibration is not None:
        figures += [expected_figure(drift.calibration), score_figure(drift.calibration)]
    moved = [one for one in drift.inputs if one.status != STABLE]
    return figures + [bins_figure(one) for one in moved[:SHOWN]]


def index_figure(drift: Drift) -> Figure:
    """Show the index of each input, the farthest on top."""
    plot = blank_plot("population stability index", "")
    inputs = drift.inputs[::-1]
    plot.add_bar(
        x=[one.index for one in inputs],
        y=[_words(one.name) for one in inputs],
        orientation="h",
        marker_color=[COLOURS[one.status] for one in inputs],
        text=[f"{one.index:.3f}" for one in inputs],
        textposition="outside",
        cliponaxis=False,
    )
    for value in (drift.thresholds.watch, drift.thresholds.shifted):
        plot.add_vline(x=value, line={"color": NEUTRAL, "dash": "dot"})
    name_colours(plot, COLOURS)
    plot.update_layout(height=max(320, 120 + 28 * len(inputs)))
    return Figure(
        key="stability",
        heading="Have the inputs moved?",
        sentence=" ".join(drift.sentences[:-1]),
        plot=plot,
        columns=["input", "index", "chance alone, seldom more than", "status"],
        rows=[
            [_words(one.name), f"{one.index:.4f}", f"{one.chance:.4f}", one.status]
            for one in drift.inputs
        ],
    )


def expected_figure(calibration: Calibration) -> Figure:
    """Show what was expected and what happened, part by part, with its uncertainty."""
    parts = calibration.parts
    plot = blank_plot("", "mean per case")
    # The band of what may happen by chance where the model is right.
    half = (parts["high"] - parts["low"]) / 2
    plot.add_scatter(
        x=[*parts["start"], *parts["start"][::-1]],
        y=[*(parts["expected"] + half), *(parts["expected"] - half)[::-1]],
        mode="lines",
        fill="toself",
        fillcolor=rgba(ACCENT, 0.2),
        line={"width": 0},
        hoverinfo="skip",
    )
    plot.add_scatter(x=parts["start"], y=parts["expected"], line={"color": ACCENT})
    plot.add_scatter(
        x=parts["start"], y=parts["observed"], mode="lines+markers", line={"color": SERIES[2]}
    )
    name_colours(plot, {"expected, with its 95 % band": ACCENT, "happened": SERIES[2]})
    outside = int(((parts["low"] > 0) | (parts["high"] < 0)).sum())
    return Figure(
        key="calibration",
        heading="Does what is expected happen?",
        sentence=f"{outside} of {len(parts)} are outside the 95 % band.",
        plot=plot,
        columns=["from", "cases", "expected", "happened", "difference", "95 % interval"],
        rows=[
            [
                f"{row.start:%Y-%m-%d}",
                f"{row.cases:,}",
                f"{row.expected:.4f}",
                f"{row.observed:.4f}",
                f"{row.difference:+.4f}",
                f"{row.low:+.4f} to {row.high:+.4f}",
            ]
            for row in parts.itertuples()
        ],
    )


def score_figure(calibration: Calibration) -> Figure:
    """Show the proper score, part by part."""
    parts = calibration.parts
    mean = float(np.average(parts["score"], weights=parts["cases"]))
    plot = blank_plot("", f"{calibration.score} (lower is better)")
    plot.add_scatter(
        x=parts["start"], y=parts["score"], mode="lines+markers", line={"color": ACCENT}
    )
    plot.add_hline(y=mean, line={"color": NEUTRAL, "dash": "dot"})
    worst = parts.loc[parts["score"].idxmax()]
    return Figure(
        key="score",
        heading="Does it forecast as well as before?",
        sentence=f"{calibration.score} is {mean:.4f} over all; the worst part, from "
        f"{worst['start']:%Y-%m-%d}, has {worst['score']:.4f}.",
        plot=plot,
        columns=["from", "cases", calibration.score],
        rows=[
            [f"{row.start:%Y-%m-%d}", f"{row.cases:,}", f"{row.score:.4f}"]
            for row in parts.itertuples()
        ],
    )


def bins_figure(one: Stability) -> Figure:
    """Show the shares of an input's bins in both periods."""
    plot = blank_plot(_words(one.name), "share of the cases")
    plot.add_bar(x=list(one.bins), y=one.reference, marker_color=NEUTRAL, offsetgroup="0")
    plot.add_bar(x=list(one.bins), y=one.current, marker_color=COLOURS[one.status], offsetgroup="1")
    plot.update_layout(barmode="group")
    name_colours(plot, {"when it learned": NEUTRAL, "now": COLOURS[one.status]})
    most = int(np.abs(one.current - one.reference).argmax())
    return Figure(
        key=f"bins-{one.name}",
        heading=f"What has moved in {_words(one.name)}?",
        sentence=f"Most in {one.bins[most]}: from {one.reference[most]:.1%} to "
        f"{one.current[most]:.1%} of the cases.",
        plot=plot,
        columns=["bin", "when it learned", "now"],
        rows=[
            [name, f"{before:.1%}", f"{now:.1%}"]
            for name, before, now in zip(one.bins, one.reference, one.current, strict=True)
        ],
    )


def _listed(names: list[str]) -> str:
    return ", ".join(map(_words, names))


def _words(name: str) -> str:
    return name.replace("_", " ")
