"""Where the files of public data sets are."""

import os
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from objective import InvalidInput

#: The environment variable that names the folder they were downloaded to.
FOLDER = "BAILEY_DATA"


def public_file(given: object, name: str, columns: Sequence[str]) -> pd.DataFrame:
    """Return a data set.

    Parameters
    ----------
    given
        Its Parquet file, or None for the one of its name in the folder `FOLDER`.
    name
        What it is called there.
    columns
        Columns that it must have.

    Raises
    ------
    InvalidInput
        If it is not there, cannot be read or lacks a column.
    """
    if given is None and not os.environ.get(FOLDER):
        allowed = f"a Parquet file, or null with the folder of {name} in {FOLDER}"
        raise InvalidInput("data.file", given, allowed)
    path = Path(str(given)) if given is not None else Path(os.environ[FOLDER]) / name
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise InvalidInput("data.file", str(path), f"a Parquet file ({error})") from None
    for column in columns:
        if column not in table:
            raise InvalidInput("data.file", str(path), f"a table with a column {column}")
    return table
