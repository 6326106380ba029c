"""Consultation times as a quantity: how its models learn, are tested, kept and watched."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, cast

import pandas as pd
from torch import Tensor

from forecast.consultation.average import Average, FittedAverage
from forecast.consultation.cases import checked_consultations
from forecast.consultation.encoding import Covariates, Encoding
from forecast.consultation.evaluation import evaluate
from forecast.consultation.members import FITTED_MEMBERS, MEMBERS
from forecast.consultation.model import ConsultationFitted, ConsultationModel
from forecast.data.history import History
from forecast.data.periods import Split
from forecast.evaluation import Evaluation
from forecast.network import Trainer
from forecast.quantity import Fitted, Model
from objective import InvalidInput
from objective.errors import positive_number

#: Fewer consultations than this teach nothing.
FEWEST = 20
MODELS: dict[str, type[ConsultationModel]] = {**MEMBERS, "average": Average}
FITTED: dict[str, type[ConsultationFitted]] = {**FITTED_MEMBERS, "average": FittedAverage}


@dataclass(frozen=True)
class Consultation:
    """How long consultations take, by visit type, provider, covariates and the patient's own past.

    A forecast is made before the day of a consultation begins: nothing of that day counts, also
    not the consultations of the same session that have already ended.

    Attributes
    ----------
    categorical, numeric
        Further columns of the consultations that are used. None is unless it is named here.
    prior
        How many consultations' weight it has that a patient is like all others of the visit type.
    step
        Minutes of the grid on which the log score is taken: the probability of the class of this
        width that a consultation fell into.

    Raises
    ------
    InvalidInput
        If a field is outside its range.
    """

    categorical: tuple[str, ...] = ()
    numeric: tuple[str, ...] = ()
    prior: float = 2.0
    step: float = 1.0
    name: ClassVar[str] = "consultation"
    models: ClassVar[Mapping[str, type[Model]]] = cast(Mapping[str, type[Model]], MODELS)

    def __post_init__(self) -> None:
        for name in ("categorical", "numeric"):
            given = getattr(self, name) or ()
            # Configuration and kept models have lists.
            object.__setattr__(self, name, tuple(given) if isinstance(given, list) else given)
        _ = self.covariates
        positive_number("options.step", self.step)

    @property
    def covariates(self) -> Covariates:
        """What is used of a case."""
        return Covariates(self.categorical, self.numeric, self.prior)

    def fit(
        self, model: Model, history: History, train_until: pd.Timestamp, trainer: Trainer
    ) -> ConsultationFitted:
        """Return the model, learned from the consultations that began before ``train_until``.

        Raises
        ------
        InvalidInput
            If they are too few, lack a column, or have minutes that are not finite and above 0.
        """
        known = history.known_at(train_until).consultations
        consultations = checked_consultations(known, FEWEST)
        if consultations["minutes"].nunique() == 1:
            same = float(consultations["minutes"].iloc[0])
            raise InvalidInput(
                "consultations.minutes", same, "of more than one value to learn from"
            )
        learning = cast(ConsultationModel, model)
        return learning.fit(consultations, self.covariates, trainer)

    def evaluate(self, models: Mapping[str, Fitted], history: History, split: Split) -> Evaluation:
        """Score models on the consultations of a period, forecast before each day begins."""
        table = history.consultations
        if "started_at" not in table or table.empty:
            raise InvalidInput("consultations", len(table), "there to be forecast")
        inside = (table["started_at"] >= split.first) & (table["started_at"] < split.until)
        cases = checked_consultations(table[inside], 1)
        # What is known of a case is what happened on earlier days, whatever else is in the table.
        known = replace(history, consultations=table[table["started_at"] < split.until])
        fitted = cast(Mapping[str, ConsultationFitted], models)
        comparison_only = tuple(name for name in models if not MODELS[name].promotable)
        return evaluate(fitted, cases, known, split, self.step, comparison_only)

    def restore(
        self, name: str, tensors: Mapping[str, Tensor], rest: Mapping[str, Any]
    ) -> ConsultationFitted:
        """Make the fitted model that `Fitted.to_parts` described."""
        if name not in FITTED:
            raise InvalidInput("model", name, "one of " + ", ".join(FITTED))
        return FITTED[name].from_parts(tensors, rest)

    def inputs(self, history: History, first: pd.Timestamp, until: pd.Timestamp) -> pd.DataFrame:
        """Return what models look at in a period, (cases, inputs), to watch how it drifts."""
        table = history.consultations
        encoding = Encoding.of(checked_consultations(table, 1), self.covariates)
        inside = table[(table["started_at"] >= first) & (table["started_at"] < until)]
        own = encoding.own_past(inside, table)
        columns = ["visit_type", "provider", *self.categorical]
        texts = inside[columns].astype(str)
        numbers = inside[list(self.numeric)].apply(pd.to_numeric, errors="coerce")
        watched = own[["own_log_ratio", "own_consultations"]]
        return pd.concat([texts, numbers, watched], axis=1).reset_index(drop=True)
