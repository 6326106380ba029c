"""Files of consultation times and of schedules, with errors that name the place."""

from pathlib import Path

import pytest

from objective import ClinicSession, InvalidInput, ServiceTime
from opt.readers import read_durations, read_schedules

SESSION = ClinicSession(4, 3, 5.0, ServiceTime.exponential(9.0))


def test_durations_are_read_from_the_named_column(tmp_path: Path):
    """Other columns and blank lines at the end do not matter."""
    path = tmp_path / "times.csv"
    path.write_text("doctor,minutes\nA, 12\nB,7.5\nA,0\n\n\n")
    assert read_durations(path, "minutes") == [12.0, 7.5, 0.0]


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        ("", "a CSV file"),
        ("minutes\n", "at least one row of data"),
        ("time\n3\n", "one of its columns: time"),
        ("minutes\n3\nlong\n", r"line 3, column minutes is 'long'"),
        ("minutes\n3\n4\n-1\n", r"line 4, column minutes is '-1'"),
        ("minutes\n3\n\n4\n", r"line 3, column minutes is ''"),
        ("minutes\n12,5\n13,7\n", "more fields in a row than in its header"),
        ("minutes\ninf\n", r"line 2, column minutes is 'inf'"),
        ("minutes\nnan\n", r"line 2, column minutes is 'nan'"),
    ],
)
def test_unusable_durations_are_refused(tmp_path: Path, contents: str, message: str):
    """Naming row and column."""
    path = tmp_path / "times.csv"
    path.write_text(contents)
    with pytest.raises(InvalidInput, match=message):
        read_durations(path, "minutes")


def test_an_unreadable_file_is_refused(tmp_path: Path):
    """Missing, a folder, or not text."""
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(InvalidInput, match="readable"):
            read_durations(path, "minutes")
    binary = tmp_path / "binary.csv"
    binary.write_bytes(b"\xff\xfe\x00\x81\n\x00\xff")
    with pytest.raises(InvalidInput):
        read_durations(binary, "minutes")


@pytest.mark.parametrize(
    ("contents", "names"),
    [
        ("4,0,0\n1,2,1\n", ["line 1", "line 2"]),
        ("a,b,c\n4,0,0\n1,2,1\n", ["line 2", "line 3"]),
        ("front,4,0,0\nspread,1,2,1\n", ["front", "spread"]),
        ("name,a,b,c\nfront,4,0,0\nspread,1,2,1\n", ["front", "spread"]),
    ],
    ids=["plain", "header", "names", "names and header"],
)
def test_schedules_are_read_with_or_without_names_and_header(
    tmp_path: Path, contents: str, names: list[str]
):
    """One row per schedule, one column per interval."""
    path = tmp_path / "schedules.csv"
    path.write_text(contents)
    assert read_schedules(path, SESSION) == (names, [[4, 0, 0], [1, 2, 1]])


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        ("", "a CSV file"),
        ("a,b,c\n", "at least one schedule"),
        ("4,0\n", "is '2 columns'"),
        ("4,0,0\n1,x,3\n", "line 2, column 2 is 'x'"),
        ("4,0,0\n1,1.5,1.5\n", "line 2, column 2 is '1.5'"),
        ("4,0,0\n5,-1,0\n", "line 2, column 2 is '-1'"),
        ("4,0,0\n4,0,0,0,0\n", "a CSV file"),
        ("1,x,0\n4,0,0\n", "line 1, column 2 is 'x'"),
        ("a,4,0,0\na,1,2,1\n", "line 2, column 1 is 'a'"),
    ],
)
def test_unusable_schedules_are_refused(tmp_path: Path, contents: str, message: str):
    """Naming row and column."""
    path = tmp_path / "schedules.csv"
    path.write_text(contents)
    with pytest.raises(InvalidInput, match=message):
        read_schedules(path, SESSION)
