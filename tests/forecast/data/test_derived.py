"""What follows from visits: consultations with their sessions, and counts with their zeros."""

import pandas as pd
import pytest

from forecast.data.derived import arrivals_of_visits, consultations_of_visits
from forecast.data.gaps import gap_sentences
from forecast.data.history import History
from forecast.data.tables import TABLES
from forecast.data.validation import check_table
from objective import InvalidInput
from tests.forecast.data.clinics import arrivals, visits


def test_consultations_are_those_of_completed_visits_with_times():
    """Minutes, the session by provider, date and half-day, and attributes of the patient."""
    made = consultations_of_visits(visits().assign(age=range(5)))
    assert made["visit_id"].tolist() == ["v1", "v4"]
    assert made["minutes"].tolist() == [15.0, 6.0]
    assert made["session"].tolist() == ["Ames 2024-03-04 am", "Ames 2024-03-05 am"]
    assert made["age"].tolist() == [0, 3]
    assert check_table(made, TABLES["consultations"]).problems.empty
    assert not {"status", "booked_at", "ended_at"} & set(made)


def test_without_times_there_are_no_consultations():
    """A table with its columns and no row."""
    made = consultations_of_visits(visits().drop(columns="started_at"))
    assert made.empty
    assert "minutes" in made


def test_requests_and_walk_ins_are_counted_with_zeros():
    """By the day of booking, from the first day of a visit on, and by the hour of arrival."""
    made = arrivals_of_visits(visits())
    requests = made[made["series"] == "requests"].set_index("start")["count"]
    assert requests.to_dict() == {
        pd.Timestamp("2024-03-04"): 0, pd.Timestamp("2024-03-05"): 1,
    }  # fmt: skip
    walk_ins = made[made["series"] == "walk_ins"].set_index("start")["count"]
    assert len(walk_ins) == 48
    assert walk_ins[walk_ins > 0].to_dict() == {pd.Timestamp("2024-03-05 10:00"): 1}
    assert check_table(made, TABLES["arrivals"]).problems.empty


def test_the_periods_may_be_others():
    """Half-hours; a period that does not divide a day is refused."""
    half = pd.Timedelta(minutes=30)
    made = arrivals_of_visits(visits(), half, half)
    assert len(made) == 4 * 48
    with pytest.raises(InvalidInput, match="period of requests"):
        arrivals_of_visits(visits(), pd.Timedelta(hours=5))


def test_weeks_in_which_nothing_was_recorded_are_not_weeks_of_zeros():
    """A pause of ten days is left out, and told; one of a week is counted."""
    frame = visits()
    frame.loc[4, "booked_at"] = pd.Timestamp("2024-03-15 11:00")
    made = arrivals_of_visits(frame)
    requests = made[made["series"] == "requests"]
    assert requests["start"].dt.day.tolist() == [4, 5, 15]
    frame.loc[4, "booked_at"] = pd.Timestamp("2024-03-12 11:00")
    made = arrivals_of_visits(frame)
    assert (made["series"] == "requests").sum() == 9


@pytest.mark.parametrize("empty", [True, False])
def test_no_visits_make_no_arrivals(empty: bool):
    """Nor visits that were all booked before the first day."""
    frame = visits()[:0] if empty else visits()[:3]
    assert arrivals_of_visits(frame).empty
    assert list(arrivals_of_visits(frame)) == ["series", "start", "count"]


def test_a_gap_of_weeks_is_told_in_words():
    """Between days with visits that took place; of arrivals, periods without a row."""
    frame = visits()
    frame.loc[4, "status"] = "no_show"
    counts = arrivals(6).drop(index=[2, 3])
    told = gap_sentences(History(visits=frame, arrivals=counts))
    assert told == [
        "visits: nothing from 2024-03-05 to 2024-03-20, 15 days.",
        "arrivals of requests: 2 periods are not there, from 2024-03-06 00:00:00 to "
        "2024-03-07 00:00:00.",
    ]
    assert gap_sentences(History(visits=visits(), arrivals=arrivals())) == []


def test_many_gaps_are_counted():
    """Three are told."""
    told = gap_sentences(History(arrivals=arrivals(20).drop(index=[2, 4, 6, 8, 10])))
    assert len(told) == 4
    assert told[-1] == "arrivals: 2 more gaps."
