"""What is made of a day as it stands, above all of one that contradicts itself."""

import math
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from objective import ClinicSession, LiveDay, LiveProfile, ServiceTime, WalkIns, live_profiles
from serve.live.expectation import expectations
from serve.live.observation import LATENESS, observe
from serve.live.planned_session import planned_session
from serve.live.standing import Standing, Visit
from tests.serve.live.conftest import MINUTE, START, objective_of
from tests.serve.live.samples import moment, standing, visit

GAMMA = {"law": "gamma", "mean": 9.0, "cv": 0.6}
NINE = {"law": "deterministic", "minutes": 9.0}


def profile_of(day: Standing, minutes: float) -> LiveProfile:
    """Return the profile of a day at a moment."""
    return live_profiles([observe(day, moment(minutes)).day])[0]


def starts(day: Standing, minutes: float) -> list[float]:
    """Return when each visit is expected to be called, NaN for who is not, in their order."""
    found = {one.appointment_id: one.expected_at for one in expected(day, minutes).calls}
    return [
        (found[one.appointment_id] - START) / MINUTE if one.appointment_id in found else math.nan
        for one in day.visits
    ]


def expected(day: Standing, minutes: float) -> Any:
    """Return what is expected of a day."""
    return expectations([day], moment(minutes))[0]


def test_a_consistent_day_is_the_one_that_was_observed():
    """To the last digit, whether who is done is handed on or left out."""
    visits = [
        visit(0, "completed", -2, 0, 8.0),
        visit(1, "no_show"),
        visit(2, "completed", 19, 20, 24.5),
        visit(2, "in_consultation", 21.5, 24.5, number=1),
        visit(3, "arrived", 29.0),
        visit(4, "arrived", 31.0),
        visit(4, number=1),
        visit(5),
    ]
    session = ClinicSession(8, 6, 10.0, ServiceTime.gamma(9.0, 0.6), 0.1)
    day = LiveDay(
        session,
        [1, 1, 2, 1, 2, 1],
        33.4,
        ["done", "no_show", "done", "in_consultation", *["waiting"] * 2, *["expected"] * 2],
        since=24.5,
        arrived={3: 21.5, 4: 29.0, 5: 31.0},
    )
    directly, found = live_profiles([day])[0], profile_of(standing(visits, GAMMA), 33.4)
    for name in ("expected_start", "start_low", "start_high", "finish_time", "finish_probability"):
        assert torch.allclose(getattr(found, name), getattr(directly, name), atol=1e-12), name
    assert found.expected_overtime == pytest.approx(directly.expected_overtime, abs=1e-12)
    assert found.overtime_probability == pytest.approx(directly.overtime_probability, abs=1e-12)


def test_walk_ins_who_wait_are_seen_in_turn_by_their_own_law():
    """As `LiveDay` has them; and each of them has an expected start of its own."""
    visits = [
        visit(0, "in_consultation", 0, 12),
        visit(1, "arrived", 9),
        visit(1, "arrived", 14, walk_in=True, number=1),
        visit(3),
    ]
    walk_ins = {"service_time": {"law": "gamma", "mean": 5.0, "cv": 0.5}, "rate": 0.2}
    session = ClinicSession(
        3, 6, 10.0, ServiceTime.gamma(9.0, 0.6), 0.1, WalkIns(ServiceTime.gamma(5.0, 0.5), 0.2)
    )
    day = LiveDay(
        session, [1, 1, 0, 1, 0, 0], 17.0, ["in_consultation", "waiting", "expected"], since=12.0,
        arrived={1: 9.0}, waiting_walk_ins=[14.0],
    )  # fmt: skip
    directly = live_profiles([day])[0]
    running = standing(visits, GAMMA, walk_ins=walk_ins)
    found = profile_of(running, 17.0)
    assert torch.allclose(found.expected_start[[1, 2]], directly.expected_start, atol=1e-12)
    assert torch.allclose(found.finish_probability, directly.finish_probability, atol=1e-12)
    assert starts(running, 17.0)[2] == pytest.approx(starts(running, 17.0)[1] + 9.0, abs=0.01)


def test_a_patient_who_was_passed_over_is_next():
    """Called out of order: who came before still waits, and follows who is seen."""
    visits = [visit(0, "arrived", -1), visit(1, "in_consultation", 9, 10), visit(2, "arrived", 11)]
    first, called, second = starts(standing(visits, NINE), 12)
    assert math.isnan(called)
    assert (first, second) == pytest.approx((19, 28), abs=0.01)


