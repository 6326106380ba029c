"""Every model of demand."""

from dataclasses import MISSING, fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from forecast.data.history import History
from forecast.demand.count_forecast import CountForecast
from forecast.demand.demand import MODELS, Demand
from forecast.demand.fitted import FittedDemand
from forecast.model_files import load_model, save_model
from forecast.network import Trainer
from objective import InvalidInput
from tests.forecast.demand.counts import SMALL, WEEK, made_up_history

CONF = Path(__file__).parents[3] / "conf" / "forecast" / "model"
HISTORY = made_up_history()
#: A Monday, 28 weeks after the first one.
UNTIL = pd.Timestamp("2023-07-17")
NEXT = pd.date_range(UNTIL, periods=14, freq="D")
DEMAND = Demand()


@pytest.fixture(scope="module", params=list(SMALL))
def fitted(request: pytest.FixtureRequest) -> FittedDemand:
    """Every model that may come into use, learned from 28 weeks of days."""
    return DEMAND.fit(SMALL[request.param], HISTORY, UNTIL, Trainer())


def numbers(forecast: CountForecast) -> np.ndarray:
    """Return everything that a forecast says of single periods."""
    levels = np.array([0.1, 0.5, 0.9])
    return np.column_stack([forecast.mean, forecast.dispersion, forecast.quantiles(levels)])


def test_the_weekdays_are_learned(fitted: FittedDemand):
    """Mondays are busiest, nobody comes at weekends; means are within a fifth of the truth."""
    history = HISTORY.known_at(UNTIL)
    for series, size in (("large", 1.0), ("small", 0.2)):
        mean = fitted.forecast(history, NEXT, series).mean.reshape(2, 7).mean(axis=0)
        if fitted.name == "seasonal_naive":
            # One week alone, as it is repeated, may be far off.
            assert mean[:5].sum() == pytest.approx(size * WEEK.sum(), rel=0.5)
            continue
        assert mean[:5].sum() == pytest.approx(size * WEEK.sum(), rel=0.2)
        assert mean[:5].argmax() == 0
        assert mean[5:].max() < 0.25 * mean[:5].mean()


def test_nothing_of_the_future_is_used(fitted: FittedDemand):
    """Counts after the origin may be anything: the model and its forecasts are the same."""
    arrivals = HISTORY.arrivals.copy()
    later = arrivals["start"] >= UNTIL
    arrivals.loc[later, "count"] = 10 * arrivals.loc[later, "count"] + 7
    changed = History(arrivals=arrivals)
    again = DEMAND.fit(SMALL[fitted.name], changed, UNTIL, Trainer())
    before = numbers(fitted.forecast(HISTORY.known_at(UNTIL), NEXT, "large"))
    assert np.array_equal(numbers(again.forecast(changed.known_at(UNTIL), NEXT, "large")), before)
    # A history that knows more than the periods asked for leaves out what it should not know.
    assert np.array_equal(numbers(fitted.forecast(changed, NEXT, "large")), before)


def test_a_kept_model_forecasts_the_same_to_the_bit(fitted: FittedDemand, tmp_path: Path):
    """Written and read again, nothing has changed."""
    save_model(tmp_path, DEMAND, fitted, {})
    again = load_model(tmp_path)
    assert again.quantity == DEMAND
    history = HISTORY.known_at(UNTIL)
    for series in ("large", "small"):
        expected = numbers(fitted.forecast(history, NEXT, series))
        restored = again.fitted
        assert isinstance(restored, FittedDemand)
        assert np.array_equal(numbers(restored.forecast(history, NEXT, series)), expected)


def test_the_same_seed_learns_the_same(fitted: FittedDemand):
    """To the bit."""
    again = DEMAND.fit(SMALL[fitted.name], HISTORY, UNTIL, Trainer())
    history = HISTORY.known_at(UNTIL)
    first = numbers(fitted.forecast(history, NEXT, "small"))
    assert np.array_equal(numbers(again.forecast(history, NEXT, "small")), first)


def test_periods_together_are_as_one_by_one(fitted: FittedDemand):
    """A day's forecast does not depend on which others are asked for."""
    history = HISTORY.known_at(UNTIL)
    together = fitted.forecast(history, NEXT, "large")
    for place in (0, 3, 13):
        alone = fitted.forecast(history, NEXT[:1].union(NEXT[place : place + 1]), "large")
        assert alone.mean[-1] == pytest.approx(together.mean[place], rel=1e-12)


@pytest.mark.parametrize(
    ("starts", "series", "message"),
    [
        (NEXT[::-1], "large", "ascending"),
        (NEXT + pd.Timedelta(hours=1), "large", "ascending"),
        (NEXT + pd.Timedelta(days=60), "large", "14 days ahead"),
        (NEXT, "unseen", "one of large, small"),
    ],
)
def test_what_cannot_be_forecast_is_refused(
    starts: pd.DatetimeIndex, series: str, message: str, fitted: FittedDemand
):
    """Periods that are none, too far ahead, or of a series that the history does not have."""
    with pytest.raises(InvalidInput, match=message):
        fitted.forecast(HISTORY.known_at(UNTIL), starts, series)


def test_a_series_that_was_not_learned_is_refused_or_needs_no_learning(fitted: FittedDemand):
    """By its name, with those that were."""
    arrivals = HISTORY.arrivals.replace({"series": {"small": "new"}})
    with pytest.raises(InvalidInput, match="one that was learned: large, small"):
        fitted.forecast(History(arrivals=arrivals).known_at(UNTIL), NEXT, "new")


def test_an_event_that_is_a_factor_moves_the_forecast():
    """Twice as many come on every tenth day; the model that is told expects them."""
    arrivals = HISTORY.arrivals.copy()
    arrivals["count"] *= 1 + arrivals["event"].astype(int)
    history = History(arrivals=arrivals)
    demand = Demand(factors=("event",), series=("large",))
    fitted = demand.fit(SMALL["calendar_glm"], history, UNTIL, Trainer())
    day, known = NEXT[1:2], history.known_at(UNTIL)
    means = [
        fitted.forecast(known, day, "large", pd.DataFrame({"event": [event]})).mean[0]
        for event in (0.0, 1.0)
    ]
    assert means[1] / means[0] == pytest.approx(2.0, rel=0.1)
    with pytest.raises(InvalidInput, match="column event"):
        fitted.forecast(known, day, "large")
    with pytest.raises(InvalidInput, match=r"factors\.event is nan"):
        fitted.forecast(
            history.known_at(UNTIL), day, "large", pd.DataFrame({"event": [np.nan]})
        )  # fmt: skip


@pytest.mark.parametrize("group", ["demand", "demand_hourly"])
def test_the_configuration_lists_every_model_with_its_defaults(group: str):
    """conf and the dataclasses agree; models of the extra `bench` are switched off."""
    contents = yaml.safe_load((CONF / f"{group}.yaml").read_text())
    if group == "demand_hourly":
        assert "demand" in contents["defaults"]
        Demand(**contents["options"])
        return
    plain = {field.name: field.default for field in fields(Demand)}
    listed = {name: tuple(one) if isinstance(one, list) else one
              for name, one in contents["options"].items()}  # fmt: skip
    assert listed == plain
    assert set(contents["candidates"]) == set(MODELS)
    for name, given in contents["candidates"].items():
        if given is False:
            assert not MODELS[name].promotable
            continue
        defaults = {
            field.name: field.default if field.default is not MISSING else field.default_factory()
            for field in fields(MODELS[name])  # type: ignore[arg-type]
        }
        assert given == defaults
