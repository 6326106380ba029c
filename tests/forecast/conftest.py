"""Fixtures that the tests of forecasts share."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def clinic_data() -> Path:
    """The folder with real clinics' data."""
    folder = os.environ.get("BAILEY_DATA")
    if folder is None:
        if os.environ.get("CI"):
            pytest.fail("BAILEY_DATA is not set")
        pytest.skip("needs BAILEY_DATA, a folder with real clinics' data as Parquet")
    return Path(folder)
