"""Real arrivals: the scores that forecasts of them reach."""

from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_module
from omegaconf import OmegaConf

from forecast.configuration import candidates_from
from forecast.data.sources import history_from, split_from
from forecast.evaluation import Evaluation
from forecast.network import Trainer

pytestmark = pytest.mark.slow


def evaluation(tmp_path: Path, names: set[str], *overrides: str) -> Evaluation:
    """Return the comparison of some of the models, as the command makes it."""
    with initialize_config_module("conf.forecast", version_base="1.3"):
        composed = compose("config", list(overrides))
    settings: dict[str, Any] = OmegaConf.to_container(composed, resolve=True)  # type: ignore[assignment]
    listed = settings["model"]["candidates"]
    settings["model"]["candidates"] = {name: listed[name] or {} for name in listed if name in names}
    candidates = candidates_from(settings)
    history = history_from(settings, tmp_path)
    split = split_from(settings, history, "arrivals")
    quantity = candidates.quantity
    fitted = {
        name: quantity.fit(model, history, split.train_until, Trainer())
        for name, model in candidates.models.items()
    }
    return quantity.evaluate(fitted, history, split)


def standard_error(made: Evaluation, name: str) -> float:
    """Return that of a model's mean score, over origins."""
    means = made.losses[name].groupby(made.blocks).mean()
    return float(means.std() / len(means) ** 0.5)


def test_daily_arrivals_at_an_emergency_department(clinic_data: Path, tmp_path: Path):
    """51 weekly origins of 14 days: 8.17 by a model of ours, 8.03 and 0.715 by an ensemble."""
    names = {"seasonal_naive", "calendar_glm", "gradient_boosting", "average", "average_with_ets"}
    made = evaluation(tmp_path, names, "data=uihc_daily", "model=demand")
    scores, champion = made.scores, made.champion
    assert scores.loc["seasonal_naive", "CRPS"] == pytest.approx(11.24, abs=0.02)
    assert scores.loc["seasonal_naive", "MASE"] == pytest.approx(1.002, abs=0.002)
    assert scores.loc[champion, "CRPS"] < 8.17
    ensemble = scores.loc["average_with_ets"]
    assert ensemble["CRPS"] < 8.03 + standard_error(made, "average_with_ets")
    assert ensemble["MASE"] < 0.715 + standard_error(made, "average_with_ets") / 8.03 * 0.715
    assert 0.77 < scores.loc[champion, "coverage of 80 %"] < 0.83
    assert "ALARM" not in " ".join(made.sentences)


def test_hourly_arrivals_at_an_emergency_department(clinic_data: Path, tmp_path: Path):
    """51 weekly origins of 168 hours: 1.445 and 0.718; below 1.42 something knows the future."""
    made = evaluation(
        tmp_path, {"seasonal_naive", "calendar_glm"}, "data=uihc_hourly", "model=demand_hourly",
        "model.options.series=[emergency]",
    )  # fmt: skip
    scores = made.scores.loc["calendar_glm"]
    error = standard_error(made, "calendar_glm")
    assert 1.42 < scores["CRPS"] < 1.445 + error
    assert scores["MASE"] < 0.718 * (1 + error / 1.445)
    assert scores["negative log likelihood"] < 2.308 + 0.0068


def test_days_of_general_practices(clinic_data: Path, tmp_path: Path):
    """106 series from 8 origins: 0.308, with intervals of 80 % that hold 75 to 85 %."""
    made = evaluation(
        tmp_path, {"seasonal_naive", "weekday_median"}, "data=nhs_gp_daily", "model=demand"
    )
    assert made.losses.shape[0] == 106 * 8 * 14
    scores = made.scores.loc["weekday_median"]
    assert made.champion == "weekday_median"
    assert scores["MASE"] < 0.308 + 0.0026
    assert 0.75 < scores["coverage of 80 %"] < 0.85
    assert made.scores.loc["seasonal_naive", "MASE"] == pytest.approx(1.404, abs=0.002)
