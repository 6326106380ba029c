"""Consultation times of one physician, 2018 and 2019 (Feng et al. 2023, doi:10.3390/data8030047).

CC BY-NC-SA 4.0; not part of this project. It has 6,637 consultations of 381 half-day sessions.

Its times of day are true, its dates are not known: it has the order of the sessions, the month, the
day of the week, and morning or afternoon. The dates here are made: each day of sessions is put on
the first day from 1 January 2018 on, and after the day before it, that has its month and day of the
week. Order, months and days of the week are then the true ones; the day of the month may be some
weeks off, and so is the number of days between two visits.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from forecast.data.history import History
from objective import InvalidInput
from objective.errors import known_keys

FILE = "hangu_consultation_service_time_2018_2019.parquet"
#: Columns of the file.
COLUMNS = (
    "ID", "Session", "Month", "DayOfWeek", "AM_PM", "Visit.No", "Gender", "M.Cancer", "S.Cancer",
    "StartTime", "Address", "ServTime",
)  # fmt: skip
START = pd.Timestamp("2018-01-01")
#: No two days of sessions are further apart than this.
LONGEST_GAP = 400


def hangu(options: Mapping[str, Any], on_error: str, directory: Path) -> History:
    """Return the consultations of the Hangu data set.

    Parameters
    ----------
    options
        ``file``: its Parquet file, or null for the one in the folder that BAILEY_DATA names.

    Raises
    ------
    InvalidInput
        If there is no such file, or it is another one.
    """
    given = known_keys("data", options, ("file",), required=("file",))
    path = _path(given["file"])
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise InvalidInput("data.file", str(path), f"a Parquet file ({error})") from None
    for name in COLUMNS:
        if name not in table:
            raise InvalidInput("data.file", str(path), f"with a column {name}")
    return History(consultations=consultations(table))


def consultations(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the data set as consultations, in the order of their times.

    Beside the columns of every consultation there are ``visit_number`` (of this patient, from
    before the data begin), ``gender``, ``address`` (how far away: in the city, out of the city, out
    of the province, or unknown), ``m_cancer`` and ``s_cancer`` (the set's two flags of a diagnosis
    of cancer), ``half_day`` and ``weekday``.
    """
    days = session_days(table)
    starts = table["Session"].map(days) + pd.to_timedelta(table["StartTime"])
    made = pd.DataFrame(
        {
            "visit_id": [f"hangu-{row}" for row in range(1, len(table) + 1)],
            "patient_id": table["ID"].astype(str),
            "provider": "physician",
            "visit_type": (table["Visit.No"] == 1).map({True: "new", False: "return"}),
            "session": table["Session"].map("{:03d}".format),
            "started_at": starts,
            "minutes": table["ServTime"] / 60.0,
            "visit_number": table["Visit.No"].astype("int64"),
            "gender": table["Gender"].astype(str),
            "address": table["Address"].fillna("unknown").astype(str),
            "m_cancer": table["M.Cancer"].astype(bool),
            "s_cancer": table["S.Cancer"].astype(bool),
            "half_day": table["AM_PM"].astype(str),
            "weekday": table["DayOfWeek"].astype(str),
        }
    )
    return made.sort_values("started_at", kind="stable").reset_index(drop=True)


def session_days(table: pd.DataFrame) -> pd.Series:
    """Return a made date for each session, in their order, with its true month and weekday.

    Raises
    ------
    InvalidInput
        If a session has a month or a weekday that no date has.
    """
    columns = ["Month", "DayOfWeek", "AM_PM"]
    sessions = table.groupby("Session")[columns].first().sort_index()
    day, before, found = START - pd.Timedelta(days=1), None, []
    for number, *what in sessions.itertuples():
        month, weekday, half = what
        # An afternoon after a morning of the same month and weekday is that of the same day.
        if half != "afternoon" or before != (month, weekday, "morning"):
            day = _next_day(day, month, weekday, number)
        found.append(day)
        before = (month, weekday, half)
    return pd.Series(found, index=sessions.index)


def _next_day(after: pd.Timestamp, month: str, weekday: str, session: object) -> pd.Timestamp:
    days = pd.date_range(after + pd.Timedelta(days=1), periods=LONGEST_GAP)
    wanted = days[(days.month_name() == month) & (days.day_name() == weekday)]
    if wanted.empty:
        field = f"data.file, session {session}"
        raise InvalidInput(field, f"{month}, {weekday}", "a month and a day of the week")
    return wanted[0]


def _path(file: object) -> Path:
    if file is not None:
        return Path(str(file))
    folder = os.environ.get("BAILEY_DATA")
    if folder is None:
        allowed = "a Parquet file, or null with BAILEY_DATA set to the folder that has it"
        raise InvalidInput("data.file", None, allowed)
    return Path(folder) / FILE
