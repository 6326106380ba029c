"""What was known of a patient at a moment."""

import numpy as np
import pandas as pd

from forecast.no_show.past import Past
from forecast.no_show.visits import moments
from tests.forecast.no_show.clinic import Clinic


def one_patient() -> pd.DataFrame:
    """Return four visits of a patient: kept on Monday, missed on Tuesday, two on Friday."""
    rows = [
        ("a", "2026-03-01 09:00", "2026-03-02 09:00", "completed"),
        ("b", "2026-03-01 09:00", "2026-03-03 09:00", "no_show"),
        ("c", "2026-03-02 10:00", "2026-03-06 09:00", "booked"),
        ("d", "2026-03-05 10:00", "2026-03-06 15:00", "booked"),
    ]
    visits = pd.DataFrame(rows, columns=["visit_id", "booked_at", "scheduled_at", "status"])
    visits["patient_id"] = "p"
    for column in ("booked_at", "scheduled_at"):
        visits[column] = pd.to_datetime(visits[column])
    return visits


def test_the_night_before_earlier_visits_and_other_bookings_are_known() -> None:
    """On Thursday night the patient kept one visit, missed the last, and has two on Friday."""
    visits = one_patient()
    known = Past(visits, 365, 10).ask(visits, moments(visits, at_booking=False))
    assert known["earlier_visits"].tolist() == [0, 1, 2, 2]
    assert known["earlier_no_shows"].tolist() == [0, 0, 1, 1]
    assert known["missed_the_last"].tolist() == [0, 0, 1, 1]
    assert known["days_since_the_last"].tolist()[1:] == [1, 3, 3]
    assert known["others_that_day"].tolist() == [0, 0, 1, 1]


def test_at_booking_only_what_was_booked_and_had_happened_by_then_is_known() -> None:
    """When c was booked on Monday, not even that day's visit had an outcome, nor was d booked."""
    visits = one_patient()
    known = Past(visits, 365, 10).ask(visits, moments(visits, at_booking=True))
    assert known["earlier_visits"].tolist() == [0, 0, 0, 2]
    assert known["others_that_day"].tolist() == [0, 0, 0, 1]


def test_visits_before_the_window_and_beyond_the_most_are_forgotten() -> None:
    """With a window of three days before Friday only the missed visit counts; so with one visit."""
    visits = one_patient()
    moment = moments(visits, at_booking=False)
    for past in (Past(visits, 3, 10), Past(visits, 365, 1)):
        known = past.ask(visits, moment)
        assert known["earlier_visits"].tolist()[2:] == [1, 1]
        assert known["earlier_no_shows"].tolist()[2:] == [1, 1]


def test_of_a_patient_never_seen_nothing_is_known() -> None:
    """A new patient has no visits, whether the history has any or not."""
    visits = one_patient()
    stranger = visits.assign(patient_id="q", visit_id=["e", "f", "g", "h"])
    for past in (Past(visits, 30, 10), Past(visits.iloc[:0], 30, 10)):
        known = past.ask(stranger, moments(stranger, at_booking=False))
        for name in ("earlier_visits", "earlier_no_shows", "others_that_day"):
            assert (known[name] == 0).all()
        assert (known["days_since_the_last"] == 30).all()


def test_it_counts_as_one_would_by_hand(small_clinic: Clinic) -> None:
    """All counts equal those of a loop over the whole history for each appointment."""
    visits = small_clinic.history.visits
    moment = moments(visits, at_booking=False)
    known = Past(visits, 14, 2).ask(visits, moment)
    time = pd.to_datetime(moment, unit="s")
    for row in range(0, len(visits), 37):
        one = visits.iloc[row]
        own = visits[visits["patient_id"] == one["patient_id"]]
        today = time[row].normalize()
        earlier = own[
            (own["scheduled_at"] < today)
            & (own["scheduled_at"].dt.normalize() >= today - pd.Timedelta(days=14))
        ].tail(2)
        assert known["earlier_visits"][row] == len(earlier)
        assert known["earlier_no_shows"][row] == (earlier["status"] == "no_show").sum()
        booked = own[(own["booked_at"] <= time[row]) & (own["visit_id"] != one["visit_id"])]
        same = booked["scheduled_at"].dt.normalize() == one["scheduled_at"].normalize()
        assert known["others_that_day"][row] == same.sum()
        before = own[(own["booked_at"] <= one["booked_at"]) & (own["visit_id"] != one["visit_id"])]
        recent = before["booked_at"] >= one["booked_at"] - pd.Timedelta(days=14)
        assert known["earlier_bookings"][row] == min(recent.sum(), 2)
        with_it = before["booked_at"] >= one["booked_at"].normalize()
        assert known["bookings_with_it"][row] == with_it.sum()
        open_ones = (booked["scheduled_at"] >= today).sum()
        assert known["other_open_bookings"][row] == open_ones
    assert np.isfinite(np.column_stack(list(known.values()))).all()
