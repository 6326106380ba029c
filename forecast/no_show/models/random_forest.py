"""A random forest: grown by scikit-learn, kept as the arrays of its trees, evaluated here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, from_numpy

from forecast.network import Trainer
from forecast.no_show.encoding import Encoded, Encoder
from forecast.no_show.fitted import FittedNoShow, NoShowModel, Training
from forecast.no_show.options import Options
from forecast.no_show.past import Numbers
from objective.errors import positive_number, probability, whole_number

#: Cases' worth of the overall share that is added to the share of each value of a category.
PRIOR = 50.0


@dataclass(frozen=True)
class RandomForest:
    """Trees on random cases and columns (Breiman 2001, doi:10.1023/A:1010933404324).

    A category enters as the share of no-shows of its value.

    Attributes
    ----------
    trees, depth, least_cases
        Number of trees, their greatest depth, and the fewest cases of a leaf.
    columns
        Share of the columns among which a split is chosen.
    rows
        Cases that a tree sees, as a share.

    Raises
    ------
    InvalidInput
        If a field is outside its range.
    """

    name: ClassVar[str] = "random_forest"
    promotable: ClassVar[bool] = True

    trees: int = 200
    depth: int = 12
    least_cases: int = 10
    columns: float = 0.3
    rows: float = 0.5

    def __post_init__(self) -> None:
        whole_number("trees", self.trees, 1, 10_000)
        whole_number("depth", self.depth, 1, 64)
        whole_number("least_cases", self.least_cases, 1, 1_000_000)
        for name in ("columns", "rows"):
            positive_number(name, probability(name, getattr(self, name)))

    def learn(self, training: Training, trainer: Trainer) -> "FittedRandomForest":
        """Return the forest."""
        from sklearn.ensemble import RandomForestClassifier

        shares = tuple(
            _shares(codes, levels, training.missed)
            for codes, levels in zip(training.cases.codes.T, training.encoder.levels, strict=True)
        )
        forest = RandomForestClassifier(
            self.trees,
            max_depth=self.depth,
            min_samples_leaf=self.least_cases,
            max_features=self.columns,
            max_samples=self.rows,
            n_jobs=1,
            random_state=trainer.seed,
        )
        forest.fit(_table(training.cases, shares), training.missed)
        trees = [one.tree_ for one in forest.estimators_]
        ends = np.cumsum([0, *(tree.node_count for tree in trees)])
        left, right, column = (
            np.concatenate([getattr(tree, name) for tree in trees])
            for name in ("children_left", "children_right", "feature")
        )
        shift = np.repeat(ends[:-1], np.diff(ends))
        inner, itself = left >= 0, np.arange(ends[-1])
        # A leaf leads to itself, so that all cases may walk down equally many steps.
        return FittedRandomForest(
            training.options,
            training.encoder,
            self,
            shares,
            np.where(inner, np.stack([left + shift, right + shift]), itself),
            np.where(inner, column, 0),
            np.concatenate([tree.threshold for tree in trees]),
            np.concatenate([tree.value[:, 0, 1] for tree in trees]),
            ends[:-1],
        )


def _shares(codes: NDArray[np.int64], levels: int, missed: Numbers) -> Numbers:
    """Return the share of no-shows of each code, drawn to the overall share, (levels,)."""
    cases = np.bincount(codes, minlength=levels)
    no_shows = np.bincount(codes, missed, minlength=levels)
    return np.asarray((no_shows + PRIOR * missed.mean()) / (cases + PRIOR), np.float64)


def _table(cases: Encoded, shares: tuple[Numbers, ...]) -> NDArray[np.float32]:
    """Return what trees split on, (cases, columns), as narrow as scikit-learn compares it."""
    categories = [share[codes] for share, codes in zip(shares, cases.codes.T, strict=True)]
    return np.column_stack([cases.numbers, *categories]).astype(np.float32)


@dataclass(frozen=True)
class FittedRandomForest(FittedNoShow):
    """The forest, all trees one after the other.

    Attributes
    ----------
    shares
        By category: what stands for each of its codes, (levels,).
    children
        The next node to the left and to the right of each node, (2, nodes).
    column, threshold
        A case goes left where its column is at most the threshold, (nodes,) each.
    value
        Share of no-shows, (nodes,).
    roots
        The first node of each tree, (trees,).
    """

    name: ClassVar[str] = RandomForest.name
    model: RandomForest
    shares: tuple[Numbers, ...]
    children: NDArray[np.int64]
    column: NDArray[np.int64]
    threshold: Numbers
    value: Numbers
    roots: NDArray[np.int64]

    def raw(self, cases: Encoded) -> Numbers:
        """Return the mean over the trees, (cases,)."""
        table, row = _table(cases, self.shares), np.arange(len(cases))
        total = np.zeros(len(cases))
        for root in self.roots:
            node = np.full(len(cases), root)
            for _ in range(self.model.depth):
                right = table[row, self.column[node]] > self.threshold[node]
                node = self.children[right.astype(np.int64), node]
            total += self.value[node]
        return total / len(self.roots)

    def learned_parts(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return all arrays."""
        tensors = {f"shares.{n}": from_numpy(one) for n, one in enumerate(self.shares)}
        arrays = {
            "children": self.children,
            "column": self.column,
            "threshold": self.threshold,
            "value": self.value,
            "roots": self.roots,
        }
        return tensors | {name: from_numpy(one) for name, one in arrays.items()}, {}

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
        arrays = {name: one.numpy() for name, one in tensors.items()}
        shares = tuple(arrays.pop(f"shares.{n}") for n in range(len(encoder.levels)))
        return cls(options, encoder, model, shares, **arrays)  # type: ignore[arg-type]
