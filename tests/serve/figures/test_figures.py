"""Figures of the practice, against cases that are computed by hand and days that are simulated."""

import math
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from apiflask import APIFlask

from serve.database import transaction
from serve.figures.days import Day
from serve.figures.days import Visit as Seen
from serve.figures.measured import measured_figures
from serve.figures.practice_figures import figures_by, no_show_rate, sessions_of
from tests.serve.conftest import NOW, Clinic
from tests.serve.days import NINE, OBJECTIVE, Visit, add_day, add_provider

WINDOW = {"first": "2026-02-23", "last": "2026-03-08"}


def one_day(visits: list[Seen], objective: dict[str, Any] | None = None) -> Day:
    """Return a session of an hour."""
    ends = NINE + timedelta(hours=1)
    return Day(UUID(int=1), NINE.date(), NINE, ends, objective or OBJECTIVE, visits)


def seen(
    interval: int,
    status: str = "completed",
    arrived: float | None = None,
    started: float | None = None,
    ended: float | None = None,
    walk_in: bool = False,
) -> Seen:
    """Return a visit, by minutes from the session's start."""

    def at(minutes: float | None) -> Any:
        return None if minutes is None else NINE + timedelta(minutes=minutes)

    starts = NINE + timedelta(minutes=10 * interval)
    asked = starts - timedelta(days=7)
    return Seen(interval, status, walk_in, asked, starts, at(arrived), at(started), at(ended))


def test_a_day_is_measured_as_by_hand():
    """Five visits, one of them missed, one a walk-in, and ten minutes of overtime."""
    day = one_day(
        [
            seen(0, arrived=-5, started=2, ended=12),  # came early, waits 2
            seen(1, arrived=14, started=14, ended=20),  # came late, waits 0
            seen(2, "no_show"),
            seen(3, arrived=25, started=20, ended=30, walk_in=True),
            seen(5, arrived=50, started=55, ended=70),  # waits 5
        ]
    )
    found = measured_figures(day)
    assert found is not None
    assert found.waits == [2, 0, 5]
    assert found.overtime == 10
    assert found.work == 10 + 6 + 10 + 15
    assert found.idle == 70 - 41
    (told,) = figures_by(sessions_of([day]), "total")
    assert (told.booked, told.walk_ins) == (4, 1)
    assert told.utilisation.measured == pytest.approx(41 / 60)
    assert (told.waiting.measured, told.waiting.measured_count) == (pytest.approx(7 / 3), 3)
    assert (told.no_shows.missed, told.no_shows.expected) == (1, 4)
    assert told.access.mean_days == told.access.median_days == 7


def test_consultations_that_overlap_or_begin_early_are_counted_once():
    """What was recorded by two hands is no more work than there was time."""
    day = one_day(
        [seen(0, started=-5, ended=10), seen(0, started=8, ended=20), seen(1, started=9, ended=15)]
    )
    found = measured_figures(day)
    assert found is not None
    assert (found.work, found.idle, found.overtime) == (25, 40, 0)


def test_a_session_is_priced_as_it_is_booked():
    """Two patients at once: the second waits for the first, if that one comes."""
    (told,) = figures_by(sessions_of([one_day([seen(0, "booked"), seen(0, "booked")])]), "total")
    assert told.waiting.planned == pytest.approx(0.9 * 9 / 2)
    assert told.utilisation.planned == pytest.approx(2 * 0.9 * 9 / 60)
    # An Erlang law of two phases, or one, or none, beyond the hour.
    rate = 60 / 9
    one, two = 9 * math.exp(-rate), 9 * math.exp(-rate) * (2 + rate)
    overtime = 2 * 0.9 * 0.1 * one + 0.81 * two
    assert told.overtime.planned == pytest.approx(overtime)
    assert told.idle.planned == pytest.approx(60 + overtime - 2 * 0.9 * 9)
    assert told.waiting.measured is None
    assert told.waiting.planned_where_measured is None


def test_simulated_days_are_measured_as_they_were_planned():
    """Fifteen hundred days of four patients: means within four standard errors."""
    random = np.random.default_rng(1)
    days, waits, overtimes = [], [], []
    for _ in range(1500):
        free, visits = 0.0, []
        for interval in (0, 0, 2, 4):
            if random.random() < 0.1:
                visits.append(seen(interval, "no_show"))
                continue
            started = max(free, 10.0 * interval)
            free = started + random.exponential(9)
            visits.append(seen(interval, "completed", 10.0 * interval, started, free))
            waits.append(started - 10.0 * interval)
        days.append(one_day(visits))
        # A day on which all four are missing leaves nothing to measure.
        overtimes += [max(0.0, free - 60)] if free else []
    (told,) = figures_by(sessions_of(days), "total")
    for figure, values in ((told.waiting, waits), (told.overtime, overtimes)):
        error = np.std(values) / math.sqrt(len(values))
        assert figure.measured == pytest.approx(np.mean(values), abs=1e-5)
        assert abs(figure.measured - figure.planned_where_measured) < 4 * error
    assert told.idle.measured == pytest.approx(told.idle.planned, rel=0.05)
    assert told.utilisation.measured == pytest.approx(told.utilisation.planned, rel=0.05)
    assert abs(told.no_shows.rate - 0.1) < 0.02


def test_an_interval_of_a_rate_is_wilsons():
    """As in the table of Newcombe (1998, doi:10.1002/sim.4780170802): 81 of 263 and 0 of 20."""
    found = no_show_rate(81, 263)
    assert (round(found.low or 0, 4), round(found.high or 0, 4)) == (0.2553, 0.3662)
    none = no_show_rate(0, 20)
    assert (none.rate, none.low, round(none.high or 0, 4)) == (0, 0, 0.1611)
    assert no_show_rate(0, 0).rate is None


