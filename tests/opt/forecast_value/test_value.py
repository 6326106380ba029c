"""What forecasts are worth on days that happened."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from objective import InvalidInput, Weights
from opt.forecast_value.session_files import ForecastSession, read_session_files
from opt.forecast_value.settings import ForecastValueSettings
from opt.forecast_value.synthetic import SyntheticForecasts
from opt.forecast_value.value import (
    CLASS,
    CLINIC,
    INDIVIDUAL,
    LEVELS,
    RULES,
    forecast_value,
    sessions_of,
)
from opt.forecast_value.words import expected_saving, saved, verdict
from opt.replay.bootstrap import Bootstrap
from opt.replay.valuation import Valuation
from tests.plain_day import plain_day

VALUATION = Valuation(Weights(1.0, 0.5, 1.0))
SETTINGS = ForecastValueSettings(bootstrap=Bootstrap(300))
Clinic = Callable[..., list[ForecastSession]]


@pytest.fixture
def clinic(tmp_path: Path) -> Clinic:
    """Make small sessions up, by a file."""

    def made(**changes: Any) -> list[ForecastSession]:
        small = {"sessions": 8, "fewest": 4, "most": 6, **changes}
        path = tmp_path / "sessions.json"
        path.write_text(json.dumps(SyntheticForecasts(**small).contents(1)))
        return read_session_files(path)

    return made


def test_each_day_is_that_of_a_plain_event_loop(clinic: Clinic):
    """Whatever was forecast, the same patients come and take as long as they took."""
    sessions = clinic(no_show=0.25)
    outcome = forecast_value(sessions, SETTINGS, VALUATION)
    assert outcome.comparison.names == [INDIVIDUAL, CLASS, CLINIC, *RULES]
    for place, session in enumerate(sessions):
        known = sessions_of(session, SETTINGS)[CLINIC]
        for name, plan in outcome.plans[place].items():
            slow = plain_day(
                plan.appointments.tolist(), session.minutes.tolist(), session.came.tolist(),
                known.length,
            )  # fmt: skip
            waiting = slow["waited"] / known.expected_shows
            cost = waiting + 0.5 * slow["idle"] + slow["tardiness"]
            assert outcome.comparison.measured[name]["cost"][place] == pytest.approx(cost)


def test_more_information_is_expected_to_cost_less(clinic: Clinic):
    """By the individual forecasts no schedule costs less than their own; all are proved."""
    outcome = forecast_value(clinic(), SETTINGS, VALUATION)
    expected = outcome.comparison.expected
    for name in outcome.comparison.names:
        assert (expected[INDIVIDUAL] <= expected[name] + 1e-9).all()
    assert all(plans[level].status == "optimal" for plans in outcome.plans for level in LEVELS)


def test_every_level_counts_a_minute_of_waiting_the_same(clinic: Clinic):
    """However many of the patients it expects, so that expected costs can be compared."""
    session = clinic(no_show=0.3, informativeness=0.9)[0]
    levels = sessions_of(session, SETTINGS)
    shows = levels[CLINIC].expected_shows
    assert levels[INDIVIDUAL].expected_shows != pytest.approx(shows, abs=0.01)
    objective = VALUATION.objective(levels[INDIVIDUAL], shows)
    schedule = [len(session.order)] + [0] * (levels[CLINIC].intervals - 1)
    found = objective(schedule).row(0)
    total = found["waiting"] * levels[INDIVIDUAL].expected_shows
    cost = total / shows + 0.5 * found["idle"] + found["tardiness"]
    assert found["cost"] == pytest.approx(cost)


def test_forecasts_that_know_nothing_are_worth_nothing(clinic: Clinic):
    """Individual forecasts are those of the class, and classes that do not differ the clinic's."""
    outcome = forecast_value(
        clinic(informativeness=0.0, new_mean=13.0, return_mean=13.0), SETTINGS, VALUATION
    )
    for plans in outcome.plans:
        assert plans[INDIVIDUAL].schedule == plans[CLASS].schedule == plans[CLINIC].schedule
    minutes, share = saved(outcome, INDIVIDUAL, CLINIC)
    assert share is not None
    assert (minutes.mean, minutes.low, minutes.high, share.mean) == (0.0, 0.0, 0.0, 0.0)
    assert "saves nothing" in verdict(outcome)[0]


