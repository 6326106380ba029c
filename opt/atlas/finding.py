"""What an atlas knew of a session, and how far that was from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from objective.pages.figure import Figure
from opt.atlas.lookup import Neighbour
from opt.result import Result


@dataclass(frozen=True)
class AtlasFinding:
    """The optima that a search began with.

    Attributes
    ----------
    path, optima
        The atlas, and how many optima it holds; None and 0 without one.
    found
        Whether it held the session itself.
    neighbours
        The optima used, the nearest first.
    departures
        What the session has that no atlas knows.
    """

    path: str | None
    optima: int
    found: bool
    neighbours: Sequence[Neighbour]
    departures: Sequence[str]

    @property
    def name(self) -> str:
        """Its key in result.json, and the name of its table's file."""
        return "atlas"

    @property
    def sentence(self) -> str:
        """What it says, for people."""
        if self.path is None:
            return "No atlas was given (strategy.path); the search began with spread appointments."
        known = f"the {self.optima:,} optima of {self.path}"
        if self.found:
            return f"This session is one of {known}; its proof was evaluated again."
        nearest, distance = self.neighbours[0].optimum, self.neighbours[0].distance
        several = len(self.neighbours) > 1
        begins = f"between the {len(self.neighbours)} nearest" if several else "at the nearest"
        words = (
            f"This session is none of {known}; the search began {begins}, of {nearest.patients} "
            f"patients in {nearest.intervals} intervals at a distance of {distance:.3g}."
        )
        if self.departures:
            words += f" What no atlas knows of it: {', '.join(self.departures)}."
        return words

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain names and numbers."""
        return {
            "path": self.path,
            "optima": self.optima,
            "found": self.found,
            "distances": [one.distance for one in self.neighbours],
            "departures": list(self.departures),
        }

    def table(self) -> tuple[list[str], list[list[Any]]]:
        """Return a row per neighbour; ``mean`` and ``cost`` are in intervals."""
        names = [
            "patients", "intervals", "law", "mean", "cv", "no_show", "waiting_share", "cost",
        ]  # fmt: skip
        if not self.neighbours:
            return [], []
        rows = [
            [
                one.distance,
                *(getattr(one.optimum, name) for name in names),
                " ".join(map(str, one.optimum.schedule)),
            ]
            for one in self.neighbours
        ]
        return ["distance", *names, "schedule"], rows

    def figures(self, result: Result) -> list[Figure]:
        """Return none: the schedule's own figures say it all."""
        return []
