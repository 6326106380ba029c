"""Probability laws of a consultation time: continuous, histogram and discrete.

A law knows its mean and variance, its probability mass on a grid, and how to draw from itself.

The mass on a grid of step h is the mean-preserving one: P(k) = E[hat((S - k h) / h)] with the hat
function of width one. With the stop-loss transform G(x) = E[(S - x)^+] it is a second difference,
P(k) = (G((k-1)h) - 2 G(kh) + G((k+1)h)) / h. The discretised law is larger in convex order, so that
waiting and tardiness computed with it are upper bounds with an error of order h^2.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from objective.errors import InvalidInput

Array = NDArray[np.float64]

#: The grid ends where the expected excess over it is below this share of the mean.
TAIL = 1e-10
#: Longest law that a grid may have to hold, in steps.
MAX_STEPS = 50_000
#: Tail of a Poisson law that is moved to its last point.
POISSON_TAIL = 1e-17


class Law(Protocol):
    """What the chains and the simulator need to know of a random duration."""

    @property
    def mean(self) -> float:
        """Mean, minutes."""

    @property
    def variance(self) -> float:
        """Variance, minutes squared."""

    def survival(self, minutes: float) -> float:
        """Return P(S > minutes)."""

    def stop_loss(self, x: Array) -> Array:
        """Return E[(S - x)^+] for each x >= 0, minutes."""

    def lies_on(self, step: float) -> bool:
        """Return whether every duration is a multiple of the step."""

    def mass(self, step: float) -> Array:
        """Return the probability at 0, step, 2 step, ... minutes."""

    def quantile(self, probability: Array) -> Array:
        """Return the shortest duration that is not exceeded with each probability, minutes."""

    def sample(self, size: tuple[int, ...], generator: np.random.Generator) -> Array:
        """Draw durations, minutes."""


def mass_from_stop_loss(stop_loss: Callable[[Array], Array], step: float) -> Array:
    """Return the mean-preserving mass on the grid of a law given by its stop-loss transform."""
    mean = float(stop_loss(np.zeros(1))[0])
    last = 1
    while float(stop_loss(np.array([last * step]))[0]) > TAIL * mean:
        last *= 2
        if last > 2 * MAX_STEPS:
            raise too_long(step)
    excess = stop_loss(step * np.arange(last + 1, dtype=np.float64))
    last = max(int(np.argmax(excess <= TAIL * mean)), 1)
    # From here the excess falls to zero along a straight line, no steeper than before, so that it
    # stays convex: the tail's mass sits on the last point and the mean stays exact.
    fall = excess[last - 1] - excess[last]
    beyond = max(int(np.ceil(excess[last] / fall)), 1) if excess[last] > 0 else 0
    line = excess[last] * (1 - np.arange(1, beyond + 1) / beyond) if beyond else np.empty(0)
    padded = np.concatenate([excess[: last + 1], line, [0.0]])
    last += beyond
    mass = np.empty(last + 1)
    mass[1:] = (padded[:-2] - 2 * padded[1:-1] + padded[2:]) / step
    mass = np.clip(mass, 0.0, None)
    mass[0] = max(1.0 - mass[1:].sum(), 0.0)
    return mass


def too_long(step: float) -> InvalidInput:
    """Return the error for a law whose tail does not fit on the grid."""
    allowed = f"one with a shorter tail: it must end within {MAX_STEPS} steps of {step:g} minutes"
    return InvalidInput("service_time", "a law with a long tail", allowed)


def poisson_mass(mean: float) -> Array:
    """Return the Poisson probabilities of 0, 1, 2, ...; a negligible tail sits on the last."""
    # Twelve standard deviations and some more leave a tail below any rounding error.
    last = int(np.ceil(mean + 12 * np.sqrt(mean) + 30)) if mean > 0 else 0
    if last > MAX_STEPS:
        raise InvalidInput("mean", mean, f"below {MAX_STEPS - 10_000} for a Poisson law")
    keep = int(np.count_nonzero(stats.poisson.sf(np.arange(last + 1), mean) > POISSON_TAIL)) + 1
    mass = stats.poisson.pmf(np.arange(keep), mean)
    mass[-1] += stats.poisson.sf(keep - 1, mean)
    return np.asarray(mass / mass.sum(), np.float64)


@dataclass(frozen=True)
class Continuous:
    """A frozen continuous distribution of `scipy.stats` with its stop-loss transform."""

    distribution: Any
    stop_loss: Callable[[Array], Array]

    @property
    def mean(self) -> float:
        """Mean, minutes."""
        return float(self.distribution.mean())

    @property
    def variance(self) -> float:
        """Variance, minutes squared."""
        return float(self.distribution.var())

    def survival(self, minutes: float) -> float:
        """Return P(S > minutes)."""
        return float(self.distribution.sf(minutes))

    def lies_on(self, step: float) -> bool:
        """Return whether every duration is a multiple of the step: never."""
        return False

    def mass(self, step: float) -> Array:
        """Return the probability at 0, step, 2 step, ... minutes."""
        return mass_from_stop_loss(self.stop_loss, step)

    def quantile(self, probability: Array) -> Array:
        """Return the shortest duration that is not exceeded with each probability, minutes."""
        return np.asarray(self.distribution.ppf(probability), np.float64)

    def sample(self, size: tuple[int, ...], generator: np.random.Generator) -> Array:
        """Draw durations, minutes."""
        return np.asarray(self.distribution.rvs(size=size, random_state=generator), np.float64)


@dataclass(frozen=True)
class Histogram:
    """A law uniform within each class: ``edges`` (classes + 1) and ``shares`` (classes,)."""

    edges: Array
    shares: Array

    @property
    def mean(self) -> float:
        """Mean, minutes."""
        return float(self.shares @ (self.edges[:-1] + self.edges[1:]) / 2)

    @property
    def variance(self) -> float:
        """Variance, minutes squared."""
        low, high = self.edges[:-1], self.edges[1:]
        second = (low * low + low * high + high * high) / 3
        return float(self.shares @ second) - self.mean**2

    def stop_loss(self, x: Array) -> Array:
        """Return E[(S - x)^+] for each x, minutes."""
        low, high = self.edges[:-1], self.edges[1:]
        inside = np.clip(x[:, None], low, high)
        # E[(S - x)^+] in a class: the part above x, plus the full distance from x to the class.
        part = (high - inside) ** 2 / (2 * (high - low)) + np.clip(low - x[:, None], 0.0, None)
        return np.asarray(part @ self.shares, np.float64)

    def survival(self, minutes: float) -> float:
        """Return P(S > minutes)."""
        low, high = self.edges[:-1], self.edges[1:]
        return float(self.shares @ ((high - np.clip(minutes, low, high)) / (high - low)))

    def lies_on(self, step: float) -> bool:
        """Return whether every duration is a multiple of the step: never."""
        return False

    def mass(self, step: float) -> Array:
        """Return the probability at 0, step, 2 step, ... minutes."""
        return mass_from_stop_loss(self.stop_loss, step)

    def quantile(self, probability: Array) -> Array:
        """Return the shortest duration that is not exceeded with each probability, minutes."""
        upto = np.append(0.0, self.shares.cumsum())
        chosen = np.searchsorted(upto, probability, side="left").clip(1, len(self.shares)) - 1
        # A class without a share is only met at its lower edge, where nothing is divided by it.
        share = np.where(self.shares[chosen] > 0, self.shares[chosen], 1.0)
        inside = ((probability - upto[chosen]) / share).clip(0.0, 1.0)
        low, high = self.edges[chosen], self.edges[chosen + 1]
        return np.asarray(low + (high - low) * inside, np.float64)

    def sample(self, size: tuple[int, ...], generator: np.random.Generator) -> Array:
        """Draw durations, minutes."""
        chosen = generator.choice(len(self.shares), size=size, p=self.shares)
        low, high = self.edges[chosen], self.edges[chosen + 1]
        return np.asarray(low + (high - low) * generator.random(size), np.float64)


@dataclass(frozen=True)
class Discrete:
    """A law on single durations: ``values`` (points), increasing minutes; ``weights`` (points)."""

    values: Array
    weights: Array

    @property
    def mean(self) -> float:
        """Mean, minutes."""
        return float(self.values @ self.weights)

    @property
    def variance(self) -> float:
        """Variance, minutes squared."""
        return float((self.values - self.mean) ** 2 @ self.weights)

    def survival(self, minutes: float) -> float:
        """Return P(S > minutes); a value that is ``minutes`` but for rounding is not longer."""
        return float(self.weights[self.values > minutes + 1e-9].sum())

    def stop_loss(self, x: Array) -> Array:
        """Return E[(S - x)^+] for each x, minutes."""
        # Summed from the longest duration down, so that small tails stay accurate.
        weight = np.append(np.cumsum(self.weights[::-1])[::-1], 0.0)
        work = np.append(np.cumsum((self.weights * self.values)[::-1])[::-1], 0.0)
        longer = np.searchsorted(self.values, x, side="right")
        return np.asarray(np.clip(work[longer] - x * weight[longer], 0.0, None), np.float64)

    def lies_on(self, step: float) -> bool:
        """Return whether every duration is a multiple of the step."""
        position = self.values / step
        return bool((np.abs(position - np.rint(position)) < 1e-9).all())

    def mass(self, step: float) -> Array:
        """Return the probability at 0, step, 2 step, ... minutes.

        A value between two grid points is split between them so that its mean stays.
        """
        position = self.values / step
        nearest = np.rint(position)
        # A value that is a multiple of the step but for rounding belongs to that point alone.
        position = np.where(np.abs(position - nearest) < 1e-9, nearest, position)
        if position.max() > MAX_STEPS:
            raise too_long(step)
        lower = np.floor(position).astype(np.int64)
        share = position - lower
        mass = np.zeros(int(np.ceil(position.max())) + 2)
        np.add.at(mass, lower, self.weights * (1 - share))
        np.add.at(mass, lower + 1, self.weights * share)
        return mass[: int(np.flatnonzero(mass)[-1]) + 1]

    def quantile(self, probability: Array) -> Array:
        """Return the shortest duration that is not exceeded with each probability, minutes."""
        upto = self.weights.cumsum()
        chosen = np.searchsorted(upto, probability, side="left").clip(max=len(upto) - 1)
        return np.asarray(self.values[chosen], np.float64)

    def sample(self, size: tuple[int, ...], generator: np.random.Generator) -> Array:
        """Draw durations, minutes."""
        return np.asarray(generator.choice(self.values, size=size, p=self.weights), np.float64)
