"""``python -m forecast task=past_sessions``."""

import json

import pytest
from hydra import compose, initialize_config_module
from omegaconf import OmegaConf

from forecast.configuration import trainer_from
from forecast.data.sources import history_from, split_from
from forecast.model_files import save_model
from forecast.quantities import make_model, make_quantity
from forecast.tasks import TASKS
from objective import InvalidInput
from opt.forecast_value.session_files import read_session_files

MADE_UP = ["data.weeks=8", "data.providers=1", "data.split.held_out_days=5", "trainer=cpu"]


def settings(*overrides: str) -> dict:
    """Return a composed configuration."""
    chosen = ["model=consultation", "task=past_sessions", "task.candidate=lognormal_regression"]
    with initialize_config_module("conf.forecast", version_base="1.3"):
        return OmegaConf.to_container(compose("config", [*chosen, *MADE_UP, *overrides]))


def test_sessions_of_a_made_up_clinic_are_written_for_the_experiment(tmp_path, capsys):
    """All held-out ones, with the command that values them."""
    TASKS["past_sessions"](settings(), tmp_path)
    sessions = read_session_files(tmp_path / "sessions.json")
    assert len({one.date for one in sessions}) == 5
    assert any(not one.came.all() for one in sessions)
    assert {one.length for one in sessions} == {None}
    assert "python -m opt +experiment=forecast_value" in capsys.readouterr().out


def test_a_kept_model_forecasts_as_when_it_was_trained(tmp_path):
    """The same file through the folder of the model; one that knows the period is refused."""
    plain = settings()
    TASKS["past_sessions"](plain, tmp_path)
    history = history_from(plain, tmp_path)
    split = split_from(plain, history, "consultations")
    quantity = make_quantity("consultation", {})
    model = make_model(quantity, "lognormal_regression", {})
    for name, until in (("before", split.train_until), ("after", split.until)):
        fitted = quantity.fit(model, history, until, trainer_from(plain, tmp_path))
        save_model(tmp_path / name, quantity, fitted, {"train_until": str(until)})
    folder = tmp_path / "again"
    folder.mkdir()
    TASKS["past_sessions"](settings(f"task.consultation={tmp_path / 'before'}"), folder)
    one, two = ((place / "sessions.json").read_text() for place in (tmp_path, folder))
    assert json.loads(one) == json.loads(two)
    with pytest.raises(InvalidInput, match=r"split\.first"):
        TASKS["past_sessions"](settings(f"task.consultation={tmp_path / 'after'}"), tmp_path)


@pytest.mark.parametrize(
    ("override", "field"),
    [
        ("task.candidate=oracle", "task.candidate"),
        ("task.averages=gradient_boosting", "task.averages"),
        ("task.session_minutes=-3", "task.session_minutes"),
        ("task.consultation=nowhere", "model"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(override, field, tmp_path):
    """The message names the field."""
    with pytest.raises(InvalidInput, match=field):
        TASKS["past_sessions"](settings(override), tmp_path)
