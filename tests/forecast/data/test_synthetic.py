"""The made-up history: it is the same for a seed, obeys its laws, and is told to be made up."""

import numpy as np
import pandas as pd
import pytest

import forecast.data.synthetic
from forecast.data.sources import history_from, split_from
from forecast.data.synthetic.attendance import AttendanceLaw
from forecast.data.synthetic.clinic import SyntheticClinic
from forecast.data.synthetic.consultations import ConsultationLaw
from forecast.data.synthetic.course import consultation_times
from forecast.data.synthetic.generate import SyntheticHistory, generate
from forecast.data.tables import TABLES
from objective import InvalidInput


@pytest.fixture(scope="module")
def large() -> SyntheticHistory:
    """A history of about 170,000 visits, in which shares are close to probabilities."""
    return generate(SyntheticClinic(weeks=52, providers=20, seed=3))


@pytest.fixture(scope="module")
def booked(large: SyntheticHistory) -> pd.DataFrame:
    """Its booked visits with a known outcome, their lead time in days and probability."""
    visits = large.history.visits
    visits = visits[~visits["walk_in"] & visits["status"].isin(["completed", "no_show"])]
    days = visits["scheduled_at"].dt.normalize() - visits["booked_at"].dt.normalize()
    probability = large.truth.no_show[visits["visit_id"]].to_numpy()
    missed = visits["status"] == "no_show"
    return visits.assign(lead=days.dt.days, missed=missed, probability=probability)


def test_the_same_seed_gives_the_same_history_and_another_one_does_not():
    """By the hash of all rows."""
    small = {"weeks": 6, "providers": 2}
    first = generate(SyntheticClinic(**small, seed=1)).history.fingerprint()
    assert generate(SyntheticClinic(**small, seed=1)).history.fingerprint() == first
    assert generate(SyntheticClinic(**small, seed=2)).history.fingerprint() != first


def test_it_has_the_columns_of_the_tables_in_the_order_of_their_times(large: SyntheticHistory):
    """Every table, and times without a zone."""
    for name, table in TABLES.items():
        frame = getattr(large.history, name)
        assert {column.name for column in table.columns} <= set(frame.columns), name
        assert frame[table.time].is_monotonic_increasing, name
        assert frame[table.time].dtype == "datetime64[ns]"
        assert not frame.duplicated(list(table.key)).any(), name


def test_no_visit_contradicts_itself(large: SyntheticHistory):
    """Booked, then arrived, started and ended; outcomes only of what has taken place."""
    visits = large.history.visits
    until = SyntheticClinic(weeks=52, providers=20, seed=3).until
    assert (visits["booked_at"] <= visits["scheduled_at"]).all()
    assert visits["booked_at"].max() < until
    done = visits[visits["status"] == "completed"]
    assert (done["arrived_at"] <= done["started_at"]).all()
    assert (done["started_at"] < done["ended_at"]).all()
    assert done["ended_at"].max() < until
    others = visits[visits["status"] != "completed"]
    assert others[["arrived_at", "started_at", "ended_at"]].isna().all(axis=None)
    later = visits[visits["scheduled_at"] >= until]
    assert len(later)
    assert later["status"].isin(["booked", "cancelled_by_patient", "cancelled_by_practice"]).all()
    assert (visits["status"] == "booked").sum() == (later["status"] == "booked").sum()
    called_off = visits["cancelled_at"].notna()
    assert (called_off == visits["status"].str.startswith("cancelled")).all()
    assert (visits.loc[called_off, "cancelled_at"] < visits.loc[called_off, "scheduled_at"]).all()


def test_a_provider_sees_one_patient_at_a_time(large: SyntheticHistory):
    """No consultation begins before the one before it has ended."""
    done = large.history.visits.dropna(subset="started_at").sort_values("started_at")
    for _, seen in done.groupby("provider"):
        started, ended = seen["started_at"].to_numpy(), seen["ended_at"].to_numpy()
        assert (started[1:] >= ended[:-1]).all()


