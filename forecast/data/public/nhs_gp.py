"""Daily appointments in general practice in England, by location.

December 2021 to June 2022, 106 locations, from Appointments in General Practice. Contains public
sector information licensed under the Open Government Licence v3.0: NHS England.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from forecast.data.history import History
from forecast.data.public.files import public_file
from objective.errors import known_keys

FILE = "nhs_gp_daily_duration_2021_2022.parquet"
LOCATION, DATE, COUNT = "sub_icb_location_code", "appointment_date", "count_of_appointments"


def nhs_gp(options: Mapping[str, Any], on_error: str, directory: Path) -> History:
    """Return the appointments as a history with a series per location, named by its code.

    Parameters
    ----------
    options
        ``file``, or null for the one of the folder that the environment variable BAILEY_DATA
        names; ``country``, whose bank holidays are kept.
    on_error, directory
        What becomes of rows that cannot be used: there are none.

    Raises
    ------
    InvalidInput
        If the file is not there or is not this data set.
    """
    del on_error, directory
    names = ("file", "country")
    given = known_keys("data", options, names, required=names)
    table = public_file(given["file"], FILE, (LOCATION, DATE, COUNT))
    totals = table.groupby([LOCATION, DATE], observed=True)[COUNT].sum().unstack(fill_value=0)
    # A day without a row is a day without appointments: locations are closed, not unknown.
    arrivals = pd.DataFrame({"count": totals.stack()}).rename_axis(["series", "start"])
    arrivals = arrivals.reset_index()
    arrivals["series"] = arrivals["series"].astype(str)
    arrivals = arrivals.sort_values(["start", "series"], ignore_index=True)
    return History(arrivals=arrivals, country=given["country"])
