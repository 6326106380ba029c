"""What is known of a series of counts, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from forecast.data.history import History
from forecast.demand.count_series import known_series
from forecast.demand.demand import Demand
from forecast.demand.options import Options
from objective import InvalidInput
from tests.forecast.demand.counts import made_up_history

HOURLY = made_up_history(weeks=6, minutes=60)
DAILY = made_up_history(weeks=6)
UNTIL = pd.Timestamp("2023-02-06")


def changed(**columns: object) -> History:
    """Return the daily counts with the third row changed."""
    arrivals = DAILY.arrivals.astype(dict.fromkeys(columns, object))
    for name, value in columns.items():
        arrivals.loc[2, name] = value
    return History(arrivals=arrivals)


def test_hours_are_added_up_to_days():
    """The totals are the same; a day that has not ended is not known."""
    hours = known_series(HOURLY, Options(period=60), UNTIL)["large"]
    days = known_series(HOURLY, Options(), UNTIL + pd.Timedelta(hours=5))["large"]
    assert np.array_equal(hours.counts.reshape(-1, 24).sum(axis=1), days.counts)
    assert days.starts[-1] == UNTIL - pd.Timedelta(days=1)


def test_a_gap_of_weeks_is_not_known_and_not_nobody():
    """Nor is a day of which hours are missing; models still learn from the rest."""
    arrivals = HOURLY.arrivals
    gap = arrivals["start"].between("2023-01-16", "2023-01-29 23:00")
    half = arrivals["start"].between("2023-01-10 10:00", "2023-01-10 20:00")
    history = History(arrivals=arrivals[~gap & ~half])
    days = known_series(history, Options(), UNTIL)["large"]
    unknown = days.starts[np.isnan(days.counts)]
    assert list(unknown) == [
        pd.Timestamp("2023-01-10"),
        *pd.date_range("2023-01-16", "2023-01-29"),
    ]


def test_without_arrivals_they_are_counted_from_the_visits():
    """As everywhere: requests by their booking, walk-ins by their arrival."""
    booked = pd.date_range("2023-01-02 09:00", periods=30, freq="D")
    visits = pd.DataFrame(
        {
            "visit_id": [f"v{one}" for one in range(30)],
            "patient_id": "p",
            "provider": "Dr A",
            "visit_type": "new",
            "booked_at": booked,
            "scheduled_at": booked,
            "status": "completed",
            "walk_in": [one % 2 == 0 for one in range(30)],
        }
    )
    found = known_series(History(visits=visits), Options(), pd.Timestamp("2023-02-01"))
    assert set(found) == {"requests", "walk_ins"}
    assert found["walk_ins"].counts.sum() + found["requests"].counts.sum() == 30


@pytest.mark.parametrize(
    ("history", "options", "message"),
    [
        (changed(count=-1), Options(), r"arrivals\.count of small is -1"),
        (changed(count=1.5), Options(), "whole number"),
        (changed(count=np.nan), Options(), "whole number"),
        (changed(count=np.inf), Options(), "whole number"),
        (changed(count="many"), Options(), "whole number"),
        (changed(start=DAILY.arrivals["start"][0]), Options(), "once per period"),
        (DAILY, Options(period=60), "a multiple of the 1440 minutes"),
        (DAILY, Options(series=("other",)), "one of large, small"),
        (DAILY, Options(factors=("weather",)), "a column of the arrivals"),
        (made_up_history(weeks=1), Options(), "at least 14 days"),
        (History(arrivals=DAILY.arrivals[DAILY.arrivals["start"] < "2023-01-03"]), Options(),
         "at least 14 days"),
        (History(), Options(), "no rows"),
    ],
)  # fmt: skip
def test_what_is_no_count_is_refused(history: History, options: Options, message: str):
    """Negative, broken, unknown and infinite counts, rows twice, one day of history."""
    with pytest.raises(InvalidInput, match=message):
        known_series(history, options, pd.Timestamp("2023-03-01"))


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"period": 7}, "period"),
        ({"period": 2_880}, "period"),
        ({"horizon": 0}, "horizon"),
        ({"horizon": 57}, "horizon"),
        ({"series": "large"}, "series"),
        ({"factors": ("event", "event")}, "factors"),
        ({"holidays": 1}, "holidays"),
        ({"origin_every": 0}, "origin_every"),
        ({"refit_every": -1}, "refit_every"),
    ],
)
def test_options_outside_their_range_are_refused(given: dict[str, object], field: str):
    """By their names."""
    with pytest.raises(InvalidInput, match=f"model.options.{field}"):
        Demand(**given)  # type: ignore[arg-type]