def test_consultations_follow_one_another_as_computed_by_hand():
    """Three patients in a morning: one early, one who waits, one after a pause; one elsewhere."""
    eight = 8 * 3_600
    provider = np.array([0, 0, 0, 1])
    scheduled = np.array([eight, eight + 600, eight + 3_600, eight])
    arrived = scheduled + np.array([-300, 0, 60, 120])
    started, ended = consultation_times(provider, scheduled, arrived, np.array([900, 600, 60, 60]))
    assert (started - eight).tolist() == [0, 900, 3_660, 120]
    assert (ended - eight).tolist() == [900, 1_500, 3_720, 180]


def test_missed_appointments_are_as_frequent_as_published_for_each_lead_time(booked: pd.DataFrame):
    """NHS England's rates by lead time, within four standard errors."""
    law = AttendanceLaw()
    bands = booked.groupby(law.band(booked["lead"].to_numpy()))["missed"]
    assert len(bands) == len(law.rates)
    for (_, rate), seen, size in zip(law.rates, bands.mean(), bands.size(), strict=True):
        assert abs(seen - rate) < 4 * np.sqrt(rate * (1 - rate) / size)


def test_the_true_probabilities_are_calibrated_and_differ_between_patients(booked: pd.DataFrame):
    """In tenths of the risk, and beyond what the lead time says."""
    tenths = booked.groupby(pd.qcut(booked["probability"], 10), observed=True)
    error = np.sqrt(tenths["probability"].mean() / tenths.size())
    assert (abs(tenths["missed"].mean() - tenths["probability"].mean()) < 4 * error).all()
    own = np.log(booked["probability"] / (1 - booked["probability"]))
    within = own - own.groupby(booked["lead"]).transform("mean")
    assert 0.8 < within.std() < 1.2


def test_lead_times_are_as_the_law_says(booked: pd.DataFrame):
    """A third on the same day; the median of the others nine days."""
    assert 0.30 < (booked["lead"] == 0).mean() < 0.37
    ahead = booked.loc[booked["lead"] > 0, "lead"]
    assert 6 <= ahead.median() <= 10
    assert 28 <= ahead.quantile(0.9) <= 38


def test_consultations_are_lognormal_with_the_means_and_spread_of_the_law(large: SyntheticHistory):
    """Means by type within 2 %, a coefficient of variation of about 0.45, normal residuals."""
    law, seen = ConsultationLaw(), large.history.consultations
    means = seen.groupby("visit_type")["minutes"].mean()
    for name, mean in zip(("new", "return", "telephone", "urgent"), law.means, strict=True):
        assert means[name] == pytest.approx(mean, rel=0.02)
    assert 0.42 < seen["minutes"].std() / seen["minutes"].mean() < 0.48
    residual = np.log(seen["minutes"]) - large.truth.log_minutes[seen["visit_id"]].to_numpy()
    assert residual.mean() == pytest.approx(0, abs=0.005)
    assert residual.std() == pytest.approx(law.residual, rel=0.01)
    assert abs(residual.skew()) < 0.05


@pytest.mark.parametrize("series", ["requests", "walk_ins"])
def test_arrivals_have_the_expected_counts_and_the_effect_of_the_day(
    large: SyntheticHistory, series: str
):
    """The total, and the variance of days beyond Poisson."""
    rates = large.truth.rates
    counts = large.history.arrivals["count"]
    which = rates["series"] == series
    days = rates.loc[which, "start"].dt.normalize()
    mean = rates.loc[which, "mean"].groupby(days).sum()
    count = counts[which].groupby(days).sum()[mean > 0]
    mean = mean[mean > 0]
    assert counts[which & (rates["mean"] == 0)].sum() == 0
    effect = large.truth.day_effects[series]
    variance = mean + effect * mean**2
    assert abs((count - mean).sum()) < 4 * np.sqrt(variance.sum())
    pearson = ((count - mean) ** 2 / variance).mean()
    assert pearson == pytest.approx(1, abs=4 * np.sqrt(3 / len(mean)))
    assert ((count - mean) ** 2 / mean).mean() > 1.3


