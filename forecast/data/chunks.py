"""Large tables in parts: read from CSV or Parquet, and written as either."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import pandas as pd
import pyarrow
from pyarrow import csv, parquet

from forecast.data.tables import Table
from objective import InvalidInput

SUFFIXES = (".csv", ".parquet")


def read_chunks(path: Path, table: Table, rows: int) -> Iterator[pd.DataFrame]:
    """Yield the rows of a file in parts, their index being their place in the file.

    The columns that ``table`` describes are read as its texts and times; all others as they are.

    Raises
    ------
    InvalidInput
        If it is not there, is neither CSV nor Parquet, or has values of another kind.
    """
    read = {".csv": _csv, ".parquet": _parquet}.get(path.suffix.lower())
    if read is None:
        raise InvalidInput("file", str(path), "a .csv or .parquet file")
    first = 0
    try:
        for chunk in read(path, table, rows):
            chunk.index = pd.RangeIndex(first, first + len(chunk))
            first += len(chunk)
            yield _typed(chunk, table)
    except OSError as error:
        raise InvalidInput("file", str(path), f"there ({error.strerror or error})") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, pyarrow.ArrowException) as error:
        raise InvalidInput("file", str(path), f"a table ({error})") from None


def count_rows(path: Path) -> int | None:
    """Return the rows of a Parquet file; of a CSV file it is not known before it is read."""
    if path.suffix.lower() != ".parquet" or not path.is_file():
        return None
    try:
        return int(parquet.ParquetFile(path).metadata.num_rows)
    except pyarrow.ArrowException as error:
        raise InvalidInput("file", str(path), f"a table ({error})") from None


def _csv(path: Path, table: Table, rows: int) -> Iterator[pd.DataFrame]:
    # Names made of digits, such as 007, stay as they are.
    texts: dict[Hashable, type[str]] = {
        one.name: str for one in table.columns if one.kind in ("text", "time")
    }
    with pd.read_csv(path, chunksize=rows, dtype=texts) as reader:
        yield from reader


def _parquet(path: Path, table: Table, rows: int) -> Iterator[pd.DataFrame]:
    with parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(rows):
            yield batch.to_pandas()


def _typed(chunk: pd.DataFrame, table: Table) -> pd.DataFrame:
    for column in table.columns:
        if column.name not in chunk:
            continue
        values = chunk[column.name]
        if column.kind == "text":
            chunk[column.name] = values.where(values.isna(), values.astype(str))
        elif column.kind == "time" and not pd.api.types.is_datetime64_dtype(values.dtype):
            chunk[column.name] = _times(column.name, values)
    return chunk


def _times(name: str, values: pd.Series) -> pd.Series:
    times = pd.to_datetime(values, errors="coerce", format="ISO8601")
    wrong = times.isna() & values.notna()
    if wrong.any() or getattr(times.dtype, "tz", None) is not None:
        row = values.index[int(wrong.to_numpy().argmax())]
        allowed = "a time on the clinic's wall clock, as 2019-03-21T08:00"
        raise InvalidInput(f"{name}, row {row}", values[row], allowed)
    return times


class TableWriter:
    """A file to which parts of a table are written one after the other.

    Raises
    ------
    InvalidInput
        If its name ends in neither .csv nor .parquet.
    """

    def __init__(self, path: Path) -> None:
        if path.suffix.lower() not in SUFFIXES:
            raise InvalidInput("task.file", str(path.name), "a name ending in .parquet or .csv")
        self.path = path
        self.rows = 0
        self._stack = ExitStack()
        self._write: Callable[[pyarrow.Table], None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def write(self, part: pd.DataFrame) -> None:
        """Write further rows, of the same columns as those before."""
        rows = pyarrow.Table.from_pandas(part, preserve_index=False)
        if self._write is None:
            if self.path.suffix.lower() == ".csv":
                writer = csv.CSVWriter(self.path, rows.schema)
            else:
                writer = parquet.ParquetWriter(self.path, rows.schema)
            self._write = self._stack.enter_context(writer).write_table
        self._write(rows)
        self.rows += len(part)
