"""What the models look at of an appointment, as of the moment at which it is forecast."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.no_show.past import Numbers, Past
from forecast.no_show.visits import SECONDS_PER_DAY, Whole, days, moments, seconds
from objective import InvalidInput

LEAD = "lead_days"


@dataclass(frozen=True)
class Features:
    """Features of appointments, before they are encoded for a model.

    Attributes
    ----------
    numbers
        Columns by name, (appointments,) each, with NaN where a value is not known.
    categories
        Columns by name, (appointments,) each, of text; empty text where a value is not known.
    """

    numbers: dict[str, Numbers]
    categories: dict[str, NDArray[np.object_]]

    @property
    def booked_ahead(self) -> NDArray[np.bool_]:
        """Whether each was booked on an earlier day, (appointments,)."""
        return self.numbers[LEAD] > 0

    def frame(self) -> pd.DataFrame:
        """Return all columns as one table."""
        return pd.DataFrame({**self.numbers, **self.categories})


def features_of(
    appointments: pd.DataFrame,
    past: Past,
    numeric: tuple[str, ...],
    categorical: tuple[str, ...],
    at_booking: bool,
) -> Features:
    """Return the features of appointments.

    Parameters
    ----------
    appointments
        (appointments,) rows.
    past
        The history: of it every row uses what was known at its own moment.
    numeric, categorical
        Further columns of ``appointments`` to use, as they are known at that moment.
    at_booking
        Whether the moment is the booking, not the night before.

    Raises
    ------
    InvalidInput
        If a column is missing, is not of its kind, or has infinities.
    """
    moment = moments(appointments, at_booking)
    booked, scheduled = seconds(appointments["booked_at"]), seconds(appointments["scheduled_at"])
    lead = days(appointments["scheduled_at"]) - days(appointments["booked_at"])
    numbers = {
        LEAD: lead.astype(np.float64),
        "hour_booked": booked % SECONDS_PER_DAY / 3_600,
        "hour": scheduled % SECONDS_PER_DAY / 3_600,
        **past.ask(appointments, moment),
    }
    categories = {
        "weekday": _weekday(days(appointments["scheduled_at"])),
        "weekday_booked": _weekday(days(appointments["booked_at"])),
    }
    for name in (*numeric, *categorical):
        if name not in appointments:
            raise InvalidInput(f"appointments.{name}", None, "there: the model looks at it")
    numbers |= {name: _number(appointments[name]) for name in numeric}
    categories |= {name: _text(appointments[name]) for name in categorical}
    return Features(numbers, categories)


def _weekday(day: Whole) -> NDArray[np.object_]:
    # 1970 began on a Thursday.
    names = np.array(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], dtype=object)
    return np.asarray(names[(day + 3) % 7], dtype=object)


def _number(column: pd.Series) -> Numbers:
    field = f"appointments.{column.name}"
    try:
        values = pd.to_numeric(column).to_numpy(np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise InvalidInput(field, str(error), "a column of numbers") from None
    if np.isinf(values).any():
        place = int(np.isinf(values).argmax())
        field = f"{field}, row {column.index[place]}"
        raise InvalidInput(field, float(values[place]), "a finite number or nothing")
    return values


def _text(column: pd.Series) -> NDArray[np.object_]:
    return column.astype(object).where(column.notna(), "").astype(str).to_numpy(dtype=object)
