"""Gradient boosted trees by LightGBM, kept as its text."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from torch import Tensor

from forecast.network import Trainer
from forecast.no_show.encoding import Encoded, Encoder
from forecast.no_show.fitted import FittedNoShow, NoShowModel, Training
from forecast.no_show.options import Options
from forecast.no_show.past import Numbers
from objective.errors import non_negative_number, positive_number, probability, whole_number

if TYPE_CHECKING:
    from lightgbm import Booster


@dataclass(frozen=True)
class GradientBoosting:
    """Boosted trees on the numbers and, as categories, the codes.

    Attributes
    ----------
    trees, learning_rate, leaves, least_cases
        Number of trees, what each adds, its most leaves, and the fewest cases of a leaf.
    rows, columns
        Shares of the cases and of the columns that a tree sees.
    penalty
        Of the squares of what leaves add.

    Raises
    ------
    InvalidInput
        If a field is outside its range.
    """

    name: ClassVar[str] = "gradient_boosting"
    promotable: ClassVar[bool] = True

    trees: int = 200
    learning_rate: float = 0.03
    leaves: int = 31
    least_cases: int = 100
    rows: float = 0.8
    columns: float = 0.6
    penalty: float = 5.0

    def __post_init__(self) -> None:
        whole_number("trees", self.trees, 1, 100_000)
        whole_number("leaves", self.leaves, 2, 100_000)
        whole_number("least_cases", self.least_cases, 1, 1_000_000)
        for name in ("learning_rate", "rows", "columns"):
            positive_number(name, probability(name, getattr(self, name)))
        non_negative_number("penalty", self.penalty)

    def learn(self, training: Training, trainer: Trainer) -> "FittedGradientBoosting":
        """Return the trees."""
        import lightgbm

        table = _table(training.cases)
        first = training.cases.numbers.shape[1]
        data = lightgbm.Dataset(
            table,
            training.missed,
            categorical_feature=list(range(first, table.shape[1])),
            free_raw_data=True,
        )
        parameters = {
            "objective": "binary",
            "learning_rate": self.learning_rate,
            "num_leaves": self.leaves,
            "min_data_in_leaf": self.least_cases,
            "bagging_fraction": self.rows,
            "bagging_freq": 1,
            "feature_fraction": self.columns,
            "lambda_l2": self.penalty,
            "cat_smooth": 50.0,
            "seed": trainer.seed % 2**31,
            "deterministic": True,
            "force_col_wise": True,
            "num_threads": 1,
            "verbosity": -1,
        }
        booster = lightgbm.train(parameters, data, num_boost_round=self.trees)
        text = booster.model_to_string()
        return FittedGradientBoosting(training.options, training.encoder, self, text, _read(text))


def _table(cases: Encoded) -> Numbers:
    return np.column_stack([cases.numbers, cases.codes.astype(np.float64)])


def _read(text: str) -> "Booster":
    from lightgbm import Booster

    return Booster(model_str=text)


@dataclass(frozen=True)
class FittedGradientBoosting(FittedNoShow):
    """The trees that were learned: their text, and what was read from it."""

    name: ClassVar[str] = GradientBoosting.name
    text: str = field(repr=False)
    booster: "Booster" = field(repr=False, compare=False)

    def raw(self, cases: Encoded) -> Numbers:
        """Return the probability of each case, (cases,)."""
        return np.asarray(self.booster.predict(_table(cases), num_threads=1), np.float64)

    def learned_parts(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return the text of LightGBM."""
        return {}, {"text": self.text}

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
        return cls(options, encoder, model, rest["text"], _read(rest["text"]))
