"""Consultation times: their moments, their mass on a grid, and what is refused."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from objective import InvalidInput, ServiceTime

LAWS = [
    (ServiceTime.exponential(9.0), 9.0, 1.0),
    (ServiceTime.gamma(9.0, 0.5), 9.0, 0.5),
    (ServiceTime.gamma(9.0, 1.5), 9.0, 1.5),
    (ServiceTime.lognormal(9.0, 0.6), 9.0, 0.6),
    (ServiceTime.weibull(9.0, 0.5), 9.0, 0.5),
    (ServiceTime.weibull(9.0, 1.4), 9.0, 1.4),
    (ServiceTime.deterministic(7.3), 7.3, 0.0),
    (ServiceTime.poisson(9.0), 9.0, 1 / 3),
    (ServiceTime.pmf([0.5, 0.0, 0.5], step=2.0), 2.0, 1.0),
    (ServiceTime.empirical([2.0, 4.0, 6.0]), 4.0, math.sqrt(8 / 3) / 4),
    (ServiceTime.histogram([0, 10], [7]), 5.0, math.sqrt(100 / 12) / 5),
]


@pytest.mark.parametrize(("law", "mean", "cv"), LAWS, ids=lambda value: str(value)[:30])
def test_mean_and_cv_are_those_asked_for(law: ServiceTime, mean: float, cv: float):
    """Closed forms; a sample agrees."""
    assert law.mean == pytest.approx(mean, rel=1e-9)
    assert law.cv == pytest.approx(cv, rel=1e-9, abs=1e-12)
    sample = law.sample((200_000,), np.random.default_rng(0))
    assert abs(sample.mean() - mean) <= 5 * max(sample.std(), 1e-9) / math.sqrt(200_000)


@pytest.mark.parametrize("law", [row[0] for row in LAWS], ids=lambda law: f"{law.law} {law.cv:.2f}")
def test_quantiles_turn_uniform_numbers_into_the_law(law: ServiceTime):
    """Rising, not exceeded with their probability at the least; evenly spread ones keep the law."""
    probability = (np.arange(100_000) + 0.5) / 100_000
    minutes = law.quantile(probability)
    assert (np.diff(minutes) >= 0).all()
    assert minutes.mean() == pytest.approx(law.mean, rel=2e-3)
    assert minutes.std() == pytest.approx(law.cv * law.mean, rel=2e-2, abs=1e-9)
    for index in (10, 30_000, 77_777):
        upto = 1 - law.distribution.survival(minutes[index])
        assert upto >= probability[index] - 1e-9
        before = 1 - law.distribution.survival(minutes[index] - 1e-6)
        assert before <= probability[index] + 1e-6


def test_a_class_that_holds_nobody_has_no_quantile():
    """Between 10 and 20 minutes there is nobody: just over one half leads beyond."""
    law = ServiceTime.histogram([0, 10, 20, 30], [1, 0, 1])
    assert law.quantile([0.0, 0.25, 0.5, 0.5001, 0.75]) == pytest.approx(
        [0, 5, 10, 20, 25], abs=0.01
    )


@pytest.mark.parametrize("probability", [1.0, -0.1, float("nan"), [0.5, 2.0]])
def test_a_quantile_is_of_a_probability(probability: object):
    """At least 0 and below 1."""
    with pytest.raises(InvalidInput, match="at least 0 and less than 1"):
        ServiceTime.exponential(9.0).quantile(probability)  # type: ignore


@pytest.mark.parametrize("step", [1.0, 0.5])
@pytest.mark.parametrize("law", [row[0] for row in LAWS], ids=lambda law: f"{law.law} {law.cv:.2f}")
def test_the_mass_on_a_grid_keeps_the_mean_and_spreads(law: ServiceTime, step: float):
    """It sums to one, keeps the mean, is nowhere negative and no less variable than the law."""
    mass = law.mass(step)
    minutes = step * np.arange(mass.size)
    assert mass.min() >= 0
    assert mass.sum() == pytest.approx(1.0, abs=1e-12)
    assert mass @ minutes == pytest.approx(law.mean, rel=1e-12)
    variance = float(mass @ (minutes - law.mean) ** 2)
    assert variance >= (law.cv * law.mean) ** 2 * (1 - 1e-7) - 1e-9


def test_the_exponential_mass_is_the_closed_form():
    """P(k) = exp(-k h) (exp(h) + exp(-h) - 2) / h with h the step over the mean."""
    mass, h = ServiceTime.exponential(9.0).mass(1.0), 1 / 9
    closed = [math.exp(-k * h) * (math.exp(h) + math.exp(-h) - 2) / h for k in range(1, 100)]
    assert mass[1:100] == pytest.approx(closed, abs=1e-13)
    assert mass[0] == pytest.approx(1 - (1 - math.exp(-h)) / h, abs=1e-12)


@pytest.mark.parametrize("law", [row[0] for row in LAWS], ids=lambda law: f"{law.law} {law.cv:.2f}")
def test_a_law_is_made_again_from_its_description(law: ServiceTime):
    """Name and numbers suffice."""
    again = ServiceTime.from_dict(law.to_dict())
    assert again == law
    assert again.mass(1.0).tolist() == law.mass(1.0).tolist()


BAD = [
    (lambda: ServiceTime.exponential(0.0), "service_time.mean is 0.0"),
    (lambda: ServiceTime.exponential(-1.0), "service_time.mean is -1.0"),
    (lambda: ServiceTime.exponential(math.inf), "service_time.mean is inf"),
    (lambda: ServiceTime.exponential(math.nan), "service_time.mean is nan"),
    (lambda: ServiceTime.exponential("9"), "service_time.mean is '9'"),
    (lambda: ServiceTime.gamma(9.0, 0.0), "service_time.cv is 0.0"),
    (lambda: ServiceTime.weibull(9.0, 1e9), "that a Weibull law can have"),
    (lambda: ServiceTime.deterministic(0.0), "service_time.minutes is 0.0"),
    (lambda: ServiceTime.pmf([]), "service_time.probabilities"),
    (lambda: ServiceTime.pmf([0.5, 0.4]), "sum to 0.9"),
    (lambda: ServiceTime.pmf([1.5, -0.5]), "none negative"),
    (lambda: ServiceTime.pmf([math.nan, 1.0]), "service_time.probabilities"),
    (lambda: ServiceTime.pmf([1.0]), "positive mean"),
    (lambda: ServiceTime.pmf([0.5, 0.5], step=0.0), "service_time.step is 0.0"),
    (lambda: ServiceTime.pmf([[0.5, 0.5]]), "service_time.probabilities"),
    (lambda: ServiceTime.empirical([]), "service_time.durations"),
    (lambda: ServiceTime.empirical([1.0, -2.0]), "service_time.durations"),
    (lambda: ServiceTime.empirical([0.0]), "not all 0"),
    (lambda: ServiceTime.empirical(["a"]), "service_time.durations"),
    (lambda: ServiceTime.histogram([0, 5, 5], [1, 1]), "service_time.edges"),
    (lambda: ServiceTime.histogram([0, 5], [1, 1]), "service_time.counts"),
    (lambda: ServiceTime.histogram([0, 5], [0]), "not all 0"),
    (lambda: ServiceTime.from_dict({"law": "cauchy"}), "one of exponential, gamma"),
    (lambda: ServiceTime.from_dict({"law": "gamma", "mean": 9.0}), "exactly: mean, cv"),
    (lambda: ServiceTime.from_dict([]), "a mapping"),
    (lambda: ServiceTime.poisson(1e9), "for a Poisson law"),
    (lambda: ServiceTime.lognormal(9.0, 100.0).mass(0.01), "within 50000 steps"),
    (lambda: ServiceTime.deterministic(1e6).mass(0.01), "within 50000 steps"),
]


@pytest.mark.parametrize(("make", "message"), BAD, ids=[message for _, message in BAD])
def test_an_impossible_law_is_refused_by_name(make: object, message: str):
    """The error names the field, the value and what is allowed."""
    with pytest.raises(InvalidInput, match=message.replace("(", r"\(")):
        make()


@pytest.mark.parametrize("law", [ServiceTime.gamma, ServiceTime.lognormal])
@pytest.mark.parametrize("cv", [1e-200, 1e-300])
def test_a_spread_too_small_for_float64_is_refused(
    law: Callable[[float, float], ServiceTime], cv: float
):
    """The law's parameters would be 0 or infinite; a deterministic law says the same."""
    with pytest.raises(InvalidInput, match=r"service_time\.cv is 1e-"):
        law(10.0, cv)