def test_an_early_patient_goes_before_nobody_who_is_booked_before():
    """Who may still come in time; once nobody is booked in between, as soon as possible."""
    early = visit(3, "arrived", 4)
    visits = [visit(0, "in_consultation", 0, 3), visit(1), early, visit(4)]
    day = standing(visits, NINE, no_show=0.0)
    assert starts(day, 5)[1:] == pytest.approx([12, 30, 40], abs=0.01)
    assert [call.before for call in expected(day, 5).calls] == [1, 2, 3]
    day = standing([visits[0], *visits[2:]], NINE, no_show=0.0)
    assert starts(day, 5)[1:] == pytest.approx([12, 40], abs=0.01)


def test_a_consultation_too_long_for_its_law_goes_on_as_long_again():
    """On average by what it is too long, at most by a whole consultation; nothing jumps."""
    visits = [visit(0, "in_consultation", 0, 0), visit(1, "arrived", 9)]
    day = standing(visits, NINE)
    assert starts(day, 8.99)[1] == pytest.approx(9.0, abs=0.02)
    assert starts(day, 9.01)[1] == pytest.approx(9.02, abs=0.02)
    assert starts(day, 12)[1] == pytest.approx(15, abs=0.05)
    assert starts(day, 40)[1] == pytest.approx(49, abs=0.05)
    [call] = expected(day, 40).calls
    assert (call.earliest_at - START) / MINUTE < 42
    assert (call.latest_at - START) / MINUTE > 55


def test_of_two_consultations_the_last_one_runs():
    """The other has ended, and nobody has noted it."""
    visits = [visit(0, "in_consultation", 0, 0), visit(1, "in_consultation", 9, 10)]
    visits.append(visit(2, "arrived", 19))
    day = standing(visits, NINE)
    assert day.current is visits[1]
    # It began at ten minutes past, and the next patient has come before the own time.
    assert starts(day, 15)[2] == pytest.approx(19, abs=0.01)


def test_a_consultation_before_one_that_is_over_has_ended():
    """Its end was forgotten: the provider is free."""
    visits = [
        visit(0, "in_consultation", 0, 0),
        visit(1, "completed", 9, 10, 18),
        visit(2, "arrived", 19),
    ]
    day = standing(visits, NINE)
    assert day.current is None
    assert starts(day, 21)[2] == pytest.approx(21, abs=0.01)
    assert expected(day, 21).current_id is None


def test_walk_ins_with_priority_go_first_who_have_come():
    """The booked patient who waits longer follows them; finish and overtime are those in turn."""
    visits = [
        visit(0, "in_consultation", 0, 5),
        visit(1, "arrived", 8),
        visit(1, "arrived", 12, walk_in=True, number=1),
        visit(1, "arrived", 13, walk_in=True, number=2),
    ]
    walk_ins = {"service_time": NINE, "rate": 0.1}
    in_turn = standing(visits, NINE, walk_ins=walk_ins)
    first = standing(visits, NINE, walk_ins=walk_ins | {"discipline": "priority"})
    assert starts(in_turn, 13.5)[1:] == pytest.approx([14, 23, 32], abs=0.01)
    assert starts(first, 13.5)[1:] == pytest.approx([32, 14, 23], abs=0.01)
    one, other = expected(in_turn, 13.5), expected(first, 13.5)
    assert one.finish_at == other.finish_at
    assert one.overtime_probability == other.overtime_probability


def test_moments_after_now_count_as_now():
    """Clocks of machines differ."""
    visits = [visit(0, "in_consultation", 11, 11.5), visit(1, "arrived", 12)]
    assert starts(standing(visits, NINE), 10)[1] == pytest.approx(19, abs=0.01)


def test_a_consultation_of_another_day_is_a_long_one():
    """Whatever its moment is."""
    visits = [visit(0, "in_consultation", -9000, -9000), visit(1, "arrived", 9)]
    assert starts(standing(visits), 10)[1] == pytest.approx(19, abs=0.05)


def test_who_is_overdue_comes_the_less_probably_the_later_it_is():
    """By the odds of coming late; nobody delays the day until its end who never comes."""
    law = NINE
    for late, no_show in ((0, 0.1), (10, 0.1), (50, 0.1), (20, 0.0)):
        day = observe(standing([visit(0)], law, no_show=no_show), moment(late)).day
        least = max(no_show, 0.01) if late else no_show
        odds = (1 - least) * math.exp(-late / LATENESS)
        assert day.session.shows[0] == pytest.approx(odds / (odds + least))
    days = [standing([visit(one) for one in range(6)], law) for _ in range(2)]
    assert expected(days[0], 59).expected_overtime < 30
    assert observe(days[1], moment(700)).day.session.shows[0] > 0


