"""The session that follows from a history: its inputs, how sure they are, what is refused."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecast.data.history import History
from forecast.session.consultation import measured_law, stretched
from forecast.session.effect import beta_quantiles, gamma_quantiles, session_effect
from forecast.session.hand_over import SessionForecast, forecast_session
from forecast.session.past import end_of
from forecast.session.request import SessionRequest, WalkInOptions
from forecast.session.walk_ins import count_law
from objective import InvalidInput, ServiceTime
from tests.forecast.session.made_up_visits import (
    FIRST,
    MINUTES,
    NO_SHOW,
    WALK_INS,
    made_up_history,
)

WEEKS = 20
MONDAY = FIRST + pd.Timedelta(weeks=WEEKS)
MEAN = 0.3 * MINUTES["new"] + 0.7 * MINUTES["return"]


def wanted(**other: Any) -> SessionRequest:
    """Return a session of Dr A on the Monday after the history."""
    return SessionRequest(**{"provider": "Dr A", "date": MONDAY, "patients": 10, **other})


@pytest.fixture(scope="module")
def history() -> History:
    """Twenty weeks of two providers."""
    return made_up_history(WEEKS)


@pytest.fixture(scope="module")
def forecast(history: History) -> SessionForecast:
    """The session of Dr A."""
    return forecast_session(wanted(), history)


def test_every_input_is_near_what_the_history_was_made_from(forecast: SessionForecast):
    """No-show rate, mean consultation time and walk-ins of the session, without any model."""
    no_show, consultation, walk_ins = forecast.inputs
    assert no_show.value == pytest.approx(NO_SHOW["Dr A"], abs=0.03)
    assert consultation.value == pytest.approx(MEAN, rel=0.06)
    assert walk_ins.value == pytest.approx(WALK_INS, rel=0.35)
    session = forecast.session
    assert session.patients == 10
    assert session.no_show == no_show.value
    assert session.service_time.mean == pytest.approx(consultation.value)
    assert session.expected_walk_ins == pytest.approx(walk_ins.value)
    assert all("without a model" in one.source for one in forecast.inputs)


def test_quantiles_rise_and_surround_the_forecast_and_each_has_a_session(
    forecast: SessionForecast,
):
    """One input is changed at a time, all others are as forecast."""
    assert len(forecast.varied) == 9
    plain = forecast.session
    for one in forecast.inputs:
        assert list(one.quantiles) == sorted(one.quantiles)
        assert one.quantiles[0] < one.value < one.quantiles[-1]
        for level, value in zip(one.levels, one.quantiles, strict=True):
            name = f"dr_a_{MONDAY:%Y_%m_%d}_{one.name}_{100 * level:g}"
            changed = forecast.varied[name]
            assert changed.patients == plain.patients
            found = {
                "no_show": changed.no_show,
                "consultation": changed.service_time.mean,
                "walk_ins": changed.expected_walk_ins,
            }
            expected = {other.name: other.value for other in forecast.inputs} | {one.name: value}
            assert found == pytest.approx(expected)
            assert changed.service_time.cv == pytest.approx(plain.service_time.cv)


def test_the_quantiles_of_sessions_cover_as_many_sessions_as_they_say():
    """Of the mean consultation time of the sessions that follow, over many histories."""
    inside, total = 0, 0
    random = np.random.default_rng(1)
    for seed in range(25):
        history = made_up_history(8, seed, tempo=0.2)
        monday = FIRST + pd.Timedelta(weeks=8)
        session = forecast_session(wanted(date=monday), history)
        low, _, high = session.inputs[1].quantiles
        paces = MEAN * np.exp(random.normal(-(0.2**2) / 2, 0.2, 200))
        inside += int(((paces >= low) & (paces <= high)).sum())
        total += len(paces)
    assert inside / total == pytest.approx(0.8, abs=0.08)


def test_sessions_that_differ_more_make_wider_intervals():
    """A tempo that varies widens the interval of the mean, and days that vary that of walk-ins."""
    widths = {}
    for tempo, daily in ((0.0, 0.0), (0.4, 1.5)):
        inputs = forecast_session(wanted(), made_up_history(WEEKS, 3, tempo, daily)).inputs
        widths[tempo] = [one.quantiles[-1] / one.quantiles[0] for one in inputs]
    assert widths[0.4][1] > 2 * widths[0.0][1] - 1
    assert widths[0.4][2] > widths[0.0][2]


def test_the_variance_components_are_those_of_the_model_they_come_from():
    """Drawn effects of known variance are found again, and their absence too."""
    random = np.random.default_rng(0)
    sizes = random.integers(5, 20, 400)
    sessions = np.repeat(np.arange(400), sizes).astype(object)
    for between in (0.0, 0.04):
        shared = np.repeat(random.normal(0, between**0.5, 400), sizes)
        found = session_effect(shared + random.normal(0, 0.5, sizes.sum()), sessions)
        assert found.between == pytest.approx(between, abs=0.008)
        of_mean = between * (sizes**2).sum() / sizes.sum() ** 2 + 0.25 / sizes.sum()
        assert found.of_mean == pytest.approx(of_mean, rel=0.35)
    alone = session_effect(np.array([1.0]), np.array(["a"], object))
    assert (alone.between, alone.of_mean, alone.sessions) == (0.0, 0.0, 1)


def test_quantile_laws_keep_their_mean_and_have_no_width_without_variance():
    """Means by integration over many levels."""
    levels = (np.arange(20_000) + 0.5) / 20_000
    assert gamma_quantiles(0.3, levels).mean() == pytest.approx(1.0, abs=1e-3)
    beta = beta_quantiles(0.1, 0.002, levels)
    assert beta.mean() == pytest.approx(0.1, abs=1e-4)
    assert beta.var() == pytest.approx(0.002, rel=1e-2)
    assert (gamma_quantiles(0.0, levels) == 1).all()
    assert (beta_quantiles(0.1, 0.0, levels) == 0.1).all()


def test_without_a_number_as_many_patients_are_booked_as_fill_the_session(history: History):
    """On average consultations take the share that was asked for, and no more."""
    for utilisation in (0.6, 0.9, 1.1):
        found = forecast_session(wanted(patients=None, utilisation=utilisation), history).session
        assert found.expected_consultations <= utilisation * found.length
        more = replace(found, patients=found.patients + 1)
        assert more.expected_consultations > utilisation * found.length


def test_those_booked_already_have_a_place():
    """The session holds at least them, and says so."""
    history = made_up_history(WEEKS, ahead=7)
    found = forecast_session(wanted(patients=None, utilisation=0.1, intervals=24), history)
    assert found.session.patients == 7
    assert "7 appointments are booked already." in found.notes
    with pytest.raises(InvalidInput, match=r"task\.patients is 5.*at least 7"):
        forecast_session(wanted(patients=5), history)


def test_a_provider_never_seen_has_the_law_of_all_and_a_wider_interval(
    history: History, forecast: SessionForecast
):
    """Said in the notes; the rate lies between those of the others."""
    found = forecast_session(wanted(provider="Dr Z"), history)
    assert any("Dr Z was never seen" in note for note in found.notes)
    assert NO_SHOW["Dr A"] < found.inputs[0].value < NO_SHOW["Dr B"]

    def width(one: SessionForecast) -> float:
        return one.inputs[0].quantiles[-1] - one.inputs[0].quantiles[0]

    assert width(found) > width(forecast)
    assert "all providers'" in found.inputs[2].source.lower()


def test_days_off_and_bank_holidays_are_said(history: History):
    """A weekday on which the provider has not worked, Christmas, and Easter Monday."""
    friday = forecast_session(wanted(date=MONDAY + pd.Timedelta(days=4)), history)
    assert any("has not worked on a Friday" in note for note in friday.notes)
    british = replace(history, country="GB-ENG").known_at(pd.Timestamp("2025-12-20"))
    christmas = wanted(date=pd.Timestamp("2025-12-25"), as_of=pd.Timestamp("2025-12-20"))
    notes = forecast_session(christmas, british).notes
    assert any("is a bank holiday: Christmas Day" in note for note in notes)
    monday = forecast_session(wanted(), british)
    assert not any("bank holiday" in note for note in monday.notes)


def test_what_happens_later_changes_nothing(history: History):
    """Everything after the moment of the forecast is turned round."""
    as_of = MONDAY - pd.Timedelta(weeks=5)
    visits = history.visits.copy()
    later = visits["scheduled_at"] >= as_of
    visits.loc[later, "status"] = "no_show"
    visits.loc[later, "ended_at"] = visits.loc[later, "ended_at"] + pd.Timedelta(hours=3)
    visits.loc[later & visits["walk_in"], "provider"] = "Dr B"
    request = wanted(as_of=as_of)
    one = forecast_session(request, history).to_dict()
    assert forecast_session(request, replace(history, visits=visits)).to_dict() == one


def test_walk_ins_may_be_left_out_or_be_priority_or_vary_as_days_do(history: History):
    """As the options say; and none are expected where none are known."""
    without = forecast_session(wanted(walk_ins=WalkInOptions(series=None)), history)
    assert without.session.walk_ins is None
    assert len(without.varied) == 6
    first = forecast_session(wanted(walk_ins=WalkInOptions(discipline="priority")), history)
    assert first.session.walk_ins is not None
    assert first.session.priority
    counts = forecast_session(wanted(walk_ins=WalkInOptions(law="counts")), history)
    assert counts.session.walk_ins is not None
    assert counts.session.walk_ins.counts is not None
    assert counts.session.expected_walk_ins == pytest.approx(counts.inputs[2].value, rel=1e-6)
    assert any("takes intervals as independent" in note for note in counts.notes)
    nobody = replace(history, visits=history.visits[~history.visits["walk_in"]])
    found = forecast_session(wanted(), nobody)
    assert found.session.walk_ins is None
    assert any("none are expected" in note for note in found.notes)


def test_walk_ins_come_at_the_hours_at_which_they_came(history: History):
    """Mornings only: nobody is expected in the afternoon."""
    day = forecast_session(wanted(intervals=96), history).session
    assert day.walk_ins is not None
    assert isinstance(day.walk_ins.rate, list)
    rates = np.array(day.walk_ins.rate)
    assert rates[:36].min() > 0
    assert (rates[36:] == 0).all()


def test_the_law_of_a_number_has_its_mean_and_variance():
    """Negative binomial, Poisson without dispersion, and nobody."""
    for mean, dispersion in ((0.3, 0.0), (0.3, 0.5), (2.0, 1.5), (0.0, 0.5)):
        law = np.array(count_law(mean, dispersion))
        numbers = np.arange(len(law))
        assert law.sum() == pytest.approx(1.0, abs=1e-12)
        assert numbers @ law == pytest.approx(mean, abs=1e-6)
        variance = (numbers - mean) ** 2 @ law
        assert variance == pytest.approx(mean + dispersion * mean**2, abs=1e-4)


def test_shares_of_visit_types_make_the_law(history: History):
    """All new patients take as long as new ones; a type never measured is refused."""
    found = forecast_session(wanted(visit_types={"new": 1.0}), history)
    assert found.inputs[1].value == pytest.approx(MINUTES["new"], rel=0.08)
    with pytest.raises(InvalidInput, match=r"task\.visit_types is 'scan'.*new, return"):
        forecast_session(wanted(visit_types={"new": 0.5, "scan": 0.5}), history)
    table = pd.DataFrame({"visit_type": ["a", "a", "b"], "minutes": [10.0, 20.0, 40.0]})
    law = measured_law(table, {"a": 0.75, "b": 0.25})
    assert law.mean == pytest.approx(0.75 * 15 + 0.25 * 40, rel=1e-9)


@pytest.mark.parametrize(
    "law",
    [
        ServiceTime.exponential(9.0),
        ServiceTime.gamma(9.0, 0.6),
        ServiceTime.lognormal(9.0, 0.4),
        ServiceTime.weibull(9.0, 0.4),
        ServiceTime.deterministic(9.0),
        ServiceTime.pmf([0.0, 0.5, 0.5], 5.0),
        ServiceTime.empirical([5.0, 9.0, 20.0]),
        ServiceTime.histogram([0, 5, 10], [1, 2]),
    ],
    ids=lambda law: str(law.law),
)
def test_a_stretched_law_has_its_mean_stretched_and_its_shape_kept(law: ServiceTime):
    """Of every law that a forecast may have."""
    longer = stretched(law, 1.3)
    assert longer.mean == pytest.approx(1.3 * law.mean)
    assert longer.cv == pytest.approx(law.cv)


def test_one_day_of_history_is_enough_and_a_gap_of_weeks_is_survived(history: History):
    """What is known is used; numbers are finite and intervals are there."""
    visits = history.visits
    day = replace(history, visits=visits[visits["scheduled_at"] < FIRST + pd.Timedelta(days=1)])
    gap = (visits["scheduled_at"] < FIRST + pd.Timedelta(weeks=4)) | (
        visits["scheduled_at"] > FIRST + pd.Timedelta(weeks=16)
    )
    for some, date in (
        (day, FIRST + pd.Timedelta(days=1)),
        (replace(history, visits=visits[gap]), MONDAY),
    ):
        found = forecast_session(wanted(date=date), some)
        for one in found.inputs:
            assert np.isfinite([one.value, *one.quantiles]).all()
    assert end_of(day) == FIRST + pd.Timedelta(days=1)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no provider": ({"provider": ""}, "task.provider is ''"),
    "a date in the past": ({"date": FIRST}, "until when the history is known"),
    "a date too far ahead": (
        {"date": MONDAY + pd.Timedelta(days=400)}, "at most 56 days ahead"),
    "a date with a time": ({"date": MONDAY + pd.Timedelta(hours=1)}, "a date, without a time"),
    "a start of no day": ({"start": "25:00"}, "start is 25"),
    "past midnight": ({"start": "22:00"}, "not after midnight"),
    "no intervals": ({"intervals": 0}, "task.intervals is 0"),
    "an endless interval": ({"interval_length": float("inf")}, "task.interval_length is inf"),
    "no patients": ({"patients": 0}, "task.patients is 0"),
    "no room": (
        {"patients": None, "intervals": 1, "interval_length": 5.0}, "room for a patient"),
    "no utilisation": ({"utilisation": float("nan")}, "task.utilisation is nan"),
    "levels that fall": ({"levels": (0.9, 0.1)}, "task.levels is [0.9, 0.1]"),
    "a level of one": ({"levels": (0.5, 1.0)}, "above 0 and below 1"),
    "shares that do not add up": ({"visit_types": {"new": 0.5}}, "shares that add up to 1"),
    "no visit types": ({"visit_types": {}}, "task.visit_types is {}"),
    "no days": ({"days": 0}, "task.days is 0"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(WRONG))
def test_what_cannot_be_forecast_is_refused(history: History, name: str):
    """The message names the setting, its value and what is allowed."""
    changes, message = WRONG[name]
    with pytest.raises(InvalidInput) as refused:
        forecast_session(wanted(**changes), history)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("walk_ins", "message"),
    [
        ({"law": "poisson"}, "task.walk_ins.law is 'poisson'"),
        ({"discipline": "last"}, "task.walk_ins.discipline is 'last'"),
        ({"share": 1.5}, "task.walk_ins.share is 1.5"),
        ({"series": 3}, "task.walk_ins.series is 3"),
        ({"price": 3}, "task.walk_ins.price"),
    ],
)
def test_options_of_walk_ins_outside_their_range_are_refused(
    walk_ins: dict[str, Any], message: str
):
    """The message names the option."""
    settings = {"provider": "Dr A", "date": "2026-01-19", "walk_ins": walk_ins}
    with pytest.raises(InvalidInput) as refused:
        SessionRequest.from_settings(settings)
    assert message in str(refused.value)


def test_an_empty_history_is_refused(history: History):
    """There is nothing to forecast from, or no consultation, or no appointment."""
    with pytest.raises(InvalidInput, match="history is 'no rows'"):
        forecast_session(wanted(), History())
    walk_ins = history.visits[history.visits["walk_in"]]
    with pytest.raises(InvalidInput, match=r"history\.visits is 'no rows'"):
        forecast_session(wanted(), History(visits=walk_ins))
    unended = history.visits.drop(columns="ended_at")
    with pytest.raises(InvalidInput, match=r"history\.consultations is 'no rows'"):
        forecast_session(wanted(), History(visits=unended))
