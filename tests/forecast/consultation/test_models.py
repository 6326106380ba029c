"""What is demanded of every model of consultation times."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from forecast.consultation.gradient_boosting import edges_of, shares
from forecast.consultation.quantity import MODELS, Consultation
from forecast.data.history import History
from forecast.model_files import load_model, save_model
from forecast.quantities import make_model
from objective import InvalidInput, ServiceTime
from tests.forecast.consultation.clinic import MEDIANS, SCALE, SMALL, TRAINER, clinic

QUANTITY = Consultation(categorical=("area",), numeric=("age",))
HISTORY = clinic()
UNTIL = pd.Timestamp("2024-01-25")
LEVELS = [0.05, 0.5, 0.95]


def learned(name: str, history: History = HISTORY, quantity: Consultation = QUANTITY):
    """Return a model that learned until the last week."""
    model = make_model(quantity, name, SMALL.get(name, {}))
    return quantity.fit(model, history, UNTIL, TRAINER)


@pytest.fixture(scope="module")
def fitted():
    """Every model by name."""
    return {name: learned(name) for name in MODELS}


@pytest.fixture
def later() -> pd.DataFrame:
    """The consultations of the last week."""
    table = HISTORY.consultations
    return table[table["started_at"] >= UNTIL].reset_index(drop=True)


def perturbed(first: pd.Timestamp) -> History:
    """Return the history with other minutes from a moment on."""
    table = HISTORY.consultations.copy()
    after = table["started_at"] >= first
    table.loc[after, "minutes"] = table.loc[after, "minutes"].to_numpy()[::-1] * 3
    return History(consultations=table)


@pytest.mark.parametrize("name", MODELS)
def test_the_future_changes_no_forecast(name, fitted, later):
    """Neither what is learned nor what is known of a case depends on its own day or a later one."""
    day = later["started_at"].iloc[20].normalize()
    on_it = later[later["started_at"].dt.normalize() == day]
    before = fitted[name].forecast(on_it, HISTORY).quantiles(LEVELS)
    assert np.array_equal(fitted[name].forecast(on_it, perturbed(day)).quantiles(LEVELS), before)
    other = on_it.assign(minutes=99.0)
    assert np.array_equal(fitted[name].forecast(other, HISTORY).quantiles(LEVELS), before)
    known = HISTORY.known_at(day)
    assert np.array_equal(fitted[name].forecast(on_it, known).quantiles(LEVELS), before)


@pytest.mark.parametrize("name", MODELS)
def test_nothing_is_learned_from_what_comes_after(name, fitted, later):
    """Other minutes in the held-out period lead to the same model."""
    again = learned(name, perturbed(UNTIL))
    known = HISTORY.known_at(UNTIL)
    assert np.array_equal(
        again.forecast(later, known).quantiles(LEVELS),
        fitted[name].forecast(later, known).quantiles(LEVELS),
    )


@pytest.mark.parametrize("name", ["lognormal_regression", "gradient_boosting", "average"])
def test_a_patient_s_own_past_changes_the_forecast(name, fitted, later):
    """Three times the minutes on all earlier days lead to longer forecasts."""
    before = fitted[name].forecast(later, HISTORY).mean()
    slower = History(
        consultations=HISTORY.consultations.assign(minutes=3 * HISTORY.consultations["minutes"])
    )
    after = fitted[name].forecast(later, slower).mean()
    assert after.mean() > before.mean()


@pytest.mark.parametrize("name", MODELS)
def test_the_same_seed_gives_the_same_model(name, fitted, later):
    """Bit by bit."""
    again = learned(name).forecast(later, HISTORY).quantiles(LEVELS)
    assert np.array_equal(again, fitted[name].forecast(later, HISTORY).quantiles(LEVELS))


@pytest.mark.parametrize("name", MODELS)
def test_a_kept_model_forecasts_bit_by_bit_the_same(name, fitted, later, tmp_path):
    """Through the files."""
    save_model(tmp_path, QUANTITY, fitted[name], {"train_until": str(UNTIL)})
    kept = load_model(tmp_path)
    assert kept.quantity == QUANTITY
    before, after = (
        one.forecast(later, HISTORY)  # type: ignore[attr-defined]
        for one in (fitted[name], kept.fitted)
    )
    assert np.array_equal(after.quantiles(LEVELS), before.quantiles(LEVELS))
    assert np.array_equal(after.mean(), before.mean())
    assert after.service_time(3) == before.service_time(3)


@pytest.mark.parametrize("name", MODELS)
def test_all_cases_at_once_are_as_one_by_one(name, fitted, later):
    """Up to the rounding of a matrix product."""
    together = fitted[name].forecast(later, HISTORY).quantiles(LEVELS)
    for row in (0, 5, 30):
        single = fitted[name].forecast(later.iloc[[row]], HISTORY).quantiles(LEVELS)
        assert single[0] == pytest.approx(together[row], rel=1e-9)


@pytest.mark.parametrize("name", MODELS)
def test_who_was_never_seen_is_forecast_like_all(name, fitted, later):
    """A provider, a visit type, a patient and an area that are new have a law near that of all."""
    strange = later.assign(
        provider="zoe", visit_type="telephone", patient_id="new", area="west", age=np.nan
    )
    means = fitted[name].forecast(strange, HISTORY).mean()
    everyone = HISTORY.consultations["minutes"].mean()
    assert np.isfinite(means).all()
    assert means == pytest.approx(np.full(len(means), everyone), rel=0.35)


@pytest.mark.parametrize("name", MODELS)
def test_means_are_near_the_truth(name, fitted, later):
    """New and returning patients within 15 per cent, although most members learned for seconds."""
    means = fitted[name].forecast(later, HISTORY).mean()
    for kind, median in MEDIANS.items():
        true = median * np.exp((SCALE**2 + 0.25**2) / 2)
        assert means[later["visit_type"] == kind].mean() == pytest.approx(true, rel=0.15)


@pytest.mark.parametrize("name", MODELS)
def test_one_visit_type_of_one_provider_is_enough(name):
    """A clinic that has no classes, no covariates, and all on three days."""
    table = clinic(6, providers=("ann",)).consultations.assign(visit_type="all")
    fitted = learned(name, History(consultations=table), Consultation())
    law = fitted.forecast(table, History(consultations=table)).mixture()
    assert law.mean == pytest.approx(table["minutes"].mean(), rel=0.2)


@pytest.mark.parametrize("name", MODELS)
def test_one_session_is_enough(name):
    """One half day of 25 patients, all of them seen for the first time."""
    table = clinic(2, providers=("ann",)).consultations.assign(session="only")
    fitted = learned(name, History(consultations=table))
    assert np.isfinite(fitted.forecast(table, History(consultations=table)).mean()).all()


@pytest.mark.parametrize("name", MODELS)
def test_a_gap_of_weeks_is_no_obstacle(name, fitted, later):
    """Forecasts months later are finite."""
    shifted = later.assign(started_at=later["started_at"] + pd.Timedelta(days=200))
    quantiles = fitted[name].forecast(shifted, HISTORY).quantiles(LEVELS)
    assert np.isfinite(quantiles).all()
    assert (np.diff(quantiles, axis=1) > 0).all()


@pytest.mark.parametrize("minutes", [0.0, -5.0, float("nan"), float("inf"), "ten"])
def test_minutes_that_no_consultation_takes_are_refused(minutes):
    """The message names the visit."""
    table = HISTORY.consultations.astype({"minutes": object})
    table.loc[7, "minutes"] = minutes
    with pytest.raises(InvalidInput, match=f"visit {table['visit_id'][7]}"):
        learned("lognormal", History(consultations=table))


def test_what_cannot_be_learned_from_is_refused():
    """Nothing, a single consultation, minutes that are all the same, a column that is not there."""
    table = HISTORY.consultations
    for few in (History(), History(consultations=table.iloc[:1])):
        with pytest.raises(InvalidInput, match="at least 20"):
            learned("lognormal", few)
    with pytest.raises(InvalidInput, match="more than one value"):
        learned("lognormal", History(consultations=table.assign(minutes=10.0)))
    with pytest.raises(InvalidInput, match="a column provider"):
        learned("lognormal", History(consultations=table.drop(columns="provider")))
    with pytest.raises(InvalidInput, match="a column area"):
        learned("lognormal_regression", History(consultations=table.drop(columns="area")))


def test_cases_that_cannot_be_forecast_are_refused(fitted, later):
    """A column that is missing, and a time that is none."""
    with pytest.raises(InvalidInput, match="a column patient_id"):
        fitted["lognormal"].forecast(later.drop(columns="patient_id"), HISTORY)
    with pytest.raises(InvalidInput, match="a column age"):
        fitted["average"].forecast(later.drop(columns="age"), HISTORY)
    with pytest.raises(InvalidInput, match="started_at"):
        fitted["lognormal"].forecast(later.assign(started_at="soon"), HISTORY)


@pytest.mark.parametrize(
    ("name", "parameters", "field"),
    [
        ("lognormal", {"fewest": 1}, "fewest"),
        ("lognormal_regression", {"penalty": -1.0}, "penalty"),
        ("gradient_boosting", {"rows": 1.5}, "rows"),
        ("gradient_boosting", {"leaves": 1}, "leaves"),
        ("mixture_network", {"components": 0}, "components"),
        ("mixture_network", {"dropout": 1.0}, "dropout"),
        ("average", {"members": {}}, "members"),
        ("average", {"members": {"average": {}}}, "members"),
        ("average", {"members": {"lognormal": {"few": 3}}}, "members.lognormal.few"),
    ],
)
def test_parameters_out_of_range_are_refused(name, parameters, field):
    """The message names the field."""
    with pytest.raises(InvalidInput, match=field):
        make_model(QUANTITY, name, parameters)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"prior": 0.0}, "prior"),
        ({"step": -1.0}, "step"),
        ({"categorical": "area"}, "categorical"),
        ({"numeric": ["age", "age"]}, "numeric"),
    ],
)
def test_options_out_of_range_are_refused(options, field):
    """The message names the option."""
    with pytest.raises(InvalidInput, match=f"options.{field}"):
        Consultation(**options)


def test_what_models_look_at_is_shown_period_by_period(later):
    """Texts and finite numbers, as many as there are cases."""
    found = QUANTITY.inputs(HISTORY, UNTIL, pd.Timestamp("2025-01-01"))
    assert len(found) == len(later)
    assert list(found) == [
        "visit_type", "provider", "area", "age", "own_log_ratio", "own_consultations",
    ]  # fmt: skip
    changed = replace(HISTORY, consultations=perturbed(UNTIL).consultations)
    again = QUANTITY.inputs(changed, UNTIL, UNTIL + pd.Timedelta(days=1))
    assert again["own_consultations"].equals(found["own_consultations"].iloc[: len(again)])


def test_the_law_of_residuals_has_their_mean_and_spread():
    """Normal residuals: a lognormal law, widened by no more than the kernel's share.

    A kernel of width h adds h squared to the variance of the logarithm.
    """
    residuals = stats.norm.ppf((np.arange(1_000) + 0.5) / 1_000, scale=0.4)
    law = ServiceTime.histogram(edges_of(residuals).tolist(), shares().tolist())
    width = 1.06 * residuals.std() * 1_000**-0.2
    true = stats.lognorm(np.hypot(residuals.std(), width))
    assert law.mean == pytest.approx(true.mean(), rel=2e-3)
    assert law.cv == pytest.approx(true.std() / true.mean(), rel=2e-2)
    assert law.quantile([0.01, 0.5, 0.99]) == pytest.approx(true.ppf([0.01, 0.5, 0.99]), rel=2e-2)
