"""Every model of no-shows."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score

from forecast.data.history import History
from forecast.model_files import load_model, save_model
from forecast.network import Trainer
from forecast.no_show import NoShow
from forecast.no_show.encoding import Encoder
from forecast.no_show.fitted import FittedNoShow, Training
from forecast.no_show.models.average import Average
from forecast.no_show.models.random_forest import FittedRandomForest, RandomForest, _table
from forecast.no_show.visits import days, missed
from objective import InvalidInput
from tests.forecast.no_show.clinic import Clinic
from tests.forecast.no_show.conftest import SMALL


def held_out(clinic: Clinic) -> pd.DataFrame:
    """Return the appointments of the held-out period."""
    visits = clinic.history.visits
    return visits[visits["scheduled_at"] >= clinic.split.first]


def test_a_kept_model_forecasts_the_same_to_the_bit(
    name: str,
    fitted: Mapping[str, FittedNoShow],
    small_clinic: Clinic,
    no_show: NoShow,
    tmp_path: Path,
) -> None:
    """Written and read again, nothing has changed."""
    save_model(tmp_path, no_show, fitted[name], {})
    again = load_model(tmp_path).fitted
    assert isinstance(again, FittedNoShow)
    asked = held_out(small_clinic)
    expected = fitted[name].probabilities(asked, small_clinic.history)
    assert np.array_equal(again.probabilities(asked, small_clinic.history), expected)


def test_the_same_seed_learns_the_same(
    name: str, fitted: Mapping[str, FittedNoShow], small_clinic: Clinic, no_show: NoShow
) -> None:
    """Learning twice gives one model."""
    until = small_clinic.split.train_until
    again = no_show.fit(SMALL[name], small_clinic.history, until, Trainer(seed=1))
    asked = held_out(small_clinic)
    expected = fitted[name].probabilities(asked, small_clinic.history)
    assert np.array_equal(again.probabilities(asked, small_clinic.history), expected)


def test_a_batch_is_as_its_appointments_one_by_one(
    name: str, fitted: Mapping[str, FittedNoShow], small_clinic: Clinic
) -> None:
    """What else is asked does not matter."""
    asked = held_out(small_clinic).iloc[::60]
    nightly = fitted[name].as_of(small_clinic.history)
    alone = [nightly.probabilities(asked.iloc[[row]])[0] for row in range(len(asked))]
    assert np.allclose(nightly.probabilities(asked), alone, rtol=0, atol=1e-12)


def test_whoever_and_whatever_was_never_seen_is_forecast_too(
    name: str, fitted: Mapping[str, FittedNoShow], small_clinic: Clinic
) -> None:
    """A new patient with a new provider, of whom neither area nor distance is known."""
    new = held_out(small_clinic).iloc[:3].assign(
        patient_id="nobody", visit_id=["x", "y", "z"], provider="Cruz", area=None, distance=np.nan
    )  # fmt: skip
    for known in (small_clinic.history, History()):
        probabilities = fitted[name].probabilities(new, known)
        assert ((probabilities > 0) & (probabilities < 1)).all()


def test_nobody_to_forecast_is_no_error(
    name: str, fitted: Mapping[str, FittedNoShow], small_clinic: Clinic
) -> None:
    """An empty table has no forecasts."""
    nobody = held_out(small_clinic).iloc[:0]
    assert fitted[name].probabilities(nobody, small_clinic.history).shape == (0,)


@pytest.mark.parametrize(
    "model", ["logistic_regression", "random_forest", "gradient_boosting", "network", "average"]
)
def test_they_find_most_of_what_can_be_known(
    model: str, fitted: Mapping[str, FittedNoShow], small_clinic: Clinic
) -> None:
    """The area under the curve is closer to that of the true probabilities than to a coin's."""
    asked = held_out(small_clinic)
    outcomes = missed(asked)
    best = roc_auc_score(outcomes, small_clinic.truth[asked.index])
    found = roc_auc_score(outcomes, fitted[model].probabilities(asked, small_clinic.history))
    assert (0.5 + best) / 2 < found < best + 0.02


def test_one_day_of_history_is_enough_to_learn(name: str, small_clinic: Clinic) -> None:
    """From the appointments of a single day every model learns something finite."""
    visits = small_clinic.history.visits
    until = visits["scheduled_at"].iloc[0].normalize() + pd.Timedelta(days=1)
    history = History(visits=visits[visits["scheduled_at"] < until])
    fitted = NoShow().fit(SMALL[name], history, until, Trainer())
    probabilities = fitted.probabilities(visits.iloc[-50:], small_clinic.history)
    assert ((probabilities > 0) & (probabilities < 1)).all()


def test_a_forest_is_evaluated_as_scikit_learn_does(small_clinic: Clinic, no_show: NoShow) -> None:
    """Walking down the kept arrays gives the same probabilities as the library that grew them."""
    visits = small_clinic.history.visits
    features = no_show.features(visits, no_show.past(visits))
    encoder = Encoder.learn(features)
    cases = encoder.encode(features)
    training = Training(no_show, encoder, cases, missed(visits), days(visits["scheduled_at"]))
    model = RandomForest(trees=20, depth=9, least_cases=3)
    fitted = model.learn(training, Trainer(seed=4))
    assert isinstance(fitted, FittedRandomForest)
    table = _table(cases, fitted.shares)
    forest = RandomForestClassifier(
        20, max_depth=9, min_samples_leaf=3, max_features=0.3, max_samples=0.5, random_state=4
    ).fit(table, training.missed)
    expected = forest.predict_proba(table)[:, 1]
    assert np.allclose(fitted.raw(cases), expected, rtol=0, atol=1e-12)


def test_an_average_is_the_mean_of_its_members(
    fitted: Mapping[str, FittedNoShow], small_clinic: Clinic, no_show: NoShow
) -> None:
    """Before calibration it is exactly that."""
    asked = held_out(small_clinic)
    features = no_show.features(asked, no_show.past(small_clinic.history.visits))
    cases = fitted["average"].encoder.encode(features)
    members = [fitted[name].raw(cases) for name in ("logistic_regression", "lead_time_table")]
    assert np.allclose(fitted["average"].raw(cases), np.mean(members, axis=0), atol=1e-15)


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({}, "members"),
        ({"oracle": {}}, "members.oracle"),
        ({"network": {"layers": 3}}, "members.network.layers"),
        ({"network": {"seeds": 0}}, "seeds"),
        ({"network": {"name": "x"}}, "members.network.name"),
    ],
)
def test_an_average_refuses_members_it_cannot_make(members: object, field: str) -> None:
    """The message names the member and its parameter."""
    with pytest.raises(InvalidInput) as caught:
        Average(members)  # type: ignore[arg-type]
    assert caught.value.field == field
