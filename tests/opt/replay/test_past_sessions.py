"""Files of past sessions: what they hold, and what is refused, by row and column."""

from pathlib import Path

import pandas as pd
import pytest

from objective import InvalidInput
from opt.replay.past_sessions import read_past_sessions
from opt.replay.synthetic import SyntheticSessions

GOOD = """session,date,patient,minutes,appointment,came,session_minutes,visit_type
a,2024-01-02,1,10,0,1,30,new
a,2024-01-02,2,,15,0,30,return
b,2024-01-03,1,7.5,0,1,15,return
"""


def written(folder: Path, text: str) -> Path:
    """Write a file."""
    path = folder / "sessions.csv"
    path.write_text(text)
    return path


def test_a_file_is_read(tmp_path: Path):
    """Sessions in order, with all that is known of their patients."""
    first, second = read_past_sessions(written(tmp_path, GOOD))
    assert (first.name, first.date, first.patients, first.length) == ("a", "2024-01-02", 2, 30.0)
    assert first.minutes.tolist() == [10.0, 0.0]
    assert first.came.tolist() == [True, False]
    assert first.appointments is not None
    assert first.appointments.tolist() == [0.0, 15.0]
    assert first.classes == {"visit_type": ("new", "return")}
    assert second.minutes.tolist() == [7.5]


def test_only_four_columns_are_needed(tmp_path: Path):
    """All came; nothing is known of appointments, lengths and classes."""
    text = "session,date,patient,minutes\n1,1,1,10\n1,1,2,8\n2,5,1,9\n"
    first, _ = read_past_sessions(written(tmp_path, text))
    assert first.came.all()
    assert (first.appointments, first.length, first.classes) == (None, None, {})


def test_parquet_and_csv_are_the_same(tmp_path: Path):
    """Dates, missing minutes and all."""
    table = SyntheticSessions(sessions=6).table(3)
    table.to_csv(tmp_path / "a.csv", index=False)
    table.assign(date=pd.to_datetime(table["date"])).to_parquet(tmp_path / "a.parquet")
    for one, other in zip(
        *(read_past_sessions(tmp_path / name) for name in ("a.csv", "a.parquet")), strict=True
    ):
        assert (one.name, one.date, one.classes) == (other.name, other.date, other.classes)
        assert one.minutes.tolist() == other.minutes.tolist()
        assert one.came.tolist() == other.came.tolist()


BAD = {
    "a missing column": (("minutes", "took"), "column of .* is 'took'"),
    "no minutes at all": (("minutes,", ""), "."),
    "a negative consultation": (("1,10,0", "1,-10,0"), "line 2, column minutes is '-10'"),
    "a consultation of days": (("1,10,0", "1,3000,0"), "line 2, column minutes is '3000'"),
    "minutes in words": (("7.5", "long"), "line 4, column minutes is 'long'"),
    "unsorted dates": (("2024-01-03", "2023-01-03"), "line 4, column date is '2023-01-03'"),
    "a date that is none": (("2024-01-03", "2024-13-03"), "line 4, column date is '2024-13-03'"),
    "two dates in a session": (("a,2024-01-02,2", "a,2024-01-03,2"), "line 3, column date"),
    "ranks that skip": (("2024-01-02,2,", "2024-01-02,3,"), "line 3, column patient is '3'"),
    "a session in two places": (("b,", "a,"), "line 4, column date"),
    "a session without a name": (("b,", ","), "line 4, column session is ''"),
    "neither came nor not": (("15,0,30", "15,maybe,30"), "line 3, column came is 'maybe'"),
    "appointments that go back": (("1,10,0,1", "1,10,20,1"), "line 3, column appointment"),
    "two lengths": (("15,0,30", "15,0,40"), "line 3, column session_minutes is '40'"),
    "no length": (("0,1,15", "0,1,0"), "line 4, column session_minutes is '0'"),
    "a class without a name": (("15,return", "15,"), "line 4, column visit_type is ''"),
    "nothing but a header": ((GOOD[GOOD.index("\n") + 1 :], ""), "at least one row of data"),
    "nothing at all": ((GOOD, ""), "a CSV file"),
}


@pytest.mark.parametrize("name", list(BAD))
def test_a_bad_file_is_refused_by_row_and_column(tmp_path: Path, name: str):
    """With the value and what is allowed."""
    (before, after), message = BAD[name]
    assert before in GOOD
    with pytest.raises(InvalidInput, match=message):
        read_past_sessions(written(tmp_path, GOOD.replace(before, after, 1)))


def test_a_missing_column_is_named(tmp_path: Path):
    """And so is a file that is not there, or is no table."""
    with pytest.raises(InvalidInput, match=r"column minutes of .* is 'missing'"):
        read_past_sessions(written(tmp_path, "session,date,patient\na,1,1\n"))
    with pytest.raises(InvalidInput, match="readable"):
        read_past_sessions(tmp_path / "none.csv")
    with pytest.raises(InvalidInput, match="readable"):
        read_past_sessions(tmp_path / "none.parquet")
    (tmp_path / "text.parquet").write_text("no table")
    with pytest.raises(InvalidInput, match="a Parquet file"):
        read_past_sessions(tmp_path / "text.parquet")


def test_a_session_whose_rows_are_apart_is_refused(tmp_path: Path):
    """Its second part would be another session of the same name."""
    text = "session,date,patient,minutes\na,1,1,10\nb,1,1,8\na,1,1,9\n"
    with pytest.raises(InvalidInput, match="line 4, column session is 'a'"):
        read_past_sessions(written(tmp_path, text))
