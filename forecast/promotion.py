"""The gate: a model comes into use only if it is better than the one in use, and surely so."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from forecast.data.history import History
from forecast.data.periods import Split
from forecast.model_files import SavedModel
from forecast.paired_test import Resampling, score_gains
from objective import InvalidInput
from objective.errors import non_negative_number


@dataclass(frozen=True)
class Rule:
    """When a candidate replaces the model in use.

    Attributes
    ----------
    margin
        By how much its mean score must be lower at least, in units of the score.
    resampling
        How sure that must be.

    Raises
    ------
    InvalidInput
        If the margin is negative or not finite.
    """

    margin: float = 0.0
    resampling: Resampling = field(default_factory=Resampling)

    def __post_init__(self) -> None:
        non_negative_number("task.margin", self.margin)


@dataclass(frozen=True)
class Verdict:
    """How a candidate did beside the model in use, on cases that neither has learned from.

    Attributes
    ----------
    score
        The proper score; lower is better.
    candidate, current
        The mean of each.
    gain, low, high
        By how much the candidate's is lower, and the ends of the interval.
    margin, confidence
        What was asked for.
    cases, blocks
        On how many, in how many blocks that were drawn together.
    split
        The held-out period.
    """

    score: str
    candidate: float
    current: float
    gain: float
    low: float
    high: float
    margin: float
    confidence: float
    cases: int
    blocks: int
    split: Split

    @property
    def better(self) -> bool:
        """Whether the whole interval of the gain is above the margin."""
        return self.low > self.margin

    @property
    def text(self) -> str:
        """The numbers in a sentence."""
        return (
            f"{self.score} {self.candidate:.4f} of the candidate, {self.current:.4f} of the other, "
            f"on {self.cases:,} cases in {self.blocks:,} blocks, {self.split.words}: "
            f"a gain of {self.gain:.4f}, {100 * self.confidence:g} % interval "
            f"{self.low:.4f} to {self.high:.4f}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain names and numbers."""
        split = {name: str(value) for name, value in vars(self.split).items()}
        return {**asdict(self), "split": split, "better": self.better}


def judge(
    candidate: SavedModel, current: SavedModel, history: History, split: Split, rule: Rule
) -> Verdict:
    """Score two models on the same held-out period.

    Raises
    ------
    InvalidInput
        If one has learned from the period, if they forecast different things, or if the period has
        too few blocks.
    """
    for name, saved in (("the candidate", candidate), ("the model in use", current)):
        check_unseen(name, saved, split)
    if candidate.quantity.name != current.quantity.name:
        allowed = f"a model of {current.quantity.name}, as the other is"
        raise InvalidInput("task.candidate", candidate.quantity.name, allowed)
    # Each by its own options, such as what it looks at; the cases are the same all the same.
    one, other = (
        saved.quantity.evaluate({saved.fitted.name: saved.fitted}, history, split)
        for saved in (candidate, current)
    )
    if one.score != other.score or not np.array_equal(one.blocks, other.blocks):
        allowed = (
            f"like those of the model in use, so that both have the same cases: {current.quantity}"
        )
        raise InvalidInput("options of the candidate", candidate.quantity, allowed)
    losses = pd.DataFrame(
        {
            "candidate": one.losses[candidate.fitted.name].to_numpy(),
            "current": other.losses[current.fitted.name].to_numpy(),
        }
    )
    row = score_gains(replace(one, losses=losses), "current", rule.resampling).loc["candidate"]
    return Verdict(
        score=one.score,
        candidate=float(losses["candidate"].mean()),
        current=float(losses["current"].mean()),
        gain=float(row["gain"]),
        low=float(row["low"]),
        high=float(row["high"]),
        margin=float(rule.margin),
        confidence=float(rule.resampling.confidence),
        cases=len(losses),
        blocks=len(np.unique(one.blocks)),
        split=split,
    )


def check_unseen(name: str, saved: SavedModel, split: Split) -> None:
    """Raise `InvalidInput` if a model has learned from the period it is to be tested on."""
    learned = pd.Timestamp(str(saved.about["train_until"]))
    if learned > split.first:
        allowed = f"at or after {learned}, until when {name} has learned"
        raise InvalidInput("split.first", str(split.first), allowed)