def test_bank_holidays_of_the_country_are_closed(large: SyntheticHistory):
    """Good Friday 2024, which the United States do not keep."""
    day = pd.Timestamp("2024-03-29")
    assert not (large.history.visits["scheduled_at"].dt.normalize() == day).any()
    elsewhere = generate(SyntheticClinic(providers=1, weeks=14, country="US")).history.visits
    assert (elsewhere["scheduled_at"].dt.normalize() == day).any()


def test_seats_are_taken_with_the_probabilities_of_the_logit(large: SyntheticHistory):
    """Shares in tenths of the probability; at most one seat of an occasion."""
    offers = large.history.offers.assign(acceptance=large.truth.acceptance)
    assert offers.groupby("offer_id")["chosen"].sum().max() == 1
    tenths = offers.groupby(pd.qcut(offers["acceptance"], 10), observed=True)
    expected = tenths["acceptance"].mean()
    assert (
        abs(tenths["chosen"].mean() - expected)
        < 4 * np.sqrt(expected * (1 - expected) / tenths.size())
    ).all()
    taken = offers[offers["chosen"]].merge(
        large.history.visits,
        left_on=["patient_id", "seat_at", "provider", "offered_at"],
        right_on=["patient_id", "scheduled_at", "provider", "booked_at"],
    )
    assert len(taken) == offers["chosen"].sum()


def test_a_history_of_the_default_size_has_the_visits_of_its_clinic():
    """Neither many fewer nor many more than its sessions have seats."""
    history = generate(SyntheticClinic()).history
    assert 15_000 < len(history.visits) < 20_000


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("weeks", 0), ("weeks", 1.5), ("providers", 0), ("requests_per_day", 0),
        ("requests_per_day", float("nan")), ("walk_ins_per_day", -1), ("walk_ins_per_day", 61),
        ("visits_per_patient", 0.5), ("country", "Atlantis"), ("first", "yesterday"),
        ("first", "2024-01-01T08:00"), ("seed", -1), ("patients", 4),
    ],
)  # fmt: skip
def test_options_outside_their_range_are_refused(field: str, value: object, tmp_path):
    """Each names its field."""
    settings = {"data": {"source": "synthetic", field: value}, "on_error": "stop"}
    with pytest.raises(InvalidInput, match=field):
        history_from(settings, tmp_path)


def test_a_history_larger_than_memory_is_refused(tmp_path):
    """Before anything is made."""
    data = {"source": "synthetic", "weeks": 1_000, "providers": 1_000}
    with pytest.raises(InvalidInput, match="3,000,000 visits"):
        history_from({"data": data, "on_error": "stop"}, tmp_path)


def test_no_walk_ins_leave_one_series(tmp_path):
    """And a history all the same."""
    data = {"source": "synthetic", "weeks": 4, "providers": 1, "walk_ins_per_day": 0}
    history = history_from({"data": data, "on_error": "stop"}, tmp_path)
    assert set(history.arrivals["series"]) == {"requests"}
    assert not history.visits["walk_in"].any()


@pytest.mark.parametrize("table", list(TABLES))
def test_the_last_days_are_held_out(table: str, large: SyntheticHistory):
    """As many days with rows as asked for are after the split."""
    settings = {"split": None, "data": {"split": {"held_out_days": 28}}}
    split = split_from(settings, large.history, table)
    times = getattr(large.history, table)[TABLES[table].time]
    inside = times[(times >= split.first) & (times < split.until)]
    assert inside.dt.normalize().nunique() == 28
    assert split.train_until == split.first


def test_it_says_that_it_is_made_up():
    """In the words of its package."""
    assert "no patient in them exists" in (forecast.data.synthetic.__doc__ or "")
