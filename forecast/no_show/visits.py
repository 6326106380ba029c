"""Which visits a no-show forecast is about, and the days and moments that matter of each."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from objective import InvalidInput

#: The patient was there, or was not; of all other visits it is not known, or was not asked.
CAME = ("arrived", "in_consultation", "completed")
MISSED = "no_show"
#: What a forecast needs to know of a visit.
NEEDED = ("visit_id", "patient_id", "booked_at", "scheduled_at")

Whole = NDArray[np.int64]
SECONDS_PER_DAY = 86_400


def seconds(times: pd.Series) -> Whole:
    """Return times as seconds since 1970, (rows,)."""
    return times.to_numpy("datetime64[s]").astype(np.int64)


def days(times: pd.Series) -> Whole:
    """Return the days of times as days since 1970, (rows,)."""
    return seconds(times) // SECONDS_PER_DAY


def with_outcome(visits: pd.DataFrame) -> pd.DataFrame:
    """Return the visits that were booked and of which it is known whether the patient came.

    A walk-in has no appointment to miss, and a cancelled visit was not waited for.
    """
    known = visits["status"].isin([*CAME, MISSED])
    if "walk_in" in visits:
        known &= ~visits["walk_in"].fillna(False).astype(bool)
    return visits[known]


def missed(visits: pd.DataFrame) -> NDArray[np.float64]:
    """Return 1 where the patient did not come, (visits,)."""
    return np.asarray(visits["status"] == MISSED, np.float64)


def moments(appointments: pd.DataFrame, at_booking: bool) -> Whole:
    """Return when each forecast is made, seconds since 1970, (appointments,).

    It is the midnight before the appointment, or the booking where that is later or asked for.
    """
    booked = seconds(appointments["booked_at"])
    if at_booking:
        return booked
    return np.maximum(booked, days(appointments["scheduled_at"]) * SECONDS_PER_DAY)


def checked(appointments: pd.DataFrame) -> pd.DataFrame:
    """Return appointments that can be forecast.

    Raises
    ------
    InvalidInput
        If a column is missing or holds no times, or if one was booked after its day.
    """
    for name in NEEDED:
        if name not in appointments:
            raise InvalidInput(f"appointments.{name}", None, "there")
        if appointments[name].isna().any():
            row = appointments.index[int(appointments[name].isna().to_numpy().argmax())]
            raise InvalidInput(f"appointments.{name}, row {row}", None, "given")
    for name in ("booked_at", "scheduled_at"):
        if not pd.api.types.is_datetime64_dtype(appointments[name].dtype):
            allowed = "times on the clinic's wall clock, without a zone"
            raise InvalidInput(f"appointments.{name}", str(appointments[name].dtype), allowed)
    late = days(appointments["booked_at"]) > days(appointments["scheduled_at"])
    if late.any():
        place = int(late.argmax())
        row, given = appointments.index[place], str(appointments["booked_at"].iloc[place])
        raise InvalidInput(f"appointments.booked_at, row {row}", given, "before the appointment")
    return appointments
