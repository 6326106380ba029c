"""Appointment times between the starts of intervals, and what is known of their cost."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from scipy import stats

from objective.pages.figure import Figure, blank_plot, name_colours
from objective.pages.style import ACCENT, NEUTRAL
from objective.schedules import appointment_intervals
from objective.simulated_days import Estimate
from opt.stochastic.sample_solution import SampleSolution

if TYPE_CHECKING:
    from opt.result import Result

#: Probability with which the stated bound holds.
CONFIDENCE = 0.95


@dataclass(frozen=True)
class StatisticalBound:
    """What all appointment times cost at least, as far as samples tell; in units of the cost.

    The best times of a sample cost, on that sample, no more on average than the best times of all
    do (Mak, Morton & Wood 1999, doi:10.1016/S0167-6377(98)00054-6).

    Attributes
    ----------
    mean, standard_error
        Mean of the samples' bounds, and its standard error.
    limit
        What lies below the expected bound with 95 % confidence, by Student's t.
    """

    mean: float
    standard_error: float
    limit: float

    @staticmethod
    def of(solutions: tuple[SampleSolution, ...]) -> "StatisticalBound | None":
        """Return the bound; None with fewer than two samples, or if one of them has no bound."""
        bounds = [one.lower_bound for one in solutions if one.lower_bound is not None]
        if len(bounds) < max(2, len(solutions)):
            return None
        mean, error = float(np.mean(bounds)), float(stats.sem(bounds))
        quantile = float(stats.t.ppf(CONFIDENCE, len(bounds) - 1))
        return StatisticalBound(mean, error, mean - quantile * error)


@dataclass(frozen=True)
class ContinuousTimes:
    """The times of one sample, the one whose rounding cost least.

    Attributes
    ----------
    chosen, solutions
        Number of that sample, and what is known of each.
    scenarios
        Days in each sample.
    order, searched
        The types of the patients in their order, None where they are alike; whether the program
        decided it.
    days, out_of_sample
        Number of simulated days on which the times were tried, and what they cost there.
    """

    chosen: int
    solutions: tuple[SampleSolution, ...]
    scenarios: int
    order: tuple[str, ...] | None
    searched: bool
    days: int
    out_of_sample: Estimate
    name: ClassVar[str] = "continuous_times"

    @property
    def times(self) -> tuple[float, ...]:
        """The appointment times, (patients,) minutes."""
        return self.solutions[self.chosen].times

    @property
    def bound(self) -> StatisticalBound | None:
        """What all times cost at least, as far as the samples tell."""
        return StatisticalBound.of(self.solutions)

    @property
    def sentence(self) -> str:
        """What it says, for people."""
        solution, tried = self.solutions[self.chosen], self.out_of_sample
        words = [
            f"Appointments at any time, not only at starts of intervals, cost {tried.mean:.4f} ± "
            f"{tried.standard_error:.4f} on {self.days:,} simulated days"
        ]
        gap = "" if solution.gap is None else f", proved within {solution.gap:.2g} there"
        words.append(f"{solution.cost:.4f} on the {self.scenarios} days that they come from{gap}")
        if self.bound is not None:
            which = "in any order" if self.searched else "in this order"
            words.append(
                f"the bounds of {len(self.solutions)} samples are {self.bound.mean:.4f} ± "
                f"{self.bound.standard_error:.4f} on average, so that with 95 % confidence no "
                f"times {which} cost less than {self.bound.limit:.4f}"
            )
        limited = sum(one.ended == "limit" for one in self.solutions)
        if limited:
            words.append(f"the solver met its time limit in {limited} of {len(self.solutions)}")
        empty = sum(one.ended == "nothing found" for one in self.solutions)
        if empty:
            words.append(
                f"within its time limit it found nothing in {empty}, where evenly spread "
                "appointments stand instead"
            )
        if self.searched:
            words.append(f"the order found is {', '.join(self.order or ())}")
        return "; ".join(words) + "."

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain names and numbers."""
        kept = ("cost", "lower_bound", "gap", "ended")
        return {
            "times": list(self.times),
            "order": None if self.order is None else list(self.order),
            "order_searched": self.searched,
            "scenarios": self.scenarios,
            "sample": self.chosen,
            "samples": [{key: getattr(one, key) for key in kept} for one in self.solutions],
            "statistical_bound": asdict(self.bound) if self.bound else None,
            "out_of_sample": {**asdict(self.out_of_sample), "days": self.days},
        }

    def table(self) -> tuple[list[str], list[list[Any]]]:
        """Return each patient's time, minutes from the start of the session."""
        types = self.order or ("",) * len(self.times)
        rows = zip(range(1, len(types) + 1), types, self.times, strict=True)
        return ["patient", "type", "minutes"], [list(row) for row in rows]

    def figures(self, result: "Result") -> list[Figure]:
        """Return the minutes to the next appointment, beside those of the schedule."""
        session = result.objective.session
        schedule = torch.tensor([result.schedule])
        on_grid = appointment_intervals(schedule, session.patients)[0] * session.interval_length
        gaps, grid_gaps = np.diff(self.times), np.diff(on_grid.numpy())
        ranks = list(range(1, session.patients))
        plot = blank_plot("Patient, in order of appointment", "Minutes to the next appointment")
        for values, colour, text, shape in (
            (grid_gaps, NEUTRAL, "on the grid", "hvh"),
            (gaps, ACCENT, "any time", "linear"),
        ):
            plot.add_scatter(
                x=ranks,
                y=values,
                mode="lines+markers",
                line={"color": colour, "shape": shape},
                name=text,
                hovertemplate="after patient %{x}: %{y:.2f} min<extra></extra>",
            )
        plot.update_yaxes(rangemode="tozero")
        name_colours(plot, {"any time": ACCENT, "on the grid": NEUTRAL})
        columns, rows = self.table()
        return [
            Figure(
                self.name,
                "How far apart the appointments are",
                self.sentence,
                plot,
                [*(column.capitalize() for column in columns), "On the grid"],
                [
                    [str(rank), kind, f"{minutes:.2f}", f"{place:g}"]
                    for (rank, kind, minutes), place in zip(rows, on_grid.tolist(), strict=True)
                ],
            )
        ]
