"""The registry: which model is in use, which were, and files that nobody has changed."""

import json
from pathlib import Path

import pytest

from forecast.model_files import SavedModel, save_model
from forecast.tracking.registry import DIGEST, FOLDER, Registry
from forecast.tracking.run import Run, flattened
from objective import InvalidInput
from tests.forecast.coin import Coin, FittedRate
from tests.forecast.databases import empty_database, registry_of


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """A registry with three versions of the coin."""
    registry = registry_of(empty_database(tmp_path))
    for number in range(3):
        add(registry, tmp_path / f"kept{number}", number / 10)
    return registry


def add(registry: Registry, folder: Path, rate: float) -> SavedModel:
    """Register a model."""
    saved = save_model(folder, Coin(), FittedRate(rate), {"train_until": "2023-01-01"})
    run = Run(registry.connection, folder.name)
    run.keep(folder, FOLDER)
    registry.add(run, saved, {"seed": "0"})
    return saved


def files_of(registry: Registry, version: int) -> Path:
    """The folder where the registry has the files of a version."""
    uri = registry.client.get_model_version_download_uri(registry.name, str(version))
    return Path(uri.removeprefix("file://"))


def test_a_version_is_the_model_that_was_registered(registry: Registry):
    """By number, and the newest one."""
    assert [registry.load(number).fitted.rate for number in (1, 2, 3)] == [0.0, 0.1, 0.2]
    assert registry.newest() == 3
    assert registry.champion() is None
    assert registry.version(2).tags["seed"] == "0"
    assert registry.find(registry.version(2).tags[DIGEST]) == 2
    assert registry.find("0" * 64) is None


def test_an_empty_registry_has_no_model(tmp_path: Path):
    """Nothing is in use, nothing is newest, and nothing can be taken back."""
    registry = registry_of(empty_database(tmp_path))
    assert registry.newest() is None
    assert registry.champion() is None
    assert registry.in_use() == []
    with pytest.raises(InvalidInput, match="coin is 'no model in use'"):
        registry.roll_back({})
    with pytest.raises(InvalidInput, match="version is 1; it must be a version of coin"):
        registry.load(1)


@pytest.mark.parametrize("name", ["model.json", "weights.safetensors"])
def test_a_file_that_was_changed_is_refused_by_name(registry: Registry, name: str):
    """One byte is enough."""
    path = files_of(registry, 2) / name
    contents = bytearray(path.read_bytes())
    contents[len(contents) // 2] ^= 1
    path.write_bytes(contents)
    with pytest.raises(InvalidInput, match=name):
        registry.load(2)


def test_a_description_that_was_changed_with_its_hashes_is_refused(registry: Registry):
    """The registry knows the hash of the whole description."""
    path = files_of(registry, 1) / "model.json"
    description = json.loads(path.read_text())
    description["about"]["train_until"] = "2030-01-01"
    path.write_text(json.dumps(description))
    with pytest.raises(InvalidInput, match=r"model\.json"):
        registry.load(1)


def test_a_file_that_is_missing_is_named(registry: Registry):
    """As is a version without its hash."""
    (files_of(registry, 1) / "weights.safetensors").unlink()
    with pytest.raises(InvalidInput, match=r"weights\.safetensors"):
        registry.load(1)
    registry.client.delete_model_version_tag("coin", "2", DIGEST)
    with pytest.raises(InvalidInput, match="coin version 2 is 'without a hash'"):
        registry.load(2)


def test_one_can_go_back_step_by_step_to_the_first(registry: Registry):
    """Also where a version came into use twice; every change is on record, with who and why."""
    for number in (1, 2, 3, 1):
        registry.promote(number, {"gain": number / 10})
    assert registry.in_use() == [1, 2, 3, 1]
    for expected in (3, 2, 1):
        event = registry.roll_back({"reason": "late"})
        assert event.version == expected
        assert registry.champion() == expected
    with pytest.raises(InvalidInput, match="version 1, the first in use"):
        registry.roll_back({})
    assert registry.champion() == 1
    events = registry.events()
    assert [one.what for one in events] == ["promoted"] * 4 + ["rolled_back"] * 3
    assert [one.version for one in events] == [1, 2, 3, 1, 3, 2, 1]
    assert [one.before for one in events] == [None, 1, 2, 3, 1, 3, 2]
    assert events[1].grounds == {"gain": 0.2}
    assert all(one.by and one.at.endswith("Z") for one in events)
    assert "rolled_back" in registry.version(3).tags


def test_an_alias_that_was_moved_by_hand_counts_as_in_use(registry: Registry):
    """One goes back to what was in use before by the record."""
    registry.promote(1, {})
    registry.client.set_registered_model_alias("coin", "champion", "3")
    assert registry.in_use() == [1, 3]
    assert registry.roll_back({}).version == 1


def test_nested_parameters_have_dotted_names():
    """Empty ones are told as such."""
    nested = {"a": {"b": {"c": 1}, "d": {}}, "e": [1, 2]}
    assert dict(flattened(nested)) == {"a.b.c": 1, "a.d": {}, "e": [1, 2]}


def test_more_parameters_than_mlflow_takes_at_once_are_logged(registry: Registry):
    """Neither their number nor what is not finite is a problem."""
    run = Run(registry.connection, "many")
    run.tell({f"parameter {number}": number for number in range(250)})
    run.measure({f"score {number}": number for number in range(1_200)} | {"bad": float("nan")})
    found = registry.client.get_run(run.id).data
    assert len(found.params) == 250
    assert len(found.metrics) == 1_200
