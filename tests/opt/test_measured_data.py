"""The default session against the publication that it is taken from."""

import os
from pathlib import Path

import pandas as pd
import pytest
import yaml

CONF = Path(__file__).parents[2] / "conf"


@pytest.fixture
def data() -> Path:
    """Folder of real clinic data, which is no part of the project."""
    folder = os.environ.get("BAILEY_DATA")
    if folder is None:
        if os.environ.get("CI"):
            pytest.fail("BAILEY_DATA is not set")
        pytest.skip("needs BAILEY_DATA, a folder with NHS England's appointment counts as Parquet")
    return Path(folder)


def test_the_histogram_holds_the_published_counts(data: Path):
    """Appointments by duration, all of England, December 2021 to June 2022."""
    table = pd.read_parquet(data / "nhs_gp_daily_duration_2021_2022.parquet")
    counts = table.groupby("actual_duration", observed=True)["count_of_appointments"].sum()
    law = yaml.safe_load((CONF / "service_time" / "nhs_2022.yaml").read_text())
    bounds = zip(law["edges"], law["edges"][1:], strict=False)
    names = [f"{low + 1}-{high} Minutes" for low, high in bounds]
    assert counts[names].tolist() == law["counts"]
    assert sum(law["counts"]) == pytest.approx(127.7e6, abs=0.05e6)


def test_the_no_show_rate_is_the_published_one(data: Path):
    """Did not attend, of those with a known status, in the same months."""
    table = pd.read_parquet(data / "nhs_gp_monthly_regional_2020_2022.parquet")
    months = table["appointment_month"].astype(str).between("2021-12", "2022-06")
    counts = (
        table[months].groupby("appointment_status", observed=True)["count_of_appointments"].sum()
    )
    known = counts["Attended"] + counts["DNA"]
    session = yaml.safe_load((CONF / "session" / "general_practice.yaml").read_text())
    assert counts["DNA"] / known == pytest.approx(session["no_show"], abs=5e-6)
