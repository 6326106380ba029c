"""How models did, side by side, on a held-out period."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.data.periods import Split
from objective.pages.figure import Figure


@dataclass(frozen=True)
class Outcomes:
    """What happened, beside what models expected, by which their calibration is watched.

    Attributes
    ----------
    times
        When each case was, (cases,), datetime64.
    observed
        What happened, (cases,): a count, minutes, or 1 for a no-show and 0 for none.
    expected
        The mean of what each model forecast, (cases, models), in the same unit.
    """

    times: NDArray[np.datetime64]
    observed: NDArray[np.float64]
    expected: pd.DataFrame


@dataclass(frozen=True)
class Evaluation:
    """Scores of several models on the same cases.

    Attributes
    ----------
    quantity
        What was forecast.
    split
        What was learned from, and what was tested on.
    score
        Name of the proper score by which the champion is chosen; lower is better.
    scores
        Every score of every model, (models, scores).
    losses
        That score case by case, (cases, models): its mean is what ``scores`` has.
    blocks
        What a case belongs to, (cases,): a patient, a day or an origin. Cases of one block are
        drawn together when the uncertainty of a difference is estimated.
    comparison_only
        Models that may not become the model in use.
    sentences
        What the report says of the result.
    figures, tables
        What it shows beside the scores.
    outcomes
        What happened in the same cases, from which the watch on drift has its calibration.
    """

    quantity: str
    split: Split
    score: str
    scores: pd.DataFrame
    losses: pd.DataFrame
    blocks: NDArray[np.generic]
    comparison_only: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    outcomes: Outcomes | None = None

    @property
    def best(self) -> str:
        """The model with the lowest mean score."""
        return str(self.losses.mean().idxmin())

    @property
    def champion(self) -> str:
        """The model with the lowest mean score of those that may come into use."""
        return str(self.losses.drop(columns=list(self.comparison_only)).mean().idxmin())

    def to_dict(self) -> dict[str, Any]:
        """Return how the models did, as plain names and numbers."""
        return {
            "quantity": self.quantity,
            "champion": self.champion,
            "best": self.best,
            "score": self.score,
            "scores": plain_table(self.scores),
            "split": {name: str(value) for name, value in vars(self.split).items()},
            "cases": len(self.losses),
            "blocks": len(np.unique(self.blocks)),
        }


def plain_table(table: pd.DataFrame) -> dict[str, dict[str, float | None]]:
    """Return a table of numbers by row and column; what is not finite is None."""
    return {
        str(row): {
            str(name): float(value) if np.isfinite(value) else None
            for name, value in values.items()
        }
        for row, values in table.iterrows()
    }
