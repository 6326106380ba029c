"""Models of choices: what they learn, what they say of seats, and what they refuse."""

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from omegaconf import OmegaConf

from forecast.data.history import History
from forecast.data.periods import Split
from forecast.model_files import load_model, save_model
from forecast.network import Trainer
from forecast.preference.fitted import FittedPreference
from forecast.preference.multinomial_logit import (
    Choices,
    FittedMultinomialLogit,
    MultinomialLogit,
)
from forecast.preference.occasions import chosen_rows, occasions_of
from forecast.preference.popularity import Popularity
from forecast.preference.quantity import Preference
from forecast.preference.usual import usual_providers
from forecast.quantities import make_model, make_quantity
from objective import InvalidInput
from tests.forecast.preference.made_up_offers import (
    AFTERNOON,
    DR_B,
    FRIDAY,
    USUAL,
    WEEK,
    made_up_history,
    made_up_offers,
    true_utilities,
)

LATE = pd.Timestamp("2030-01-01")


@pytest.fixture(scope="module")
def history() -> History:
    """Four thousand occasions, seeded."""
    return made_up_history(4_000)


@pytest.fixture(scope="module")
def split(history: History) -> Split:
    """The first three quarters to learn from, the rest to test on."""
    times = history.offers["offered_at"]
    first = times.iloc[int(0.75 * len(times))]
    return Split(first, first, times.max() + pd.Timedelta(minutes=1))


@pytest.fixture(scope="module")
def fitted(history: History, split: Split) -> dict[str, FittedPreference]:
    """Every model, learned."""
    quantity = Preference()
    return {
        name: quantity.fit(kind(), history, split.train_until, Trainer())
        for name, kind in quantity.models.items()
    }


@pytest.fixture(scope="module")
def logit(fitted: dict[str, FittedPreference]) -> FittedMultinomialLogit:
    """The multinomial logit."""
    model = fitted["multinomial_logit"]
    assert isinstance(model, FittedMultinomialLogit)
    return model


def test_the_coefficients_are_those_the_choices_were_made_from(logit: FittedMultinomialLogit):
    """Within four standard errors, which are small."""
    table = logit.table().set_index("feature")
    truth = {
        "with the usual provider": USUAL,
        "hour 15:00 to 24:00 rather than 12:00 to 15:00": AFTERNOON,
        "weekday friday": FRIDAY,
        "provider Dr B rather than Dr A": DR_B,
    }
    for name, value in truth.items():
        (found,) = (row for feature, row in table.iterrows() if str(feature).startswith(name))
        assert abs(found["coefficient"] - value) < 4 * found["standard error"]
        assert found["standard error"] < 0.2
    # From one week to three the truth falls by two weeks' worth, however the two terms share it.
    log_term = table.loc["days ahead, log(1 + days)", "coefficient"] * np.log(22 / 8)
    fall = 2 * table.loc["days ahead, per week", "coefficient"] + log_term
    assert fall == pytest.approx(2 * WEEK, abs=0.15)


def test_standard_errors_are_those_of_many_repetitions():
    """The spread of estimates over forty histories is what one of them says, within a third."""
    estimates, told = [], []
    for seed in range(40):
        history = made_up_history(300, seed)
        model = Preference(features=("usual_provider",)).fit(
            MultinomialLogit(l2=0.0), history, LATE, Trainer()
        )
        assert isinstance(model, FittedMultinomialLogit)
        estimates.append(model.table()["coefficient"].to_numpy())
        told.append(model.table()["standard error"].to_numpy())
    ratio = np.std(estimates, axis=0) / np.mean(told, axis=0)
    assert (np.abs(np.log(ratio)) < np.log(1.5)).all()


