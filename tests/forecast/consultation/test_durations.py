"""Laws of consultation times, and what is handed on of them."""

import numpy as np
import pytest
from scipy import integrate, stats

from forecast.consultation.durations import LognormalMixture, Pool, ScaledLaws
from objective import InvalidInput, ServiceTime

TWO = LognormalMixture(
    np.array([[0.7, 0.3], [0.5, 0.5]]),
    np.log([[10.0, 25.0], [8.0, 12.0]]),
    np.array([[0.3, 0.5], [0.4, 0.2]]),
)
ONE = LognormalMixture(np.ones((2, 1)), np.log([[10.0], [14.0]]), np.full((2, 1), 0.4))
GAMMA = ScaledLaws((ServiceTime.gamma(10.0, 0.5),), np.zeros(2, np.intp), np.array([1.0, 1.5]))
MEASURED = ScaledLaws(
    (ServiceTime.empirical([5.0, 10.0, 30.0]), ServiceTime.empirical([7.0, 9.0])),
    np.array([1, 0]),
    np.array([1.0, 2.0]),
)
SMOOTH = ScaledLaws(
    (ServiceTime.histogram([0.2, 0.8, 1.2, 3.0], [0.3, 0.4, 0.3]),),
    np.zeros(2, np.intp),
    np.array([10.0, 12.0]),
)
POOL = Pool((TWO, GAMMA, SMOOTH))
ALL = [TWO, ONE, GAMMA, MEASURED, SMOOTH, POOL]
CONTINUOUS = [TWO, ONE, GAMMA, SMOOTH, POOL]


@pytest.mark.parametrize("forecast", CONTINUOUS)
def test_quantiles_are_the_inverse_of_the_distribution_function(forecast):
    """To nine digits, at the median and far out."""
    levels = np.array([0.001, 0.1, 0.5, 0.9, 0.999])
    assert forecast.cdf(forecast.quantiles(levels)) == pytest.approx(
        np.tile(levels, (2, 1)), rel=1e-7
    )


@pytest.mark.parametrize("forecast", ALL)
def test_the_mean_is_the_integral_of_the_survival_function(forecast):
    """E[S] is the integral of P(S > t)."""
    minutes = np.linspace(0, 400, 400_001)
    survival = 1 - forecast.cdf(minutes)
    assert forecast.mean() == pytest.approx(integrate.trapezoid(survival, minutes), rel=1e-4)


@pytest.mark.parametrize("forecast", ALL)
def test_what_is_handed_on_of_a_case_has_its_mean_and_spread(forecast):
    """The mean to rounding, the coefficient of variation to half a per cent."""
    minutes = np.linspace(0, 600, 600_001)
    survival = 1 - forecast.cdf(minutes)
    second = integrate.trapezoid(2 * minutes * survival, minutes)
    for case in range(len(forecast)):
        law = forecast.service_time(case)
        mean = forecast.mean()[case]
        assert law.mean == pytest.approx(mean, rel=1e-12)
        assert law.cv == pytest.approx(np.sqrt(second[case] - mean**2) / mean, rel=5e-3)
        assert ServiceTime.from_dict(law.to_dict()) == law


@pytest.mark.parametrize("forecast", ALL)
def test_the_mixture_of_all_cases_has_their_mean_and_spread(forecast):
    """The variance of a mixture is the mean variance and the variance of the means.

    A few single durations are the hardest for a histogram: there it is right to two per cent.
    """
    tolerance = 2e-2 if forecast is MEASURED else 5e-3
    law = forecast.mixture()
    laws = [forecast.service_time(case) for case in range(len(forecast))]
    variance = np.mean([(one.cv * one.mean) ** 2 for one in laws]) + np.var(forecast.mean())
    assert law.mean == pytest.approx(forecast.mean().mean(), rel=1e-12)
    assert law.cv == pytest.approx(np.sqrt(variance) / law.mean, rel=tolerance)


def test_a_law_with_a_name_is_handed_on_by_its_name():
    """Gamma, lognormal and measured durations stay what they are, times their scale."""
    assert ONE.service_time(1).law == "lognormal"
    assert ONE.service_time(1).mean == pytest.approx(14 * np.exp(0.08))
    assert GAMMA.service_time(1) == ServiceTime.gamma(15.0, 0.5)
    assert MEASURED.service_time(1) == ServiceTime.empirical([10.0, 20.0, 60.0])
    assert GAMMA.part(np.array([1])).mixture() == ServiceTime.gamma(15.0, 0.5)


def test_bisection_finds_the_quantiles_that_are_known():
    """Two equal components are one lognormal law."""
    twice = LognormalMixture(*(np.repeat(part, 2, axis=1) for part in (
        np.full((2, 1), 0.5), ONE.locations, ONE.scales)))  # fmt: skip
    levels = [0.05, 0.5, 0.95]
    known = stats.lognorm.ppf(levels, 0.4, scale=[[10.0], [14.0]])
    assert twice.quantiles(levels) == pytest.approx(known, rel=1e-9)
    assert ONE.quantiles(levels) == pytest.approx(known, rel=1e-12)


@pytest.mark.parametrize("forecast", ALL)
def test_a_part_of_a_forecast_is_as_the_whole(forecast):
    """One case alone has the same mean, distribution function and quantiles."""
    levels, minutes = [0.1, 0.5, 0.9], [3.0, 11.0, 40.0]
    for case in range(len(forecast)):
        alone = forecast.part(np.array([case]))
        assert alone.mean() == forecast.mean()[[case]]
        assert np.array_equal(alone.cdf(minutes), forecast.cdf(minutes)[[case]])
        assert np.array_equal(alone.quantiles(levels), forecast.quantiles(levels)[[case]])


def test_minutes_may_differ_from_case_to_case():
    """A row of minutes per case gives the diagonal of all with all."""
    minutes = np.array([[5.0, 9.0], [20.0, 30.0]])
    for forecast in ALL:
        both = forecast.cdf(minutes)
        assert both[0] == pytest.approx(forecast.cdf(minutes[0])[0])
        assert both[1] == pytest.approx(forecast.cdf(minutes[1])[1])


def test_nothing_takes_less_than_no_time():
    """The distribution function is 0 at and below 0 minutes."""
    for forecast in ALL:
        assert not forecast.cdf([-5.0, 0.0]).any()


@pytest.mark.parametrize("levels", [0.0, 1.0, -0.1, float("nan"), [0.5, 1.2]])
def test_levels_outside_zero_and_one_are_refused(levels):
    """They have no quantile."""
    with pytest.raises(InvalidInput, match="levels"):
        ONE.quantiles(levels)


def test_no_case_has_no_mixture():
    """It is refused with a sentence."""
    with pytest.raises(InvalidInput, match="at least one"):
        ONE.part(np.array([], np.intp)).mixture()
