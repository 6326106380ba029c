"""Reading past sessions with measured consultation times from a CSV or Parquet file.

One row per booked patient, the rows of a session together and in the order in which the patients
were served, sessions in the order in which they took place. The columns:

``session``
    Name of the session.
``date``
    When it took place: a date as 2019-03-21, or a whole number that counts the sessions on.
``patient``
    Rank of the patient in the session: 1, 2, 3, ...
``minutes``
    How long the consultation took, 0 to 1,440; what stands here does not count where ``came`` is 0.
``appointment`` (optional)
    When the patient was told to come, minutes after the session began.
``came`` (optional)
    1 if the patient came, 0 if not; without it all came.
``session_minutes`` (optional)
    Planned length of the session.
``visit_type``, ``patient_class`` (optional)
    Names of what kind of visit and of patient it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from objective import InvalidInput
from objective.laws import Array
from objective.session import MAX_INTERVAL_LENGTH, MAX_PATIENTS
from opt.readers import read_table

REQUIRED = ("session", "date", "patient", "minutes")
CLASS_COLUMNS = ("visit_type", "patient_class")
OPTIONAL = ("appointment", "came", "session_minutes", *CLASS_COLUMNS)
#: Longest consultation and longest time until an appointment: a day, in minutes.
LONGEST = MAX_INTERVAL_LENGTH
CAME = {"1": True, "1.0": True, "true": True, "0": False, "0.0": False, "false": False}


@dataclass(frozen=True)
class PastSession:
    """A session that took place.

    Attributes
    ----------
    name, date
        As in the file.
    minutes, came
        How long each consultation took, 0 for those who did not come, and who came, (patients,).
    appointments
        When each patient was told to come, minutes after the session began, (patients,), or None.
    length
        Planned length of the session, minutes, or None.
    classes
        The name of each patient's class, (patients,), by the column that says it.
    """

    name: str
    date: str
    minutes: Array
    came: NDArray[np.bool_]
    appointments: Array | None
    length: float | None
    classes: Mapping[str, tuple[str, ...]]

    @property
    def patients(self) -> int:
        """Number of booked patients."""
        return len(self.minutes)


def read_past_sessions(path: Path) -> list[PastSession]:
    """Return the sessions of a file.

    Raises
    ------
    InvalidInput
        Naming row and column, if the file cannot be read, a column is missing or unknown, or an
        entry is not as the module says.
    """
    table = read_table(path)
    for column in table.columns:
        if column not in (*REQUIRED, *OPTIONAL):
            allowed = "one of " + ", ".join((*REQUIRED, *OPTIONAL))
            raise InvalidInput(f"column of {path}", column, allowed)
    for column in REQUIRED:
        if column not in table.columns:
            raise InvalidInput(f"column {column} of {path}", "missing", "there")
    return _Reader(path, table).sessions()


class _Reader:
    """Checks a table of text, column by column."""

    def __init__(self, path: Path, table: pd.DataFrame) -> None:
        self._path, self._table = path, table
        name = table["session"]
        self._refuse(name == "", "session", "the name of a session")
        begins = name != name.shift()
        self._refuse(begins & name.duplicated(), "session", "a session whose rows stand together")
        #: The number of each row's session, from 0, and the first row of each.
        self._number = begins.cumsum().to_numpy() - 1
        self._first = np.flatnonzero(begins)

    def sessions(self) -> list[PastSession]:
        """Return the sessions."""
        self._check_dates()
        self._check_ranks()
        came = self._came()
        minutes = np.where(came, self._minutes(came), 0.0)
        appointments = self._appointments()
        lengths = self._lengths()
        classes = {column: self._names(column) for column in CLASS_COLUMNS if column in self._table}
        sessions = []
        for number, rows in enumerate(np.split(np.arange(len(self._table)), self._first[1:])):
            sessions.append(
                PastSession(
                    name=self._table["session"].iloc[rows[0]],
                    date=self._table["date"].iloc[rows[0]],
                    minutes=minutes[rows],
                    came=came[rows],
                    appointments=None if appointments is None else appointments[rows],
                    length=None if lengths is None else float(lengths[number]),
                    classes={
                        column: tuple(names[row] for row in rows)
                        for column, names in classes.items()
                    },
                )
            )
        return sessions

    def _refuse(self, wrong: pd.Series | NDArray[np.bool_], column: str, allowed: str) -> None:
        """Raise `InvalidInput` for the first row that is wrong."""
        wrong = np.asarray(wrong, dtype=bool)
        if wrong.any():
            row = int(np.argmax(wrong))
            # The header of a CSV file is its line 1; a Parquet file has rows only.
            place = f"row {row + 1}" if self._path.suffix == ".parquet" else f"line {row + 2}"
            value = self._table[column].iloc[row]
            raise InvalidInput(f"{self._path}, {place}, column {column}", value, allowed)

    def _numbers(self, column: str) -> Array:
        return np.asarray(pd.to_numeric(self._table[column], errors="coerce"), np.float64)

    def _check_dates(self) -> None:
        text = self._table["date"]
        number = pd.to_numeric(text, errors="coerce").to_numpy(np.float64)
        whole = np.isfinite(number) & (number == np.round(number))
        value = number
        if not whole[0]:
            days = pd.to_datetime(text, format="%Y-%m-%d", errors="coerce")
            self._refuse(days.isna(), "date", "a date as 2019-03-21, or a whole number in all rows")
            value = days.to_numpy().astype("datetime64[D]").astype(np.float64)
        else:
            self._refuse(~whole, "date", "a whole number, as in the first row")
        same = value == value[self._first][self._number]
        self._refuse(~same, "date", "the same in all rows of a session")
        self._refuse(np.diff(value, prepend=value[0]) < 0, "date", "not before the session above")

    def _check_ranks(self) -> None:
        rank = np.arange(len(self._table)) - self._first[self._number] + 1
        allowed = "1, 2, 3, ... in each session, in the order of the rows"
        self._refuse(self._numbers("patient") != rank, "patient", allowed)
        self._refuse(rank > MAX_PATIENTS, "patient", f"at most {MAX_PATIENTS} in a session")

    def _came(self) -> NDArray[np.bool_]:
        if "came" not in self._table:
            return np.ones(len(self._table), dtype=bool)
        came = self._table["came"].str.lower().map(CAME)
        self._refuse(came.isna(), "came", "1 or 0")
        return np.asarray(came, dtype=bool)

    def _minutes(self, came: NDArray[np.bool_]) -> Array:
        minutes = self._numbers("minutes")
        fits = (minutes >= 0) & (minutes <= LONGEST)
        self._refuse(came & ~fits, "minutes", f"a number of minutes from 0 to {LONGEST}")
        return minutes

    def _appointments(self) -> Array | None:
        if "appointment" not in self._table:
            return None
        time = self._numbers("appointment")
        fits = (time >= 0) & (time <= LONGEST)
        self._refuse(~fits, "appointment", f"a number of minutes from 0 to {LONGEST}")
        earlier = np.diff(time, prepend=time[0]) < 0
        earlier[self._first] = False
        self._refuse(earlier, "appointment", "not before that of the patient above")
        return time

    def _lengths(self) -> Array | None:
        if "session_minutes" not in self._table:
            return None
        length = self._numbers("session_minutes")
        fits = (length > 0) & (length <= LONGEST)
        self._refuse(~fits, "session_minutes", f"more than 0, and at most {LONGEST}")
        same = length == length[self._first][self._number]
        self._refuse(~same, "session_minutes", "the same in all rows of a session")
        return length[self._first]

    def _names(self, column: str) -> list[str]:
        self._refuse(self._table[column] == "", column, "the name of a class")
        return list(self._table[column])