def test_the_gradient_and_the_curvature_equal_numeric_ones(
    history: History, logit: FittedMultinomialLogit
):
    """Central differences of the loss and of its gradient, away from the optimum."""
    offers = history.offers.iloc[:200]
    occasions = occasions_of(offers)
    design = logit.encoding.design(logit.look.at(offers, occasions, None))
    data = Choices(
        torch.from_numpy(design),
        torch.from_numpy(occasions.of),
        torch.from_numpy(chosen_rows(offers, occasions)),
    )
    at = torch.linspace(-0.4, 0.5, design.shape[1], dtype=torch.float64)

    def gradient(point: torch.Tensor) -> torch.Tensor:
        variable = point.clone().requires_grad_()
        data.loss(variable, 2.0).backward()
        assert variable.grad is not None
        return variable.grad

    for column in range(design.shape[1]):
        step = torch.zeros_like(at)
        step[column] = 1e-5
        slope = (data.loss(at + step, 2.0) - data.loss(at - step, 2.0)) / 2e-5
        assert gradient(at)[column].item() == pytest.approx(slope.item(), abs=1e-6)
        bend = (gradient(at + step) - gradient(at - step)) / 2e-5
        torch.testing.assert_close(data.curvature(at, 2.0)[column], bend, atol=1e-5, rtol=1e-6)


def test_the_same_history_gives_the_same_coefficients(history: History, split: Split):
    """Bit for bit."""
    quantity = Preference()
    model = quantity.fit(MultinomialLogit(), history, split.train_until, Trainer())
    again = quantity.fit(MultinomialLogit(), history, split.train_until, Trainer())
    assert isinstance(model, FittedMultinomialLogit)
    assert isinstance(again, FittedMultinomialLogit)
    assert torch.equal(model.coefficients, again.coefficients)


@pytest.mark.parametrize("name", list(Preference.models))
def test_choices_add_up_and_a_batch_equals_its_singles(
    fitted: dict[str, FittedPreference], history: History, name: str
):
    """Each occasion for itself gives what all together give; a seat alone is its acceptance."""
    model, offers = fitted[name], history.offers.tail(60).reset_index(drop=True)
    seats, declined = model.choices(offers, history)
    together = model.acceptance(offers, history)
    codes = pd.factorize(offers["offer_id"])[0]
    np.testing.assert_allclose(np.bincount(codes, seats) + declined, 1.0, rtol=1e-12)
    for number in range(len(declined)):
        rows = np.flatnonzero(codes == number)
        one, none = model.choices(offers.iloc[rows], history)
        np.testing.assert_allclose(one, seats[rows], rtol=1e-12)
        np.testing.assert_allclose(none, declined[number], rtol=1e-12)
    for row in range(10):
        alone, _ = model.choices(offers.iloc[[row]], history)
        assert together[row] == pytest.approx(alone[0], rel=1e-12)
        assert together[row] >= seats[row]


def test_the_logit_forecasts_better_than_popularity_and_popularity_than_nothing(
    fitted: dict[str, FittedPreference], history: History, split: Split
):
    """By log loss, Brier score and hit rate; and the logit comes close to the truth."""
    evaluation = Preference().evaluate(fitted, history, split)
    scores = evaluation.scores
    assert evaluation.champion == "multinomial_logit"
    assert list(scores["log loss"].sort_values().index) == [
        "multinomial_logit", "popularity", "uniform",
    ]  # fmt: skip
    assert scores["hit rate"].idxmax() == "multinomial_logit"
    assert scores["Brier score"].idxmin() == "multinomial_logit"
    assert scores.loc["multinomial_logit", "calibration error of acceptance"] < 0.05
    assert len(evaluation.losses) == len(evaluation.blocks)
    np.testing.assert_allclose(evaluation.losses.mean(), scores["log loss"], rtol=1e-12)
    assert {figure.key for figure in evaluation.figures} == {"acceptance", "coefficients"}
    assert "Tested on" in evaluation.sentences[0]


