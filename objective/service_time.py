"""The consultation time of a patient, as a law with a name and parameters that can be stored."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special, stats

from objective.errors import InvalidInput, positive_number
from objective.laws import (
    MAX_STEPS,
    Array,
    Continuous,
    Discrete,
    Histogram,
    Law,
    poisson_mass,
    too_long,
)
from objective.remaining import Remaining


@dataclass(frozen=True)
class ServiceTime:
    """The law of a consultation time; made by one of its constructors, e.g. `gamma`.

    Attributes
    ----------
    law
        Name of the constructor.
    parameters
        Its arguments, as numbers and lists of numbers, so that a session can be written to a file.

    Raises
    ------
    InvalidInput
        By every constructor, if a parameter cannot belong to a duration of finite positive mean.
    """

    law: str
    parameters: Mapping[str, Any]
    distribution: Law = field(repr=False, compare=False)
    #: Width of the grid on which the law lives by nature, minutes; None for all others.
    lattice_step: float | None = field(default=None, repr=False, compare=False)

    @cached_property
    def mean(self) -> float:
        """Mean, minutes."""
        return self.distribution.mean

    @cached_property
    def cv(self) -> float:
        """Coefficient of variation: standard deviation over mean."""
        return float(np.sqrt(max(self.distribution.variance, 0.0))) / self.mean

    def mass(self, step: float) -> Array:
        """Return the probability at 0, step, 2 step, ... minutes, with the mean kept."""
        return self.distribution.mass(positive_number("step", step))

    def remaining(self, elapsed: float) -> Remaining:
        """Return the law of what is left of a consultation that has taken ``elapsed`` minutes.

        Raises
        ------
        InvalidInput
            If no consultation takes longer than that.
        """
        return Remaining(self.distribution, elapsed)

    def quantile(self, probability: ArrayLike) -> Array:
        """Return the shortest duration that is not exceeded with each probability, minutes.

        Raises
        ------
        InvalidInput
            If a probability is not at least 0 and less than 1.
        """
        values = np.asarray(probability, np.float64)
        if not ((values >= 0) & (values < 1)).all():
            raise InvalidInput("probability", probability, "at least 0 and less than 1")
        return self.distribution.quantile(values)

    def sample(self, size: tuple[int, ...], generator: np.random.Generator) -> Array:
        """Draw durations of the given shape, minutes."""
        return self.distribution.sample(size, generator)

    def to_dict(self) -> dict[str, Any]:
        """Return the law as plain names and numbers."""
        return {"law": self.law, **self.parameters}

    @staticmethod
    def from_dict(description: Mapping[str, Any]) -> "ServiceTime":
        """Make the law that `to_dict` described; raise `InvalidInput` for what is unknown."""
        if not isinstance(description, Mapping):
            raise InvalidInput("service_time", description, "a mapping with the key 'law'")
        arguments = dict(description)
        name = arguments.pop("law", None)
        if not isinstance(name, str) or name not in CONSTRUCTORS:
            raise InvalidInput("service_time.law", name, "one of " + ", ".join(CONSTRUCTORS))
        allowed, constructor = CONSTRUCTORS[name]
        if set(arguments) != set(allowed):
            given = ", ".join(map(str, arguments)) or "nothing"
            raise InvalidInput(
                "service_time", given, f"law {name} with exactly: {', '.join(allowed)}"
            )
        if name == "rounded":
            arguments["of"] = ServiceTime.from_dict(arguments["of"])
        return constructor(**arguments)

    @staticmethod
    def exponential(mean: float) -> "ServiceTime":
        """Exponential law of the given mean, minutes."""
        beta = positive_number("service_time.mean", mean)
        law = Continuous(stats.expon(scale=beta), partial(_exponential_excess, beta))
        return ServiceTime("exponential", {"mean": beta}, law)

    @staticmethod
    def gamma(mean: float, cv: float) -> "ServiceTime":
        """Gamma law of the given mean (minutes) and coefficient of variation."""
        mean, cv = _mean_and_cv(mean, cv)
        try:
            shape, scale = cv**-2, mean * cv**2
        except OverflowError:
            scale = 0.0
        if not scale:
            raise InvalidInput("service_time.cv", cv, "one that a gamma law can have") from None
        excess = partial(_gamma_excess, mean, shape, scale)
        law = Continuous(stats.gamma(shape, scale=scale), excess)
        return ServiceTime("gamma", {"mean": mean, "cv": cv}, law)

    @staticmethod
    def lognormal(mean: float, cv: float) -> "ServiceTime":
        """Lognormal law of the given mean (minutes) and coefficient of variation."""
        mean, cv = _mean_and_cv(mean, cv)
        sigma = float(np.sqrt(np.log1p(cv * cv)))
        if not sigma:
            raise InvalidInput("service_time.cv", cv, "one that a lognormal law can have")
        location = float(np.log(mean) - sigma**2 / 2)
        excess = partial(_lognormal_excess, mean, location, sigma)
        law = Continuous(stats.lognorm(sigma, scale=np.exp(location)), excess)
        return ServiceTime("lognormal", {"mean": mean, "cv": cv}, law)

    @staticmethod
    def weibull(mean: float, cv: float) -> "ServiceTime":
        """Weibull law of the given mean (minutes) and coefficient of variation."""
        mean, cv = _mean_and_cv(mean, cv)

        def excess_log_cv(shape: float) -> float:
            ratio = special.gammaln(1 + 2 / shape) - 2 * special.gammaln(1 + 1 / shape)
            return float(ratio - np.log1p(cv * cv))

        try:
            shape = float(optimize.brentq(excess_log_cv, 0.05, 200.0, xtol=1e-14))
        except ValueError:
            raise InvalidInput("service_time.cv", cv, "one that a Weibull law can have") from None
        scale = mean / float(special.gamma(1 + 1 / shape))
        excess = partial(_weibull_excess, mean, shape, scale)
        law = Continuous(stats.weibull_min(shape, scale=scale), excess)
        return ServiceTime("weibull", {"mean": mean, "cv": cv}, law)

    @staticmethod
    def deterministic(minutes: float) -> "ServiceTime":
        """Every consultation takes the same number of minutes."""
        minutes = positive_number("service_time.minutes", minutes)
        law = Discrete(np.array([minutes]), np.ones(1))
        return ServiceTime("deterministic", {"minutes": minutes}, law)

    @staticmethod
    def poisson(mean: float) -> "ServiceTime":
        """Whole minutes, Poisson distributed with the given mean."""
        mean = positive_number("service_time.mean", mean)
        return ServiceTime("poisson", {"mean": mean}, _lattice(poisson_mass(mean), 1.0), 1.0)

    @staticmethod
    def pmf(probabilities: Sequence[float], step: float = 1.0) -> "ServiceTime":
        """Probability ``probabilities[k]`` of a duration of ``k * step`` minutes."""
        name = "service_time.probabilities"
        mass = probability_vector(name, probabilities)
        step = positive_number("service_time.step", step)
        if not mass[1:].any():
            raise InvalidInput(name, probabilities, "a law of positive mean")
        parameters = {"probabilities": mass.tolist(), "step": step}
        return ServiceTime("pmf", parameters, _lattice(mass, step), step)

    @staticmethod
    def rounded(of: "ServiceTime", step: float = 1.0) -> "ServiceTime":
        """Law ``of`` rounded to multiples k of ``step`` minutes: F(k + 1/2) - F(k - 1/2).

        ``of`` is exponential, gamma, lognormal or weibull. Koeleman & Koole (2012) compute with it.
        """
        step = positive_number("service_time.step", step)
        if not isinstance(of, ServiceTime) or not isinstance(of.distribution, Continuous):
            allowed = "an exponential, gamma, lognormal or weibull law"
            raise InvalidInput("service_time.of", of, allowed)
        continuous = of.distribution.distribution
        last = int(np.ceil(continuous.isf(1e-16) / step))
        if last > MAX_STEPS:
            raise too_long(step)
        upto = continuous.cdf(step * (np.arange(last + 1) + 0.5))
        mass = np.diff(upto, prepend=0.0)
        if mass[0] > 1 - 1e-9:
            raise InvalidInput("service_time.step", step, "smaller beside the law's mean")
        parameters = {"of": of.to_dict(), "step": step}
        return ServiceTime("rounded", parameters, _lattice(mass / mass.sum(), step), step)

    @staticmethod
    def empirical(durations: Sequence[float] | Array) -> "ServiceTime":
        """Each of the measured durations (minutes) is equally likely."""
        name = "service_time.durations"
        allowed = "a non-empty list of finite durations, at least 0 minutes, not all 0"
        values = float_vector(name, durations, allowed)
        if not values.size or not np.isfinite(values).all() or (values < 0).any():
            raise InvalidInput(name, durations, allowed)
        if not values.any():
            raise InvalidInput(name, durations, allowed)
        distinct, counts = np.unique(values, return_counts=True)
        law = Discrete(distinct, counts / values.size)
        return ServiceTime("empirical", {"durations": values.tolist()}, law)

    @staticmethod
    def histogram(edges: Sequence[float], counts: Sequence[float]) -> "ServiceTime":
        """Law of ``counts`` per class of durations (minutes), uniform within each class."""
        bounds = float_vector("service_time.edges", edges, "a list of numbers")
        shares = float_vector("service_time.counts", counts, "a list of numbers")
        rising = bounds.size >= 2 and np.isfinite(bounds).all() and (np.diff(bounds) > 0).all()
        if not rising or bounds[0] < 0:
            raise InvalidInput(
                "service_time.edges", edges, "at least two increasing finite minutes, from 0"
            )
        usable = np.isfinite(shares).all() and (shares >= 0).all() and shares.any()
        if shares.size != bounds.size - 1 or not usable:
            raise InvalidInput(
                "service_time.counts",
                counts,
                f"{bounds.size - 1} finite numbers, at least 0, one per class, not all 0",
            )
        parameters = {"edges": bounds.tolist(), "counts": shares.tolist()}
        return ServiceTime("histogram", parameters, Histogram(bounds, shares / shares.sum()))


#: The laws by name, with the parameters each of them takes.
CONSTRUCTORS: dict[str, tuple[tuple[str, ...], Callable[..., ServiceTime]]] = {
    "exponential": (("mean",), ServiceTime.exponential),
    "gamma": (("mean", "cv"), ServiceTime.gamma),
    "lognormal": (("mean", "cv"), ServiceTime.lognormal),
    "weibull": (("mean", "cv"), ServiceTime.weibull),
    "deterministic": (("minutes",), ServiceTime.deterministic),
    "poisson": (("mean",), ServiceTime.poisson),
    "pmf": (("probabilities", "step"), ServiceTime.pmf),
    "rounded": (("of", "step"), ServiceTime.rounded),
    "empirical": (("durations",), ServiceTime.empirical),
    "histogram": (("edges", "counts"), ServiceTime.histogram),
}


def probability_vector(name: str, probabilities: ArrayLike) -> Array:
    """Return a pmf as an array; raise `InvalidInput` unless it is one (sum 1 within 1e-9)."""
    allowed = "a non-empty list of probabilities, none negative, that sum to 1"
    mass = float_vector(name, probabilities, allowed)
    if not mass.size or not np.isfinite(mass).all() or (mass < 0).any():
        raise InvalidInput(name, probabilities, allowed)
    if abs(mass.sum() - 1) > 1e-9:
        raise InvalidInput(name, probabilities, f"{allowed} (they sum to {mass.sum():.12g})")
    return np.asarray(mass / mass.sum(), np.float64)


def float_vector(name: str, values: ArrayLike, allowed: str) -> Array:
    """Return a one-dimensional float array; raise `InvalidInput` for anything else."""
    try:
        vector = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidInput(name, values, allowed) from None
    if vector.ndim != 1:
        raise InvalidInput(name, values, allowed)
    return vector


# Stop-loss transforms, from the survival functions themselves: through `stats` a call takes several
# times longer. They stand here, not within the constructors, so that a law can be pickled.


def _exponential_excess(mean: float, x: Array) -> Array:
    return np.asarray(mean * np.exp(-x / mean), np.float64)


def _gamma_excess(mean: float, shape: float, scale: float, x: Array) -> Array:
    above = mean * special.gammaincc(shape + 1, x / scale)
    return np.asarray(above - x * special.gammaincc(shape, x / scale), np.float64)


def _lognormal_excess(mean: float, location: float, sigma: float, x: Array) -> Array:
    with np.errstate(divide="ignore"):
        standard = (location - np.log(x)) / sigma
    above = mean * special.ndtr(standard + sigma)
    return np.asarray(above - x * special.ndtr(standard), np.float64)


def _weibull_excess(mean: float, shape: float, scale: float, x: Array) -> Array:
    above = mean * special.gammaincc(1 + 1 / shape, (x / scale) ** shape)
    return np.asarray(above - x * np.exp(-((x / scale) ** shape)), np.float64)


def _lattice(mass: Array, step: float) -> Discrete:
    occupied = np.flatnonzero(mass)
    return Discrete(step * occupied.astype(np.float64), mass[occupied])


def _mean_and_cv(mean: float, cv: float) -> tuple[float, float]:
    return positive_number("service_time.mean", mean), positive_number("service_time.cv", cv)
