"""The course of a search: the best schedule of each iteration, drawn when it is pointed at."""

from collections.abc import Sequence
from math import log10

import numpy as np

from objective.pages.figure import Figure, blank_plot
from opt.compare.comparison import Comparison
from opt.compare.gap_figure import FLOOR, gap_axis, gaps_of
from opt.compare.job import Record
from opt.compare.labels import Label, place_labels
from opt.compare.palette import Palette
from opt.compare.plan import slug
from opt.compare.words import percent, seconds
from opt.report.schedule_plot import schedule_plot
from opt.words import clock

#: Lines per strategy that a table of a search shows.
SEARCH_ROWS = 20


def search_figures(
    comparison: Comparison, palette: Palette, instance: str, start: int
) -> list[Figure]:
    """Return the course of each strategy's median run, and the schedule that is pointed at."""
    reference = comparison.references[instance]
    plot = blank_plot("Iteration (generation)", "Gap of the iteration's best")
    rows, labels, drawn, last = [], [], [], 1
    for contender in palette.back_to_front(comparison.plan.contenders):
        records = comparison.records(instance, contender)
        if not records:
            continue
        history = middle_run(records).history
        gaps = gaps_of(reference, np.array([line.cost for line in history]))
        texts = [" ".join(map(str, line.schedule)) for line in history]
        colour = palette.colour(contender)
        plot.add_scatter(
            x=[line.iteration for line in history],
            y=np.maximum(gaps, FLOOR),
            mode="lines+markers",
            marker={"size": 5 if palette.names(contender) else 3, "color": colour},
            line={"color": colour, "width": 1.5 if palette.names(contender) else 0.75},
            customdata=texts,
            text=[
                f"{contender.label}, iteration {line.iteration:,}: cost {line.cost:.6f}"
                for line in history
            ],
            hovertemplate="%{text}<br>%{customdata}<extra></extra>",
        )
        drawn += [float(gaps.min()), float(gaps.max())]
        last = max(last, history[-1].iteration)
        if palette.names(contender):
            end = log10(max(float(gaps[-1]), FLOOR))
            labels.append(Label(contender.label, colour, log10(history[-1].iteration), end))
        step = -(-len(history) // SEARCH_ROWS)
        for line, gap, text in list(zip(history, gaps, texts, strict=True))[::-1][::step][::-1]:
            rows.append(
                [
                    contender.label,
                    f"{line.iteration:,}",
                    f"{line.evaluations:,}",
                    seconds(line.seconds),
                    percent(gap / 100),
                    text,
                ]
            )
    across = (-0.05, max(log10(last), 0.5) + 0.1)
    plot.update_xaxes(type="log", range=across, dtick=1)
    place_labels(plot, labels, across, gap_axis(plot, min(drawn), max(drawn)))
    search = Figure(
        f"search-{slug(instance)}",
        f"{instance}: the best schedule of each iteration",
        "Of each strategy's run with the median end. Point at an iteration, or tap it: its "
        "schedule is drawn in the next figure.",
        plot,
        [
            "Strategy",
            "Iteration",
            "Evaluations",
            "Seconds",
            "Gap",
            "Best schedule of the iteration",
        ],
        rows,
    )
    return [search, _pointed_at(comparison, instance, start)]


def middle_run(records: Sequence[Record]) -> Record:
    """Return the run with the median final cost, of two the better one; of equals the first."""
    return sorted(records, key=lambda record: record.cost)[(len(records) - 1) // 2]


def _pointed_at(comparison: Comparison, instance: str, start: int) -> Figure:
    """Bars of the schedule that is pointed at; at first the best one of all."""
    (session,) = [
        one.objective.session for one in comparison.plan.instances if one.name == instance
    ]
    best = min(
        (
            record
            for contender in comparison.plan.contenders
            for record in comparison.records(instance, contender)
        ),
        key=lambda record: record.cost,
    )
    times = [clock(start + t * session.interval_length) for t in range(session.intervals)]
    plot = schedule_plot(session, best.schedule, start)
    plot.update_yaxes(range=[0, max(best.schedule) + 0.5])
    plot.update_layout(title={"text": f"cost {best.cost:.6f}", "font_size": 14, "x": 0.02})
    plot.update_layout(margin_t=48)
    return Figure(
        f"pointed-{slug(instance)}",
        f"{instance}: the schedule pointed at",
        "At first the best one that any strategy found.",
        plot,
        ["Time", "Patients booked"],
        [[time, str(count)] for time, count in zip(times, best.schedule, strict=True) if count],
    )