def test_scores_are_those_of_their_definitions(history: History, split: Split):
    """By a loop over occasions, for the model that knows only popularity."""
    quantity = Preference()
    model = quantity.fit(Popularity(), history, split.train_until, Trainer())
    evaluation = quantity.evaluate({"popularity": model}, history, split)
    offers = history.offers[history.offers["offered_at"] >= split.first]
    losses, squares, hits = [], [], []
    for _, group in offers.groupby("offer_id", sort=False):
        odds = np.exp(model.utilities(group))
        told = np.append(odds, 1.0) / (1.0 + odds.sum())
        happened = np.append(group["chosen"], not group["chosen"].any()).astype(float)
        losses.append(-np.log(told @ happened))
        squares.append(((told - happened) ** 2).sum())
        hits.append(happened[told.argmax()])
    np.testing.assert_allclose(evaluation.losses["popularity"], losses, rtol=1e-10)
    row = evaluation.scores.loc["popularity"]
    assert row["Brier score"] == pytest.approx(np.mean(squares))
    assert row["hit rate"] == pytest.approx(np.mean(hits))


def test_popularity_is_the_smoothed_share_that_was_taken():
    """Two kinds of seats by hand, and as many occasions accepted as were."""
    monday = pd.Timestamp("2026-03-02T09:00")
    offers = pd.DataFrame(
        {
            "offer_id": ["a", "a", "b", "c", "d"],
            "patient_id": ["P", "P", "Q", "R", "S"],
            "offered_at": monday - pd.Timedelta(days=3),
            "seat_at": monday + pd.to_timedelta([0, 5, 0, 0, 5], unit="h"),
            "provider": "Dr A",
            "chosen": [True, False, False, True, False],
        }
    )
    model = Preference().fit(Popularity(smoothing=1.0), History(offers=offers), LATE, Trainer())
    morning, afternoon = model.utilities(offers.iloc[:2])
    # 2 of 3 mornings and 0 of 2 afternoons were taken, 2 of 5 in all.
    assert morning - afternoon == pytest.approx(np.log((2.4 / 4) / (0.4 / 3)))
    _, declined = model.choices(offers)
    assert (1 - declined).sum() == pytest.approx(2.0)
    unseen = model.utilities(offers.iloc[:1].assign(provider="Dr Z"))
    assert unseen[0] - morning == pytest.approx(np.log(0.4 / 0.6))


def test_the_usual_provider_is_that_of_strictly_earlier_choices(history: History):
    """The same moment does not count, later choices neither, and among equals the latest wins."""
    moments = pd.date_range("2026-03-02T08:00", periods=4, freq="D")
    past = pd.DataFrame(
        {
            "offer_id": list("abcd"),
            "patient_id": "P",
            "offered_at": moments,
            "seat_at": moments + pd.Timedelta(days=7),
            "provider": ["Dr A", "Dr B", "Dr A", "Dr C"],
            "chosen": [True, True, True, False],
        }
    )
    assert usual_providers(past, occasions_of(past), past) == ["", "Dr A", "Dr B", "Dr A"]
    assert usual_providers(past, occasions_of(past), None) == [""] * 4


def test_what_happens_later_changes_no_forecast(history: History, split: Split):
    """Choices after the split are turned round: models and the forecasts before them are equal."""
    plain = History(offers=history.offers.drop(columns="usual_provider"))
    later = plain.offers["offered_at"] >= split.first
    other = plain.offers.copy()
    other.loc[later, "chosen"] = False
    other.loc[later, "provider"] = "Dr B"
    changed = History(offers=other)
    quantity = Preference()
    for kind in quantity.models.values():
        one = quantity.fit(kind(), plain, split.train_until, Trainer())
        two = quantity.fit(kind(), changed, split.train_until, Trainer())
        asked = plain.offers[~later].tail(200)
        np.testing.assert_array_equal(one.acceptance(asked, plain), two.acceptance(asked, changed))


@pytest.mark.parametrize("name", list(Preference.models))
def test_a_kept_model_forecasts_bit_for_bit_the_same(
    fitted: dict[str, FittedPreference], history: History, tmp_path: Path, name: str
):
    """Written as tensors and JSON, and read again."""
    save_model(tmp_path, Preference(), fitted[name], {"seed": 0})
    again = load_model(tmp_path)
    assert again.quantity == Preference()
    model = again.fitted
    assert isinstance(model, FittedPreference)
    offers = history.offers.tail(100)
    np.testing.assert_array_equal(
        model.acceptance(offers, history), fitted[name].acceptance(offers, history)
    )


