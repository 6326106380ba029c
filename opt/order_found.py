"""The order that a search of orders found, and what it was compared with."""

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, ClassVar

import plotly.colors

from objective.pages.figure import Figure, blank_plot, name_colours

if TYPE_CHECKING:
    from opt.result import Result


@dataclass(frozen=True)
class OrderFound:
    """An order with those that led to it; every order is the types of the patients.

    Attributes
    ----------
    order
        The best order.
    trail
        The orders whose swaps were compared, each with its least cost; a start where it is not a
        swap of the one before.
    solved, given_up
        Numbers of orders that were solved, and that were given up because a bound proved them no
        better.
    proved
        Whether the schedules of all orders solved are proved to be the best in them.
    orders
        Number of orders there are.
    complete
        Whether no swap of the best order is better; else the search was stopped.
    """

    order: tuple[str, ...]
    trail: tuple[tuple[tuple[str, ...], float], ...]
    solved: int
    given_up: int
    proved: bool
    orders: int
    complete: bool
    name: ClassVar[str] = "order"

    @property
    def sentence(self) -> str:
        """What it says, for people."""
        compared = self.solved + self.given_up
        words = f"Order: {', '.join(self.order)}. Of {self.orders:,} orders {compared:,} were "
        words += f"compared: {self.solved:,} solved, {self.given_up:,} given up by their bounds; "
        if self.complete and not self.proved:
            return words + "none was found to be better, though some were solved without proof."
        if compared == self.orders:
            return words + "so no order is better."
        if self.complete:
            return words + "no swap of two patients is better, which other orders may be."
        return words + "the search was stopped before all swaps were compared."

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain names and numbers."""
        return {
            "order": list(self.order),
            "trail": [{"order": list(order), "cost": cost} for order, cost in self.trail],
            "solved": self.solved,
            "given_up": self.given_up,
            "proved": self.proved,
            "orders": self.orders,
            "complete": self.complete,
        }

    def table(self) -> tuple[list[str], list[list[Any]]]:
        """Return the orders whose swaps were compared, each with its least cost."""
        return ["cost", "order"], [[cost, " ".join(order)] for order, cost in self.trail]

    def figures(self, result: "Result") -> list[Figure]:
        """Return who comes when: each patient's mean consultation time by its place."""
        session = result.objective.session
        plot = blank_plot("Patient, in order of appointment", "Mean consultation time in minutes")
        safe = plotly.colors.qualitative.Safe
        colours = {
            kind: safe[number % len(safe)] for number, kind in enumerate(dict.fromkeys(self.order))
        }
        means = session.mean_service_times.tolist()
        for kind, colour in colours.items():
            ranks = [rank for rank, one in enumerate(self.order) if one == kind]
            plot.add_bar(
                x=[rank + 1 for rank in ranks],
                y=[means[rank] for rank in ranks],
                name=kind,
                marker_color=colour,
                hovertemplate=f"Patient %{{x}}: {escape(kind)}, %{{y:.1f}} min<extra></extra>",
            )
        name_colours(plot, colours)
        plot.update_layout(barmode="overlay")
        return [
            Figure(
                self.name,
                "Who comes when",
                self.sentence,
                plot,
                ["Patient", "Type", "Mean consultation time"],
                [
                    [str(rank), kind, f"{mean:.2f}"]
                    for rank, (kind, mean) in enumerate(zip(self.order, means, strict=True), 1)
                ],
            )
        ]
