"""Problems of a history's rows: told with table, row, column and value, or put aside."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from objective import InvalidInput

logger = logging.getLogger(__name__)

#: Problems that are printed; the others are counted.
SHOWN = 20
#: The columns of problems. A row is counted from 1, a header not among them; 0 is the whole table.
COLUMNS = ("table", "row", "column", "value", "allowed")
FOLDER = "quarantine"


class InvalidRows(InvalidInput):
    """Rows that cannot be used.

    Parameters
    ----------
    problems
        One per row, with `COLUMNS`; at least one. The first is the error's field, value and
        allowed, and its message has the first `SHOWN`.
    """

    def __init__(self, problems: pd.DataFrame) -> None:
        self.problems = problems
        first = problems.iloc[0]
        super().__init__(_place(first), first["value"], str(first["allowed"]))
        told = [_sentence(row) for _, row in problems.head(SHOWN).iterrows()]
        count = len(problems)
        head = "1 problem" if count == 1 else f"{count:,} problems"
        lines = [f"the history has {head} (rows are counted from 1, without a header):", *told]
        if count > SHOWN:
            lines.append(f"and {count - SHOWN:,} more")
        self.args = ("\n  ".join(lines),)

    def __reduce__(self) -> tuple[type["InvalidRows"], tuple[pd.DataFrame]]:  # type: ignore[override]
        """Pickle by the problems."""
        return type(self), (self.problems,)


def found_problems(
    table: str, rows: NDArray[np.int64], column: str, values: Sequence[object], allowed: object
) -> pd.DataFrame:
    """Return problems of one kind; ``allowed`` is the same for all, or one for each."""
    return pd.DataFrame(
        {
            "table": table,
            "row": rows,
            "column": column,
            "value": [_short(value) for value in values],
            "allowed": allowed,
        },
        columns=list(COLUMNS),
    )


def no_problems() -> pd.DataFrame:
    """Return a table of no problems."""
    return pd.DataFrame({name: [] for name in COLUMNS}).astype({"row": "int64"})


def put_aside(
    directory: Path, table: str, frame: pd.DataFrame, problems: pd.DataFrame
) -> NDArray[np.bool_]:
    """Write the rows that have problems to ``quarantine/TABLE.csv``, and tell that.

    Parameters
    ----------
    directory
        The folder of the run.
    table, frame
        The table as it was read.
    problems
        Those of its rows.

    Returns
    -------
    ndarray
        The rows that have none, (rows,).
    """
    sentences = problems["column"] + " must be " + problems["allowed"].astype(str)
    joined = sentences.groupby(problems["row"]).agg("; ".join)
    aside = frame.iloc[joined.index.to_numpy() - 1]
    aside = aside.assign(row=joined.index.to_numpy(), problem=joined.to_numpy())
    path = directory / FOLDER / f"{table}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    aside.to_csv(path, index=False)
    logger.warning(
        "%s: %s of %s rows cannot be used and are put aside in %s",
        table, f"{len(aside):,}", f"{len(frame):,}", path,
    )  # fmt: skip
    good = np.ones(len(frame), bool)
    good[joined.index.to_numpy() - 1] = False
    return good


def put_aside_before(directory: Path) -> Mapping[str, pd.DataFrame]:
    """Return what `put_aside` wrote in the folder of a run, by the name of the table."""
    paths = sorted((directory / FOLDER).glob("*.csv"))
    return {path.stem: pd.read_csv(path, dtype=str, keep_default_na=False) for path in paths}


def _place(problem: pd.Series) -> str:
    where = f"{problem['table']}.{problem['column']}"
    return where if problem["row"] == 0 else f"{where}, row {problem['row']}"


def _sentence(problem: pd.Series) -> str:
    value = problem["value"]
    told = "is missing" if problem["row"] == 0 else "is empty" if value == "" else f"is {value!r}"
    return f"{_place(problem)} {told}; it must be {problem['allowed']}"


def _short(value: object) -> str:
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return ""
    text = str(value)
    if not text.strip():
        return ""
    return text if len(text) <= 80 else text[:77] + "..."
