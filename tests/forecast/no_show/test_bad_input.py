"""What cannot be used is refused by name."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecast.data.history import History
from forecast.network import Trainer
from forecast.no_show import NoShow
from forecast.no_show.fitted import FittedNoShow
from forecast.no_show.models.base_rate import BaseRate
from forecast.no_show.models.gradient_boosting import GradientBoosting
from forecast.no_show.models.lead_time_table import LeadTimeTable
from forecast.no_show.models.logistic_regression import LogisticRegression
from forecast.no_show.models.network import Network
from forecast.no_show.models.random_forest import RandomForest
from objective import InvalidInput
from tests.forecast.no_show.clinic import Clinic


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"numeric": "distance"}, "model.options.numeric"),
        ({"categorical": [3]}, "model.options.categorical"),
        ({"numeric": ["status"]}, "model.options.numeric or model.options.categorical"),
        ({"categorical": ["patient_id"]}, "model.options.numeric or model.options.categorical"),
        ({"numeric": ["area"], "categorical": ["area"]}, "model.options.categorical"),
        ({"age_groups": [40, 18]}, "model.options.age_groups"),
        ({"window_days": 0}, "model.options.window_days"),
        ({"most_visits": 2.5}, "model.options.most_visits"),
        ({"calibration": "beta"}, "model.options.calibration"),
        ({"calibration_days": 0}, "model.options.calibration_days"),
        ({"calibrate_apart": 1}, "model.options.calibrate_apart"),
        ({"refit_every": -1}, "model.options.refit_every"),
        ({"alarm_auc": 1.5}, "model.options.alarm_auc"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, Any], field: str) -> None:
    """The message names the option."""
    with pytest.raises(InvalidInput) as caught:
        NoShow(**options)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: LeadTimeTable(first_days=[2, 1]), "first_days"),
        (lambda: LeadTimeTable(prior=-1), "prior"),
        (lambda: LogisticRegression(knots=1), "knots"),
        (lambda: LogisticRegression(inverse_penalty=np.nan), "inverse_penalty"),
        (lambda: RandomForest(trees=0), "trees"),
        (lambda: RandomForest(columns=0.0), "columns"),
        (lambda: GradientBoosting(leaves=1), "leaves"),
        (lambda: GradientBoosting(learning_rate=2.0), "learning_rate"),
        (lambda: Network(seeds=0), "seeds"),
        (lambda: Network(dropout=1.0), "dropout"),
        (lambda: Network(epochs=0), "epochs"),
    ],
)
def test_parameters_out_of_range_are_refused(make: Callable[[], object], field: str) -> None:
    """The message names the parameter."""
    with pytest.raises(InvalidInput) as caught:
        make()
    assert caught.value.field == field


def changed(visits: pd.DataFrame, **columns: Any) -> pd.DataFrame:
    """Return a few visits with other columns, their rows counted from 0."""
    return visits.iloc[-5:].reset_index(drop=True).assign(**columns)


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({"distance": ["far"] * 5}, "appointments.distance"),
        ({"distance": [1.0, 2.0, np.inf, 1.0, 1.0]}, "appointments.distance, row 2"),
        ({"booked_at": "2026-04-01"}, "appointments.booked_at"),
        ({"booked_at": pd.NaT}, "appointments.booked_at, row 0"),
        ({"booked_at": pd.Timestamp("2030-01-01")}, "appointments.booked_at, row 0"),
        ({"patient_id": [None, "a", "b", "c", "d"]}, "appointments.patient_id, row 0"),
    ],
)
def test_appointments_that_cannot_be_used_are_refused(
    columns: dict[str, Any],
    field: str,
    fitted: Mapping[str, FittedNoShow],
    small_clinic: Clinic,
) -> None:
    """The message names column and row."""
    asked = changed(small_clinic.history.visits, **columns)
    with pytest.raises(InvalidInput) as caught:
        fitted["average"].probabilities(asked, small_clinic.history)
    assert caught.value.field == field


@pytest.mark.parametrize("column", ["visit_id", "scheduled_at", "distance", "provider"])
def test_a_missing_column_is_named(
    column: str, fitted: Mapping[str, FittedNoShow], small_clinic: Clinic
) -> None:
    """Whether every forecast needs it or only this model does."""
    asked = small_clinic.history.visits.drop(columns=column)
    with pytest.raises(InvalidInput, match=f"appointments.{column}"):
        fitted["base_rate"].probabilities(asked, small_clinic.history)


@pytest.mark.parametrize("status", ["completed", "no_show"])
def test_a_history_of_a_single_class_is_refused(status: str, small_clinic: Clinic) -> None:
    """There is nothing to tell apart."""
    visits = small_clinic.history.visits.assign(status=status)
    until = small_clinic.split.train_until
    with pytest.raises(InvalidInput, match="some kept and some missed"):
        NoShow().fit(BaseRate(), History(visits=visits), until, Trainer())


def test_a_history_without_outcomes_is_refused(small_clinic: Clinic) -> None:
    """Nobody has come yet, or nobody was booked."""
    until = small_clinic.split.train_until
    waiting = small_clinic.history.visits.assign(status="booked")
    for history in (History(), History(visits=waiting)):
        with pytest.raises(InvalidInput, match="with an outcome"):
            NoShow().fit(BaseRate(), history, until, Trainer())


def test_walk_ins_and_cancelled_visits_are_not_learned_from(small_clinic: Clinic) -> None:
    """They had no appointment to miss, or did not wait for it."""
    visits = small_clinic.history.visits.copy()
    visits["walk_in"] = np.arange(len(visits)) % 3 == 0
    visits.loc[np.arange(len(visits)) % 3 == 1, "status"] = "cancelled_by_patient"
    fitted = NoShow().fit(
        BaseRate(), History(visits=visits), small_clinic.split.train_until, Trainer()
    )
    left = visits[
        (np.arange(len(visits)) % 3 == 2)
        & (visits["scheduled_at"] < small_clinic.split.train_until)
    ]
    assert fitted.learned_parts()[1]["rate"] == (left["status"] == "no_show").mean()


def test_gaps_in_a_column_and_weeks_without_a_clinic_do_no_harm(small_clinic: Clinic) -> None:
    """A third of the distances is unknown, and two weeks are missing before the held-out days."""
    visits = small_clinic.history.visits.copy()
    visits.loc[np.arange(len(visits)) % 3 == 0, "distance"] = np.nan
    first = small_clinic.split.first
    closed = (visits["scheduled_at"] < first) & (
        visits["scheduled_at"] >= first - pd.Timedelta(days=14)
    )
    history = History(visits=visits[~closed])
    fitted = NoShow(numeric=["distance"]).fit(LogisticRegression(), history, first, Trainer())
    asked = visits[visits["scheduled_at"] >= first]
    probabilities = fitted.probabilities(asked, history)
    assert ((probabilities > 0) & (probabilities < 1)).all()
    assert (
        "distance is unknown"
        in fitted.encoder.encode(
            fitted.options.features(asked, fitted.options.past(history.visits))
        ).number_names
    )
