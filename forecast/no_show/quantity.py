"""No-shows as a quantity: how its models learn, are tested and are kept."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from torch import Tensor

from forecast.data.history import History
from forecast.data.periods import Split
from forecast.evaluation import Evaluation
from forecast.network import Trainer
from forecast.no_show.encoding import Encoder
from forecast.no_show.evaluate import evaluation_of
from forecast.no_show.fitted import FittedNoShow, NoShowModel, Training
from forecast.no_show.held_out import held_out_forecasts
from forecast.no_show.models.average import MEMBERS, Average, FittedAverage
from forecast.no_show.options import Options
from forecast.no_show.visits import checked, days, missed, with_outcome
from forecast.quantity import Fitted, Model
from objective import InvalidInput
from objective.errors import known_keys

MODELS: Mapping[str, tuple[type[NoShowModel], type[FittedNoShow]]] = {
    **MEMBERS,
    Average.name: (Average, FittedAverage),
}


@dataclass(frozen=True)
class NoShow(Options):
    """The probability that a patient does not come to an appointment."""

    name: ClassVar[str] = "no_show"
    models: ClassVar[Mapping[str, type[Model]]] = {name: one for name, (one, _) in MODELS.items()}

    def fit(
        self, model: Model, history: History, train_until: pd.Timestamp, trainer: Trainer
    ) -> FittedNoShow:
        """Return the model, learned from the visits before ``train_until``.

        Raises
        ------
        InvalidInput
            If there is no visit to learn from, if all or none of them were missed, or if a column
            that the options name cannot be used.
        """
        known = history.known_at(train_until).visits
        seen = with_outcome(known)
        if not len(seen):
            allowed = f"booked visits with an outcome before {train_until}"
            raise InvalidInput("history.visits", f"{len(known)} without an outcome", allowed)
        day = days(checked(seen)["scheduled_at"])
        order = np.argsort(day, kind="stable")
        seen, day = seen.iloc[order], day[order]
        outcomes = missed(seen)
        if outcomes.min() == outcomes.max():
            given = f"all {len(seen)} {'missed' if outcomes[0] else 'kept'}"
            allowed = "some kept and some missed: there is nothing to tell apart"
            raise InvalidInput("history.visits.status", given, allowed)
        features = self.features(seen, self.past(known))
        encoder = Encoder.learn(features)
        training = Training(self, encoder, encoder.encode(features), outcomes, day)
        learned: NoShowModel = model  # type: ignore[assignment]
        return learned.learn(training, trainer)

    def evaluate(self, models: Mapping[str, Fitted], history: History, split: Split) -> Evaluation:
        """Score models on the appointments of a held-out period, forecast night after night.

        Raises
        ------
        InvalidInput
            If no appointment of the period has an outcome.
        """
        visits = with_outcome(history.visits)
        within = (visits["scheduled_at"] >= split.first) & (visits["scheduled_at"] < split.until)
        visits = visits[within]
        if not len(visits):
            allowed = "a period with appointments whose outcome is known"
            raise InvalidInput("split", f"{split.first} to {split.until}", allowed)

        def refit(model: NoShowModel, moment: pd.Timestamp) -> FittedNoShow:
            return self.fit(model, history, moment, Trainer())

        own = {name: one for name, one in models.items() if isinstance(one, FittedNoShow)}
        if len(own) < len(models):
            raise InvalidInput("models", ", ".join(set(models) - set(own)), "models of no_show")
        forecasts = held_out_forecasts(own, history, visits, self.refit_every, refit)
        return evaluation_of(self, forecasts, history, visits, split)

    def restore(
        self, name: str, tensors: Mapping[str, Tensor], rest: Mapping[str, Any]
    ) -> FittedNoShow:
        """Make the fitted model that its ``to_parts`` described."""
        if name not in MODELS:
            raise InvalidInput("model", name, "one of " + ", ".join(MODELS))
        kind, fitted = MODELS[name]
        parameters = known_keys(
            f"model.{name}", rest["parameters"], [one.name for one in fields(kind)]
        )
        encoder = Encoder.from_dict(rest["encoder"])
        return fitted.from_learned(self, encoder, kind(**parameters), tensors, rest["learned"])

    def inputs(self, history: History, first: pd.Timestamp, until: pd.Timestamp) -> pd.DataFrame:
        """Return what the models look at of a period's appointments, (appointments, inputs)."""
        visits = history.visits
        within = (visits["scheduled_at"] >= first) & (visits["scheduled_at"] < until)
        visits = with_outcome(visits[within])
        return self.features(visits, self.past(history.visits)).frame()
