"""The configuration of no-shows."""

from dataclasses import asdict, fields
from typing import Any

import pytest
from hydra import compose, initialize_config_module
from omegaconf import OmegaConf

from forecast.configuration import candidates_from
from forecast.no_show import NoShow


def composed(name: str) -> dict[str, Any]:
    """Return the settings with a choice of the group ``model``."""
    with initialize_config_module("conf.forecast", version_base="1.3"):
        chosen = compose("config", ["data=kaggle", f"model={name}"])
    settings: dict[str, Any] = {"model": OmegaConf.to_container(chosen.model)}
    return settings


def test_the_defaults_are_those_of_the_code() -> None:
    """Every option and every parameter is listed, with its default."""
    settings = composed("no_show")
    options = settings["model"]["options"]
    assert NoShow(**options) == NoShow()
    assert set(options) == {one.name for one in fields(NoShow)}
    listed = settings["model"]["candidates"]
    assert set(listed) == set(NoShow.models)
    for name, parameters in listed.items():
        model = NoShow.models[name]
        assert set(parameters) == {one.name for one in fields(model)}
        assert asdict(model(**parameters)) == asdict(model())  # type: ignore[call-overload]


@pytest.mark.parametrize("name", ["no_show", "no_show_kaggle"])
def test_every_choice_can_be_made(name: str) -> None:
    """Models and quantity come about."""
    candidates = candidates_from(composed(name))
    assert list(candidates.models) == list(NoShow.models)