def test_a_closed_session_gets_no_more_walk_ins():
    """Its end is that of who is there."""
    walk_ins = {"service_time": NINE, "rate": 2.0}
    visits = [visit(0, "in_consultation", 0, 2)]
    opened, closed = (
        standing(visits, NINE, opened=one, walk_ins=walk_ins) for one in (True, False)
    )
    assert expected(closed, 5).finish_at == moment(11)
    assert expected(opened, 5).finish_at > moment(40)


def test_patients_differ_by_the_seats_they_have():
    """An empty seat before changes nothing; a seat beside the schedule is of the session's law."""
    types = {"new": {"service_time": {"law": "deterministic", "minutes": 20.0}, "no_show": 0.4},
             "return": {"no_show": 0.2}}  # fmt: skip
    order = ["new", "return", "return", "new", "return", "new"]
    visits = [visit(1, rank=1), visit(3, rank=3), visit(3, number=9), visit(5, rank=17)]
    day = standing(visits, NINE, patient_types=types, order=order)
    session = observe(day, moment(-5)).day.session
    assert session.shows.tolist() == pytest.approx([0.8, 0.6, 0.9, 0.6])
    assert session.mean_service_times.tolist() == pytest.approx([9, 20, 9, 20])


@pytest.mark.parametrize(
    "objective",
    [{}, {"session": {"patients": "many"}}, {"session": None}, {"session": {"law": 3}}],
    ids=["nothing", "no numbers", "no session", "unknown"],
)
def test_an_objective_that_cannot_be_read_leaves_the_type_of_visit(objective: dict[str, Any]):
    """Its consultations, and its patients who do not come."""
    planned = planned_session(objective, 6, 10.0, NINE, 0.25)
    unknown = planned_session(objective, 60_000, 10.0, {"law": "unknown"}, 0.25)
    assert unknown.session.service_time == ServiceTime.exponential(10.0)
    assert unknown.session.intervals == 2_000
    assert planned.session.service_time == ServiceTime.deterministic(9.0)
    assert planned.session.no_show == 0.25


def test_what_does_not_fit_the_day_is_left_out():
    """Walk-ins and interruptions by intervals that the day has not; a law too long for a grid."""
    walk_ins = {"service_time": NINE, "rate": [0.1] * 12}
    late = [{"interval": 9, "work": NINE}, {"interval": 2, "work": NINE}]
    told = objective_of(
        {"law": "lognormal", "mean": 9.0, "cv": 40.0}, [1] * 12, walk_ins=walk_ins,
        interruptions=late,
    )  # fmt: skip
    planned = planned_session(told, 6, 10.0, NINE, 0.1)
    assert planned.session.walk_ins is None
    assert [one.interval for one in planned.session.interruptions] == [2]
    assert planned.session.service_time.law == "exponential"
    assert planned.session.service_time.mean == pytest.approx(9.0)


moments = st.one_of(st.none(), st.floats(-3000, 3000))
visits_drawn = st.lists(
    st.builds(
        visit,
        st.integers(0, 5),
        st.sampled_from(["booked", "arrived", "in_consultation", "completed"]),
        moments, moments, moments, st.booleans(), st.integers(0, 5), st.integers(0, 9),
    ),
    max_size=7,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    visits=visits_drawn,
    now=st.floats(-3000, 3000),
    law=st.sampled_from([NINE, GAMMA]),
    away=st.one_of(st.none(), st.floats(-100, 900)),
    discipline=st.sampled_from(["fcfs", "priority"]),
    opened=st.booleans(),
)
def test_there_is_a_sensible_profile_whatever_was_recorded(
    visits: list[Visit],
    now: float,
    law: dict[str, Any],
    away: float | None,
    discipline: str,
    opened: bool,
):
    """Never an error; moments in order and not past; everybody in line once."""
    walk_ins = {"service_time": GAMMA, "rate": 0.1, "discipline": discipline}
    day = standing(visits, law, away_until=away, opened=opened, walk_ins=walk_ins)
    found = expected(day, now)
    assert 0 <= found.overtime_probability <= 1
    # What was recorded of its end may itself be days late.
    assert 0 <= found.expected_overtime < 4000
    assert found.finish_earliest_at <= found.finish_latest_at
    if found.state == "over":
        assert found.calls == []
        return
    line = [one for one in visits if one.status in ("booked", "arrived")]
    assert sorted(one.appointment_id for one in found.calls) == sorted(
        one.appointment_id for one in line
    )
    for call in found.calls:
        assert call.earliest_at <= call.latest_at
        assert call.expected_at >= min(moment(now), call.latest_at) - MINUTE / 60
        if found.state == "running":
            assert call.earliest_at >= moment(now) - MINUTE / 60
