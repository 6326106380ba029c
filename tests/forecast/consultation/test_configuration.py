"""The configuration of consultation times."""

from dataclasses import MISSING, fields

import pytest
from hydra import compose, initialize_config_module
from omegaconf import OmegaConf

from forecast.configuration import candidates_from
from forecast.consultation.quantity import MODELS, Consultation


@pytest.mark.parametrize("group", ["consultation", "consultation_hangu"])
def test_all_models_are_listed_with_their_defaults(group):
    """What the file says is what the dataclass does without it."""
    with initialize_config_module("conf.forecast", version_base="1.3"):
        found = compose("config", [f"model={group}", "data=hangu"])
    settings = OmegaConf.to_container(found, resolve=True)
    assert settings["model"]["quantity"] == "consultation"
    assert list(settings["model"]["candidates"]) == list(MODELS)
    for name, kind in MODELS.items():
        defaults = {
            field.name: field.default if field.default is not MISSING else field.default_factory()
            for field in fields(kind)
        }
        assert settings["model"]["candidates"][name] == defaults
    candidates = candidates_from(settings)
    assert isinstance(candidates.quantity, Consultation)
    assert bool(candidates.quantity.categorical) == (group == "consultation_hangu")
