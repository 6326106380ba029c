"""The source ``files``: a clinic's tables as CSV or Parquet files."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from pandas.errors import EmptyDataError, ParserError, ParserWarning

from forecast.data.assembly import assembly_from, history_of
from forecast.data.columns import renamed, with_types
from forecast.data.history import History
from forecast.data.tables import TABLES
from objective import InvalidInput
from objective.errors import known_keys

OPTIONS = ("folder", *TABLES, "columns", "zone", "country", "periods")
SUFFIXES = (".csv", ".csv.gz", ".parquet")
SEPARATORS = (",", ";", "\t")


def files(options: Mapping[str, Any], on_error: str, directory: Path) -> History:
    """Return the history of files.

    Parameters
    ----------
    options
        ``visits``, ``arrivals``, ``consultations``, ``offers``: a file each, or null; ``folder``:
        where files of these names are that are not given; ``columns`` as
        `forecast.data.columns.renamed` has them; ``zone``, ``country`` and ``periods`` as
        `forecast.data.assembly.assembly_from` has them.
    on_error, directory
        ``stop`` or ``quarantine``, and the folder of the run.

    Raises
    ------
    InvalidInput
        If no file is given, one cannot be read, or a row cannot be used.
    """
    given = known_keys("data", options, OPTIONS)
    assembly = assembly_from(given, on_error, directory)
    frames = {name: read_table(name, path) for name, path in _paths(given).items()}
    named = renamed(frames, given.get("columns"))
    return history_of({name: with_types(one, name) for name, one in named.items()}, assembly)


def read_table(name: str, path: Path) -> pd.DataFrame:
    """Return a table as its file has it; everything in a CSV file is text.

    Raises
    ------
    InvalidInput
        If it is not there, is empty, or is neither a CSV nor a Parquet file.
    """
    field = f"data.{name}"
    try:
        return pd.read_parquet(path) if path.suffix == ".parquet" else _read_csv(field, path)
    except EmptyDataError:
        raise InvalidInput(field, str(path), "a CSV file with a header; it is empty") from None
    except (ParserError, ParserWarning, UnicodeError) as error:
        raise InvalidInput(field, str(path), f"a CSV file in UTF-8 ({error})") from None
    except OSError as error:
        reason = error.strerror or error
        raise InvalidInput(field, str(path), f"a file that can be read ({reason})") from None
    except ValueError as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput(field, str(path), f"a Parquet file ({error})") from None


def _read_csv(field: str, path: Path) -> pd.DataFrame:
    options: dict[str, Any] = {
        "dtype": str, "keep_default_na": False, "na_values": [""], "encoding": "utf-8-sig",
        "index_col": False, "skip_blank_lines": True,
    }  # fmt: skip
    header = pd.read_csv(path, header=None, nrows=1, sep="\x00", **options).iloc[0, 0]
    separator = max(SEPARATORS, key=str(header).count)
    names = pd.read_csv(path, header=None, nrows=1, sep=separator, **options).iloc[0]
    if names.duplicated().any():
        twice = str(names[names.duplicated()].iloc[0])
        raise InvalidInput(field, str(path), f"a table with one column {twice}, not two")
    with warnings.catch_warnings():
        # A row with more values than the header: pandas would leave some out.
        warnings.simplefilter("error", ParserWarning)
        table: pd.DataFrame = pd.read_csv(path, sep=separator, **options)
    return table


def _paths(given: Mapping[str, Any]) -> dict[str, Path]:
    paths = {name: Path(str(given[name])) for name in TABLES if given.get(name) is not None}
    for name, path in paths.items():
        if not path.name.endswith(SUFFIXES):
            raise InvalidInput(f"data.{name}", str(path), "a file " + ", ".join(SUFFIXES))
    if given.get("folder") is not None:
        folder = Path(str(given["folder"]))
        if not folder.is_dir():
            raise InvalidInput("data.folder", str(folder), "a folder")
        for name in TABLES:
            there = [folder / f"{name}{suffix}" for suffix in SUFFIXES]
            there = [path for path in there if path.exists()]
            if len(there) > 1 and name not in paths:
                allowed = f"a folder with one file of {name}, or data.{name} given"
                raise InvalidInput("data.folder", str(folder), allowed)
            if there:
                paths.setdefault(name, there[0])
    if not paths:
        allowed = "the files of one or more of " + ", ".join(TABLES)
        raise InvalidInput("data", given.get("folder"), allowed)
    return paths
