"""Writing a history's tables to files from which `data=files` reads them back equal."""

from pathlib import Path

import pandas as pd

from forecast.data.history import History
from forecast.data.readers import SUFFIXES
from forecast.data.tables import TABLES
from objective import InvalidInput

FORMATS = ("parquet", "csv")


def checked_format(field: str, given: object) -> str:
    """Return a format of files; raise `InvalidInput` for one that there is not."""
    if given not in FORMATS:
        raise InvalidInput(field, given, " or ".join(FORMATS))
    return str(given)


def write_history(history: History, folder: Path, kind: str) -> dict[str, Path]:
    """Write every table that has rows; return the files by the name of the table.

    Raises
    ------
    InvalidInput
        If the folder has files of another history, which would be read with these.
    """
    tables: dict[str, pd.DataFrame] = {name: getattr(history, name) for name in TABLES}
    paths = {name: folder / f"{name}.{kind}" for name, one in tables.items() if len(one)}
    for name in TABLES:
        for suffix in SUFFIXES:
            other = folder / f"{name}{suffix}"
            if other.exists() and other != paths.get(name):
                allowed = f"a folder without {other.name}, which is of another history"
                raise InvalidInput("task.folder", str(folder), allowed)
    folder.mkdir(parents=True, exist_ok=True)
    for name, path in paths.items():
        if kind == "csv":
            tables[name].to_csv(path, index=False)
        else:
            tables[name].to_parquet(path, index=False)
    return paths
