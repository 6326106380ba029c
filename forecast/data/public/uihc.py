"""Hourly arrivals at the emergency department of the University of Iowa Hospitals and Clinics.

July 2013 to March 2018, without gaps, from the R package fastTS by Peterson (GPL, version 3 or
later): https://CRAN.R-project.org/package=fastTS.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from forecast.data.history import History
from forecast.data.public.files import public_file
from objective import InvalidInput
from objective.errors import known_keys

FILE = "uihc_ed_hourly_2013_2018.parquet"
SERIES = "emergency"
#: Days that differ, as the data themselves mark them: known years ahead.
EVENTS = ("xmas", "xmas2", "nye", "nyd", "thx", "thx1", "ind", "game_day")
#: Degrees Fahrenheit; not known ahead, and so of use to study the past only.
TEMPERATURE = "temp"
PERIODS = {"hourly": 60, "daily": 1_440}


def uihc(options: Mapping[str, Any], on_error: str, directory: Path) -> History:
    """Return the arrivals as a history with one series, ``emergency``.

    Parameters
    ----------
    options
        ``file``, or null for the one of the folder that the environment variable BAILEY_DATA
        names; ``period``, hourly or daily; ``country``, whose bank holidays are kept.
    on_error, directory
        What becomes of rows that cannot be used: there are none.

    Raises
    ------
    InvalidInput
        If the file is not there or is not this data set.
    """
    del on_error, directory
    names = ("file", "period", "country")
    given = known_keys("data", options, names, required=names)
    if given["period"] not in PERIODS:
        raise InvalidInput("data.period", given["period"], "hourly or daily")
    table = public_file(given["file"], FILE, ("ts", "Arrivals", *EVENTS, TEMPERATURE))
    length = pd.Timedelta(minutes=PERIODS[given["period"]])
    grouped = table.groupby(table["ts"].dt.floor(length))
    arrivals = grouped[[*EVENTS, TEMPERATURE]].mean()
    arrivals.insert(0, "count", grouped["Arrivals"].sum().astype("int64"))
    arrivals = arrivals.rename_axis("start").reset_index()
    arrivals.insert(0, "series", SERIES)
    return History(arrivals=arrivals, country=given["country"])
