"""Lognormal laws whose location is a linear function of the inputs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from forecast.consultation.cases import logs
from forecast.consultation.durations import LognormalMixture
from forecast.consultation.encoding import Covariates, Encoding
from forecast.consultation.groups import Groups
from forecast.consultation.held_out import Predict, held_out_residuals, root_mean_square
from forecast.data.history import History
from forecast.network import Trainer
from objective.errors import non_negative_number
from objective.laws import Array

#: Smallest standard deviation of the logarithm that is forecast: one per cent of the duration.
SMALLEST_SCALE = 0.01


@dataclass(frozen=True)
class FittedLognormalRegression:
    """A log-linear regression that has learned.

    Attributes
    ----------
    encoding
        How cases become inputs.
    coefficients
        (1 + inputs,): intercept and slopes of the logarithm of the minutes.
    groups, scales
        Groups by visit type and provider, and the standard deviation of the logarithm around the
        prediction in each, (groups,), in sessions it had not seen.
    """

    encoding: Encoding
    coefficients: Array
    groups: Groups
    scales: Array
    name: ClassVar[str] = "lognormal_regression"

    def forecast(self, cases: pd.DataFrame, known: History) -> LognormalMixture:
        """Return a lognormal law for each case."""
        location = self.locations(self.encoding.inputs(cases, known))[:, None]
        scales = self.scales[self.groups.place(cases)][:, None]
        return LognormalMixture(np.ones_like(location), location, scales)

    def locations(self, inputs: Array) -> Array:
        """Return the mean logarithm of the minutes, (cases,)."""
        return predicted(inputs, self.coefficients)

    def to_parts(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return the coefficients, and everything else as plain names and numbers."""
        tensors = {
            "coefficients": torch.from_numpy(self.coefficients.copy()),
            "scales": torch.from_numpy(self.scales.copy()),
        }
        return tensors, {"encoding": self.encoding.to_dict(), "groups": self.groups.to_list()}

    @classmethod
    def from_parts(
        cls, tensors: Mapping[str, Tensor], rest: Mapping[str, Any]
    ) -> "FittedLognormalRegression":
        """Make the fitted model that `to_parts` described."""
        encoding = Encoding.from_dict(rest["encoding"])
        groups = Groups.from_list(rest["groups"])
        return cls(encoding, tensors["coefficients"].numpy(), groups, tensors["scales"].numpy())


@dataclass(frozen=True)
class LognormalRegression:
    """Ridge regression of the logarithm of the minutes.

    Attributes
    ----------
    penalty
        Weight of the squared slopes of inputs of standard deviation 1, in consultations.

    Raises
    ------
    InvalidInput
        If that is negative.
    """

    penalty: float = 5.0
    name: ClassVar[str] = "lognormal_regression"
    promotable: ClassVar[bool] = True

    def __post_init__(self) -> None:
        non_negative_number("penalty", self.penalty)

    def fit(
        self, consultations: pd.DataFrame, covariates: Covariates, trainer: Trainer
    ) -> FittedLognormalRegression:
        """Return the regression; how far it is off is measured on the last sessions."""

        def learn(inputs: Array, durations: Array, *later: Array) -> Predict:
            line = self._line(inputs, durations)
            return lambda cases: predicted(cases, line)

        residuals = held_out_residuals(consultations, covariates, learn)
        encoding = Encoding.of(consultations, covariates)
        inputs = encoding.inputs(consultations, History(consultations=consultations))
        scales = np.array([max(root_mean_square(one), SMALLEST_SCALE) for one in residuals.of])
        line = self._line(inputs, logs(consultations))
        return FittedLognormalRegression(encoding, line, residuals.groups, scales)

    def _line(self, inputs: Array, durations: Array) -> Array:
        """Return intercept and slopes by the penalised normal equations, as least squares."""
        width = inputs.shape[1]
        weights = np.sqrt(self.penalty) * np.eye(width)
        top = np.column_stack([np.ones(len(inputs)), inputs])
        bottom = np.column_stack([np.zeros(width), weights])
        target = np.append(durations, np.zeros(width))
        found = np.linalg.lstsq(np.vstack([top, bottom]), target, rcond=None)
        return np.asarray(found[0], np.float64)


def predicted(inputs: Array, line: Array) -> Array:
    """Return intercept and slopes applied to inputs, summed one by one: (cases,).

    A matrix product would round a case by how many others there are.
    """
    return np.asarray(line[0] + (inputs * line[1:]).sum(axis=1), np.float64)
