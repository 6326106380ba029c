"""No forecast knows what comes after it."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from forecast.data.history import History
from forecast.network import Trainer
from forecast.no_show import NoShow
from forecast.no_show.fitted import FittedNoShow
from tests.forecast.no_show.clinic import Clinic
from tests.forecast.no_show.conftest import SMALL


def on_day(visits: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Return the visits of a day."""
    return visits[visits["scheduled_at"].dt.normalize() == day]


def other_future(visits: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Return visits with all outcomes from a day on turned, and all later bookings made anew."""
    changed = visits.copy()
    ahead = changed["scheduled_at"] >= day
    turned = changed["status"].map({"no_show": "completed", "completed": "no_show"})
    changed.loc[ahead, "status"] = turned[ahead]
    later = changed["booked_at"] >= day + pd.Timedelta(days=1)
    changed = changed[~later]
    added = visits[visits["scheduled_at"] >= day + pd.Timedelta(days=1)].copy()
    added["booked_at"] = added["scheduled_at"] - pd.Timedelta(minutes=5)
    added["visit_id"] = "x" + added["visit_id"]
    added["patient_id"] = visits["patient_id"].iloc[0]
    return pd.concat([changed, added]).sort_values("scheduled_at", kind="stable")


def test_another_future_changes_no_forecast(
    name: str, fitted: Mapping[str, FittedNoShow], small_clinic: Clinic
) -> None:
    """With outcomes from that day on turned and later bookings changed, all stays as it was."""
    visits = small_clinic.history.visits
    day = small_clinic.split.first + pd.Timedelta(days=4)
    asked = on_day(visits, day)
    changed = History(visits=other_future(visits, day))
    asked_again = changed.visits.set_index("visit_id").loc[asked["visit_id"]].reset_index()
    before = fitted[name].probabilities(asked, small_clinic.history)
    after = fitted[name].probabilities(asked_again, changed)
    assert np.array_equal(before, after)


def test_what_is_learned_does_not_depend_on_the_future(
    name: str, fitted: Mapping[str, FittedNoShow], small_clinic: Clinic, no_show: NoShow
) -> None:
    """A model that learns from a history with another future is the same model."""
    first = small_clinic.split.first
    changed = History(visits=other_future(small_clinic.history.visits, first))
    again = no_show.fit(SMALL[name], changed, small_clinic.split.train_until, Trainer(seed=1))
    asked = on_day(small_clinic.history.visits, first)
    expected = fitted[name].probabilities(asked, small_clinic.history)
    assert np.array_equal(again.probabilities(asked, small_clinic.history), expected)


def test_a_whole_period_at_once_is_as_night_after_night(
    name: str, fitted: Mapping[str, FittedNoShow], small_clinic: Clinic
) -> None:
    """Asked each night from what was known then, those booked ahead are forecast the same."""
    visits = small_clinic.history.visits
    held_out = visits[visits["scheduled_at"] >= small_clinic.split.first]
    at_once = fitted[name].probabilities(held_out, small_clinic.history)
    for day, rows in held_out.groupby(held_out["scheduled_at"].dt.normalize()):
        midnight = pd.Timestamp(day)
        ahead = rows[rows["booked_at"] < midnight]
        night = fitted[name].probabilities(ahead, small_clinic.history.known_at(midnight))
        together = at_once[held_out.index.get_indexer(ahead.index)]
        assert np.allclose(night, together, rtol=0, atol=1e-12)


def test_same_day_bookings_are_forecast_as_when_they_are_made(
    name: str, fitted: Mapping[str, FittedNoShow], small_clinic: Clinic
) -> None:
    """Asked at the moment of booking, a visit of the same day is forecast the same."""
    visits = small_clinic.history.visits
    held_out = visits[visits["scheduled_at"] >= small_clinic.split.first]
    same_day = held_out[
        held_out["booked_at"].dt.normalize() == held_out["scheduled_at"].dt.normalize()
    ]
    for place in range(0, len(same_day), 40):
        row = same_day.iloc[[place]]
        then = small_clinic.history.known_at(row["booked_at"].iloc[0])
        expected = fitted[name].probabilities(row, small_clinic.history)
        assert np.allclose(fitted[name].probabilities(row, then), expected, rtol=0, atol=1e-12)


def test_at_booking_nothing_later_than_the_booking_is_used(small_clinic: Clinic) -> None:
    """Outcomes of the days between booking and appointment do not matter."""
    options = NoShow(numeric=["distance"], at_booking=True)
    until, visits = small_clinic.split.train_until, small_clinic.history.visits
    fitted = options.fit(SMALL["logistic_regression"], small_clinic.history, until, Trainer())
    asked = visits[(visits["scheduled_at"] >= until) & (visits["booked_at"] < until)]
    for place in range(0, len(asked), 40):
        one = asked.iloc[[place]]
        turned = visits.copy()
        late = turned["scheduled_at"] >= one["booked_at"].iloc[0].normalize()
        turned.loc[late, "status"] = "no_show"
        expected = fitted.probabilities(one, small_clinic.history)
        assert np.array_equal(fitted.probabilities(one, History(visits=turned)), expected)
