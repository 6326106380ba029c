"""From features to arrays: what was learned of their columns, and cases in that form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.no_show.features import LEAD, Features
from forecast.no_show.past import Numbers

#: A value of a category needs so many cases to be told from others that are rare or unknown.
LEAST_CASES = 20


@dataclass(frozen=True)
class Encoded:
    """Cases as arrays.

    Attributes
    ----------
    numbers
        (cases, numbers), without gaps.
    codes
        (cases, categories): 0 for a value that is unknown or rare, else from 1.
    number_names
        Names of the columns of ``numbers``, (numbers,).
    booked_ahead
        Whether a case was booked on an earlier day, (cases,).
    """

    numbers: Numbers
    codes: NDArray[np.int64]
    number_names: tuple[str, ...]
    booked_ahead: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.numbers)

    def column(self, name: str) -> Numbers:
        """Return the numbers of a name, (cases,)."""
        return np.asarray(self.numbers[:, self.number_names.index(name)], np.float64)

    def rows(self, chosen: NDArray[Any] | slice) -> "Encoded":
        """Return some of the cases."""
        return Encoded(
            self.numbers[chosen], self.codes[chosen], self.number_names, self.booked_ahead[chosen]
        )


@dataclass(frozen=True)
class Encoder:
    """How features become arrays.

    Attributes
    ----------
    medians
        By number: what stands where a value is not known.
    gaps
        The numbers of which some were not known: each has a further column that says so.
    values
        By category: the values that have a code of their own.
    """

    medians: Mapping[str, float]
    gaps: tuple[str, ...]
    values: Mapping[str, tuple[str, ...]]

    @staticmethod
    def learn(features: Features) -> "Encoder":
        """Return how to encode, learned from the training cases."""
        medians = {}
        for name, column in features.numbers.items():
            known = column[~np.isnan(column)]
            medians[name] = float(np.median(known)) if len(known) else 0.0
        gaps = tuple(name for name, one in features.numbers.items() if np.isnan(one).any())
        values = {}
        for name, texts in features.categories.items():
            counts = pd.Series(texts).value_counts()
            common = counts.index[counts >= LEAST_CASES]
            values[name] = tuple(sorted(str(value) for value in common))
        return Encoder(medians, gaps, values)

    @property
    def levels(self) -> tuple[int, ...]:
        """Codes per category, with that of what is unknown, (categories,)."""
        return tuple(len(values) + 1 for values in self.values.values())

    def encode(self, features: Features) -> Encoded:
        """Return cases as arrays."""
        numbers = [features.numbers[name] for name in self.medians]
        filled = [
            np.where(np.isnan(column), median, column)
            for column, median in zip(numbers, self.medians.values(), strict=True)
        ]
        filled += [np.isnan(features.numbers[name]).astype(np.float64) for name in self.gaps]
        codes = [
            pd.Index(values, dtype=object).get_indexer(pd.Index(features.categories[name])) + 1
            for name, values in self.values.items()
        ]
        names = (*self.medians, *(f"{name} is unknown" for name in self.gaps))
        ahead = features.numbers[LEAD] > 0
        return Encoded(np.column_stack(filled), np.column_stack(codes), names, ahead)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain names and numbers."""
        values = {name: list(texts) for name, texts in self.values.items()}
        return {"medians": dict(self.medians), "gaps": list(self.gaps), "values": values}

    @staticmethod
    def from_dict(description: Mapping[str, Any]) -> "Encoder":
        """Make what `to_dict` described."""
        values = {name: tuple(texts) for name, texts in description["values"].items()}
        return Encoder(description["medians"], tuple(description["gaps"]), values)