@pytest.mark.parametrize(
    "objective", [{}, {"session": {}, "weights": {}}, OBJECTIVE | {"weights": 1}]
)
def test_a_session_that_cannot_be_priced_has_no_plan(objective: dict[str, Any]):
    """And is measured all the same."""
    day = one_day([seen(0, started=3, ended=10)], objective or {"none": 1})
    (told,) = figures_by(sessions_of([day]), "total")
    assert (told.waiting.planned, told.waiting.planned_count) == (None, 0)
    assert told.waiting.measured == 3


def test_patients_that_differ_are_priced_in_their_order():
    """Also where more or fewer are booked than the schedule was made for."""
    session = OBJECTIVE["session"] | {
        "patients": 2,
        "patient_types": {
            name: {"service_time": {"law": "exponential", "mean": mean}}
            for name, mean in (("short", 5.0), ("long", 20.0))
        },
        "order": ["short", "long"],
    }
    means = {1: 5, 2: 25, 3: 45}
    for booked, work in means.items():
        day = one_day([seen(0, "booked")] * booked, OBJECTIVE | {"session": session})
        (told,) = figures_by(sessions_of([day]), "total")
        assert told.utilisation.planned == pytest.approx(0.9 * work / 60)


def test_groups_are_by_provider_and_week():
    """A week begins on Monday; together they have all sessions."""
    other = UUID(int=2)
    days = [
        Day(provider, NINE.date() + timedelta(days=shift), NINE, NINE + timedelta(hours=1), {}, [])
        for provider, shift in ((UUID(int=1), 0), (other, 6), (other, 7))
    ]
    held = sessions_of(days)
    keys = {by: [(one.provider_id, one.week, one.sessions) for one in figures_by(held, by)]
            for by in ("total", "provider", "week", "provider_week")}  # fmt: skip
    first, second = date(2026, 2, 23), date(2026, 3, 2)
    assert keys["total"] == [(None, None, 3)]
    assert keys["provider"] == [(UUID(int=1), None, 1), (other, None, 2)]
    assert keys["week"] == [(None, first, 2), (None, second, 1)]
    assert keys["provider_week"] == [
        (UUID(int=1), first, 1), (other, first, 1), (other, second, 1),
    ]  # fmt: skip


def test_the_practice_reads_its_figures(as_role: Any, app: APIFlask, clinic: Clinic):
    """From the database: a day that was, one to come with free seats, and a second provider."""

    def work(session: Any) -> UUID:
        add_day(session, clinic, [Visit(0, arrived=0, started=4, ended=9), Visit(1, "no_show")])
        tomorrow = NOW + timedelta(days=1, minutes=-15)
        add_day(session, clinic, [Visit(0, "booked"), Visit(1, "cancelled_by_patient")], tomorrow,
                free=4)  # fmt: skip
        other = add_provider(session, clinic, "Dr Other")
        add_day(session, clinic, [Visit(2, "booked")], tomorrow, provider=other)
        return other

    with app.app_context():
        other = transaction(work)
    told = as_role("provider").get("/practice/metrics", **WINDOW)
    (group,) = told["groups"]
    assert (group["sessions"], group["booked"]) == (3, 4)
    assert group["waiting"]["measured"] == 4
    assert group["waiting"]["planned_count"] == 3
    assert group["utilisation"]["measured"] == pytest.approx(5 / 60)
    assert group["no_shows"]["rate"] == 0.5
    free = {one["provider_id"]: one for one in told["third_next_available"]}
    # Free seats at 8:00 (one), 8:10 (the cancelled one, and another), 8:20 and 8:30.
    mine = free[str(clinic.provider)]
    assert mine["free_seats"] == 5
    assert mine["days"] == pytest.approx((24 * 60 - 15 + 10) / 1440)
    assert free[str(other)] == free[str(other)] | {"free_seats": 0, "days": None}
    by_week = as_role("analyst").get("/practice/metrics", **WINDOW, by="provider_week")
    assert len(by_week["groups"]) == 3


def test_nothing_measured_is_null(as_role: Any, clinic: Clinic):
    """A practice that only begins has figures of nothing."""
    told = as_role("administrator").get("/practice/metrics", **WINDOW)
    (group,) = told["groups"]
    nothing = {"planned": None, "planned_count": 0, "measured": None, "measured_count": 0,
               "planned_where_measured": None}  # fmt: skip
    assert group["waiting"] == group["idle"] == group["overtime"] == nothing
    assert group["utilisation"] == nothing
    assert group["access"] == {"appointments": 0, "mean_days": None, "median_days": None}
    assert group["no_shows"]["rate"] is None
    assert told["third_next_available"] == []
    assert as_role("analyst").get("/practice/metrics", **WINDOW, by="week")["groups"] == []


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"first": "2026-02-23"},
        {"first": "2026-03-08", "last": "2026-02-23"},
        {"first": "2020-01-01", "last": "2026-02-23"},
        {"first": "0", "last": "1"},
        {**WINDOW, "by": "patient"},
        {**WINDOW, "other": "1"},
    ],
)
def test_another_window_is_refused(as_role: Any, clinic: Clinic, query: dict[str, str]):
    """With problem details."""
    answer = as_role("analyst")("GET", "/practice/metrics", query_string=query)
    assert answer.status_code == 422


@pytest.mark.parametrize("role", ["patient", "front_desk", "nobody"])
def test_figures_are_not_for_everybody(as_role: Any, clinic: Clinic, role: str):
    """Providers, analysts and administrators read them."""
    answer = as_role(role)("GET", "/practice/metrics", query_string=WINDOW)
    assert answer.status_code == (401 if role == "nobody" else 403)
