"""Probabilities corrected by the last clinic days."""

import numpy as np
import pytest
from scipy.special import expit, logit

from forecast.no_show.calibration import METHODS, Method, calibrated, calibration

GENERATOR = np.random.default_rng(3)
FORECAST = GENERATOR.uniform(0.05, 0.6, 4_000)


def outcomes(truth: np.ndarray) -> np.ndarray:
    """Draw outcomes."""
    return (np.random.default_rng(4).random(len(truth)) < truth).astype(np.float64)


def test_a_shifted_level_is_found() -> None:
    """Where log-odds are half a unit too high, the intercept takes them back."""
    truth = expit(logit(FORECAST) - 0.5)
    corrected = calibration("intercept", FORECAST, outcomes(truth))(FORECAST)
    assert np.abs(corrected - truth).max() < 0.02
    assert corrected.mean() == pytest.approx(outcomes(truth).mean(), abs=1e-3)


def test_a_stretched_scale_is_found() -> None:
    """Where forecasts are too sure, the logistic correction draws them together."""
    truth = expit(0.5 * logit(FORECAST) - 0.3)
    corrected = calibration("logistic", FORECAST, outcomes(truth))(FORECAST)
    assert np.abs(corrected - truth).mean() < 0.02
    assert np.abs(FORECAST - truth).mean() > 0.05


def test_an_isotonic_map_rises() -> None:
    """Whoever was more likely to miss it before is not less likely afterwards."""
    learned = calibration("isotonic", FORECAST, outcomes(FORECAST**2))
    assert (np.diff(learned(np.linspace(0, 1, 101))) >= 0).all()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("missed", [0.0, 1.0])
@pytest.mark.parametrize("cases", [0, 1, 600])
def test_few_cases_and_a_single_class_never_make_anyone_sure(
    method: Method, missed: float, cases: int
) -> None:
    """Probabilities stay within 0 and 1, whatever was seen."""
    seen = np.full(cases, missed)
    corrected = calibration(method, FORECAST[:cases], seen)(np.array([0.0, 0.3, 1.0]))
    assert ((corrected > 0) & (corrected < 1)).all()
    assert (np.diff(corrected) >= 0).all()


def test_two_kinds_are_corrected_apart() -> None:
    """A shift of one kind leaves the other as it was."""
    kind = np.arange(len(FORECAST)) % 2 == 0
    truth = np.where(kind, expit(logit(FORECAST) + 1), FORECAST)
    corrected = calibrated("intercept", FORECAST, outcomes(truth), kind, FORECAST, kind)
    assert np.abs(corrected - truth).max() < 0.04