def test_forecasts_that_know_much_are_worth_much(clinic: Clinic):
    """Beyond chance, as much as they expect, and they explain what they are made to explain."""
    known = clinic(sessions=24, informativeness=0.7, new_mean=13.0, return_mean=13.0, cv=0.6)
    outcome = forecast_value(known, SETTINGS, VALUATION)
    minutes, share = saved(outcome, INDIVIDUAL, CLINIC)
    assert minutes.low > 0
    assert share is not None
    assert share.mean > 5
    spread = outcome.comparison.differences(INDIVIDUAL, CLINIC).std() / 24**0.5
    assert abs(minutes.mean - expected_saving(outcome, INDIVIDUAL, CLINIC)) < 4 * spread
    assert 0.5 < outcome.quality[INDIVIDUAL].explained < 0.9
    assert abs(outcome.quality[CLINIC].explained) < 0.1
    assert outcome.quality[INDIVIDUAL].brier < outcome.quality[CLINIC].brier
    assert verdict(outcome)[0].startswith(
        "On 24 sessions that took place, knowing each patient's own forecast instead of the "
        "clinic's averages saves "
    )


def test_false_forecasts_cost_and_the_words_say_so(clinic: Clinic):
    """Where each patient has the forecast of another."""
    sessions = [
        replace(one, individual=tuple(reversed(one.individual)))
        for one in clinic(informativeness=0.8, cv=0.8)
    ]
    outcome = forecast_value(sessions, SETTINGS, VALUATION)
    minutes, _ = saved(outcome, INDIVIDUAL, CLASS)
    assert minutes.high < 0
    (told,) = [one for one in verdict(outcome) if "instead of the classes" in one]
    assert "costs" in told
    assert "expect a saving of" in told
    assert "explain" in told


def test_two_valuations_with_one_seed_are_the_same(clinic: Clinic):
    """Numbers, intervals and words; progress counts to the end."""
    told: list[tuple[int, int]] = []
    one, other = (
        forecast_value(clinic(), SETTINGS, VALUATION,
                       on_progress=lambda done, of: told.append((done, of)))
        for _ in range(2)
    )  # fmt: skip
    assert list(one.comparison.rows()) == list(other.comparison.rows())
    assert verdict(one) == verdict(other)
    assert told[-1][0] == told[-1][1]


def test_what_happened_does_not_change_what_is_booked(clinic: Clinic):
    """Schedules follow from the forecasts alone."""
    sessions = clinic()
    other = [replace(one, minutes=one.minutes * 2, came=np.ones_like(one.came)) for one in sessions]
    before, after = (forecast_value(one, SETTINGS, VALUATION) for one in (sessions, other))
    assert before.plans == after.plans


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"interval_length": 0}, "forecast_value.interval_length is 0"),
        ({"interval_length": 2000}, "forecast_value.interval_length is 2000"),
        ({"length_factor": 20}, "forecast_value.length_factor is 20"),
        ({"file": 2}, "forecast_value.file is 2"),
        ({"law": "gamma"}, "forecast_value.law is 'gamma'"),
        ({"bootstrap": {"block": -1}}, "bootstrap.block is -1"),
    ],
)
def test_bad_settings_are_refused(given: dict[str, Any], message: str):
    """By name, value and what is allowed."""
    with pytest.raises(InvalidInput, match=message):
        ForecastValueSettings.from_dict(given)


def test_one_session_is_too_few(clinic: Clinic):
    """There is no interval of one number."""
    with pytest.raises(InvalidInput, match="at least two blocks"):
        forecast_value(clinic()[:1], SETTINGS, VALUATION)
    with pytest.raises(InvalidInput, match="at most 2000 intervals"):
        forecast_value(clinic(), replace(SETTINGS, interval_length=0.01), VALUATION)
