"""Whether two strategies differ by more than chance: paired differences of their final gaps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

#: Of the intervals.
CONFIDENCE = 0.95
RESAMPLES = 4_000
#: With fewer, an interval would be narrower than chance allows.
FEWEST_SEEDS = 5


@dataclass(frozen=True)
class PairedDifference:
    """The mean difference of final gaps, and between which values it lies.

    Attributes
    ----------
    mean
        Of the other strategy's gap minus the first one's, instances counting alike.
    interval
        Bootstrap interval over seeds; None where there are too few of them.
    by_chance
        Whether the pairs differ among each other at all.
    """

    mean: float
    interval: tuple[float, float] | None
    by_chance: bool

    def in_words(self, other: str, first: str) -> str:
        """Return what the difference says of the other strategy beside the first one."""
        if self.interval is None:
            few = f"fewer than {FEWEST_SEEDS} seeds do not tell chance from merit"
            return f"{other} against {first}: {few}"
        low, high = (100 * value for value in self.interval)
        if not self.by_chance and abs(self.mean) < 1e-9:
            return f"{other} ends where {first} does in every run"
        if low > 0 or high < 0:
            nearest, furthest = sorted((abs(low), abs(high)))
            word = "further from" if low > 0 else "closer to"
            return (
                f"{other} ends {_points(nearest, furthest)} percentage points {word} the "
                f"reference than {first}"
            )
        return (
            f"{other} and {first} cannot be told apart: the difference lies between {low:+.2f} "
            f"and {high:+.2f} percentage points"
        )


def paired_difference(
    first: Mapping[str, Sequence[float]],
    other: Mapping[str, Sequence[float]],
    certain: bool = False,
) -> PairedDifference | None:
    """Return how the final gaps of two strategies differ on the instances that both have.

    Gaps come by instance and seed; a strategy that draws no random numbers has one for all seeds,
    and where ``certain``, neither draws. The instances are taken as given, so that only seeds are
    drawn again (percentile bootstrap, stratified by instance; Efron & Tibshirani 1993, An
    Introduction to the Bootstrap). None if no instance is common.
    """
    differences = []
    for instance in first:
        if instance in other:
            mine, theirs = np.array(first[instance]), np.array(other[instance])
            differences.append(np.atleast_1d(theirs - mine))
    if not differences:
        return None
    mean = float(np.mean([values.mean() for values in differences]))
    spread = [values for values in differences if np.ptp(values) > 0]
    if not certain and any(len(values) < FEWEST_SEEDS for values in differences):
        return PairedDifference(mean, None, bool(spread))
    if not spread:
        return PairedDifference(mean, (mean, mean), False)
    fixed = sum(float(values.mean()) for values in differences if np.ptp(values) == 0)

    def mean_of_means(*samples: np.ndarray, axis: int = -1) -> np.ndarray:
        total = np.sum([sample.mean(axis=axis) for sample in samples], axis=0)
        return np.asarray((total + fixed) / len(differences))

    interval = stats.bootstrap(
        spread,
        mean_of_means,
        confidence_level=CONFIDENCE,
        n_resamples=RESAMPLES,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    return PairedDifference(mean, (float(interval.low), float(interval.high)), True)


def _points(low: float, high: float) -> str:
    if f"{low:.2f}" == f"{high:.2f}":
        return f"{low:.2f}"
    return f"{low:.2f} to {high:.2f}"
