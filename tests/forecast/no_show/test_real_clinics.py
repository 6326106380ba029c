"""No-shows of real clinics: 19 days to learn from, 8 to be tested on."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hydra import compose, initialize_config_module
from omegaconf import OmegaConf

from forecast.configuration import candidates_from
from forecast.data.history import History
from forecast.data.public.kaggle import FILE, kaggle
from forecast.data.sources import split_from
from forecast.network import Trainer
from forecast.no_show import NoShow
from forecast.no_show.visits import missed

pytestmark = pytest.mark.slow

SETTINGS = ["data=kaggle", "model=no_show_kaggle"]


@pytest.fixture(scope="module")
def settings() -> dict[str, Any]:
    """The settings of the command for this data set."""
    with initialize_config_module("conf.forecast", version_base="1.3"):
        plain: Any = OmegaConf.to_container(compose("config", SETTINGS))
    return dict(plain)


@pytest.fixture(scope="module")
def history(clinic_data: Path, tmp_path_factory: pytest.TempPathFactory) -> History:
    """All appointments but the six that cannot be true."""
    options = {"file": str(clinic_data / FILE)}
    history = kaggle(options, "quarantine", tmp_path_factory.mktemp("run"))
    assert len(history.visits) == 110_521
    return history


def evaluated(
    settings: dict[str, Any], history: History, names: list[str], **options: Any
) -> tuple[pd.DataFrame, pd.Series, tuple[str, ...]]:
    """Return the scores, their standard errors and the sentences of models by name."""
    listed = {**settings["model"], "options": {**settings["model"]["options"], **options}}
    candidates = candidates_from({"model": listed})
    split, quantity = split_from(settings), candidates.quantity
    fitted = {
        name: quantity.fit(candidates.models[name], history, split.train_until, Trainer())
        for name in names
    }
    found = quantity.evaluate(fitted, history, split)
    errors = found.tables["standard_errors"].set_index("score")["standard_error"]
    return found.scores, errors, found.sentences


def test_the_average_is_as_good_as_the_best_that_was_measured_and_no_better_than_can_be(
    settings: dict[str, Any], history: History
) -> None:
    """All six figures within one standard error, and none so good that something leaks."""
    scores, errors, sentences = evaluated(settings, history, ["average"])
    found = scores.loc["average"]
    for name, wanted in (("AUC", 0.737), ("AUC ahead", 0.609)):
        assert found[name] >= wanted - errors[name]
    for name, wanted in (
        ("Brier", 0.1354),
        ("ECE", 0.010),
        ("Brier ahead", 0.1886),
        ("ECE ahead", 0.013),
    ):
        assert found[name] <= wanted + errors[name]
    assert found["AUC"] <= 0.75
    assert found["AUC ahead"] <= 0.62
    assert not any("leak" in one for one in sentences)


def test_baselines_without_calibration_are_as_they_were_measured(
    settings: dict[str, Any], history: History
) -> None:
    """The base rate, the table of lead times and the logistic regression, frozen for all 8 days."""
    names = ["base_rate", "lead_time_table", "logistic_regression"]
    scores, errors, _ = evaluated(settings, history, names, calibration="none")
    assert scores.loc["base_rate", "AUC"] == 0.5
    assert scores.loc["base_rate", "Brier"] == pytest.approx(0.1517, abs=5e-5)
    assert scores.loc["base_rate", "Brier ahead"] == pytest.approx(0.1962, abs=5e-5)
    assert scores.loc["lead_time_table", "AUC"] == pytest.approx(0.693, abs=errors["AUC"])
    assert scores.loc["lead_time_table", "Brier"] == pytest.approx(0.1405, abs=errors["Brier"])
    assert scores.loc["logistic_regression", "AUC"] == pytest.approx(0.7332, abs=errors["AUC"])
    assert scores.loc["logistic_regression", "Brier"] <= 0.1371


def test_the_alarm_is_set_off_by_what_is_known_only_afterwards(
    settings: dict[str, Any], history: History
) -> None:
    """A column with each patient's share of no-shows in all rows gives an AUC near 1."""
    visits = history.visits.copy()
    visits["habit"] = pd.Series(missed(visits)).groupby(visits["patient_id"]).transform("mean")
    numeric = [*settings["model"]["options"]["numeric"], "habit"]
    scores, _, sentences = evaluated(
        settings, History(visits=visits), ["gradient_boosting"], numeric=numeric
    )
    assert scores.loc["gradient_boosting", "AUC"] > 0.95
    assert any("Warning: gradient boosting reaches an AUC" in one for one in sentences)
    assert any("tells most by itself is habit" in one for one in sentences)


def test_outcomes_of_the_same_and_later_days_change_no_forecast(
    settings: dict[str, Any], history: History
) -> None:
    """With all outcomes from 1 June on turned, what is forecast for that day is the same."""
    options = {**settings["model"]["options"]}
    quantity = NoShow(**options)
    split, day = split_from(settings), pd.Timestamp("2016-06-01")
    model = candidates_from(settings).models["gradient_boosting"]
    fitted = quantity.fit(model, history, split.train_until, Trainer())
    turned = history.visits.copy()
    ahead = turned["scheduled_at"] >= day
    other = turned["status"].map({"no_show": "completed", "completed": "no_show"})
    turned.loc[ahead, "status"] = other[ahead]
    asked = history.visits[history.visits["scheduled_at"].dt.normalize() == day]
    before = fitted.probabilities(asked, history)  # type: ignore[attr-defined]
    after = fitted.probabilities(asked, History(visits=turned))  # type: ignore[attr-defined]
    assert np.array_equal(before, after)
