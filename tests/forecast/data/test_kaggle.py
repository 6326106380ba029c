"""Appointments of the public no-show data."""

from pathlib import Path

import pandas as pd
import pytest

from forecast.data.public.kaggle import kaggle
from objective import InvalidInput

ROWS = {
    "PatientId": ["1", "2", "3", "4"],
    "AppointmentID": [11, 12, 13, 14],
    "Gender": ["F", "M", "F", "M"],
    "ScheduledDay": [
        "2016-05-02T08:00:00Z",
        "2016-05-01T09:30:00Z",
        "2016-05-03T10:00:00Z",
        "2016-05-01T11:00:00Z",
    ],
    "AppointmentDay": ["2016-05-02T00:00:00Z"] * 4,
    "Age": [30, 5, 40, -1],
    "Neighbourhood": ["CENTRO"] * 4,
    **{
        name: [0, 1, 0, 1]
        for name in (
            "Scholarship", "Hipertension", "Diabetes", "Alcoholism", "Handcap", "SMS_received",
        )
    },
    "No-show": ["No", "Yes", "No", "No"],
}  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Four appointments: one was booked after its day, one is of somebody not yet born."""
    path = tmp_path / "data.parquet"
    pd.DataFrame(ROWS).to_parquet(path)
    return path


def test_rows_that_cannot_be_true_are_written_aside_and_the_others_are_visits(
    file: Path, tmp_path: Path
) -> None:
    """Two are left, and every booking is before its appointment."""
    visits = kaggle({"file": str(file)}, "quarantine", tmp_path).visits
    assert visits["visit_id"].tolist() == ["12", "11"]
    assert visits["status"].tolist() == ["no_show", "completed"]
    assert (visits["booked_at"] < visits["scheduled_at"]).all()
    assert visits["scheduled_at"].dt.normalize().unique().tolist() == [pd.Timestamp("2016-05-02")]
    aside = pd.read_csv(tmp_path / "quarantine" / "visits.csv")
    assert sorted(aside["visit_id"]) == [13, 14]


def test_rows_that_cannot_be_true_stop_the_command(file: Path, tmp_path: Path) -> None:
    """Unless they are to be written aside."""
    with pytest.raises(InvalidInput, match="1 booked after their day, 1 of negative age"):
        kaggle({"file": str(file)}, "stop", tmp_path)


def test_another_file_is_refused(tmp_path: Path) -> None:
    """It lacks a column, or is not there."""
    path = tmp_path / "other.parquet"
    pd.DataFrame(ROWS).drop(columns="Age").to_parquet(path)
    with pytest.raises(InvalidInput, match="a column Age"):
        kaggle({"file": str(path)}, "stop", tmp_path)
    with pytest.raises(InvalidInput, match=r"data\.file"):
        kaggle({"file": str(tmp_path / "none.parquet")}, "stop", tmp_path)
