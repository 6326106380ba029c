"""The performance profile: who is near the best first, and how often."""

from math import log10

import numpy as np
from numpy.typing import NDArray

from objective.pages.figure import Figure, blank_plot
from opt.compare.comparison import Comparison
from opt.compare.labels import Label, place_labels
from opt.compare.palette import Palette
from opt.compare.standings import CLOSE, final_gaps, performance_profile

#: Gaps, as shares, that the profile may ask for: the first that any run reaches.
GOALS = (CLOSE, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


def profile_figure(comparison: Comparison, palette: Palette) -> Figure:
    """Return steps: the share of problems solved within so many times the least evaluations."""
    goal = reachable_goal(comparison)
    near = f"within {100 * goal:g} %"
    profiles = performance_profile(comparison, "evaluations", goal)
    last = max(float(factors[-1]) for factors, _ in profiles.values()) * 2.0
    plot = blank_plot("Evaluations, in multiples of the least", near.capitalize())
    labels = []
    for contender in palette.back_to_front(comparison.plan.contenders):
        factors, shares = profiles[contender.label]
        colour = palette.colour(contender)
        plot.add_scatter(
            x=[*factors, last],
            y=[*(100 * shares), 100 * shares[-1]],
            mode="lines",
            line={"shape": "hv", "color": colour, "width": 2.5 if palette.names(contender) else 1},
            name=contender.label,
            hovertemplate=f"{contender.label}: %{{y:.0f}} % within %{{x:.3g}} times<extra></extra>",
        )
        if palette.names(contender):
            labels.append(Label(contender.label, colour, log10(last), 100 * float(shares[-1])))
    ticks = [digit * 10**power for power in range(int(log10(last)) + 1) for digit in (1, 2, 5)]
    plot.update_xaxes(type="log", range=[-0.02, log10(last)], tickvals=ticks)
    plot.update_yaxes(range=[-4, 118], ticksuffix=" %", tickvals=[0, 25, 50, 75, 100])
    place_labels(plot, labels, (-0.02, log10(last)), (-4, 118))
    marks = [mark for mark in (1, 2, 5, 10, 100, 1000) if mark <= last]
    problems = len(comparison.plan.instances) * comparison.plan.seeds
    return Figure(
        "profile",
        "Who is near the best first, and how often",
        f"Over {problems} problems (an instance with a seed): on how many a strategy has come "
        f"{near} once it has spent so many times the evaluations of whichever strategy came "
        "there first. On the left who is first; on the right who comes there at all.",
        plot,
        ["Strategy", *(f"within {mark} times" for mark in marks)],
        [
            [label, *(f"{100 * _step(factors, shares, mark):.0f} %" for mark in marks)]
            for label, (factors, shares) in profiles.items()
        ],
    )


def reachable_goal(comparison: Comparison) -> float:
    """Return the least of `GOALS` that any run reaches, as a share."""
    gaps = [
        gap
        for contender in comparison.plan.contenders
        for values in final_gaps(comparison, contender).values()
        for gap in values
    ]
    return next((goal for goal in GOALS if gaps and min(gaps) <= goal), GOALS[-1])


def _step(amounts: NDArray[np.float64], values: NDArray[np.float64], at: float) -> float:
    """Return the value of a step function, 0 before its first step."""
    index = int(np.searchsorted(amounts, at * (1 + 1e-9), side="right"))
    return float(values[index - 1]) if index else 0.0
