"""Reading a clinic's tables from files."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from forecast.data.history import History
from forecast.data.readers import files
from forecast.data.synthetic.clinic import SyntheticClinic
from forecast.data.synthetic.generate import generate
from forecast.data.tables import TABLES
from forecast.data.writing import write_history
from objective import InvalidInput
from tests.forecast.data.clinics import arrivals, offers, visits


def read(directory: Path, **options: Any) -> History:
    """Return the history of files."""
    return files(options, "stop", directory)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_what_is_written_is_read_back_equal(kind: str, tmp_path):
    """Every value of every table, and so the hash of all rows."""
    history = generate(SyntheticClinic(weeks=4, providers=2)).history
    write_history(history, tmp_path, kind)
    again = read(tmp_path, folder=str(tmp_path), country="GB-ENG")
    for name in TABLES:
        pd.testing.assert_frame_equal(
            getattr(again, name), getattr(history, name), check_exact=True
        )
    assert again.fingerprint() == history.fingerprint()


def test_consultations_and_arrivals_follow_from_visits(tmp_path):
    """If they have no file; the lengths of the periods may be chosen."""
    visits().to_csv(tmp_path / "visits.csv", index=False)
    path = str(tmp_path / "visits.csv")
    history = read(tmp_path, visits=path, periods={"requests": "12h", "walk_ins": "1d"})
    assert history.consultations["minutes"].tolist() == [15.0, 6.0]
    counted = history.arrivals.groupby("series").size()
    assert counted.to_dict() == {"requests": 4, "walk_ins": 2}
    assert history.offers.empty


def test_rows_are_put_in_the_order_of_their_times(tmp_path):
    """Whatever their order in the file; those of one time keep theirs."""
    frame = visits().iloc[[4, 2, 3, 0, 1]]
    frame.to_parquet(tmp_path / "visits.parquet")
    history = read(tmp_path, folder=str(tmp_path))
    assert history.visits["visit_id"].tolist() == ["v1", "v2", "v3", "v4", "v5"]
    assert history.visits.index.tolist() == [0, 1, 2, 3, 4]


def test_columns_may_have_the_clinic_s_own_names(tmp_path):
    """In all tables that have them, or by table."""
    visits().rename(columns={"scheduled_at": "Day", "provider": "Doctor"}).to_csv(
        tmp_path / "visits.csv", index=False
    )
    offers().rename(columns={"provider": "Doctor", "seat_at": "Day"}).to_csv(
        tmp_path / "offers.csv", index=False
    )
    columns = {
        "provider": "Doctor",
        "visits": {"scheduled_at": "Day"},
        "offers": {"seat_at": "Day"},
    }
    history = read(tmp_path, folder=str(tmp_path), columns=columns)
    assert history.visits["provider"].eq("Ames").all()
    assert history.offers["seat_at"].dtype == "datetime64[ns]"


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"scheduled_at": "Day"}, r"columns\.scheduled_at is 'Day'; it must be a column of visits"),
        ({"arrivals": {"start": "Day"}}, r"data\.columns\.arrivals"),
        ({"status": "provider"}, "has a column of that name already"),
        (["status"], "columns by name"),
    ],
)
def test_a_column_that_is_not_there_is_told(columns: Any, message: str, tmp_path):
    """With those that are."""
    visits().to_csv(tmp_path / "visits.csv", index=False)
    with pytest.raises(InvalidInput, match=message):
        read(tmp_path, folder=str(tmp_path), columns=columns)


def test_further_columns_are_what_all_their_values_are(tmp_path):
    """Flags, whole and other numbers, times, and text where numbers begin with 0."""
    frame = visits().assign(
        age=[40, 41, 42, 43, 44],
        distance=["1.5", "", "2", "3", "4"],
        reminder=[True, False, True, False, True],
        since=["2020-01-01", "", "2021-01-01 10:00", "2022-01-01", "2023-01-01"],
        code=["007", "12", "13", "14", "15"],
        area=["NA", "null", "north", "", "true"],
        nothing="",
    )
    frame.to_csv(tmp_path / "visits.csv", index=False)
    found = read(tmp_path, folder=str(tmp_path)).visits
    assert found["age"].dtype == "int64"
    assert found["distance"].dtype == "float64"
    assert found["distance"].isna().sum() == 1
    assert found["reminder"].dtype == "bool"
    assert found["since"].dtype == "datetime64[ns]"
    assert found["code"].tolist() == ["007", "12", "13", "14", "15"]
    assert found["area"].tolist()[:3] == ["NA", "null", "north"]
    assert found["area"].isna().tolist() == [False, False, False, True, False]
    assert found["nothing"].isna().all()


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_files_of_other_lands_are_read(separator: str, tmp_path):
    """Separated by semicolons or tabs, with a byte order mark, compressed."""
    path = tmp_path / "visits.csv.gz"
    visits().to_csv(path, index=False, sep=separator, encoding="utf-8-sig")
    assert len(read(tmp_path, visits=str(path)).visits) == 5


@pytest.mark.parametrize(
    ("name", "contents", "message"),
    [
        ("visits.csv", b"", "it is empty"),
        ("visits.csv", b"\n\n", "it is empty"),
        ("visits.csv", b"\xff\xfe\x00\x01visit_id,\x80", "a CSV file in UTF-8"),
        ("visits.csv", b"visit_id,visit_id\n1,2\n", "one column visit_id, not two"),
        ("visits.csv", b"visit_id,status\n1,booked\n2,booked,x\n", "a CSV file"),
        ("visits.csv", b"visit_id,status\n1,booked,x\n2,booked,x\n", "a CSV file"),
        ("visits.csv", b"visit_id,status\n", "no rows"),
        ("visits.parquet", b"", "a Parquet file"),
        ("visits.parquet", b"PAR1 and no more", "a Parquet file"),
        ("visits.xlsx", b"x", r"a file \.csv, \.csv\.gz, \.parquet"),
        ("visits.csv.gz", b"not compressed", "a file that can be read"),
    ],
)
def test_a_file_that_is_no_table_is_refused(name: str, contents: bytes, message: str, tmp_path):
    """In one sentence that names it."""
    (tmp_path / name).write_bytes(contents)
    with pytest.raises(InvalidInput, match=message) as caught:
        read(tmp_path, visits=str(tmp_path / name))
    assert "visits" in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "the files of one or more of visits"),
        ({"visits": "nowhere.csv"}, "No such file"),
        ({"folder": "nowhere"}, "a folder"),
        ({"visit": "visits.csv"}, r"data\.visit"),
        ({"zone": "Mars"}, r"data\.zone"),
        ({"periods": {"requests": "5h"}}, r"data\.periods\.requests"),
        ({"periods": {"walk_ins": "soon"}}, r"data\.periods\.walk_ins"),
        ({"periods": {"visits": "1d"}}, r"data\.periods\.visits"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, Any], message: str, tmp_path):
    """Before anything is read."""
    with pytest.raises(InvalidInput, match=message):
        read(tmp_path, **options)


def test_a_folder_with_two_files_of_a_table_is_refused(tmp_path):
    """Unless one of them is named."""
    visits().to_csv(tmp_path / "visits.csv", index=False)
    visits().to_parquet(tmp_path / "visits.parquet")
    with pytest.raises(InvalidInput, match="one file of visits"):
        read(tmp_path, folder=str(tmp_path))
    named = read(tmp_path, folder=str(tmp_path), visits=str(tmp_path / "visits.csv"))
    assert len(named.visits) == 5


def test_a_history_is_not_written_among_the_files_of_another(tmp_path):
    """They would be read with it, or be lost."""
    arrivals().to_csv(tmp_path / "arrivals.csv", index=False)
    with pytest.raises(InvalidInput, match=r"without arrivals\.csv"):
        write_history(History(visits=visits()), tmp_path, "parquet")
    assert not (tmp_path / "visits.parquet").exists()
    write_history(History(arrivals=arrivals(3)), tmp_path, "csv")
    assert len(read(tmp_path, folder=str(tmp_path)).arrivals) == 3