def test_a_provider_and_a_day_never_seen_count_as_the_mean(
    logit: FittedMultinomialLogit, history: History
):
    """Utilities of the known providers, weighted by their shares, are that of an unknown one."""
    offers = history.offers.drop(columns="usual_provider").iloc[:1]
    unseen = logit.utilities(offers.assign(provider="Dr Z"))[0]
    mean = sum(
        share * logit.utilities(offers.assign(provider=name))[0]
        for name, share in logit.encoding.levels["provider"]
    )
    assert unseen == pytest.approx(mean)
    far = offers.assign(seat_at=offers["seat_at"] + pd.Timedelta(days=7 * 500))
    assert np.isfinite(logit.utilities(far)).all()


def test_an_attribute_of_patients_counts_only_if_it_is_named(history: History):
    """Numbers with gaps and texts are taken; what is not named is not looked at."""
    random = np.random.default_rng(1)
    age = pd.Series(random.normal(50, 15, len(history.offers)))
    offers = history.offers.assign(
        age=age.where(age > 30), area=random.choice(["N", "S"], len(age))
    )
    rich = replace(history, offers=offers)
    named = Preference(columns=("age", "area")).fit(MultinomialLogit(), rich, LATE, Trainer())
    plain = Preference().fit(MultinomialLogit(), rich, LATE, Trainer())
    assert isinstance(named, FittedMultinomialLogit)
    assert isinstance(plain, FittedMultinomialLogit)
    assert {"age, per standard deviation"} < set(named.encoding.names)
    assert len(named.coefficients) == len(plain.coefficients) + 2
    assert not any("age" in name or "area" in name for name in plain.encoding.names)
    assert np.isfinite(named.acceptance(offers.head(50))).all()


def test_more_penalty_draws_coefficients_to_none(history: History):
    """All but the constant."""
    norms = []
    for l2 in (0.0, 10.0, 1e6):
        model = Preference().fit(MultinomialLogit(l2=l2), history, LATE, Trainer())
        assert isinstance(model, FittedMultinomialLogit)
        norms.append(float(model.coefficients[1:].norm()))
    assert norms[0] > norms[1] > norms[2]
    assert norms[2] < 1e-2


def test_a_gap_of_weeks_and_one_day_of_history_are_survived():
    """What there is is learned from."""
    offers = made_up_offers(600)
    day = offers[offers["offered_at"] < offers["offered_at"].iloc[0] + pd.Timedelta(days=1)]
    gap = pd.concat([offers.head(300), offers.tail(300).assign(
        offered_at=offers["offered_at"] + pd.Timedelta(weeks=9),
        seat_at=offers["seat_at"] + pd.Timedelta(weeks=9),
    )])  # fmt: skip
    for some in (day, gap):
        for kind in Preference.models.values():
            model = Preference().fit(kind(), History(offers=some), LATE, Trainer())
            chances = model.acceptance(offers.tail(50))
            assert ((chances > 0) & (chances < 1)).all()


def _without(name: str) -> pd.DataFrame:
    return made_up_offers(30).drop(columns=name)


def _with(name: str, row: int, value: object) -> pd.DataFrame:
    offers = made_up_offers(30)
    offers[name] = offers[name].astype(object) if isinstance(value, str) else offers[name]
    offers.loc[row, name] = value
    return offers


