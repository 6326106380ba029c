"""What the models of consultation times have in common."""

from collections.abc import Mapping
from typing import Any, Protocol

import pandas as pd
from torch import Tensor

from forecast.consultation.durations import DurationForecast
from forecast.consultation.encoding import Covariates
from forecast.data.history import History
from forecast.network import Trainer
from forecast.quantity import Fitted, Model


class ConsultationFitted(Fitted, Protocol):
    """A model that has learned how long consultations take."""

    def forecast(self, cases: pd.DataFrame, known: History) -> DurationForecast:
        """Return a law for each case.

        Parameters
        ----------
        cases
            With ``patient_id``, ``provider``, ``visit_type``, ``started_at`` (when it is to begin)
            and the covariates. A visit type or provider that was never seen is forecast like all.
        known
            What is known; of its consultations those of days before that of a case count for it.

        Raises
        ------
        InvalidInput
            If a column is missing.
        """
        ...

    @classmethod
    def from_parts(
        cls, tensors: Mapping[str, Tensor], rest: Mapping[str, Any]
    ) -> "ConsultationFitted":
        """Make the fitted model that `to_parts` described."""
        ...


class ConsultationModel(Model, Protocol):
    """A model of consultation times before it learns."""

    def fit(
        self, consultations: pd.DataFrame, covariates: Covariates, trainer: Trainer
    ) -> ConsultationFitted:
        """Return the model, learned from consultations in the order of their times.

        Raises
        ------
        InvalidInput
            If they are too few.
        """
        ...
