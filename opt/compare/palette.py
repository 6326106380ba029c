"""Which strategies a figure colours and names."""

from collections.abc import Sequence
from dataclasses import dataclass

from objective.pages.style import NEUTRAL, SERIES
from opt.compare.comparison import Comparison
from opt.compare.plan import Contender
from opt.compare.standings import ranked, soonest


@dataclass(frozen=True)
class Palette:
    """Colours by label: of all strategies where they are few, otherwise of those that matter."""

    colours: dict[str, str]

    @classmethod
    def of(cls, comparison: Comparison) -> "Palette":
        """Colour the first, the second, the soonest and the last of many strategies."""
        order = ranked(comparison)
        chosen = order
        if len(order) > len(SERIES):
            quick = soonest(comparison, "seconds")
            chosen = [*order[:2], *([quick] if quick else []), order[-1]]
        labels = dict.fromkeys(contender.label for contender in chosen)
        return cls(dict(zip(labels, SERIES, strict=False)))

    def colour(self, contender: Contender) -> str:
        """Return a strategy's colour, grey for those that are not named in the figure."""
        return self.colours.get(contender.label, NEUTRAL)

    def names(self, contender: Contender) -> bool:
        """Return whether the figure names the strategy beside its line."""
        return contender.label in self.colours

    def back_to_front(self, contenders: Sequence[Contender]) -> list[Contender]:
        """Return the strategies in the order in which to draw them, named ones on top."""
        return sorted(contenders, key=self.names)
