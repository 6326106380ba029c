"""What is said of forecasts of a held-out period."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from forecast.data.history import History
from forecast.data.periods import Split
from forecast.evaluation import Evaluation
from forecast.network import Trainer
from forecast.no_show import NoShow
from forecast.no_show.fitted import FittedNoShow
from forecast.no_show.models.logistic_regression import LogisticRegression
from forecast.no_show.visits import missed
from forecast.report.evaluation import write_evaluation
from objective import InvalidInput
from tests.forecast.no_show.clinic import Clinic


@pytest.fixture(scope="module")
def evaluation(
    small_clinic: Clinic, no_show: NoShow, fitted: Mapping[str, FittedNoShow]
) -> Evaluation:
    """The report on all models."""
    return no_show.evaluate(fitted, small_clinic.history, small_clinic.split)


def test_the_champion_is_chosen_by_the_log_loss_of_the_same_appointments(
    evaluation: Evaluation,
) -> None:
    """Its losses case by case have the mean that is shown; patients are the blocks."""
    assert evaluation.losses.shape == (480, 7)
    assert len(evaluation.blocks) == 480
    for name, row in evaluation.scores.iterrows():
        assert evaluation.losses[name].mean() == pytest.approx(row["log loss"])
    assert evaluation.champion == evaluation.scores["log loss"].idxmin()
    assert evaluation.scores.loc["logistic_regression", "AUC"] > 0.65


def test_groups_by_protected_attributes_are_shown_though_they_are_no_features(
    evaluation: Evaluation, fitted: Mapping[str, FittedNoShow]
) -> None:
    """Age and sex have rows; only the area was asked for, and the report says so."""
    groups = evaluation.tables["groups"]
    assert set(groups["attribute"]) == {"age", "sex", "area"}
    assert (groups.groupby("attribute")["visits"].sum() == 480).all()
    encoder = fitted["logistic_regression"].encoder
    assert not {"age", "sex"} & {*encoder.medians, *encoder.values}
    assert any("asked to use: area." in one for one in evaluation.sentences if "Protected" in one)
    waits = evaluation.tables["expected_waits"]
    assert set(waits["attribute"]) == {"age", "sex", "area"}
    assert np.isfinite(waits[["average", "individual"]]).all(axis=None)


def test_honest_models_are_not_called_leaks(evaluation: Evaluation) -> None:
    """No sentence warns."""
    assert not any("leak" in one for one in evaluation.sentences)


def test_a_column_that_knows_the_outcome_sets_off_the_alarm(small_clinic: Clinic) -> None:
    """A reason that is only noted when a patient does not come is found, and named."""
    visits = small_clinic.history.visits.copy()
    noted = np.where(missed(visits) > 0, "rang later", "none")
    visits["reason"] = np.where(np.arange(len(visits)) % 10 == 0, "none", noted)
    options = NoShow(categorical=["reason"])
    history, split = History(visits=visits), small_clinic.split
    fitted = options.fit(LogisticRegression(), history, split.train_until, Trainer())
    evaluation = options.evaluate({"leaky": fitted}, history, split)
    assert any("Warning: leaky reaches an AUC" in one for one in evaluation.sentences)
    assert any("tells most by itself is reason" in one for one in evaluation.sentences)


def test_a_report_is_written(evaluation: Evaluation, tmp_path: Path) -> None:
    """The page has the reliability curve, the groups and their waits, and each its table."""
    write_evaluation(tmp_path, evaluation)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for words in (
        "Do forecasts mean what they say?",
        "as good for every group",
        "Who waits longer",
    ):
        assert words in page
    for name in ("reliability", "groups", "expected_waits", "standard_errors"):
        assert (tmp_path / f"{name}.csv").stat().st_size > 50


@pytest.mark.slow
def test_models_may_learn_anew_every_few_days(
    small_clinic: Clinic, no_show: NoShow, fitted: Mapping[str, FittedNoShow]
) -> None:
    """The last days are then forecast as by a model that learned until the day they begin."""
    split = small_clinic.split
    refitted = replace(no_show, refit_every=4)
    models = {"logistic_regression": fitted["logistic_regression"]}
    found = refitted.evaluate(models, small_clinic.history, split)
    late = split.first + (split.until - split.first) / 2
    model = models["logistic_regression"].model
    again = no_show.fit(model, small_clinic.history, late, Trainer())
    rest = Split(train_until=late, first=late, until=split.until)
    expected = no_show.evaluate({"logistic_regression": again}, small_clinic.history, rest)
    assert np.allclose(found.losses.tail(len(expected.losses)), expected.losses, atol=1e-9)


def test_a_period_without_appointments_is_refused(
    small_clinic: Clinic, no_show: NoShow, fitted: Mapping[str, FittedNoShow]
) -> None:
    """There is nothing to test on."""
    until = small_clinic.split.until
    later = Split(until, until, until.replace(year=2030))
    with pytest.raises(InvalidInput, match="a period with appointments"):
        no_show.evaluate(fitted, small_clinic.history, later)


def test_what_models_look_at_does_not_grow_with_the_history(
    small_clinic: Clinic, no_show: NoShow
) -> None:
    """Inputs of two periods have the same columns, numbers and texts."""
    split = small_clinic.split
    first = small_clinic.history.visits["scheduled_at"].iloc[0]
    early = no_show.inputs(small_clinic.history, first, split.first)
    late = no_show.inputs(small_clinic.history, split.first, split.until)
    assert list(early.columns) == list(late.columns)
    assert len(late) == 480
    assert late["earlier_visits"].max() <= no_show.most_visits
