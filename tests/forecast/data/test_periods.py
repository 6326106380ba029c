"""How time divides a history: always in its order, and never into nothing."""

from typing import Any

import pandas as pd
import pytest

from forecast.data.history import History
from forecast.data.periods import rolling_origins
from forecast.data.sources import split_from
from forecast.data.tables import TABLES
from objective import InvalidInput
from tests.forecast.data.clinics import arrivals, consultations, offers, visits

HISTORY = History(visits(), arrivals(), consultations(), offers())
MOMENTS = {"train_until": "2024-03-05", "first": "2024-03-05", "until": "2024-03-06"}


def split_of(given: Any, table: str = "visits", history: History | None = HISTORY) -> list[str]:
    """Return the moments of a split as text."""
    split = split_from({"split": None, "data": {"split": given}}, history, table)
    return [str(one) for one in (split.train_until, split.first, split.until)]


def test_a_split_is_given_by_its_moments():
    """Also without a history; and the command's own goes before that of the data."""
    moments = ["2024-03-05 00:00:00", "2024-03-05 00:00:00", "2024-03-06 00:00:00"]
    assert split_of(MOMENTS) == moments
    assert split_of(MOMENTS, history=None) == moments
    settings = {"split": MOMENTS, "data": {"split": {"held_out_days": 1}}}
    assert str(split_from(settings).until) == moments[2]


def test_the_last_days_are_held_out():
    """Days on which visits took place: not those of one that is still to come."""
    day = ["2024-03-05 00:00:00"] * 2 + ["2024-03-06 00:00:00"]
    assert split_of({"held_out_days": 1}) == day
    assert split_of({"held_out_days": 2}, "arrivals") == [
        "2024-03-08 00:00:00", "2024-03-08 00:00:00", "2024-03-10 00:00:00",
    ]  # fmt: skip


def test_a_part_of_the_sessions_or_days_is_held_out():
    """Sessions where there are some; the first has a half of two, rounded down."""
    assert split_of({"fraction": 0.5}, "consultations") == [
        "2024-03-05 09:00:00", "2024-03-05 09:00:00", "2024-03-06 00:00:00",
    ]  # fmt: skip
    assert split_of({"fraction": 0.5}, "arrivals")[0] == "2024-03-07 00:00:00"
    ten = History(arrivals=arrivals(10))
    assert split_of({"fraction": 0.7}, "arrivals", ten)[0] == "2024-03-11 00:00:00"


@pytest.mark.parametrize("table", list(TABLES))
@pytest.mark.parametrize("given", [{"held_out_days": 1}, {"fraction": 0.5}])
def test_whatever_is_learned_from_is_before_whatever_is_tested_on(table: str, given: dict):
    """And both are there."""
    split = split_from({"split": given, "data": {}}, HISTORY, table)
    times = getattr(HISTORY, table)[TABLES[table].time]
    assert (times < split.train_until).any()
    assert ((times >= split.first) & (times < split.until)).any()
    assert split.train_until <= split.first < split.until


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"held_out_days": 0}, "a whole number from 1"),
        ({"held_out_days": 2}, "at least 1 and fewer than the 2 days of visits"),
        ({"held_out_days": "two"}, "a whole number"),
        ({"fraction": 0}, "between 0 and 1"),
        ({"fraction": 1.0}, "between 0 and 1"),
        ({"fraction": float("nan")}, "between 0 and 1"),
        ({"fraction": 0.1}, "one that divides the 2 days of visits"),
        ({"fraction": 0.5, "held_out_days": 1}, "held_out_days"),
        ({}, "held_out_days"),
        (None, "held_out_days"),
        ("last week", "held_out_days"),
        ({**MOMENTS, "first": "soon"}, "a date"),
        ({**MOMENTS, "first": "2024-03-04"}, "not before train_until"),
        ({**MOMENTS, "until": "2024-03-05"}, "after first"),
        ({**MOMENTS, "train_until": "2024-03-01"}, "later: visits are from 2024-03-04 09:00:00"),
        ({**MOMENTS, "first": "2025-03-05", "until": "2025-03-06"}, "a period with rows"),
    ],
)
def test_a_split_that_cannot_be_is_refused(given: Any, message: str):
    """In words that say what could be."""
    with pytest.raises(InvalidInput, match=message):
        split_of(given)


def test_one_day_of_history_cannot_be_divided():
    """There would be nothing to learn from."""
    day = History(arrivals=arrivals(1))
    for given in ({"held_out_days": 1}, {"fraction": 0.5}):
        with pytest.raises(InvalidInput, match="1 days of arrivals"):
            split_of(given, "arrivals", day)


def test_a_table_without_rows_cannot_be_divided():
    """Nor what is no table."""
    with pytest.raises(InvalidInput, match="no rows"):
        split_of({"held_out_days": 1}, "visits", History())
    with pytest.raises(InvalidInput, match="there is no table here"):
        split_of({"held_out_days": 1}, "visits", None)


def test_origins_roll_on_while_all_of_a_forecast_can_be_compared():
    """Weekly, with a horizon of two weeks, up to the day on which the last one ends."""
    day = pd.Timedelta(days=1)
    first, until = pd.Timestamp("2024-01-01"), pd.Timestamp("2024-02-05")
    found = rolling_origins(first, until, 7 * day, 14 * day)
    assert [str(one.date()) for one in found] == [
        "2024-01-01", "2024-01-08", "2024-01-15", "2024-01-22",
    ]  # fmt: skip
    assert len(rolling_origins(first, first + 14 * day, 7 * day, 14 * day)) == 1
    for wrong in [
        (first, first + 13 * day, 7 * day, 14 * day),
        (first, until, 0 * day, day),
        (first, until, day, -day),
    ]:
        with pytest.raises(InvalidInput):
            rolling_origins(*wrong)
