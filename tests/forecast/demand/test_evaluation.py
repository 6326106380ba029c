"""Forecasts from a rolling origin, and their scores."""

import sys

import numpy as np
import pandas as pd
import pytest
import scoringrules
import torch

from forecast.data.history import History
from forecast.data.periods import Split
from forecast.demand.average import AverageWithETS
from forecast.demand.comparison import crps, inside, noise_floor, weighted_quantile_loss
from forecast.demand.demand import Demand
from forecast.demand.law import CountLaw
from forecast.demand.levels import SCORE_LEVELS, TABLE_LEVELS
from forecast.demand.network import Network
from forecast.demand.rolling import origins_of, rolling_forecasts
from forecast.demand.statistical import AutoARIMA, ExponentialSmoothing
from forecast.network import Trainer
from objective import InvalidInput
from tests.forecast.demand.counts import SMALL, made_up_history

HISTORY = made_up_history(weeks=34)
SPLIT = Split(
    pd.Timestamp("2023-07-17"), pd.Timestamp("2023-07-17"), pd.Timestamp("2023-08-28")
)  # fmt: skip
LARGE = Demand(series=("large",))


def evaluated(names: list[str], history: History = HISTORY, demand: Demand = LARGE):
    """Return the comparison of some models."""
    fitted = {
        name: demand.fit(SMALL[name], history, SPLIT.train_until, Trainer()) for name in names
    }
    return demand.evaluate(fitted, history, SPLIT)


def test_the_score_is_that_of_scoringrules():
    """The quantile form at 99 levels, and about the closed form of the negative binomial law."""
    law = CountLaw(np.array([5.0, 30.0]), np.array([0.2, 0.05]))
    quantiles, counts = law.quantiles(TABLE_LEVELS), np.array([2.0, 41.0])
    percentiles = quantiles[:, np.isin(TABLE_LEVELS, SCORE_LEVELS)]
    peer = scoringrules.crps_quantile(counts, percentiles, SCORE_LEVELS)
    assert np.allclose(crps(counts, quantiles), peer, rtol=1e-12)
    shape = 1 / law.dispersion
    exact = scoringrules.crps_negbinom(counts, shape, shape / (shape + law.mean))
    assert np.allclose(crps(counts, quantiles), exact, rtol=0.05)


def test_intervals_and_the_weighted_loss_by_hand():
    """Two cases whose quantiles are all 10, of which one came true."""
    quantiles = np.full((2, len(TABLE_LEVELS)), 10.0)
    counts = np.array([10.0, 20.0])
    assert list(inside(counts, quantiles, 0.1)) == [True, False]
    # The mean pinball loss of being 10 below is 10 times the mean level of 0.5, doubled.
    assert weighted_quantile_loss(counts, quantiles) == pytest.approx(2 * 10 * 0.5 / 30)


def test_origins_leave_room_for_the_whole_horizon():
    """Five weekly origins of two weeks in six weeks; none in one week."""
    assert len(origins_of(SPLIT, LARGE)) == 5
    short = Split(SPLIT.train_until, SPLIT.first, SPLIT.first + pd.Timedelta(days=7))
    with pytest.raises(InvalidInput, match="at least the horizon"):
        origins_of(short, LARGE)


def test_each_forecast_is_made_as_it_would_have_been_then():
    """By a model that learned from what was known at its origin, of counts known at its origin."""
    fitted = {
        "calendar_glm": LARGE.fit(SMALL["calendar_glm"], HISTORY, SPLIT.train_until, Trainer())
    }
    made = rolling_forecasts(fitted, HISTORY, SPLIT, LARGE)
    for origin in origins_of(SPLIT, LARGE)[[0, 3]]:
        alone = LARGE.fit(SMALL["calendar_glm"], HISTORY, origin, Trainer())
        starts = pd.date_range(origin, periods=14, freq="D")
        forecast = alone.forecast(HISTORY.known_at(origin), starts, "large")
        rows = (made.cases["origin"] == origin).to_numpy()
        assert np.array_equal(
            made.quantiles["calendar_glm"][rows], forecast.quantiles(TABLE_LEVELS)
        )
        assert list(made.cases["lead"][rows]) == list(range(1, 15))