OFFERS = {
    "no rows": (lambda: made_up_offers(30).head(0), "offers is 'no rows'"),
    "a missing column": (lambda: _without("seat_at"), "offers.seat_at is None"),
    "no outcome": (lambda: _without("chosen"), "offers.chosen is None"),
    "nobody accepted": (
        lambda: made_up_offers(30).assign(chosen=False), "0 of 30 occasions accepted"),
    "everybody accepted": (
        lambda: made_up_offers(30).drop_duplicates("offer_id").assign(chosen=True),
        "30 of 30 occasions accepted"),
    "several chosen": (
        lambda: made_up_offers(30).assign(chosen=True), "at most one of an occasion"),
    "chosen in words": (
        lambda: made_up_offers(30).assign(chosen="maybe"), "true or false in every row"),
    "an empty outcome": (
        lambda: made_up_offers(30).assign(chosen=None), "true or false in every row"),
    "an empty time": (lambda: _with("seat_at", 3, pd.NaT), "offers.seat_at is 'wrong in 1 rows"),
    "times as text": (
        lambda: made_up_offers(30).assign(seat_at="tomorrow"), "times without a zone"),
    "a seat before its offer": (
        lambda: _with("seat_at", 3, pd.Timestamp("2001-01-01")), "not before offered_at"),
    "two patients at once": (
        lambda: made_up_offers(30).assign(offer_id="one", offered_at=pd.Timestamp("2025-01-01")),
        "offers.patient_id is 'wrong in"),
    "an infinite number": (
        lambda: made_up_offers(30).assign(age=np.inf), "offers.age is 'infinite'"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(OFFERS))
def test_offers_that_cannot_be_learned_from_are_refused(name: str):
    """The message names the column, what is wrong and what is allowed."""
    make, message = OFFERS[name]
    quantity = Preference(columns=("age",) if "infinite" in name else ())
    with pytest.raises(InvalidInput) as refused:
        quantity.fit(MultinomialLogit(), History(offers=make()), LATE, Trainer())
    assert message in str(refused.value)


OPTIONS = {
    "an unknown feature": ({"features": ["price"]}, "model.options.features is 'price'"),
    "features in passing": ({"features": "hour"}, "a list of names"),
    "a feature twice": ({"features": ["hour", "hour"]}, "names that differ"),
    "hours that fall": ({"hours": [12, 10]}, "hours that rise"),
    "an hour of no day": ({"hours": [25]}, "a whole number from 1 to 23"),
    "the outcome as a feature": ({"columns": ["chosen"]}, "not a feature or the outcome"),
    "an unknown option": ({"price": 1}, "model.options.price"),
}


@pytest.mark.parametrize("name", list(OPTIONS))
def test_options_outside_their_range_are_refused(name: str):
    """The message names the option."""
    options, message = OPTIONS[name]
    with pytest.raises(InvalidInput) as refused:
        make_quantity("preference", options)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("model", "parameters", "message"),
    [
        ("multinomial_logit", {"l2": -1}, "l2 is -1"),
        ("multinomial_logit", {"l2": float("nan")}, "l2 is nan"),
        ("multinomial_logit", {"iterations": 0}, "iterations is 0"),
        ("popularity", {"smoothing": 0}, "smoothing is 0"),
        ("price", {}, "model.candidates is 'price'"),
    ],
)
def test_parameters_outside_their_range_are_refused(
    model: str, parameters: dict[str, float], message: str
):
    """The message names the parameter."""
    with pytest.raises(InvalidInput) as refused:
        make_model(Preference(), model, parameters)
    assert message in str(refused.value)


def test_nothing_to_test_on_is_refused(fitted: dict[str, FittedPreference], history: History):
    """A period in which nothing was offered."""
    empty = Split(LATE, LATE, LATE + pd.Timedelta(days=1))
    with pytest.raises(InvalidInput, match="to test on"):
        Preference().evaluate(fitted, history, empty)


def test_inputs_are_the_features_of_the_seats_of_a_period(history: History, split: Split):
    """Numbers are numeric, everything else is text."""
    inputs = Preference().inputs(history, split.first, split.until)
    assert list(inputs) == list(Preference().features)
    assert len(inputs) == int((history.offers["offered_at"] >= split.first).sum())
    assert pd.api.types.is_numeric_dtype(inputs["days_ahead"])
    assert true_utilities(history.offers.head(5), None).shape == (5,)


def test_the_defaults_of_the_configuration_are_those_of_the_code():
    """Every option of the quantity and every parameter of its models is listed."""
    path = Path(__file__).parents[3] / "conf" / "forecast" / "model" / "preference.yaml"
    given = OmegaConf.to_container(OmegaConf.load(path))
    assert isinstance(given, dict)
    assert given["quantity"] == Preference.name
    assert given["options"] == {name: list(value) for name, value in asdict(Preference()).items()}
    assert given["candidates"] == {name: asdict(kind()) for name, kind in Preference.models.items()}
