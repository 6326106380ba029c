"""The quantity ``preference``: which of the seats offered a patient takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pandas as pd
from torch import Tensor

from forecast.data.history import History
from forecast.data.periods import Split
from forecast.evaluation import Evaluation
from forecast.network import Trainer
from forecast.preference.evaluation import evaluate_preference
from forecast.preference.fitted import FittedPreference
from forecast.preference.level import refuse_one_outcome
from forecast.preference.multinomial_logit import FittedMultinomialLogit, Look, MultinomialLogit
from forecast.preference.occasions import chosen_rows, occasions_of
from forecast.preference.popularity import FittedPopularity, Popularity
from forecast.preference.seats import FEATURES, checked_hours
from forecast.preference.uniform import FittedUniform, Uniform
from forecast.quantity import Fitted, Model
from objective import InvalidInput


@dataclass(frozen=True)
class Preference:
    """Choices among offers, and what the models may look at.

    Attributes
    ----------
    features
        Of a seat, some of ``days_ahead``, ``hour``, ``weekday``, ``half_day``, ``provider``,
        ``usual_provider``: the provider of most of the seats that the patient took before.
    hours
        Hours of the day at which a new level of ``hour`` begins.
    columns
        Further columns of the offers, of seats or of patients. An attribute of patients is looked
        at only if it is named here.

    Raises
    ------
    InvalidInput
        If a field is outside its range.
    """

    name: ClassVar[str] = "preference"
    models: ClassVar[Mapping[str, type[Model]]] = {
        Uniform.name: Uniform,
        Popularity.name: Popularity,
        MultinomialLogit.name: MultinomialLogit,
    }
    features: tuple[str, ...] = ("days_ahead", "hour", "weekday", "provider", "usual_provider")
    hours: tuple[int, ...] = (10, 12, 15)
    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for field, allowed in (("features", FEATURES), ("columns", None)):
            names = getattr(self, field)
            listed = not isinstance(names, (str, Mapping)) and hasattr(names, "__iter__")
            if not listed or not all(isinstance(name, str) for name in names):
                raise InvalidInput(f"model.options.{field}", names, "a list of names")
            for name in names:
                if allowed is not None and name not in allowed:
                    known = "one of " + ", ".join(allowed)
                    raise InvalidInput(f"model.options.{field}", name, known)
                if allowed is None and name in (*FEATURES, "chosen"):
                    other = "a further column, not a feature or the outcome"
                    raise InvalidInput(f"model.options.{field}", name, other)
            if len(set(names)) < len(names):
                raise InvalidInput(f"model.options.{field}", list(names), "names that differ")
            object.__setattr__(self, field, tuple(names))
        hours = checked_hours("model.options.hours", self.hours)
        object.__setattr__(self, "hours", hours)

    @property
    def look(self) -> Look:
        """What the models may look at."""
        return Look(self.features, self.hours, self.columns)

    def fit(
        self, model: Model, history: History, train_until: pd.Timestamp, trainer: Trainer
    ) -> FittedPreference:
        """Return the model, learned from the offers before ``train_until``.

        Raises
        ------
        InvalidInput
            If there are none, all have the same outcome, or the table is not as it should be.
        """
        offers = history.offers[history.offers["offered_at"] < train_until]
        if not len(offers):
            raise InvalidInput("offers", "no rows", f"offers before {train_until}, to learn from")
        occasions = occasions_of(offers)
        chosen = chosen_rows(offers, occasions)
        refuse_one_outcome(chosen)
        if isinstance(model, MultinomialLogit):
            return model.fit(offers, occasions, chosen, self.look)
        if isinstance(model, (Popularity, Uniform)):
            return model.fit(offers, occasions, chosen)
        raise InvalidInput("model", model.name, "one of " + ", ".join(self.models))

    def evaluate(self, models: Mapping[str, Fitted], history: History, split: Split) -> Evaluation:
        """Score models side by side on the occasions of the held-out period."""
        checked = {}
        for name, one in models.items():
            if not isinstance(one, FittedPreference):
                raise InvalidInput("models", name, "a model of preference")
            checked[name] = one
        return evaluate_preference(checked, history, split)

    def restore(
        self, name: str, tensors: Mapping[str, Tensor], rest: Mapping[str, Any]
    ) -> FittedPreference:
        """Make the fitted model that `FittedPreference.to_parts` described."""
        if name == MultinomialLogit.name:
            return FittedMultinomialLogit.from_parts(tensors, rest, self.look)
        if name == Popularity.name:
            return FittedPopularity.from_parts(tensors, rest)
        if name == Uniform.name:
            return FittedUniform.from_parts(tensors, rest)
        raise InvalidInput("model", name, "one of " + ", ".join(self.models))

    def inputs(self, history: History, first: pd.Timestamp, until: pd.Timestamp) -> pd.DataFrame:
        """Return the features of the seats offered in a period, (rows, features)."""
        offered = history.offers["offered_at"]
        offers = history.offers[(offered >= first) & (offered < until)]
        past = history.offers[offered < until]
        return self.look.at(offers, occasions_of(offers), past).reset_index(drop=True)
