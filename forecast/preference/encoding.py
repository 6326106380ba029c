"""From the features of seats to numbers that a linear utility multiplies with coefficients."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]

DAYS = "days_ahead"
FLAGS = ("usual_provider",)
WEEK = 7.0


@dataclass(frozen=True)
class Encoding:
    """Which columns the design has.

    Attributes
    ----------
    order
        The features, in order.
    numbers
        Mean, standard deviation, least and greatest value of each numeric feature, where models
        learned. Values beyond the range count as its end, missing ones as the mean.
    levels
        The levels of every other feature with the share of rows of each, the most frequent first:
        it is the one that the others are compared with. A level that was never seen counts as the
        mean over all.
    """

    order: tuple[str, ...]
    numbers: Mapping[str, tuple[float, float, float, float]]
    levels: Mapping[str, tuple[tuple[str, float], ...]]

    @property
    def names(self) -> list[str]:
        """What each column of the design says, the constant first."""
        made = ["a seat rather than none"]
        for name in self.order:
            words = name.replace("_", " ")
            if name in self.levels:
                first, *others = self.levels[name]
                made += [f"{words} {level} rather than {first[0]}" for level, _ in others]
            elif name == DAYS:
                made += ["days ahead, per week", "days ahead, log(1 + days)"]
            elif name in FLAGS:
                made.append(f"with the {words}")
            else:
                made.append(f"{words}, per standard deviation")
        return made

    def design(self, features: pd.DataFrame) -> Array:
        """Return the design, (rows, columns), its first column the constant."""
        columns = [np.ones(len(features))]
        for name in self.order:
            if name in self.levels:
                columns += self._levels(name, features[name].to_numpy(object))
                continue
            mean, deviation, low, high = self.numbers[name]
            values = features[name].to_numpy(np.float64)
            values = np.clip(np.where(np.isnan(values), mean, values), low, high)
            if name == DAYS:
                columns += [values / WEEK, np.log1p(values)]
            elif name in FLAGS:
                columns.append(values)
            else:
                columns.append((values - mean) / deviation)
        return np.column_stack(columns)

    def _levels(self, name: str, values: NDArray[np.object_]) -> list[Array]:
        known = self.levels[name]
        never = ~np.isin(values, [level for level, _ in known])
        return [np.where(never, share, values == level) for level, share in known[1:]]

    @staticmethod
    def of(features: pd.DataFrame) -> "Encoding":
        """Return the encoding of the rows that models learn from."""
        numbers, levels = {}, {}
        for name in features:
            values = features[name]
            if pd.api.types.is_numeric_dtype(values):
                known = values.dropna().to_numpy(np.float64)
                known = known if known.size else np.zeros(1)
                spread = float(known.std()) or 1.0
                ends = (float(known.min()), float(known.max()))
                # A flag may be set one day though it never was where models learned.
                ends = (0.0, 1.0) if name in FLAGS else ends
                numbers[str(name)] = (float(known.mean()), spread, *ends)
            else:
                shares = values.value_counts(normalize=True).sort_index()
                ordered = shares.sort_values(ascending=False, kind="stable")
                levels[str(name)] = tuple(
                    (str(one), float(share)) for one, share in ordered.items()
                )
        return Encoding(tuple(map(str, features)), numbers, levels)

    def to_dict(self) -> dict[str, Any]:
        """Return the encoding as plain names and numbers."""
        return {
            "order": list(self.order),
            "numbers": {name: list(values) for name, values in self.numbers.items()},
            "levels": {name: [list(one) for one in known] for name, known in self.levels.items()},
        }

    @staticmethod
    def from_dict(description: Mapping[str, Any]) -> "Encoding":
        """Make the encoding that `to_dict` described."""
        numbers = {
            name: (float(mean), float(deviation), float(low), float(high))
            for name, (mean, deviation, low, high) in description["numbers"].items()
        }
        levels = {
            name: tuple((str(level), float(share)) for level, share in known)
            for name, known in description["levels"].items()
        }
        return Encoding(tuple(description["order"]), numbers, levels)
