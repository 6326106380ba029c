"""What the surrogate was worth: how well it ranks, what it cost, and what it saved."""

from dataclasses import asdict, dataclass
from typing import Any

from objective.pages.figure import Figure, blank_plot
from objective.pages.style import ACCENT, NEUTRAL
from opt.result import Result
from opt.surrogate.training import Quality


@dataclass(frozen=True)
class Round:
    """One round: candidates drawn, those that the chain priced, and how they were ranked.

    ``rank_correlation`` is between guess and cost among the priced ones, which the network itself
    chose, so that they differ little; None without a network.
    """

    candidates: int
    priced: int
    best_cost: float
    rank_correlation: float | None


@dataclass(frozen=True)
class Seconds:
    """Where the time went."""

    chain: float = 0.0
    training: float = 0.0
    ranking: float = 0.0


@dataclass(frozen=True)
class SurrogateFinding:
    """The surrogate's account of a search.

    Attributes
    ----------
    network
        Its kind.
    training_size
        Number of schedules that it has learned from.
    quality
        How well it predicts the held-out ones; None without a network.
    sampled
        Number of schedules priced to learn from before the first round.
    rounds, seconds
        What happened, and how long it took.
    """

    network: str
    training_size: int
    quality: Quality | None
    sampled: int
    rounds: tuple[Round, ...]
    seconds: Seconds

    @property
    def name(self) -> str:
        """Its key in result.json, and the name of its table's file."""
        return "surrogate"

    @property
    def candidates(self) -> int:
        """Number of candidates drawn in all rounds."""
        return sum(one.candidates for one in self.rounds)

    @property
    def priced(self) -> int:
        """Number of candidates that the chain priced."""
        return sum(one.priced for one in self.rounds)

    @property
    def saved_share(self) -> float:
        """Share of the evaluations spared, of those without a network: candidates and sample."""
        everything = self.candidates + self.sampled
        return (self.candidates - self.priced) / everything if everything else 0.0

    @property
    def sentence(self) -> str:
        """What it says, for people."""
        spent = self.seconds
        if self.quality is None:
            return (
                f"Without a network the chain priced all {self.priced:,} candidates, after "
                f"{self.sampled:,} schedules to begin with, in {spent.chain:.2f} s."
            )
        quality = self.quality
        ranks = "not defined"
        if quality.rank_correlation is not None and quality.r_squared is not None:
            ranks = f"{quality.rank_correlation:.3f}, R² {quality.r_squared:.3f}"
        return (
            f"The {self.network.replace('_', ' ')} network learned from {self.training_size:,} "
            f"schedules; rank correlation on {quality.held_out:,} held-out ones {ranks}. The chain "
            f"priced {self.sampled:,} schedules to learn from and {self.priced:,} of "
            f"{self.candidates:,} candidates, which spared {100 * self.saved_share:.1f} % of the "
            f"evaluations: {self._balance()}."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain names and numbers."""
        return {
            "network": self.network,
            "training_size": self.training_size,
            "quality": self.quality and asdict(self.quality),
            "sampled": self.sampled,
            "candidates": self.candidates,
            "priced": self.priced,
            "saved_share": self.saved_share,
            "seconds": asdict(self.seconds),
            "seconds_saved": self.seconds_saved,
        }

    def table(self) -> tuple[list[str], list[list[Any]]]:
        """Return a row per round."""
        columns = ["round", "candidates", "priced", "best_cost", "rank_correlation"]
        rows = [
            [
                number,
                one.candidates,
                one.priced,
                one.best_cost,
                "" if one.rank_correlation is None else one.rank_correlation,
            ]
            for number, one in enumerate(self.rounds, start=1)
        ]
        return columns, rows

    def figures(self, result: Result) -> list[Figure]:
        """Return candidates and priced ones by round."""
        if not self.rounds:
            return []
        plot = blank_plot("Round", "Schedules")
        numbers = list(range(1, len(self.rounds) + 1))
        plot.add_bar(
            x=numbers, y=[one.candidates for one in self.rounds], name="candidates ranked",
            marker_color=NEUTRAL,
        )  # fmt: skip
        plot.add_bar(
            x=numbers, y=[one.priced for one in self.rounds], name="priced by the chain",
            marker_color=ACCENT,
        )  # fmt: skip
        plot.update_layout(barmode="overlay")
        columns, rows = self.table()
        return [
            Figure(
                "surrogate",
                "What the surrogate spared the chain",
                self.sentence,
                plot,
                [column.replace("_", " ").capitalize() for column in columns],
                [[_shown(value) for value in row] for row in rows],
            )
        ]

    @property
    def seconds_saved(self) -> float | None:
        """What pricing the other candidates would have taken, less training and ranking, seconds.

        At the speed at which the chain priced the others; None without a network.
        """
        priced = self.priced + self.sampled
        if self.quality is None or not priced:
            return None
        each = self.seconds.chain / priced
        spent = self.seconds.training + self.seconds.ranking
        return (self.candidates - self.priced) * each - spent

    def _balance(self) -> str:
        spent, saved = self.seconds, self.seconds_saved
        words = (
            f"{spent.chain:.2f} s in the chain, {spent.training:.2f} s of training, "
            f"{spent.ranking:.2f} s of ranking"
        )
        if saved is None:
            return words
        verdict = "spared about" if saved > 0 else "cost about"
        than = "beside" if saved > 0 else "more than"
        return f"{words}; it {verdict} {abs(saved):.2f} s {than} pricing all candidates"


def _shown(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
