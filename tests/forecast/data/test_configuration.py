"""The configuration of the sources lists what the code has."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

import conf.forecast
from forecast.data import database, readers
from forecast.data.assembly import Assembly, assembly_from
from forecast.data.sources import SOURCES
from forecast.data.synthetic import source
from forecast.data.synthetic.clinic import SyntheticClinic
from forecast.data.tables import TABLES

FOLDER = Path(conf.forecast.__file__).parent / "data"


def options_of(name: str) -> dict[str, Any]:
    """Return what the group ``data`` lists, without what all sources have."""
    listed = yaml.safe_load((FOLDER / f"{name}.yaml").read_text())
    assert listed.pop("source") == name
    assert listed.pop("split") == {"held_out_days": 28}
    return dict(listed)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("synthetic", source.OPTIONS),
        ("files", readers.OPTIONS),
        ("database", database.OPTIONS),
    ],
)
def test_every_option_is_listed(name: str, options: tuple[str, ...]):
    """And nothing else; the source is registered."""
    assert set(options_of(name)) == set(options)
    assert name in SOURCES


def test_the_defaults_of_the_made_up_clinic_are_those_of_the_code():
    """So that both make the same history."""
    listed = options_of("synthetic")
    clinic = SyntheticClinic()
    assert pd.Timestamp(listed.pop("first")) == clinic.first
    assert listed == {name: getattr(clinic, name) for name in listed}
    assert source.clinic_from(options_of("synthetic")) == clinic


@pytest.mark.parametrize("name", ["files", "database"])
def test_the_defaults_of_an_assembly_are_those_of_the_code(name: str, tmp_path: Path):
    """Without a zone and a country, days of requests and hours of walk-ins."""
    assert assembly_from(options_of(name), "stop", tmp_path) == Assembly("stop", tmp_path)


def test_the_tables_of_a_database_are_called_as_here():
    """Unless told otherwise."""
    assert options_of("database")["tables"] == {name: name for name in TABLES}
