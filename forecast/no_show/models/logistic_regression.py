"""Logistic regression on splines of the numbers and on one-hot categories."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from scipy.interpolate import BSpline
from scipy.special import expit
from torch import Tensor, from_numpy

from forecast.network import Trainer
from forecast.no_show.encoding import Encoded, Encoder
from forecast.no_show.fitted import FittedNoShow, NoShowModel, Training
from forecast.no_show.options import Options
from forecast.no_show.past import Numbers
from objective.errors import positive_number, whole_number

DEGREE = 3


@dataclass(frozen=True)
class LogisticRegression:
    """A ridge regression of the log-odds.

    Numbers with many values enter as cubic B-splines, all others as they are, each with a further
    effect for what was booked on the same day.

    Attributes
    ----------
    knots
        Knots of a spline, at quantiles of the training cases.
    inverse_penalty
        The larger, the freer the coefficients; that of scikit-learn.

    Raises
    ------
    InvalidInput
        If a field is outside its range.
    """

    name: ClassVar[str] = "logistic_regression"
    promotable: ClassVar[bool] = True

    knots: int = 7
    inverse_penalty: float = 0.03

    def __post_init__(self) -> None:
        whole_number("knots", self.knots, 2, 100)
        positive_number("inverse_penalty", self.inverse_penalty)

    def learn(self, training: Training, trainer: Trainer) -> "FittedLogisticRegression":
        """Return the coefficients of greatest penalised likelihood."""
        from sklearn.linear_model import LogisticRegression as Regression

        columns = Columns.learn(training.cases, training.encoder.levels, self.knots)
        regression = Regression(C=self.inverse_penalty, max_iter=1_000, tol=1e-5)
        regression.fit(columns.of(training.cases), training.missed)
        coefficients = np.concatenate([regression.intercept_, regression.coef_[0]])
        return FittedLogisticRegression(
            training.options, training.encoder, self, columns, coefficients
        )


@dataclass(frozen=True)
class Columns:
    """The columns of the regression.

    Attributes
    ----------
    knots
        By number, in their order: the knots of its spline, or its mean and standard deviation where
        it has too few values for one.
    levels
        Codes per category, (categories,).
    """

    knots: tuple[Numbers, ...]
    levels: tuple[int, ...]

    @staticmethod
    def learn(cases: Encoded, levels: tuple[int, ...], number: int) -> "Columns":
        """Return the columns for training cases."""
        knots = []
        for values in cases.numbers.T:
            at = np.unique(np.quantile(values, np.linspace(0, 1, number)))
            scale = np.array([values.mean(), values.std() or 1.0])
            knots.append(at if len(at) > max(2, number // 2) else scale)
        return Columns(tuple(knots), levels)

    def of(self, cases: Encoded) -> Numbers:
        """Return the columns of cases, (cases, columns)."""
        parts = [
            _spline(values, knots) if len(knots) > 2 else (values[:, None] - knots[0]) / knots[1]
            for values, knots in zip(cases.numbers.T, self.knots, strict=True)
        ]
        numbers = np.hstack(parts)
        same_day = ~cases.booked_ahead[:, None]
        one_hot = [
            codes[:, None] == np.arange(1, levels)
            for codes, levels in zip(cases.codes.T, self.levels, strict=True)
        ]
        return np.hstack([numbers, numbers * same_day, same_day, *one_hot])


def _spline(values: Numbers, knots: Numbers) -> Numbers:
    """Return cubic B-splines, level beyond the outer knots, (cases, knots + 2)."""
    inside = np.clip(values, knots[0], knots[-1])
    padded = np.concatenate([[knots[0]] * DEGREE, knots, [knots[-1]] * DEGREE])
    return np.asarray(BSpline.design_matrix(inside, padded, DEGREE).toarray(), np.float64)


@dataclass(frozen=True)
class FittedLogisticRegression(FittedNoShow):
    """The coefficients that were learned, the intercept first, (1 + columns,)."""

    name: ClassVar[str] = LogisticRegression.name
    columns: Columns
    coefficients: Numbers

    def raw(self, cases: Encoded) -> Numbers:
        """Return the probability of each case, (cases,)."""
        scores = self.columns.of(cases) @ self.coefficients[1:]
        return np.asarray(expit(self.coefficients[0] + scores), np.float64)

    def learned_parts(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return knots and coefficients."""
        tensors = {f"knots.{n}": from_numpy(one) for n, one in enumerate(self.columns.knots)}
        return {**tensors, "coefficients": from_numpy(self.coefficients)}, {}

    @classmethod
    def from_learned(
        cls,
        options: Options,
        encoder: Encoder,
        model: NoShowModel,
        tensors: Mapping[str, Tensor],
        rest: Mapping[str, Any],
    ) -> Self:
        """Make what `learned_parts` described."""
        knots = tuple(tensors[f"knots.{n}"].numpy() for n in range(len(tensors) - 1))
        columns = Columns(knots, encoder.levels)
        return cls(options, encoder, model, columns, tensors["coefficients"].numpy())
