"""Laws of counts, of single periods and of their totals."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from forecast.demand.count_forecast import CountForecast, quantile_mean
from forecast.demand.day_effect import day_dispersion
from forecast.demand.law import CountLaw, likely_dispersion
from forecast.demand.levels import TABLE_LEVELS
from objective import InvalidInput

STARTS = pd.date_range("2024-03-04 08:00", periods=4, freq="h").append(
    pd.date_range("2024-03-05 08:00", periods=4, freq="h")
)
MEAN = np.array([2.0, 6.0, 3.0, 0.5, 2.5, 5.0, 3.0, 0.0])


@pytest.fixture
def forecast() -> CountForecast:
    """Two mornings of four hours, with an effect of the hour and one of the day."""
    return CountForecast(STARTS, 60, MEAN, np.full(8, 0.2), day_dispersion=0.1)


def test_the_law_is_the_negative_binomial_of_scipy_and_poisson_without_dispersion():
    """Masses and quantiles agree over means and dispersions."""
    mean = np.array([0.3, 4.0, 50.0, 4.0])
    dispersion = np.array([0.5, 0.1, 0.02, 0.0])
    law, counts = CountLaw(mean, dispersion), np.arange(0, 120.0)
    for row in range(3):
        peer = stats.nbinom(1 / dispersion[row], 1 / (1 + dispersion[row] * mean[row]))
        assert np.allclose(law.mass(counts)[row], peer.pmf(counts), rtol=1e-9)
        assert np.array_equal(law.quantiles(TABLE_LEVELS)[row], peer.ppf(TABLE_LEVELS))
    assert np.allclose(law.mass(counts)[3], stats.poisson(4.0).pmf(counts), rtol=1e-9)
    assert np.allclose(law.variance, mean + dispersion * mean**2)


def test_the_dispersion_of_drawn_counts_is_found():
    """Within a tenth with 20,000 counts; of Poisson counts it is 0 or next to nothing."""
    generator = np.random.default_rng(1)
    mean = generator.uniform(2, 20, 20_000)
    mixed = generator.poisson(mean * generator.gamma(1 / 0.15, 0.15, mean.shape))
    assert likely_dispersion(mixed.astype(float), mean) == pytest.approx(0.15, rel=0.1)
    assert likely_dispersion(generator.poisson(mean).astype(float), mean) < 2e-3


def test_the_effect_of_a_day_is_found_apart_from_that_of_its_hours():
    """From the covariance of the hours of a day, whatever they vary by themselves."""
    generator = np.random.default_rng(2)
    starts = pd.date_range("2020-01-01", periods=24 * 3_000, freq="h")
    day = np.repeat(generator.gamma(1 / 0.05, 0.05, 3_000), 24)
    hour = generator.gamma(1 / 0.3, 0.3, len(starts))
    mean = np.full(len(starts), 4.0)
    shared = day_dispersion(starts, generator.poisson(mean * day * hour).astype(float), mean)
    assert shared == pytest.approx(0.05, rel=0.15)
    alone = day_dispersion(starts, generator.poisson(mean * hour).astype(float), mean)
    assert alone < 0.005


def test_samples_have_the_laws_of_single_periods(forecast: CountForecast):
    """Means, variances and probabilities, within four standard errors."""
    drawn = forecast.sample(40_000, np.random.default_rng(3))
    assert np.allclose(drawn.mean(axis=0), MEAN, atol=0.08)
    assert np.allclose(drawn.var(axis=0), forecast.law.variance, rtol=0.06)
    mass = forecast.mass(np.arange(3.0))
    for count in range(3):
        assert np.allclose((drawn == count).mean(axis=0), mass[:, count], atol=0.012)


def test_totals_have_the_mean_and_variance_of_simulated_ones(forecast: CountForecast):
    """Of days, and of a session that begins and ends within an hour."""
    drawn = forecast.sample(40_000, np.random.default_rng(4))
    days, law = forecast.day_total()
    assert list(days) == [pd.Timestamp("2024-03-04"), pd.Timestamp("2024-03-05")]
    totals = np.stack([drawn[:, :4].sum(axis=1), drawn[:, 4:].sum(axis=1)])
    assert np.allclose(law.mean, totals.mean(axis=1), rtol=0.01)
    assert np.allclose(law.variance, totals.var(axis=1), rtol=0.04)
    generator = np.random.default_rng(5)
    # From half past eight to eleven, with the effects of the day and of each hour drawn apart.
    own = (0.2 - 0.1) / (1 + 0.1)
    day = generator.gamma(1 / 0.1, 0.1, (60_000, 1))
    hour = generator.gamma(1 / own, own, (60_000, 3))
    rates = MEAN[:3] * np.array([0.5, 1.0, 1.0]) * day * hour
    session = generator.poisson(rates).sum(axis=1)
    within = forecast.session_total(
        pd.Timestamp("2024-03-04 08:30"), pd.Timestamp("2024-03-04 11:00")
    )
    assert within.mean[0] == pytest.approx(session.mean(), rel=0.02)
    assert within.variance[0] == pytest.approx(session.var(), rel=0.06)


def test_with_the_effect_of_the_day_alone_totals_are_negative_binomial_themselves():
    """Their quantiles are those of simulated totals."""
    forecast = CountForecast(STARTS[:4], 60, MEAN[:4], np.full(4, 0.1), day_dispersion=0.1)
    totals = forecast.sample(60_000, np.random.default_rng(6)).sum(axis=1)
    _, law = forecast.day_total()
    for level in (0.1, 0.5, 0.9):
        quantile = law.quantiles(np.array([level]))[0, 0]
        assert (totals <= quantile).mean() >= level - 0.01
        assert (totals < quantile).mean() <= level + 0.01


@pytest.mark.parametrize(
    ("first", "until"),
    [
        ("2024-03-04 10:00", "2024-03-04 09:00"),
        ("2024-03-04 09:00", "2024-03-05 09:00"),
        ("2024-03-04 07:00", "2024-03-04 09:00"),
    ],
)
def test_a_session_outside_the_forecast_is_refused(first: str, until: str, forecast: CountForecast):
    """Backwards, over midnight, or before the first period."""
    with pytest.raises(InvalidInput):
        forecast.session_total(pd.Timestamp(first), pd.Timestamp(until))


def test_the_mean_of_quantiles_lies_between_those_of_its_members():
    """And is each of them if all are the same."""
    low = CountForecast(STARTS[:1], 60, np.array([10.0]), np.array([0.0]))
    high = CountForecast(STARTS[:1], 60, np.array([20.0]), np.array([0.05]))
    both = quantile_mean([low, high], TABLE_LEVELS)
    levels = TABLE_LEVELS[::10]
    assert np.allclose(both.quantiles(levels), (low.quantiles(levels) + high.quantiles(levels)) / 2)
    alone = quantile_mean([high, high], TABLE_LEVELS)
    assert np.array_equal(alone.quantiles(levels), high.quantiles(levels))
    assert alone.mean[0] == 20.0
