"""How time divides a history: what models learn from, and what they are tested on after it."""

from dataclasses import dataclass

import pandas as pd

from objective import InvalidInput


@dataclass(frozen=True)
class Split:
    """Models learn from what was known before ``train_until``; the test is from ``first``.

    Attributes
    ----------
    train_until
        The first moment of which nothing is learned.
    first, until
        The held-out period: from ``first``, and before ``until``.

    Raises
    ------
    InvalidInput
        If the periods overlap or the held-out one is empty.
    """

    train_until: pd.Timestamp
    first: pd.Timestamp
    until: pd.Timestamp

    def __post_init__(self) -> None:
        if self.first < self.train_until:
            allowed = f"not before train_until, {self.train_until}"
            raise InvalidInput("split.first", str(self.first), allowed)
        if self.until <= self.first:
            raise InvalidInput("split.until", str(self.until), f"after first, {self.first}")
