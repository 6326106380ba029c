"""What is left of a consultation that runs, given how long it has run."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from objective.errors import InvalidInput, non_negative_number
from objective.laws import Array, Law


@dataclass(frozen=True)
class Remaining:
    """The law of S - elapsed given S > elapsed, with S the consultation time.

    Its stop-loss transform is that of S from ``elapsed`` on, divided by P(S > elapsed).

    Attributes
    ----------
    law
        Law of S.
    elapsed
        Minutes for which the consultation has run.

    Raises
    ------
    InvalidInput
        If ``elapsed`` is negative, or if no consultation takes longer than that.
    """

    law: Law
    elapsed: float

    def __post_init__(self) -> None:
        non_negative_number("elapsed", self.elapsed)
        # Below the smallest normal number a quotient of probabilities has no digits left.
        if self._survival < np.finfo(np.float64).tiny:
            allowed = "a time that the law of the consultation allows: P(S > elapsed) > 0"
            raise InvalidInput("elapsed", self.elapsed, allowed)

    @cached_property
    def _survival(self) -> float:
        return self.law.survival(self.elapsed)

    @cached_property
    def mean(self) -> float:
        """Mean, minutes."""
        return float(self.law.stop_loss(np.array([self.elapsed]))[0]) / self._survival

    def stop_loss(self, x: Array) -> Array:
        """Return E[(S - elapsed - x)^+ | S > elapsed] for each x, also negative, minutes."""
        beyond = self.law.stop_loss(self.elapsed + np.clip(x, 0.0, None)) / self._survival
        return np.asarray(beyond - np.clip(x, None, 0.0), np.float64)
