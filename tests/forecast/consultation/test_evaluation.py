"""How forecasts of consultation times are scored."""

import numpy as np
import pandas as pd
import pytest

from forecast.consultation.durations import LognormalMixture, ScaledLaws
from forecast.consultation.evaluation import SCORE, log_score, transforms
from forecast.consultation.quantity import Consultation
from forecast.data.history import History
from forecast.data.periods import Split
from forecast.quantities import make_model
from forecast.report.evaluation import write_evaluation
from objective import InvalidInput, ServiceTime
from tests.forecast.consultation.clinic import SMALL, TRAINER, clinic

SPLIT = Split(*(pd.Timestamp(day) for day in ("2024-01-22", "2024-01-22", "2024-02-01")))
NAMES = ("exponential", "lognormal", "lognormal_regression", "average")
QUANTITY, HISTORY = Consultation(), clinic(providers=("ann",))


@pytest.fixture(scope="module")
def evaluation():
    """Four models side by side on the last days."""
    models = {name: make_model(QUANTITY, name, SMALL.get(name, {})) for name in NAMES}
    fitted = {
        name: QUANTITY.fit(model, HISTORY, SPLIT.train_until, TRAINER)
        for name, model in models.items()
    }
    return QUANTITY.evaluate(fitted, HISTORY, SPLIT)


def test_the_log_score_is_that_of_the_class_a_consultation_fell_into():
    """Uniform on 0 to 4 minutes: each minute has a quarter."""
    law = ScaledLaws((ServiceTime.histogram([0, 4], [1]),), np.zeros(3, np.intp), np.ones(3))
    assert log_score(law, np.array([0.5, 2.0, 3.9]), 1.0) == pytest.approx(np.full(3, np.log(4)))
    assert log_score(law, np.array([0.5, 2.0, 3.9]), 2.0) == pytest.approx(np.full(3, np.log(2)))


def test_a_duration_on_the_edge_of_a_class_belongs_to_the_class_it_begins():
    """Measured durations of 2 and 3 minutes: the class from 2 to 3 has the half."""
    law = ScaledLaws((ServiceTime.empirical([2.0, 3.0]),), np.zeros(2, np.intp), np.ones(2))
    assert log_score(law, np.array([2.0, 3.0]), 1.0) == pytest.approx(np.full(2, np.log(2)))


def test_what_a_law_thinks_impossible_costs_much_but_not_everything():
    """One in a million."""
    law = ScaledLaws((ServiceTime.empirical([2.0, 3.0]),), np.zeros(1, np.intp), np.ones(1))
    assert log_score(law, np.array([50.0]), 1.0) == pytest.approx(6 * np.log(10))


def test_the_transforms_of_a_true_law_are_uniform():
    """Kolmogorov and Smirnov do not object to 4,000 draws."""
    generator = np.random.default_rng(1)
    scales = np.full((4_000, 1), 0.5)
    locations = generator.normal(2.0, 0.4, (4_000, 1))
    law = LognormalMixture(np.ones_like(scales), locations, scales)
    minutes = np.exp(locations[:, 0] + 0.5 * generator.normal(size=4_000))
    found = np.sort(transforms(law, minutes))
    assert np.abs(found - (np.arange(4_000) + 0.5) / 4_000).max() < 1.63 / np.sqrt(4_000)


def test_the_score_is_twice_the_mean_pinball_loss_of_99_quantiles(evaluation):
    """Computed here by its definition, for the lognormal laws."""
    lognormal = make_model(QUANTITY, "lognormal", {})
    fitted = QUANTITY.fit(lognormal, HISTORY, SPLIT.train_until, TRAINER)
    table = HISTORY.consultations
    cases = table[table["started_at"] >= SPLIT.first]
    levels = np.arange(1, 100) / 100
    error = cases["minutes"].to_numpy()[:, None] - fitted.forecast(cases, HISTORY).quantiles(levels)
    loss = 2 * np.mean(np.maximum(levels * error, (levels - 1) * error), axis=1)
    assert evaluation.losses["lognormal"].to_numpy() == pytest.approx(loss)
    assert evaluation.scores.loc["lognormal", SCORE] == pytest.approx(loss.mean())


def test_knowing_the_patient_is_better_and_exponential_laws_are_worst(evaluation):
    """In the score; an 80 % interval of an exponential law holds nearly all."""
    scores = evaluation.scores
    assert scores[SCORE].idxmax() == "exponential"
    assert scores.loc["lognormal_regression", SCORE] < scores.loc["lognormal", SCORE]
    assert scores.loc["exponential", "coverage 80 %"] > 0.93
    assert evaluation.comparison_only == ("exponential",)
    assert any(
        "Exponential consultations must not be assumed" in one for one in evaluation.sentences
    )
    assert 0.7 < scores.loc["average", "coverage 80 %"] < 0.9
    assert 0.9 < scores.loc["average", "coverage 95 %"] <= 1


def test_losses_are_case_by_case_with_their_sessions(evaluation):
    """As the gate draws them: whole clinic sessions."""
    table = HISTORY.consultations
    cases = table[table["started_at"] >= SPLIT.first]
    assert len(evaluation.losses) == len(cases) == len(evaluation.blocks)
    assert list(evaluation.blocks) == list(cases["session"])


def test_the_report_shows_width_shape_and_visit_types(evaluation, tmp_path):
    """Each with its table."""
    write_evaluation(tmp_path, evaluation)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Are the laws as wide as they should be?" in page
    transform = pd.read_csv(tmp_path / "transform.csv")
    assert transform["consultations"].sum() == len(evaluation.losses)
    types = pd.read_csv(tmp_path / "visit_types.csv")
    assert set(types["visit type"]) == {"new", "return"}
    assert len(pd.read_csv(tmp_path / "quantiles.csv")) == 11


def test_a_period_without_consultations_is_refused():
    """And a history without any."""
    split = Split(*(pd.Timestamp(day) for day in ("2024-01-22", "2025-01-01", "2025-02-01")))
    for history in (HISTORY, History()):
        with pytest.raises(InvalidInput, match="consultations"):
            QUANTITY.evaluate({}, history, split)
