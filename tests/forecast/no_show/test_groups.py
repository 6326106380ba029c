"""Groups of patients, and what individual forecasts do to their waits."""

import numpy as np
import pandas as pd
import pytest

from forecast.no_show.expected_wait import StandardSession, expected_waits, individual_order
from forecast.no_show.groups import group_labels, group_table
from objective import ClinicSession, PatientType, ServiceTime, simulate


def test_ages_are_divided_where_asked() -> None:
    """The first year of a group belongs to it; an unknown age is a group of its own."""
    visits = pd.DataFrame({"age": [0, 17, 18, 64, 65, np.nan]})
    labels = group_labels(visits, "age", (18, 65))
    assert labels.tolist() == [
        "0 to 17", "0 to 17", "18 to 64", "18 to 64", "65 and older", "unknown",
    ]  # fmt: skip


def test_small_groups_are_shown_together() -> None:
    """A value of few visits is among the others."""
    visits = pd.DataFrame({"area": ["north"] * 150 + ["east"] * 3 + [None] * 120})
    labels = group_labels(visits, "area", ())
    assert pd.Series(labels).value_counts().to_dict() == {
        "north": 150, "unknown": 120, "others": 3,
    }  # fmt: skip


def test_a_group_is_told_how_far_off_its_forecast_is() -> None:
    """Of two areas one is forecast right on average, the other 20 points too high."""
    visits = pd.DataFrame({"area": ["north"] * 100 + ["east"] * 100})
    missed = np.array(([1.0] * 30 + [0.0] * 70) * 2)
    forecast = np.array([0.3] * 100 + [0.5] * 100)
    table = group_table(visits, ["area"], (), forecast, missed).set_index("group")
    assert table.loc["north", "calibration_in_the_large"] == pytest.approx(0.0)
    assert table.loc["east", "calibration_in_the_large"] == pytest.approx(0.2)
    assert table.loc["east", "brier"] == pytest.approx(0.3 * 0.25 + 0.7 * 0.25)
    assert table["visits"].tolist() == [100, 100]


def test_a_session_is_filled_by_those_who_come() -> None:
    """With a fifth missing, 12 seats are booked for 15, in 3 shared seats that lie apart."""
    assert StandardSession().places(0.2) == [1, 1, 2, 1, 1, 1, 2, 1, 1, 1, 2, 1]
    assert StandardSession().places(0.0) == [1] * 12
    assert StandardSession().places(0.9) == [2] * 12


def test_those_most_likely_to_miss_share_seats() -> None:
    """The others keep their order."""
    order = individual_order([1, 2, 1], np.array([0.9, 0.1, 0.2, 0.8]))
    assert order.tolist() == [1, 0, 3, 2]


def test_waits_are_those_that_a_simulation_finds() -> None:
    """A session of three with a shared seat, against 200,000 simulated days."""
    session = StandardSession(seats=2, minutes=10.0, sessions=1)
    no_show = np.array([0.5, 0.2, 0.1])
    waits = session.waits([2, 1], no_show)
    types = {str(rank): PatientType(no_show=float(one)) for rank, one in enumerate(no_show)}
    law = ServiceTime.lognormal(10.0, 0.47)
    clinic = ClinicSession(3, 2, 10.0, law, patient_types=types, order=["0", "1", "2"])
    days = simulate(clinic, [2, 1], 200_000, seed=1)
    assert waits[0] == 0
    assert waits[1] == pytest.approx(0.5 * 10, abs=1e-6)
    mean = np.average(waits, weights=1 - no_show)
    assert mean == pytest.approx(float(days.waiting.mean), abs=0.05)


def test_where_all_are_alike_individual_forecasts_change_nothing() -> None:
    """With one probability for all, both ways to fill a session are the same on average."""
    count = 200
    day = np.repeat([0, 1], count // 2)
    booked = np.arange(count).astype("datetime64[s]")
    groups = {"all": np.full(count, "everybody", object)}
    session = StandardSession(seats=4, sessions=6)
    table = expected_waits(session, np.full(count, 0.2), day, booked, groups)
    assert table["average"].iloc[0] == pytest.approx(table["individual"].iloc[0])
    assert table["patients"].iloc[0] == 6 * 5


def test_a_group_that_misses_more_waits_longer_when_it_is_double_booked() -> None:
    """Of two groups, that with the higher forecast shares the seats, and its wait rises more."""
    generator = np.random.default_rng(0)
    count = 400
    likely = generator.random(count) < 0.3
    groups = {"kind": np.where(likely, "likely", "unlikely").astype(object)}
    no_show = np.where(likely, 0.4, 0.1)
    booked = generator.permutation(count).astype("datetime64[s]")
    table = expected_waits(
        StandardSession(seats=6, sessions=20), no_show, np.zeros(count, np.int64), booked, groups
    ).set_index("group")
    assert table.loc["likely", "change"] > table.loc["unlikely", "change"]
    assert table.loc["likely", "individual"] > table.loc["unlikely", "individual"]


def test_a_clinic_too_small_for_a_session_has_no_waits() -> None:
    """No day has patients enough."""
    table = expected_waits(
        StandardSession(), np.full(5, 0.2), np.arange(5), np.arange(5).astype("datetime64[s]"),
        {"all": np.full(5, "x", object)},
    )  # fmt: skip
    assert table.empty


def test_where_nothing_tells_groups_apart_there_are_no_waits_of_groups() -> None:
    """Of such patients no attribute is known."""
    table = expected_waits(
        StandardSession(), np.full(200, 0.2), np.zeros(200, np.int64),
        np.arange(200).astype("datetime64[s]"), {},
    )  # fmt: skip
    assert table.empty