def test_counts_after_an_origin_change_no_forecast_from_it():
    """For all models, also those that learn again."""
    origin = SPLIT.first + pd.Timedelta(days=14)
    arrivals = HISTORY.arrivals.copy()
    later = arrivals["start"] >= origin
    arrivals.loc[later, "count"] = 3 * arrivals.loc[later, "count"] + 1
    names = list(SMALL)
    fitted = {name: LARGE.fit(SMALL[name], HISTORY, SPLIT.train_until, Trainer()) for name in names}
    made, changed = (
        rolling_forecasts(fitted, one, SPLIT, LARGE)
        for one in (HISTORY, History(arrivals=arrivals))
    )
    rows = (made.cases["origin"] <= origin).to_numpy()
    assert rows.sum() == 3 * 14
    for name in names:
        assert np.array_equal(made.quantiles[name][rows], changed.quantiles[name][rows])


def test_the_truth_wins_over_the_last_week_and_the_report_says_that_it_is_simple():
    """The calendar is all there is to know; the winner is called a baseline."""
    evaluation = evaluated(["seasonal_naive", "calendar_glm", "network"])
    assert (
        evaluation.scores.loc["calendar_glm", "CRPS"]
        < evaluation.scores.loc["seasonal_naive", "CRPS"]
    )
    assert np.allclose(
        evaluation.losses.mean(), evaluation.scores.loc[evaluation.losses.columns, "CRPS"]
    )
    assert len(np.unique(evaluation.blocks)) == 5
    words = " ".join(evaluation.sentences)
    assert ("is a baseline" in words) == (evaluation.champion != "network")
    assert "If counts came as the calendar glm says" in words
    assert len(evaluation.figures) == 3


def test_of_several_series_scores_are_in_units_of_each():
    """A series five times as large does not count five times as much."""
    evaluation = evaluated(["calendar_glm"], demand=Demand())
    assert evaluation.score == "scaled CRPS"
    assert len(np.unique(evaluation.blocks)) == 10


def test_who_knows_the_future_is_found_out():
    """A forecast of what then came is far below the least score that is credible."""
    law = CountLaw(np.full(400, 20.0), np.zeros(400))
    quantiles = law.quantiles(TABLE_LEVELS)
    counts = np.random.default_rng(0).poisson(20.0, 400).astype(float)
    floor, deviation = noise_floor(quantiles)
    assert abs(crps(counts, quantiles).mean() - floor) < 4 * deviation
    assert (
        crps(counts, np.repeat(counts[:, None], quantiles.shape[1], 1)).mean()
        < floor - 3 * deviation
    )


def test_the_network_begins_at_the_model_of_the_calendar():
    """Before it has learned, its means are those of its offset to the bit."""
    network = Network(hidden=8, layers=1, epochs=1, learning_rate=1e-12)
    fitted = LARGE.fit(network, HISTORY, SPLIT.train_until, Trainer())
    state = fitted.layers.state_dict()  # type: ignore[attr-defined]
    last = [name for name in state if name.endswith("weight")][-1]
    assert torch.allclose(state[last], torch.zeros_like(state[last]), atol=1e-9)
    starts = pd.date_range(SPLIT.first, periods=14, freq="D")
    known = HISTORY.known_at(SPLIT.train_until)
    mine = fitted.forecast(known, starts, "large").mean
    offset = fitted.offset.forecast(known, starts, "large").mean  # type: ignore[attr-defined]
    assert np.allclose(mine, offset, rtol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("model", [ExponentialSmoothing(), AutoARIMA()])
def test_models_of_the_extra_are_compared_but_not_promoted(model: ExponentialSmoothing | AutoARIMA):
    """They forecast by the library and are marked."""
    demand = Demand(series=("large",), origin_every=28)
    fitted = {
        model.name: demand.fit(model, HISTORY, SPLIT.train_until, Trainer()),
        "seasonal_naive": demand.fit(
            SMALL["seasonal_naive"], HISTORY, SPLIT.train_until, Trainer()
        ),
    }
    evaluation = demand.evaluate(fitted, HISTORY, SPLIT)
    assert evaluation.comparison_only == (model.name,)
    assert evaluation.champion == "seasonal_naive"
    assert (
        evaluation.scores.loc[model.name, "CRPS"] < evaluation.scores.loc["seasonal_naive", "CRPS"]
    )


def test_a_missing_library_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch):
    """Before anything is forecast."""
    monkeypatch.setitem(sys.modules, "statsforecast.models", None)
    for model in (ExponentialSmoothing(), AutoARIMA(), AverageWithETS(members={"ets": {}})):
        with pytest.raises(InvalidInput, match=r"bailey\[bench\]"):
            LARGE.fit(model, HISTORY, SPLIT.train_until, Trainer())
