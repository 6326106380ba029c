"""A session from kept models of no-shows, consultation times and demand, as they are trained."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecast.data.derived import consultations_of_visits
from forecast.data.history import History
from forecast.model_files import load_model, save_model
from forecast.network import Trainer
from forecast.quantities import make_model, make_quantity
from forecast.session.hand_over import forecast_session
from forecast.session.models import Models
from forecast.session.request import SessionRequest, WalkInOptions
from forecast.tasks.session import models_from
from objective import InvalidInput
from tests.forecast.session.made_up_visits import (
    FIRST,
    MINUTES,
    NO_SHOW,
    WALK_INS,
    made_up_history,
)

WEEKS = 30
MONDAY = FIRST + pd.Timedelta(weeks=WEEKS)
MEAN = 0.3 * MINUTES["new"] + 0.7 * MINUTES["return"]
#: A model of each quantity that learns in a moment, with the options of the quantity.
LEARNED = {
    "no_show": ("logistic_regression", {}),
    "consultation": ("lognormal", {}),
    "demand": ("calendar_glm", {"period": 60, "horizon": 56, "series": ["walk_ins"]}),
    "daily": ("calendar_glm", {"period": 1440, "horizon": 56, "series": ["walk_ins"]}),
}


@pytest.fixture(scope="module")
def history() -> History:
    """Thirty weeks of two providers, and eight patients who are booked already."""
    visits = made_up_history(WEEKS, ahead=8).visits
    return History(visits=visits, consultations=consultations_of_visits(visits))


@pytest.fixture(scope="module")
def folders(history: History, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The folders of the kept models."""
    made = {}
    for name, (model, options) in LEARNED.items():
        quantity = make_quantity("demand" if name == "daily" else name, options)
        folder = tmp_path_factory.mktemp(name)
        fitted = quantity.fit(make_model(quantity, model, {}), history, MONDAY, Trainer())
        save_model(folder, quantity, fitted, {})
        made[name] = str(folder)
    return made


def models_of(folders: dict[str, str]) -> Models:
    """Return the models of folders, without a registry."""
    settings = {"task": {"models": folders}, "tracking": {"uri": None}}
    models, sentences = models_from(settings)
    assert sentences == []
    return models


def wanted(**other: Any) -> SessionRequest:
    """Return a session of Dr A on the Monday after the history."""
    return SessionRequest(
        **{"provider": "Dr A", "date": MONDAY, "patients": 10, "as_of": MONDAY, **other}
    )


@pytest.mark.parametrize("demand", ["demand", "daily"])
def test_every_input_comes_from_its_model_and_is_near_the_truth(
    history: History, folders: dict[str, str], demand: str
):
    """Hourly or daily counts of walk-ins; the report names the models."""
    named = {name: folders[name] for name in ("no_show", "consultation")}
    models = models_of({**named, "demand": folders[demand]})
    found = forecast_session(wanted(), history, models)
    no_show, consultation, walk_ins = found.inputs
    assert no_show.value == pytest.approx(NO_SHOW["Dr A"], abs=0.04)
    assert 0.85 * MEAN < consultation.value < MINUTES["new"]
    assert 0.5 * WALK_INS < walk_ins.value < 2 * WALK_INS
    assert "logistic regression forecasts for the 8 booked" in no_show.source
    assert "lognormal forecasts for the 8 booked" in consultation.source
    assert "calendar glm forecasts of walk ins" in walk_ins.source
    assert found.session.service_time.mean == pytest.approx(consultation.value, rel=1e-6)
    for one in found.inputs:
        assert one.quantiles[0] < one.value < one.quantiles[-1]


def test_the_no_show_rate_is_the_mean_of_those_booked_and_the_usual(
    history: History, folders: dict[str, str]
):
    """With as many patients as are booked it is the mean of their own probabilities."""
    models = models_of({"no_show": folders["no_show"]})
    visits = history.visits
    booked = visits[visits["scheduled_at"] >= MONDAY]
    known = history.known_at(MONDAY)
    assert models.no_show is not None
    own = models.no_show.probabilities(known.visits.loc[booked.index], known)
    found = forecast_session(wanted(patients=8), history, models).inputs[0]
    assert found.value == pytest.approx(float(np.mean(own)))
    more = forecast_session(wanted(patients=16), history, models).inputs[0]
    assert more.value != found.value


def test_new_patients_who_are_booked_make_consultations_longer(
    history: History, folders: dict[str, str]
):
    """All eight are new; the more others come, the more the usual mix counts."""
    models = models_of({"consultation": folders["consultation"]})
    means = [
        forecast_session(wanted(patients=number), history, models).inputs[1].value
        for number in (8, 12, 40)
    ]
    assert means[0] > means[1] > means[2] > MEAN * 0.9


def test_walk_ins_of_the_provider_are_a_share_of_the_clinic(
    history: History, folders: dict[str, str]
):
    """By the visits of the past about half; else as it is asked for."""
    models = models_of({"demand": folders["demand"]})
    seen = forecast_session(wanted(), history, models).inputs[2].value
    all_of_them = forecast_session(
        wanted(walk_ins=WalkInOptions(share=1.0)), history, models
    ).inputs[2]
    assert 0.4 < seen / all_of_them.value < 0.6
    with pytest.raises(InvalidInput, match="series"):
        forecast_session(wanted(walk_ins=WalkInOptions(series="scans")), history, models)


def test_a_session_longer_than_an_hour_is_divided_into_its_intervals(
    history: History, folders: dict[str, str]
):
    """Rates add up to the model's expectation, also where intervals begin within an hour."""
    models = models_of({"demand": folders["demand"]})
    request = wanted(start="09:20", intervals=7, interval_length=13.0)
    found = forecast_session(request, history, models)
    assert found.session.walk_ins is not None
    assert models.demand is not None
    starts = pd.date_range(MONDAY + pd.Timedelta(hours=9), periods=2, freq="h")
    means = np.asarray(models.demand.forecast(history.known_at(MONDAY), starts, "walk_ins").mean)
    minutes = np.array([40.0, 51.0])
    visits = history.visits
    recent = visits["walk_in"] & (visits["scheduled_at"] >= MONDAY - pd.Timedelta(days=182))
    share = (visits.loc[recent, "provider"] == "Dr A").mean()
    assert found.inputs[2].value == pytest.approx(share * float(means @ minutes) / 60)
    assert len(found.session.walk_ins.count_laws(7)) == 7


def test_a_provider_never_seen_is_forecast_by_the_models_too(
    history: History, folders: dict[str, str]
):
    """They pool; and it is said."""
    models = models_of({name: folders[name] for name in ("no_show", "consultation", "demand")})
    found = forecast_session(wanted(provider="Dr Z"), history, models)
    assert any("never seen" in note for note in found.notes)
    assert 0.05 < found.inputs[0].value < 0.3
    assert found.inputs[1].value == pytest.approx(MEAN, rel=0.15)


def test_kept_models_that_are_read_again_say_the_same(history: History, folders: dict[str, str]):
    """The session of models in memory equals that of models from files."""
    fitted = load_model(Path(folders["no_show"])).fitted
    again = Models(no_show=fitted, names=(("no_show", fitted.name),))  # type: ignore[arg-type]
    one = forecast_session(wanted(), history, again)
    two = forecast_session(wanted(), history, models_of({"no_show": folders["no_show"]}))
    assert one.to_dict() == two.to_dict()
