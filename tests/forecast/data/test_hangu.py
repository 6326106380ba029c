"""The Hangu data as a history."""

import pandas as pd
import pytest

from forecast.data.public.hangu import FILE, consultations, hangu
from forecast.data.tables import CONSULTATIONS
from objective import InvalidInput

#: Made up, in the form of the data: a morning and an afternoon, then a day of the next month.
ROWS = [
    # ID, session, month, day of the week, half, visit number, start, address, seconds
    ("H1", 1, "January", "Wednesday", "morning", 1, "10:00:00", "In the city", 600),
    ("H2", 1, "January", "Wednesday", "morning", 4, "9:12:30", None, 755),
    ("H3", 2, "January", "Wednesday", "afternoon", 2, "14:30:00", "Out of city", 900),
    ("H1", 3, "January", "Wednesday", "morning", 2, "10:05:00", "In the city", 480),
    ("H3", 4, "February", "Saturday", "morning", 3, "10:01:00", "Out of province", 1_000),
]


@pytest.fixture
def table() -> pd.DataFrame:
    """Five rows in the form of the data."""
    names = ["ID", "Session", "Month", "DayOfWeek", "AM_PM", "Visit.No", "StartTime", "Address",
             "ServTime"]  # fmt: skip
    return pd.DataFrame(ROWS, columns=names).assign(
        **{"Gender": "F", "M.Cancer": True, "S.Cancer": False}
    )


def test_rows_become_consultations_in_the_order_of_their_times(table):
    """With every column that consultations have, minutes, and new or return by the visit number."""
    found = consultations(table)
    assert {column.name for column in CONSULTATIONS.columns} <= set(found)
    assert found["patient_id"].tolist() == ["H2", "H1", "H3", "H1", "H3"]
    assert found["minutes"].tolist() == pytest.approx([755 / 60, 10, 15, 8, 1_000 / 60])
    assert found["visit_type"].tolist() == ["return", "new", "return", "return", "return"]
    assert found["session"].tolist() == ["001", "001", "002", "003", "004"]
    assert found["address"].tolist()[0] == "unknown"
    assert not found["visit_id"].duplicated().any()


def test_dates_are_made_with_the_true_order_months_and_weekdays(table):
    """An afternoon is on the day of its morning; the next Wednesday morning a week later."""
    days = consultations(table)["started_at"]
    expected = ["2018-01-03 09:12:30", "2018-01-03 10:00", "2018-01-03 14:30", "2018-01-10 10:05",
                "2018-02-03 10:01"]  # fmt: skip
    assert days.tolist() == [pd.Timestamp(day) for day in expected]


def test_a_file_that_is_not_the_data_is_refused(tmp_path, table, monkeypatch):
    """No file, no Parquet file, a column or a month that is not there, and no folder named."""
    for name, contents in (("gone.parquet", None), ("text.parquet", "text")):
        if contents:
            (tmp_path / name).write_text(contents)
        with pytest.raises(InvalidInput, match="a Parquet file"):
            hangu({"file": str(tmp_path / name)}, "stop", tmp_path)
    table.drop(columns="ServTime").to_parquet(tmp_path / "less.parquet")
    with pytest.raises(InvalidInput, match="a column ServTime"):
        hangu({"file": str(tmp_path / "less.parquet")}, "stop", tmp_path)
    table.assign(Month="Brumaire").to_parquet(tmp_path / "month.parquet")
    with pytest.raises(InvalidInput, match="session 1"):
        hangu({"file": str(tmp_path / "month.parquet")}, "stop", tmp_path)
    monkeypatch.delenv("BAILEY_DATA", raising=False)
    with pytest.raises(InvalidInput, match="BAILEY_DATA"):
        hangu({"file": None}, "stop", tmp_path)


def test_the_data_are_those_that_were_published(clinic_data, tmp_path):
    """6,637 consultations of 381 sessions in two years, each month and weekday as in the file."""
    found = hangu({"file": str(clinic_data / FILE)}, "stop", tmp_path).consultations
    assert len(found) == 6_637
    assert found["session"].nunique() == 381
    assert found["minutes"].mean() == pytest.approx(13.365, abs=0.001)
    raw = pd.read_parquet(clinic_data / FILE)
    days = found["started_at"]
    assert days.is_monotonic_increasing
    assert days.iloc[0].year == 2018
    assert days.iloc[-1].year == 2019
    place = found["visit_id"].str.removeprefix("hangu-").astype(int) - 1
    assert (days.dt.month_name().to_numpy() == raw["Month"].to_numpy()[place]).all()
    assert (days.dt.day_name().to_numpy() == raw["DayOfWeek"].to_numpy()[place]).all()
    assert found.groupby("session")["started_at"].min().is_monotonic_increasing
