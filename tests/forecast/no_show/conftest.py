"""Fixtures that the tests of no-shows share."""

from collections.abc import Mapping

import pytest

from forecast.network import Trainer
from forecast.no_show import NoShow
from forecast.no_show.fitted import FittedNoShow, NoShowModel
from forecast.no_show.models.average import Average
from forecast.no_show.models.base_rate import BaseRate
from forecast.no_show.models.gradient_boosting import GradientBoosting
from forecast.no_show.models.lead_time_table import LeadTimeTable
from forecast.no_show.models.logistic_regression import LogisticRegression
from forecast.no_show.models.network import Network
from forecast.no_show.models.random_forest import RandomForest
from tests.forecast.no_show.clinic import Clinic, clinic

#: Every model, small enough for a test.
SMALL: dict[str, NoShowModel] = {
    "base_rate": BaseRate(),
    "lead_time_table": LeadTimeTable(),
    "logistic_regression": LogisticRegression(knots=4),
    "random_forest": RandomForest(trees=12, depth=6),
    "gradient_boosting": GradientBoosting(trees=50, least_cases=20),
    "network": Network(seeds=2, width=16, epochs=8, batch=64, learning_rate=5e-3),
    "average": Average({"logistic_regression": {"knots": 4}, "lead_time_table": {}}),
}


@pytest.fixture(scope="session")
def small_clinic() -> Clinic:
    """2,400 appointments of 40 days, of which the last 8 are held out."""
    return clinic()


@pytest.fixture(scope="session")
def no_show() -> NoShow:
    """The options of the tests: the area is asked for."""
    return NoShow(numeric=["distance"], categorical=["provider", "area"])


@pytest.fixture(scope="session")
def fitted(small_clinic: Clinic, no_show: NoShow) -> Mapping[str, FittedNoShow]:
    """Every model, learned from all but the last 8 days."""
    until = small_clinic.split.train_until
    return {
        name: no_show.fit(model, small_clinic.history, until, Trainer(seed=1))
        for name, model in SMALL.items()
    }


@pytest.fixture(params=list(SMALL))
def name(request: pytest.FixtureRequest) -> str:
    """The name of a model."""
    return str(request.param)
