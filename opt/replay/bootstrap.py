"""Intervals for means over sessions by the bootstrap."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from objective import InvalidInput
from objective.errors import finite_number, known_keys, whole_number
from objective.laws import Array

#: Numbers that are resampled at one time.
BATCH_NUMBERS = 10**7


@dataclass(frozen=True)
class Interval:
    """A mean with the ends of its interval."""

    mean: float
    low: float
    high: float

    def text(self, digits: int = 2, unit: str = "", signed: bool = False) -> str:
        """Return mean and interval in words."""
        sign = "+" if signed else ""
        mean, low, high = (f"{one:{sign}.{digits}f}" for one in (self.mean, self.low, self.high))
        return f"{mean}{unit} ({low} to {high})"


@dataclass(frozen=True)
class Bootstrap:
    """How intervals are made: the percentile bootstrap over blocks of consecutive sessions.

    All schedules are compared on the same sessions, so that the interval of a difference is that of
    the paired differences; how sessions differ from each other is not in it.

    Attributes
    ----------
    resamples
        Number of samples drawn, 100 to 1,000,000.
    confidence
        Probability that an interval holds the mean, above 0 and below 1.
    block
        Number of consecutive sessions that are drawn together, 1 to 10,000: more than 1 where
        neighbouring sessions are alike.

    Raises
    ------
    InvalidInput
        If a field is outside its range.
    """

    resamples: int = 9_999
    confidence: float = 0.95
    block: int = 1

    def __post_init__(self) -> None:
        whole_number("bootstrap.resamples", self.resamples, 100, 1_000_000)
        allowed = "a probability above 0 and below 1"
        if not 0 < finite_number("bootstrap.confidence", self.confidence, allowed) < 1:
            raise InvalidInput("bootstrap.confidence", self.confidence, allowed)
        whole_number("bootstrap.block", self.block, 1, 10_000)

    @staticmethod
    def from_dict(description: Mapping[str, Any]) -> "Bootstrap":
        """Make the bootstrap that a mapping describes."""
        return Bootstrap(
            **known_keys("bootstrap", description, ("resamples", "confidence", "block"))
        )

    def blocks(self, sessions: int) -> int:
        """Return the number of blocks of so many sessions; the last may be shorter."""
        return -(-sessions // self.block)

    def interval(self, values: Array, seed: int, per: Array | None = None) -> Interval:
        """Return the mean of values (sessions,) with its interval.

        With ``per``, (sessions,), the mean of the values over the mean of these; an end is not
        finite where that mean is 0 in too many samples.

        Raises
        ------
        InvalidInput
            If there are fewer than two blocks.
        """
        if self.blocks(len(values)) < 2:
            allowed = f"smaller than the number of sessions compared, {len(values)}"
            raise InvalidInput("bootstrap.block", self.block, allowed)
        starts = np.arange(0, len(values), self.block)
        above = np.add.reduceat(values, starts)
        below = np.add.reduceat(np.ones_like(values) if per is None else per, starts)

        def ratio(above: Array, below: Array, axis: int) -> Array:
            with np.errstate(divide="ignore", invalid="ignore"):
                return np.asarray(above.sum(axis=axis) / below.sum(axis=axis), np.float64)

        with warnings.catch_warnings():
            # The ends say by themselves that they are not finite.
            warnings.simplefilter("ignore", stats.DegenerateDataWarning)
            found = stats.bootstrap(
                (above, below),
                ratio,
                paired=True,
                vectorized=True,
                n_resamples=self.resamples,
                confidence_level=self.confidence,
                method="percentile",
                batch=max(1, BATCH_NUMBERS // len(starts)),
                rng=np.random.default_rng(seed),
            )
        ends = found.confidence_interval
        return Interval(float(ratio(above, below, 0)), float(ends.low), float(ends.high))
