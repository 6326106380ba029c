"""Appointments at public clinics in Vitória, Brazil, 29 April to 8 June 2016, kept or missed.

"Medical Appointment No Shows", Kaggle; believed to be under CC BY-NC-SA 4.0, and so not part of
this project.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from forecast.data.history import History
from forecast.data.public.files import public_file
from objective import InvalidInput
from objective.errors import known_keys

logger = logging.getLogger(__name__)

FILE = "noshow_kaggle_2016.parquet"
#: Columns of the file beside those below, and what they are called here.
ATTRIBUTES = {
    "Gender": "sex",
    "Age": "age",
    "Neighbourhood": "area",
    "Scholarship": "welfare",
    "Hipertension": "hypertension",
    "Diabetes": "diabetes",
    "Alcoholism": "alcoholism",
    "Handcap": "handicap",
    "SMS_received": "reminder",
}
VISIT = ("PatientId", "AppointmentID", "ScheduledDay", "AppointmentDay", "No-show")
#: The time of day of an appointment is not in the data: all stand at the end of their day, after
#: whatever was booked on it, and their outcomes are known from the next day on.
TIME_OF_DAY = pd.Timedelta(hours=23, minutes=59, seconds=59)


def kaggle(options: Mapping[str, Any], on_error: str, directory: Path) -> History:
    """Return the appointments as visits.

    Rows that cannot be true, booked after their day or with a negative age, stop the command, or
    with ``on_error=quarantine`` are written to ``quarantine/visits.csv`` and counted.

    Parameters
    ----------
    options
        ``file``, or null for the one of the folder that the environment variable BAILEY_DATA names.
    on_error, directory
        ``stop`` or ``quarantine``, and the folder of the run.

    Raises
    ------
    InvalidInput
        If the file is not there or is not this data set, or for such rows.
    """
    given = known_keys("data", options, ("file",), required=("file",))
    visits = visits_of(public_file(given["file"], FILE, (*VISIT, *ATTRIBUTES)))
    late = visits["booked_at"] > visits["scheduled_at"]
    wrong = late | (visits["age"] < 0)
    if wrong.any():
        found = f"{late.sum()} booked after their day, {(visits['age'] < 0).sum()} of negative age"
        if on_error == "stop":
            raise InvalidInput("data.file", found, "without such rows, or with on_error=quarantine")
        aside = directory / "quarantine" / "visits.csv"
        aside.parent.mkdir(parents=True, exist_ok=True)
        visits[wrong].to_csv(aside, index=False)
        logger.warning("%d rows cannot be used (%s): see %s", wrong.sum(), found, aside)
    return History(visits=visits[~wrong].reset_index(drop=True), country="BR")


def visits_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the data set as visits, in the order of their days and bookings."""
    day = _times(table["AppointmentDay"]).dt.normalize()
    visits = pd.DataFrame(
        {
            "visit_id": table["AppointmentID"].astype(str),
            "patient_id": table["PatientId"].astype(str),
            "provider": "clinics",
            "visit_type": "appointment",
            "booked_at": _times(table["ScheduledDay"]),
            "scheduled_at": day + TIME_OF_DAY,
            "status": np.where(table["No-show"] == "Yes", "no_show", "completed"),
            **{name: table[column] for column, name in ATTRIBUTES.items()},
        }
    )
    order = ["scheduled_at", "booked_at", "visit_id"]
    return visits.sort_values(order, kind="stable").reset_index(drop=True)


def _times(column: pd.Series) -> pd.Series:
    return pd.to_datetime(column, utc=True).dt.tz_localize(None)
