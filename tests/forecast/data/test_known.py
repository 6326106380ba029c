"""What a history hides: changing what lies after a moment changes nothing of what was known."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.data.history import History
from forecast.data.known import period_lengths
from forecast.data.synthetic.clinic import SyntheticClinic
from forecast.data.synthetic.generate import generate
from forecast.data.tables import STATUSES, TABLES, TIMES
from tests.forecast.data.clinics import arrivals, consultations, offers, visits

#: Made once: the tests change copies.
CLINIC = SyntheticClinic(weeks=5, providers=1, seed=8, walk_ins_per_day=8.0)
HISTORY = generate(CLINIC).history
DAY = pd.Timedelta(days=1)


def known(frame: pd.DataFrame, moment: str) -> pd.DataFrame:
    """Return the visits as they were known."""
    return History(visits=frame).known_at(pd.Timestamp(moment)).visits


def status(visit: str, moment: str, frame: pd.DataFrame | None = None) -> str:
    """Return the status of a visit as it was known."""
    table = known(visits() if frame is None else frame, moment)
    return str(table.set_index("visit_id")["status"][visit])


def test_a_visit_goes_from_booked_to_completed_by_its_times():
    """Arrived at 8:50, begun at 9:05, ended at 9:20: each known from the next second on."""
    assert "v1" not in known(visits(), "2024-03-01 10:00")["visit_id"].tolist()
    for moment, wanted in [
        ("2024-03-01 10:01", "booked"), ("2024-03-04 08:50", "booked"),
        ("2024-03-04 08:51", "arrived"), ("2024-03-04 09:06", "in_consultation"),
        ("2024-03-04 09:20", "in_consultation"), ("2024-03-04 09:21", "completed"),
        ("2024-03-05", "completed"),
    ]:  # fmt: skip
        assert status("v1", moment) == wanted, moment


def test_times_are_hidden_until_they_have_come():
    """Each by itself."""
    seen = known(visits(), "2024-03-04 09:10").set_index("visit_id").loc["v1"]
    assert seen["started_at"] == pd.Timestamp("2024-03-04 09:05")
    assert pd.isna(seen["ended_at"])


def test_a_missed_visit_is_known_when_its_day_is_over():
    """Until then the patient may still come."""
    assert status("v2", "2024-03-04 23:59") == "booked"
    assert status("v2", "2024-03-05") == "no_show"


def test_a_cancellation_is_known_when_it_was_made_or_else_when_the_day_is_over():
    """A time that was not recorded is not guessed."""
    assert status("v3", "2024-03-05 23:00") == "booked"
    assert status("v3", "2024-03-06") == "cancelled_by_patient"
    frame = visits().assign(cancelled_at=pd.NaT)
    frame["cancelled_at"] = pd.to_datetime(frame["cancelled_at"])
    assert status("v3", "2024-03-05 23:00", frame) == "booked"
    frame.loc[2, "cancelled_at"] = pd.Timestamp("2024-03-03 12:00")
    assert status("v3", "2024-03-03 12:00", frame) == "booked"
    assert known(frame, "2024-03-03 12:00")["cancelled_at"].isna().all()
    assert status("v3", "2024-03-03 12:01", frame) == "cancelled_by_patient"


def test_a_completed_visit_without_times_is_known_when_its_day_is_over():
    """Also one at midnight, of which only the day is known."""
    frame = visits().drop(columns=["arrived_at", "started_at", "ended_at"])
    frame["scheduled_at"] = frame["scheduled_at"].dt.normalize()
    assert status("v1", "2024-03-04 18:00", frame) == "booked"
    assert status("v1", "2024-03-05", frame) == "completed"


def test_a_consultation_that_ends_after_midnight_is_not_known_before():
    """The day is over, but the patient is still there."""
    frame = visits()
    frame.loc[0, "ended_at"] = pd.Timestamp("2024-03-05 00:30")
    assert status("v1", "2024-03-05 00:10", frame) == "in_consultation"
    assert status("v1", "2024-03-05 00:31", frame) == "completed"


@pytest.mark.parametrize("raw", ["requested", "held", "booked"])
def test_what_is_to_come_is_booked_whatever_it_is_now(raw: str):
    """Who was on hold later tells who was not booked."""
    frame = visits()
    frame.loc[4, "status"] = raw
    assert status("v5", "2024-03-10", frame) == "booked"
    assert status("v5", "2024-03-21", frame) == raw


def test_counts_are_known_when_their_period_is_over():
    """Days at midnight; hours at the next hour; a single period after a day."""
    made = arrivals()
    half = History(arrivals=made).known_at(pd.Timestamp("2024-03-06 12:00"))
    assert half.arrivals["start"].max() == pd.Timestamp("2024-03-05")
    over = History(arrivals=made).known_at(pd.Timestamp("2024-03-07"))
    assert over.arrivals["start"].max() == pd.Timestamp("2024-03-06")
    hours = made.assign(
        series="walk_ins", start=pd.date_range("2024-03-04 08:00", periods=6, freq="h")
    )
    both = pd.concat([made, hours]).sort_values("start", ignore_index=True)
    seen = History(arrivals=both).known_at(pd.Timestamp("2024-03-04 10:30")).arrivals
    assert seen["start"].tolist() == [pd.Timestamp(f"2024-03-04 0{hour}:00") for hour in (8, 9)]
    assert period_lengths(made[:1]).tolist() == [DAY]


def test_consultations_are_known_when_they_have_ended():
    """The second begins at 9:20 and takes 20 minutes."""
    history = History(consultations=consultations())
    assert len(history.known_at(pd.Timestamp("2024-03-04 09:40")).consultations) == 1
    assert len(history.known_at(pd.Timestamp("2024-03-04 09:41")).consultations) == 2


@pytest.mark.parametrize("minutes", [float("nan"), float("inf"), -5.0, "ten"])
def test_minutes_that_cannot_be_are_not_hidden(minutes: object):
    """A history that was not checked shows them, so that they are refused."""
    frame = consultations().astype({"minutes": object})
    frame.loc[1, "minutes"] = minutes
    seen = History(consultations=frame).known_at(pd.Timestamp("2024-03-04 09:21"))
    assert len(seen.consultations) == 2


def test_offers_are_known_when_they_were_made():
    """With what was chosen of them."""
    seen = History(offers=offers()).known_at(pd.Timestamp("2024-03-02 10:00")).offers
    assert seen["offer_id"].tolist() == ["o1", "o1"]


def test_an_empty_history_has_nothing_to_hide():
    """At any moment."""
    seen = History().known_at(pd.Timestamp("2024-03-01"))
    assert all(getattr(seen, name).empty for name in TABLES)


def test_what_was_known_does_not_change_by_being_asked_for_twice():
    """Known at a moment of what was known later is what was known at the moment."""
    early, late = pd.Timestamp("2024-01-15 10:30"), pd.Timestamp("2024-01-20 12:00")
    assert_same(HISTORY.known_at(late).known_at(early), HISTORY.known_at(early))


def assert_same(one: History, other: History) -> None:
    """Assert that two histories have the same rows, whatever these are called."""
    for name in TABLES:
        pd.testing.assert_frame_equal(
            getattr(one, name).reset_index(drop=True), getattr(other, name).reset_index(drop=True)
        )


def perturbed(history: History, moment: pd.Timestamp, generator: np.random.Generator) -> History:
    """Return a history that differs in everything that had not happened at a moment."""
    frame = history.visits.copy()
    end_of_day = frame["scheduled_at"].dt.normalize() + DAY
    open_at = (end_of_day > moment).to_numpy()

    def some(mask: np.ndarray) -> np.ndarray:
        return mask & (generator.random(len(mask)) < 0.5)

    def later(rows: np.ndarray) -> pd.Series:
        minutes = generator.integers(0, 50_000, len(rows))
        return pd.Series(moment + pd.to_timedelta(minutes, unit="min"), index=frame.index)

    # Whatever will be the outcome of a visit whose day is not over, unless it had ended already.
    ended = (frame["ended_at"] < moment).to_numpy()
    cancelled = (frame["cancelled_at"] < moment).to_numpy()
    free = open_at & ~ended & ~cancelled
    rows = some(free)
    frame.loc[rows, "status"] = generator.choice(STATUSES, int(rows.sum()))
    for name in ("arrived_at", "started_at", "ended_at", "cancelled_at"):
        to_come = ~(frame[name] < moment).to_numpy() & free
        gone = some(to_come)
        frame.loc[gone, name] = pd.NaT
        moved = some(to_come)
        frame.loc[moved, name] = later(moved)[moved]
    # What is booked later may be anything, or nothing.
    new = (frame["booked_at"] >= moment).to_numpy()
    frame = frame[~some(new)]
    more = frame.sample(min(5, len(frame)), random_state=int(generator.integers(1_000)))
    more = more.assign(
        visit_id=[f"new {row}" for row in range(len(more))],
        booked_at=moment + pd.to_timedelta(generator.integers(0, 9, len(more)), unit="h"),
        scheduled_at=moment + DAY,
    )
    frame = pd.concat([frame, more]).sort_values("scheduled_at", kind="stable", ignore_index=True)

    counts = history.arrivals.copy()
    to_come = (counts["start"] + period_lengths(counts) > moment).to_numpy()
    counts.loc[to_come, "count"] = generator.integers(0, 99, int(to_come.sum()))
    lengths = pd.to_timedelta(history.consultations["minutes"], unit="min")
    seen = history.consultations
    open_now = ~(seen["started_at"] + lengths < moment).to_numpy()
    seen = seen.assign(minutes=np.where(open_now, 1_000.0, seen["minutes"]))[~some(open_now)]
    offered = history.offers[~some((history.offers["offered_at"] >= moment).to_numpy())]
    return History(frame, counts, seen, offered, history.country)


@given(
    minute=st.integers(0, 5 * 7 * 24 * 60),
    seed=st.integers(0, 2**31),
)
@settings(max_examples=60, deadline=None)
def test_no_change_of_the_future_changes_what_is_known(minute: int, seed: int):
    """At any minute of the history: outcomes, times, new visits, counts, minutes and offers."""
    moment = CLINIC.first + pd.Timedelta(minutes=minute)
    changed = perturbed(HISTORY, moment, np.random.default_rng(seed))
    assert_same(changed.known_at(moment), HISTORY.known_at(moment))


def test_the_perturbation_changes_much():
    """So that the test above cannot pass by changing nothing."""
    moment = CLINIC.first + pd.Timedelta(days=17, hours=10)
    changed = perturbed(HISTORY, moment, np.random.default_rng(0))
    for name in TABLES:
        before, after = getattr(HISTORY, name), getattr(changed, name)
        assert len(before) != len(after) or not before.equals(after), name
    assert changed.known_at(moment + 14 * DAY).fingerprint() != (
        HISTORY.known_at(moment + 14 * DAY).fingerprint()
    )


def test_what_took_place_since_a_moment_is_left():
    """The rows of each table from then on, in their order; a table without rows stays one."""
    moment = HISTORY.visits["scheduled_at"].min() + 14 * DAY
    left = HISTORY.since(moment)
    for name, column in TIMES.items():
        table, whole = getattr(left, name), getattr(HISTORY, name)
        expected = whole[whole[column] >= moment] if len(whole) else whole
        assert 0 < len(table) < len(whole) or not len(whole)
        pd.testing.assert_frame_equal(table, expected.reset_index(drop=True))
    assert History().since(moment).fingerprint() == History().fingerprint()
