"""Boosted trees for the logarithm of the minutes, and the law of what they were off by."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import lightgbm
import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from forecast.consultation.cases import logs
from forecast.consultation.durations import LognormalMixture, ScaledLaws
from forecast.consultation.encoding import Covariates, Encoding
from forecast.consultation.groups import Groups
from forecast.consultation.held_out import Predict, held_out_residuals
from forecast.consultation.lognormal_regression import SMALLEST_SCALE
from forecast.data.history import History
from forecast.network import Trainer
from objective import InvalidInput, ServiceTime
from objective.errors import non_negative_number, positive_number, whole_number
from objective.laws import Array

#: Classes of the law of what is off by, equally likely but for the tails.
CLASSES = 100
#: Probabilities at which its tails are divided further; beyond the first there is nothing. A tail
#: that was one class would be uniform up to its far end, and so too long.
TAILS = (1e-6, 1e-5, 1e-4, 5e-4, 1e-3, 2e-3, 5e-3)


@dataclass(frozen=True)
class FittedGradientBoosting:
    """Boosted trees that have learned.

    Attributes
    ----------
    encoding
        How cases become inputs.
    trees
        The trees as LightGBM's text.
    groups, edges
        Groups by visit type and provider, and the law of true over predicted minutes in each:
        the edges (groups, classes + 1) of classes with `shares`.
    """

    encoding: Encoding
    trees: str
    groups: Groups
    edges: Array
    name: ClassVar[str] = "gradient_boosting"

    def forecast(self, cases: pd.DataFrame, known: History) -> ScaledLaws:
        """Return for each case the law of what is off by, times the duration predicted."""
        locations = _predict(
            lightgbm.Booster(model_str=self.trees), self.encoding.inputs(cases, known)
        )
        own = shares().tolist()
        laws = tuple(ServiceTime.histogram(one.tolist(), own) for one in self.edges)
        return ScaledLaws(laws, self.groups.place(cases), np.exp(locations))

    def to_parts(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return the edges, and everything else as plain names and numbers."""
        tensors = {"edges": torch.from_numpy(self.edges.copy())}
        rest = {"encoding": self.encoding.to_dict(), "groups": self.groups.to_list()}
        return tensors, {**rest, "trees": self.trees}

    @classmethod
    def from_parts(
        cls, tensors: Mapping[str, Tensor], rest: Mapping[str, Any]
    ) -> "FittedGradientBoosting":
        """Make the fitted model that `to_parts` described."""
        encoding = Encoding.from_dict(rest["encoding"])
        groups = Groups.from_list(rest["groups"])
        return cls(encoding, rest["trees"], groups, tensors["edges"].numpy())


@dataclass(frozen=True)
class GradientBoosting:
    """Small trees, few enough that the last sessions are forecast best.

    Attributes
    ----------
    rounds
        Most trees.
    learning_rate
        Weight of each tree.
    leaves, smallest_leaf
        Of a tree, and consultations in a leaf.
    penalty
        Weight of squared leaf values.
    columns, rows
        Shares of the inputs and the consultations that a tree looks at.
    patience
        Trees without a better forecast of the last sessions after which it stops.

    Raises
    ------
    InvalidInput
        If a field is outside its range.
    """

    rounds: int = 400
    learning_rate: float = 0.03
    leaves: int = 8
    smallest_leaf: int = 60
    penalty: float = 10.0
    columns: float = 0.7
    rows: float = 0.8
    patience: int = 40
    name: ClassVar[str] = "gradient_boosting"
    promotable: ClassVar[bool] = True

    def __post_init__(self) -> None:
        whole_number("rounds", self.rounds, 1, 100_000)
        positive_number("learning_rate", self.learning_rate)
        whole_number("leaves", self.leaves, 2, 1_024)
        whole_number("smallest_leaf", self.smallest_leaf, 1, 1_000_000)
        non_negative_number("penalty", self.penalty)
        for name in ("columns", "rows"):
            if not 0 < positive_number(name, getattr(self, name)) <= 1:
                raise InvalidInput(name, getattr(self, name), "above 0 and at most 1")
        whole_number("patience", self.patience, 1, 100_000)

    def fit(
        self, consultations: pd.DataFrame, covariates: Covariates, trainer: Trainer
    ) -> FittedGradientBoosting:
        """Return the trees; their number and what they are off by come from the last sessions."""
        best = self.rounds

        def learn(inputs: Array, durations: Array, others: Array, theirs: Array) -> Predict:
            nonlocal best
            grown = self._grow(inputs, durations, self.rounds, trainer.seed, (others, theirs))
            best = max(1, grown.best_iteration)
            return lambda cases: _predict(grown, cases)

        residuals = held_out_residuals(consultations, covariates, learn)
        encoding = Encoding.of(consultations, covariates)
        inputs = encoding.inputs(consultations, History(consultations=consultations))
        grown = self._grow(inputs, logs(consultations), best, trainer.seed)
        edges = np.array([edges_of(one) for one in residuals.of])
        return FittedGradientBoosting(encoding, grown.model_to_string(), residuals.groups, edges)

    def _grow(
        self,
        inputs: Array,
        durations: Array,
        rounds: int,
        seed: int,
        later: tuple[Array, Array] | None = None,
    ) -> lightgbm.Booster:
        """Return grown trees; with later consultations, as many as forecast these best."""
        settings = {
            "objective": "regression",
            "learning_rate": self.learning_rate,
            "num_leaves": self.leaves,
            "min_data_in_leaf": self.smallest_leaf,
            "lambda_l2": self.penalty,
            "feature_fraction": self.columns,
            "bagging_fraction": self.rows,
            "bagging_freq": 1,
            "seed": seed % 2**31,
            "num_threads": 1,
            "deterministic": True,
            "verbosity": -1,
        }
        learning = lightgbm.Dataset(inputs, durations)
        if later is None:
            return lightgbm.train(settings, learning, rounds)
        checking = lightgbm.Dataset(later[0], later[1], reference=learning)
        stop = lightgbm.early_stopping(self.patience, verbose=False)
        return lightgbm.train(settings, learning, rounds, [checking], callbacks=[stop])


def edges_of(residuals: Array) -> Array:
    """Return the edges of the law of true over predicted minutes, (classes + 1,).

    Residuals, differences of logarithms (cases,), are smoothed by a normal kernel of Silverman's
    width (1986, Density Estimation for Statistics and Data Analysis, section 3.4.2), so that
    nothing is impossible that lies between or just beyond them.
    """
    centres = np.quantile(residuals, (np.arange(2 * CLASSES) + 0.5) / (2 * CLASSES))
    width = max(1.06 * float(residuals.std()) * len(residuals) ** -0.2, SMALLEST_SCALE)
    weights = np.full((1, centres.size), 1 / centres.size)
    smooth = LognormalMixture(weights, centres[None], np.full_like(weights, width))
    return np.asarray(smooth.quantiles(_levels())[0], np.float64)


def shares() -> Array:
    """Return the probability of each class, (classes,)."""
    found = np.diff(_levels())
    return np.asarray(found / found.sum(), np.float64)


def _levels() -> NDArray[np.float64]:
    tails = np.array(TAILS)
    return np.concatenate([tails, np.arange(1, CLASSES) / CLASSES, 1 - tails[::-1]])


def _predict(trees: lightgbm.Booster, inputs: Array) -> Array:
    return np.asarray(trees.predict(inputs, num_threads=1), np.float64)
