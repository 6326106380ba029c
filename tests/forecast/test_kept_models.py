"""Kept models by what the configuration calls them."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from forecast.consultation.quantity import Consultation
from forecast.data.synthetic.clinic import SyntheticClinic
from forecast.data.synthetic.generate import generate
from forecast.kept_models import champion_of, kept_model
from forecast.model_files import SavedModel, save_model
from forecast.network import Trainer
from forecast.quantities import make_model
from forecast.tasks.session import models_from
from forecast.tracking.connection import Connection
from forecast.tracking.registry import FOLDER, Registry
from forecast.tracking.run import Run
from forecast.tracking.settings import Tracking
from objective import InvalidInput
from tests.forecast.databases import empty_database

CONSULTATION = Consultation()
HISTORY = generate(SyntheticClinic(weeks=2, providers=1)).history


def kept(folder: Path, name: str) -> SavedModel:
    """Keep a model of consultation times in a folder."""
    model = make_model(CONSULTATION, name, {})
    fitted = CONSULTATION.fit(model, HISTORY, pd.Timestamp("2030-01-01"), Trainer())
    return save_model(folder, CONSULTATION, fitted, {"train_until": "2030-01-01"})


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    """Settings with a registry in which version 1, lognormal, is in use; version 2 is gamma."""
    tracking = empty_database(tmp_path)
    connection = Connection(tracking)
    registry = Registry(connection, "consultation")
    for name in ("lognormal", "gamma"):
        saved = kept(tmp_path / name, name)
        run = Run(connection, name)
        run.keep(tmp_path / name, FOLDER)
        run.end()
        registry.add(run, saved, {})
    registry.promote(1, {})
    return {"tracking": vars(tracking), "task": {"models": {}}}


def name_of(settings: dict[str, Any], given: object) -> str:
    """Return the model that is meant by something."""
    return kept_model(settings, given, "consultation", "task.model").fitted.name


def test_a_folder_a_version_and_the_one_in_use_are_found(settings: dict[str, Any], tmp_path: Path):
    """Each by its name; a run stands for its champion."""
    assert name_of(settings, str(tmp_path / "gamma")) == "gamma"
    assert name_of(settings, 2) == name_of(settings, "2") == "gamma"
    assert name_of(settings, "champion") == "lognormal"
    run = tmp_path / "run"
    saved = kept(run / "models" / "gamma", "gamma")
    summary = {
        "champion": "gamma", "baseline": "gamma", "models": {"gamma": {"sha256": saved.digest}},
    }  # fmt: skip
    (run / "result.json").write_text(json.dumps(summary))
    assert name_of(settings, str(run)) == "gamma"


@pytest.mark.parametrize(
    ("given", "quantity", "message"),
    [
        ("nowhere", "consultation", r"nowhere.*No such file"),
        (3, "consultation", "version is 3"),
        ("champion", "no_show", "no model in use of no_show"),
        ("gamma", "no_show", "a kept model of no_show"),
        (True, "consultation", "the number of a version"),
    ],
)
def test_what_is_not_there_is_refused(
    given: object, quantity: str, message: str, settings: dict[str, Any], tmp_path: Path
):
    """With the field, and what would do."""
    place = str(tmp_path / given) if given == "gamma" else given
    with pytest.raises(InvalidInput, match=message):
        kept_model(settings, place, quantity, "task.model")


def test_a_model_in_use_that_was_tampered_with_is_refused(settings: dict[str, Any], tmp_path: Path):
    """By the hash that the registry knows, in whatever task it is asked for."""
    for file in (tmp_path / "outputs").rglob("model.json"):
        file.write_text(file.read_text().replace("lognormal", "gamma"))
    for ask in (
        lambda: champion_of(settings, "consultation"),
        lambda: kept_model(settings, "champion", "consultation", "task.model"),
        lambda: models_from({**settings, "task": {"models": {"consultation": "champion"}}}),
    ):
        with pytest.raises(InvalidInput, match=r"model\.json"):
            ask()


def test_a_session_takes_the_models_in_use_and_says_where_none_is(settings: dict[str, Any]):
    """One quantity has a model in use, another none."""
    asked = {"consultation": "champion", "no_show": "champion", "demand": None}
    models, sentences = models_from({**settings, "task": {"models": asked}})
    assert models.names == (("consultation", "lognormal"),)
    assert sentences == ["Without a model of no show: none is in use."]


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        (None, "none is in use"),
        ("sqlite:///nowhere.db", "none is in use"),
        ("http://127.0.0.1:9", "cannot be used"),
    ],
)
def test_without_a_registry_a_session_is_forecast_from_the_past(
    uri: str | None, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Nothing tracked, nothing kept yet, or a server that does not answer: it is said."""
    monkeypatch.chdir(tmp_path)
    settings = {
        "tracking": vars(Tracking(uri, timeout=1)),
        "task": {"models": {"demand": "champion"}},
    }
    models, (sentence,) = models_from(settings)
    assert models.names == ()
    assert sentence.startswith("Without a model of demand: ")
    assert reason in sentence
    assert not (tmp_path / "nowhere.db").exists()
