"""How good probabilities are."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from forecast.no_show.scores import (
    area_under_curve,
    both_scores,
    log_losses,
    reliability,
    scores,
    standard_errors,
)

FORECAST = np.array([0.1, 0.2, 0.6, 0.9])
MISSED = np.array([0.0, 1.0, 0.0, 1.0])


def test_scores_are_those_one_computes_by_hand() -> None:
    """Of the four pairs of a missed and a kept visit three are in order."""
    found = scores(FORECAST, MISSED)
    assert found["AUC"] == 0.75
    assert found["Brier"] == pytest.approx((0.01 + 0.64 + 0.36 + 0.01) / 4)
    assert found["log loss"] == pytest.approx(-np.log(0.9 * 0.2 * 0.4 * 0.9) / 4)
    # Four cases are in four classes, each of which is as far off as its forecast.
    assert found["ECE"] == pytest.approx((0.1 + 0.8 + 0.6 + 0.1) / 4)
    assert log_losses(FORECAST, MISSED).mean() == pytest.approx(found["log loss"])


def test_equal_forecasts_are_in_one_class() -> None:
    """One forecast for all is off by the difference of the means, however it is divided."""
    missed = np.array([1.0] * 30 + [0.0] * 70)
    assert scores(np.full(100, 0.2), missed)["ECE"] == pytest.approx(0.1)
    assert len(reliability(np.full(100, 0.2), missed)) == 1


def test_a_weight_is_as_a_repetition() -> None:
    """Cases that count twice are as cases that are there twice, in all but the classes."""
    weights = np.array([1.0, 2.0, 0.0, 3.0])
    rows = np.repeat(np.arange(4), weights.astype(int))
    found, expected = scores(FORECAST, MISSED, weights), scores(FORECAST[rows], MISSED[rows])
    for name in ("AUC", "Brier", "log loss"):
        assert found[name] == pytest.approx(expected[name])


def test_of_a_single_class_no_order_can_be_told() -> None:
    """The area under the curve is not a number, all else is."""
    found = scores(FORECAST, np.zeros(4))
    assert np.isnan(found["AUC"])
    assert np.isfinite([found["Brier"], found["log loss"], found["ECE"]]).all()


def test_those_booked_ahead_are_scored_apart() -> None:
    """Their scores are those of the same cases alone; without any there are none."""
    ahead = np.array([False, True, True, True])
    found = both_scores(FORECAST, MISSED, ahead)
    assert found["Brier ahead"] == scores(FORECAST[1:], MISSED[1:])["Brier"]
    assert "AUC ahead" not in both_scores(FORECAST, MISSED, np.zeros(4, bool))


def test_the_standard_error_sees_that_visits_of_a_patient_have_much_in_common() -> None:
    """Where every patient comes four times with one outcome, it is twice that of single visits."""
    generator = np.random.default_rng(5)
    forecast = np.full(2_000, 0.3)
    missed = np.repeat((generator.random(500) < 0.3).astype(np.float64), 4)
    ahead = np.ones(2_000, bool)
    alone = standard_errors(forecast, missed, ahead, np.arange(2_000).astype(object))
    together = standard_errors(forecast, missed, ahead, np.repeat(np.arange(500), 4).astype(object))
    assert together["Brier"] / alone["Brier"] == pytest.approx(2.0, rel=0.25)


def test_the_area_under_the_curve_is_that_of_scikit_learn() -> None:
    """With weights and with equal forecasts."""
    generator = np.random.default_rng(4)
    for digits in (1, 12):
        forecast = generator.random(500).round(digits)
        missed = (generator.random(500) < forecast).astype(float)
        weights = generator.integers(0, 4, 500).astype(float)
        expected = roc_auc_score(missed, forecast, sample_weight=weights)
        assert area_under_curve(forecast, missed, weights) == pytest.approx(expected, abs=1e-12)
