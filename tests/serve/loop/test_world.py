"""The made-up world: the same for every plan, and as it says."""

from datetime import date, datetime, timedelta

import numpy as np
import pytest

from serve.loop.past import past_visits
from serve.loop.world import World

MONDAY = date(2026, 3, 2)
WORLD = World(seed=3, first=MONDAY)


def test_the_same_patients_do_the_same_whoever_asks_first():
    """What is drawn depends on its key alone, so that plans can be compared."""
    day = MONDAY + timedelta(days=8)
    again = World(seed=3, first=MONDAY)
    others = [again.conduct(patient, day) for patient in range(5)]
    assert [WORLD.conduct(patient, day) for patient in reversed(range(5))][::-1] == others
    assert WORLD.requests(day) == again.requests(day)
    begins = datetime(2026, 3, 10, 9)
    assert WORLD.walking_in(2, begins, 150) == again.walking_in(2, begins, 150)
    assert World(seed=4, first=MONDAY).requests(day) != WORLD.requests(day)


def test_patients_stay_away_as_often_as_it_says():
    """Within four standard errors."""
    days = [MONDAY + timedelta(days=number) for number in range(20)]
    comes = [WORLD.conduct(patient, day).comes for patient in range(400) for day in days]
    error = np.sqrt(WORLD.mean_no_show * (1 - WORLD.mean_no_show) / 400)
    assert abs(1 - np.mean(comes) - WORLD.mean_no_show) < 4 * error


def test_consultations_take_longer_from_the_week_of_the_drift_on():
    """Their mean by so much, and the same quantile of the law for the same patient."""
    physician = WORLD.physicians[0]
    before, after = WORLD.drifts_on - timedelta(days=1), WORLD.drifts_on
    assert WORLD.drifts_on == date(2026, 4, 6)
    assert WORLD.minutes(physician, after) == pytest.approx(1.3 * physician.minutes)
    quantiles = (np.arange(2000) + 0.5) / 2000
    for day in (before, after):
        takes = [WORLD.consultation(physician, day, one).total_seconds() / 60 for one in quantiles]
        assert np.mean(takes) == pytest.approx(WORLD.minutes(physician, day), rel=0.01)
        cv = np.std(takes) / np.mean(takes)
        assert cv == pytest.approx(physician.cv, rel=0.02)


def test_walk_ins_come_within_the_session_and_are_nobody_who_books():
    """As many as it says on average."""
    begins = datetime(2026, 3, 2, 9)
    counts = []
    for week in range(400):
        starts = begins + timedelta(weeks=week)
        found = WORLD.walking_in(1, starts, 150)
        counts.append(len(found))
        for at, patient, quantile in found:
            assert starts < at < starts + timedelta(minutes=121)
            assert patient >= WORLD.patients
            assert 0 < quantile < 1
    assert np.mean(counts) == pytest.approx(WORLD.walk_ins, abs=4 * np.sqrt(WORLD.walk_ins / 400))


def test_the_past_has_the_truth_that_is_to_be_learned():
    """No-shows and each provider's consultations of half a year, within four standard errors."""
    visits = past_visits(WORLD, "return", 26, 10, 150)
    booked = visits[~visits["walk_in"]]
    assert len(booked) == 26 * 12 * 10
    missed = (booked["status"] == "no_show").mean()
    # Patients come again and again, so that these are fewer than they seem.
    assert missed == pytest.approx(WORLD.mean_no_show, abs=0.03)
    seen = visits.dropna(subset=["started_at"])
    minutes = (seen["ended_at"] - seen["started_at"]).dt.total_seconds() / 60
    for physician in WORLD.physicians:
        own = minutes[seen["provider"] == physician.name]
        error = physician.minutes * physician.cv / np.sqrt(len(own))
        assert abs(own.mean() - physician.minutes) < 4 * error
    assert visits["visit_id"].is_unique
    assert (seen["started_at"] >= seen["arrived_at"]).all()
