"""The multinomial logit: utilities that are linear in the features of a seat.

McFadden, D. (1974), Conditional logit analysis of qualitative choice behavior, in: Frontiers in
Econometrics, 105-142. The coefficients make the penalised likelihood largest, which is concave; its
curvature there gives their standard errors.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch
from scipy import stats
from torch import Tensor

from forecast.data.history import History
from forecast.preference.choice import choice_log_probabilities
from forecast.preference.encoding import Encoding
from forecast.preference.fitted import Array, FittedPreference
from forecast.preference.occasions import Occasions, Whole
from forecast.preference.seats import seat_features
from objective.errors import non_negative_number, whole_number

logger = logging.getLogger(__name__)

#: Largest entry of the gradient of the mean loss at which coefficients count as found.
FOUND = 1e-7


@dataclass(frozen=True)
class Look:
    """What the model looks at: the options of the quantity that concern the features."""

    features: tuple[str, ...]
    hours: tuple[int, ...]
    columns: tuple[str, ...]

    def at(
        self, offers: pd.DataFrame, occasions: Occasions, past: pd.DataFrame | None
    ) -> pd.DataFrame:
        """Return the features of seats, (rows, features)."""
        return seat_features(offers, occasions, self.features, self.hours, self.columns, past)


@dataclass(frozen=True)
class MultinomialLogit:
    """Utilities linear in the features, learned by LBFGS.

    Attributes
    ----------
    l2
        Penalty: half of it times the squared coefficients, the constant left out, is added to the
        negative log likelihood of all occasions.
    iterations
        Most steps of LBFGS.

    Raises
    ------
    InvalidInput
        If a field is outside its range.
    """

    name: ClassVar[str] = "multinomial_logit"
    promotable: ClassVar[bool] = True
    l2: float = 1.0
    iterations: int = 500

    def __post_init__(self) -> None:
        non_negative_number("l2", self.l2)
        whole_number("iterations", self.iterations, 1, 1_000_000)

    def fit(
        self,
        offers: pd.DataFrame,
        occasions: Occasions,
        chosen: Whole,
        look: Look,
    ) -> "FittedMultinomialLogit":
        """Return the model, learned from offers and the rows that were chosen."""
        features = look.at(offers, occasions, offers)
        encoding = Encoding.of(features)
        design = torch.from_numpy(encoding.design(features))
        data = Choices(design, torch.from_numpy(occasions.of), torch.from_numpy(chosen))
        coefficients = self._coefficients(data)
        covariance = torch.linalg.pinv(data.curvature(coefficients, self.l2), hermitian=True)
        return FittedMultinomialLogit(look, encoding, coefficients, covariance)

    def _coefficients(self, data: "Choices") -> Tensor:
        found = torch.zeros(data.design.shape[1], dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.LBFGS(
            [found],
            max_iter=self.iterations,
            tolerance_grad=FOUND / 100,
            tolerance_change=1e-14,
            history_size=50,
            line_search_fn="strong_wolfe",
        )
        scale = 1.0 / len(data.chosen)

        def closure() -> Tensor:
            optimizer.zero_grad()
            loss = scale * data.loss(found, self.l2)
            loss.backward()  # type: ignore[no-untyped-call]
            return loss

        optimizer.step(closure)  # type: ignore[no-untyped-call]
        closure()
        assert found.grad is not None
        steepest = float(found.grad.abs().max())
        if steepest > FOUND:
            logger.warning(
                "LBFGS stopped after %d iterations where the loss still has a slope of %.1e; "
                "more iterations or a larger l2 help",
                self.iterations, steepest,
            )  # fmt: skip
        return found.detach()


@dataclass(frozen=True)
class Choices:
    """What was offered and chosen.

    Attributes
    ----------
    design
        Of the seats, (rows, columns), the first column the constant.
    of
        The occasion of each row, (rows,).
    chosen
        The row that was chosen on each occasion, (occasions,), -1 for none.
    """

    design: Tensor
    of: Tensor
    chosen: Tensor

    def loss(self, coefficients: Tensor, l2: float) -> Tensor:
        """Return the negative log likelihood of all choices, penalised."""
        seats, declined = choice_log_probabilities(
            self.design @ coefficients, self.of, len(self.chosen)
        )
        taken = self.chosen >= 0
        told = seats[self.chosen[taken]].sum() + declined[~taken].sum()
        return -told + 0.5 * l2 * (coefficients[1:] ** 2).sum()

    def curvature(self, coefficients: Tensor, l2: float) -> Tensor:
        """Return the matrix of second derivatives of `loss`, (columns, columns)."""
        seats, _ = choice_log_probabilities(self.design @ coefficients, self.of, len(self.chosen))
        weighted = torch.exp(seats)[:, None] * self.design
        means = torch.zeros(len(self.chosen), self.design.shape[1], dtype=torch.float64)
        means = means.index_add(0, self.of, weighted)
        penalty = torch.full((len(coefficients),), l2, dtype=torch.float64)
        penalty[0] = 0.0
        return self.design.T @ weighted - means.T @ means + torch.diag(penalty)


@dataclass(frozen=True)
class FittedMultinomialLogit(FittedPreference):
    """The multinomial logit that has learned.

    Attributes
    ----------
    look, encoding
        What it looks at, and in what numbers.
    coefficients, covariance
        Of the columns of the design, (columns,), and of the coefficients, (columns, columns).
    """

    name: ClassVar[str] = MultinomialLogit.name
    look: Look
    encoding: Encoding
    coefficients: Tensor
    covariance: Tensor

    def seat_utilities(
        self, offers: pd.DataFrame, occasions: Occasions, known: History | None
    ) -> Array:
        """Return the utility of each seat of offers that were checked, (rows,)."""
        past = None if known is None else known.offers
        features = self.look.at(offers, occasions, past)
        return np.asarray(self.encoding.design(features) @ self.coefficients.numpy(), np.float64)

    def table(self, confidence: float = 0.95) -> pd.DataFrame:
        """Return the coefficients with standard errors and intervals, (columns, 5).

        The errors are those of the penalised likelihood's curvature: of a normal posterior.
        """
        values = self.coefficients.numpy()
        errors = np.sqrt(np.diag(self.covariance.numpy()).clip(0.0))
        reach = float(stats.norm.ppf(0.5 + confidence / 2)) * errors
        return pd.DataFrame(
            {
                "feature": self.encoding.names,
                "coefficient": values,
                "standard error": errors,
                "low": values - reach,
                "high": values + reach,
            }
        )

    def to_parts(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return its tensors by name, and everything else as plain names and numbers."""
        tensors = {"coefficients": self.coefficients, "covariance": self.covariance}
        return tensors, {"encoding": self.encoding.to_dict()}

    @staticmethod
    def from_parts(
        tensors: Mapping[str, Tensor], rest: Mapping[str, Any], look: Look
    ) -> "FittedMultinomialLogit":
        """Make the model that `to_parts` described."""
        encoding = Encoding.from_dict(rest["encoding"])
        return FittedMultinomialLogit(
            look, encoding, tensors["coefficients"], tensors["covariance"]
        )
