"""Groups of consultations by visit type and provider, with what stands in where there are few."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

#: Visit type and provider, None for any.
Key = tuple[str | None, str | None]
#: What stands in for what: both, the type alone, the provider alone, all.
KINDS = ((True, True), (True, False), (False, True), (False, False))


@dataclass(frozen=True)
class Groups:
    """Which groups have laws of their own: the last is that of all consultations.

    Attributes
    ----------
    keys
        The groups, from those of both a type and a provider to that of all.
    """

    keys: tuple[Key, ...]

    @staticmethod
    def of(cases: pd.DataFrame, fewest: int) -> "Groups":
        """Return the groups that have at least ``fewest`` consultations, and that of all."""
        keys: list[Key] = []
        for kind in KINDS[:-1]:
            counts = pd.Series(_keys(cases, kind), dtype=object).value_counts()
            keys += sorted((key for key in counts.index if counts[key] >= fewest), key=str)
        return Groups((*keys, (None, None)))

    def members(self, cases: pd.DataFrame) -> list[NDArray[np.bool_]]:
        """Return which cases belong to each group, whether or not a smaller one is theirs too."""
        found = []
        for visit_type, provider in self.keys:
            rows = np.ones(len(cases), np.bool_)
            for name, value in (("visit_type", visit_type), ("provider", provider)):
                if value is not None:
                    rows &= (cases[name].astype(str) == value).to_numpy()
            found.append(rows)
        return found

    def place(self, cases: pd.DataFrame) -> NDArray[np.intp]:
        """Return the number of the smallest group of each case, (cases,).

        That is the one of its type and provider, else that of its type, else that of its provider,
        else that of all.
        """
        numbers = {key: number for number, key in enumerate(self.keys)}
        found = np.full(len(cases), len(self.keys) - 1, np.intp)
        for kind in reversed(KINDS[:-1]):
            there = [numbers.get(key, -1) for key in _keys(cases, kind)]
            place = np.array(there, np.intp)
            found = np.where(place >= 0, place, found)
        return found

    def to_list(self) -> list[list[str | None]]:
        """Return the keys as plain names."""
        return [list(key) for key in self.keys]

    @staticmethod
    def from_list(keys: Sequence[Sequence[Any]]) -> "Groups":
        """Make the groups that `to_list` described."""
        return Groups(tuple((key[0], key[1]) for key in keys))


def _keys(cases: pd.DataFrame, kind: tuple[bool, bool]) -> list[Key]:
    nothing = [None] * len(cases)
    by: Mapping[str, bool] = dict(zip(("visit_type", "provider"), kind, strict=True))
    parts = [cases[name].astype(str) if used else nothing for name, used in by.items()]
    return list(zip(*parts, strict=True))
