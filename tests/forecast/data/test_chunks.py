"""Large tables in parts."""

from pathlib import Path

import pandas as pd
import pytest

from forecast.data.chunks import TableWriter, count_rows, read_chunks
from forecast.data.tables import VISITS
from objective import InvalidInput

TABLE = pd.DataFrame(
    {
        "visit_id": ["001", "002", "003"],
        "booked_at": pd.to_datetime(["2026-03-01 08:00", "2026-03-01 09:00", "2026-03-02 10:30"]),
        "distance": [1.5, 2.5, 3.5],
    }
)


@pytest.mark.parametrize("name", ["table.csv", "table.parquet"])
def test_what_is_written_in_parts_is_read_in_parts(name: str, tmp_path: Path) -> None:
    """Names of digits stay texts, times are times, and the index counts on."""
    with TableWriter(tmp_path / name) as writer:
        for first in (0, 2):
            writer.write(TABLE.iloc[first : first + 2])
    assert writer.rows == 3
    parts = list(read_chunks(tmp_path / name, VISITS, 2))
    assert [len(one) for one in parts] == [2, 1]
    pd.testing.assert_frame_equal(pd.concat(parts), TABLE, check_dtype=False)
    assert pd.api.types.is_datetime64_dtype(parts[0]["booked_at"].dtype)


def test_only_of_a_parquet_file_the_rows_are_known_before(tmp_path: Path) -> None:
    """Of a CSV file they are counted on the way."""
    TABLE.to_parquet(tmp_path / "a.parquet")
    TABLE.to_csv(tmp_path / "a.csv")
    assert count_rows(tmp_path / "a.parquet") == 3
    assert count_rows(tmp_path / "a.csv") is None


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.csv", "visit_id,booked_at\n1,soon\n", "booked_at, row 0 is 'soon'"),
        ("a.csv", "visit_id,booked_at\n1,2026-03-01T08:00Z\n", "on the clinic's wall clock"),
        ("a.csv", "", "a table"),
        ("a.csv", "a,b\n1,2\n1,2,3,4\n", "a table"),
        ("a.parquet", "no", "a table"),
        ("a.xlsx", "no", "a .csv or .parquet file"),
    ],
)
def test_files_that_cannot_be_read_are_refused(
    name: str, text: str, words: str, tmp_path: Path
) -> None:
    """The message says what was expected."""
    (tmp_path / name).write_text(text)
    with pytest.raises(InvalidInput, match=words):
        list(read_chunks(tmp_path / name, VISITS, 10))
    with pytest.raises(InvalidInput, match="there"):
        list(read_chunks(tmp_path / "none.csv", VISITS, 10))


def test_predictions_are_written_as_csv_or_parquet_only(tmp_path: Path) -> None:
    """Another ending is refused before anything is computed."""
    with pytest.raises(InvalidInput, match=r"\.parquet or \.csv"):
        TableWriter(tmp_path / "predictions.xlsx")
